"""Words of plans and planned visits."""

from typing import Any

from referral.i18n import lazy, lazy_pgettext

WORDS: dict[str, dict[str, Any]] = {
    "PlanKind": {
        "recurring": lazy("Visits that come again"),
        "meals": lazy("Meals by delivery round"),
        "on_call": lazy("On call"),
    },
    "FreeDays": {
        "skip": lazy("Leave it out"),
        "next_working_day": lazy("Move it to the next working day"),
        "keep": lazy("Come all the same"),
    },
    "PlanStatus": {
        "active": lazy_pgettext("Plan", "Under way"),
        "on_hold": lazy_pgettext("Plan", "Paused"),
        "ended": lazy_pgettext("Plan", "Ended"),
        "cancelled": lazy_pgettext("Plan", "Cancelled"),
    },
    "PlannedStatus": {
        "planned": lazy_pgettext("PlannedVisit", "Planned"),
        "done": lazy_pgettext("PlannedVisit", "Done"),
        "moved": lazy_pgettext("PlannedVisit", "Moved"),
        "missed": lazy_pgettext("PlannedVisit", "Missed"),
        "cancelled": lazy_pgettext("PlannedVisit", "Called off"),
    },
    "PlannedReason": {
        "person_asked": lazy("The person asked for it"),
        "nobody_home": lazy("Nobody home"),
        "no_answer": lazy("No answer"),
        "refused": lazy_pgettext("PlannedReason", "The person refused"),
        "in_hospital": lazy("In hospital"),
        "away": lazy("Away"),
        "wrong_address": lazy("Wrong address"),
        "moved_away": lazy_pgettext("PlannedReason", "Moved away"),
        "died": lazy_pgettext("PlannedReason", "The person died"),
        "worker_absent": lazy("The worker was absent"),
        "provider_failed": lazy("The provider did not come"),
        "weather": lazy("Weather or roads"),
        "holiday": lazy_pgettext("PlannedReason", "Because of a holiday"),
        "plan_changed": lazy("The plan was changed"),
        "plan_on_hold": lazy("The plan was paused"),
        "plan_ended": lazy("The plan ended"),
        "entered_in_error": lazy_pgettext("PlannedReason", "Entered by mistake"),
        "other": lazy_pgettext("PlannedReason", "Another reason"),
    },
}
