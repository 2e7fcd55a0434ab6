"""Words of the phone."""

from typing import Any

from referral.i18n import lazy, lazy_pgettext

WORDS: dict[str, dict[str, Any]] = {
    "Attitude": {
        "welcoming": lazy("Glad"),
        "reserved": lazy("Quiet"),
        "down": lazy("Downcast"),
        "unwilling": lazy("Unwilling"),
    },
    "SeenNeed": {
        "food": lazy_pgettext("SeenNeed", "Meals"),
        "care": lazy_pgettext("SeenNeed", "Care"),
        "medicine": lazy_pgettext("SeenNeed", "Doctor"),
        "home": lazy_pgettext("SeenNeed", "The home"),
        "money": lazy_pgettext("SeenNeed", "Money"),
        "company": lazy_pgettext("SeenNeed", "Company"),
        "school": lazy_pgettext("SeenNeed", "School"),
        "safety": lazy_pgettext("SeenNeed", "Safety"),
    },
    "PhoneOperation": {
        "visit": lazy("New visit"),
        "group": lazy("Group session"),
        "lead": lazy("Call for help"),
    },
    "RiskGrade": {"high": lazy("High risk"), "raised": lazy("Raised risk"), "usual": lazy("Usual")},
    "PictureKind": {"photo": lazy("Photo"), "signature": lazy("Signature")},
}
