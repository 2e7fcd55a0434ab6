"""Words for instruments, goals, the person's own word and re-visits."""

from typing import Any

from referral.i18n import lazy, lazy_pgettext

WORDS: dict[str, dict[str, Any]] = {
    "ConfirmationSaid": {
        "served": lazy_pgettext("ConfirmationSaid", "Got the help"),
        "partly_served": lazy_pgettext("ConfirmationSaid", "Got part of it"),
        "not_served": lazy_pgettext("ConfirmationSaid", "Did not get it"),
        "not_reached": lazy_pgettext("ConfirmationSaid", "Nobody answered"),
        "no_word": lazy_pgettext("ConfirmationSaid", "Did not want to say"),
    },
    "ConfirmationWay": {"code": lazy("By query code"), "call": lazy("By a call")},
    "ContradictionFinding": {
        "provider_right": lazy("The provider is right: help was given"),
        "person_right": lazy("The person is right: help was not given"),
        "both_partly": lazy("Part of it was given"),
        "cannot_tell": lazy("It cannot be told any more"),
    },
    "FlagHandling": {
        "stayed_with": lazy("Somebody stayed with the person; a safety plan was made"),
        "family_told": lazy("The family was told and is with the person"),
        "hospital": lazy("Taken to hospital"),
        "crisis_line": lazy("Spoke with the psychological helpline"),
        "emergency_called": lazy("Emergency services were called"),
        "mistaken_entry": lazy("Asked again at once: written down wrongly"),
    },
    "GoalStatus": {
        "followed": lazy_pgettext("GoalStatus", "Being followed"),
        "ended": lazy_pgettext("GoalStatus", "Ended"),
        "given_up": lazy_pgettext("GoalStatus", "Given up"),
    },
    "InstrumentOrigin": {
        "pack": lazy("Default pack"),
        "optional": lazy("Optional pack"),
        "own": lazy("Made here"),
    },
    "OutcomeReason": {
        "as_planned": lazy("As planned"),
        "met_sooner": lazy("The need was met with less"),
        "provider_short": lazy("Not enough workers, places or goods"),
        "funds_ended": lazy("The funds ended"),
        "term_ended": lazy("The term ended"),
        "person_stopped": lazy("The person wanted to stop"),
        "away": lazy("In hospital or away for long"),
        "helped_otherwise": lazy("Helped in another way"),
        "not_reached": lazy("Person not reachable"),
        "died_or_moved": lazy("Died or moved away"),
        "other": lazy("Another reason"),
    },
    "RevisitResult": {
        "lasting": lazy("The help holds"),
        "partly_lasting": lazy("The help holds in part"),
        "need_again": lazy("Help is needed again"),
        "not_reached": lazy_pgettext("RevisitResult", "Nobody reached"),
        "moved": lazy("Moved"),
        "died": lazy_pgettext("RevisitResult", "Died"),
    },
    "RevisitWay": {
        "at_home": lazy("At home"),
        "at_station": lazy("At the station"),
        "by_phone": lazy_pgettext("RevisitWay", "By phone"),
    },
    "SpokenBy": {
        "person": lazy("The person"),
        "family": lazy_pgettext("SpokenBy", "The family"),
        "guardian": lazy_pgettext("SpokenBy", "The guardian"),
        "unknown": lazy("Whoever held the code"),
    },
    "VersionState": {"draft": lazy_pgettext("VersionState", "Draft"), "published": lazy("Published")},
}
