"""What is learned from the platform's own past."""

from typing import Any

from referral.i18n import lazy

WORDS: dict[str, dict[str, Any]] = {
    "LearnedKind": {
        "acceptance": lazy("Acceptance by the provider"),
        "completion": lazy("Help brought to its end"),
        "term_of_words": lazy("Help meant by words"),
    },
}
