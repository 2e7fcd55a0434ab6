"""Words for what lists of people are taken out for."""

from typing import Any

from referral.i18n import lazy

WORDS: dict[str, dict[str, Any]] = {
    "Purpose": {
        "service": lazy("To give the service (a list for the way)"),
        "supervision": lazy("Supervision of one's own staff"),
        "settlement": lazy("Settling accounts with the purchaser"),
        "reporting": lazy("A report to the authority in charge"),
        "checking": lazy("Checking and correcting the records"),
    },
}
