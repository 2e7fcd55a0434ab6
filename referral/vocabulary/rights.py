"""Words for break-glass, for the rights of the person, and for what is kept how long."""

from typing import Any

from referral.i18n import lazy, lazy_pgettext

WORDS: dict[str, dict[str, Any]] = {
    "GlassReason": {
        "danger": lazy("Somebody is in danger"),
        "emergency_aid": lazy("Emergency aid outside office hours"),
        "found_elsewhere": lazy("The person has turned up here"),
        "standing_in": lazy("Standing in for the other station"),
        "complaint": lazy("A complaint has to be answered"),
        "other": lazy("Another reason"),
    },
    "GlassVerdict": {
        "justified": lazy("Justified"),
        "not_justified": lazy("Not justified"),
    },
    "RefusalGround": {
        "help_goes_on": lazy("Help is still going on"),
        "kept_by_law": lazy("The law asks us to keep the record"),
        "not_entitled": lazy("Whoever asks is not entitled to"),
        "identity_not_shown": lazy("Who asks could not be shown"),
        "right_already": lazy("Looked at, and right as it stands"),
        "others_harmed": lazy("It would harm somebody else"),
    },
    "RetentionState": {
        "proposed": lazy_pgettext("RetentionState", "To confirm"),
        "confirmed": lazy_pgettext("RetentionState", "Being removed"),
        "done": lazy_pgettext("RetentionState", "Removed"),
        "discarded": lazy_pgettext("RetentionState", "Discarded"),
    },
    "RightsAsker": {
        "self": lazy("The person in question"),
        "guardian": lazy("The guardian"),
        "representative": lazy("Somebody the person has chosen"),
    },
    "RightsKind": {
        "copy": lazy("Copy of the file"),
        "correction": lazy("Correction"),
        "deletion": lazy("Deletion"),
        "freeze": lazy("Halt"),
        "unfreeze": lazy("End of the halt"),
        "explanation": lazy("Explanation"),
    },
    "RightsState": {
        "open": lazy_pgettext("RightsState", "To answer"),
        "done": lazy_pgettext("RightsState", "Done"),
        "refused": lazy_pgettext("RightsState", "Refused"),
    },
}
