"""Words for scenarios and for parameters of rounds."""

from typing import Any

from referral.i18n import lazy, lazy_pgettext

WORDS: dict[str, dict[str, Any]] = {
    "ParametersStatus": {
        "draft": lazy("Draft"),
        "in_force": lazy("In force"),
        "replaced": lazy_pgettext("ParametersStatus", "Replaced"),
        "discarded": lazy("Thrown away"),
    },
    "ScenarioKind": {
        "what_if": lazy("What if"),
        "preview": lazy("Preview"),
        "parameters": lazy("Effect of parameters"),
    },
    "ScenarioStatus": {
        "waiting": lazy("Waiting"),
        "running": lazy("Computing"),
        "done": lazy("Ready"),
        "kept": lazy_pgettext("ScenarioStatus", "Kept"),
        "discarded": lazy("Thrown away"),
        "failed": lazy("Failed"),
    },
}
