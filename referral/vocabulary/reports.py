"""Words of samples, findings and monthly tables."""

from typing import Any

from referral.i18n import lazy

WORDS: dict[str, dict[str, Any]] = {
    "Strata": {
        "none": lazy("Not divided"),
        "township": lazy("Township"),
        "sex": lazy("Sex"),
        "age": lazy("Age"),
    },
    "FindingCode": {
        "no_assessment": lazy("No assessment"),
        "no_plan": lazy("No plan"),
        "visit_not_believed": lazy("A visit cannot have been so"),
        "units_do_not_fit": lazy("Units do not fit the time"),
        "served_late": lazy("Served late"),
        "no_outcome": lazy("No outcome recorded"),
        "no_follow_up": lazy("No follow-up measure"),
        "no_revisit": lazy("No re-visit"),
        "notes_copied": lazy("Notes copied"),
        "not_entitled": lazy("Not entitled"),
        "good_practice": lazy("Good practice"),
        "nothing_found": lazy("Nothing to object to"),
    },
    "FindingStatus": {
        "asked": lazy("Provider asked"),
        "accepted": lazy("Accepted"),
        "disputed": lazy("Disputed"),
        "accepted_by_silence": lazy("Accepted by silence"),
        "upheld": lazy("Stands"),
        "withdrawn": lazy("Finding taken back"),
        "not_asked": lazy("No answer is asked"),
    },
    "FreezingStatus": {
        "waiting": lazy("Waiting"),
        "running": lazy("Computing"),
        "done": lazy("Ready"),
        "failed": lazy("Failed"),
    },
    "MonthlyStatus": {
        "draft": lazy("Draft"),
        "submitted": lazy("Filed"),
        "returned": lazy("Sent back"),
        "received": lazy("Received"),
    },
}
