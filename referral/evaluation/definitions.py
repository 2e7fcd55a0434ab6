"""What is counted and how: the same text on the page, in the export and in the tests."""

from dataclasses import dataclass
from typing import Any

from referral.i18n import lazy


@dataclass(frozen=True)
class Definition:
    """One figure: its formula, the date that decides whether something falls in the period, and what is left out."""

    title: Any
    formula: Any
    date: Any
    leaves_out: Any


VISIT_DATE = lazy("Day of the service, in China")
REQUEST_DATE = lazy("Day on which the provider was asked")
NEED_DATE = lazy("Day on which the need was opened")
CASE_DATE = lazy("Day on which the case was opened")
NOT_REACHED = lazy("Entries in which nobody was met; entries replaced by a correction")
IN_ERROR = lazy("Referrals entered in error")

GROUPS: dict[str, Any] = {
    "changed": lazy("What changed for people"),
    "done": lazy("What was done"),
    "referrals": lazy("What became of referrals"),
    "speed": lazy("How fast"),
    "whom": lazy("For whom"),
    "cost": lazy("What it cost"),
    "unknown": lazy("What is not known"),
}

DEFINITIONS: dict[str, dict[str, Definition]] = {
    "changed": {
        "change": Definition(
            lazy("Mean change"),
            lazy(
                "Mean of (follow-up − baseline) over people served who have both, with its 95 % confidence interval "
                "x̄ ± t(n−1) · s ÷ √n; no interval below three pairs"
            ),
            lazy("Last follow-up in the period; last baseline before it"),
            lazy("People without both scores: they are shown as missing, never guessed"),
        ),
        "improved": Definition(
            lazy("Improved"),
            lazy("People whose follow-up is above their baseline ÷ people with both scores"),
            lazy("Last follow-up in the period; last baseline before it"),
            lazy("People without both scores: they are shown as missing, never guessed"),
        ),
    },
    "done": {
        "persons": Definition(
            lazy("Persons"), lazy("Distinct people with at least one person-time"), VISIT_DATE, NOT_REACHED
        ),
        "households": Definition(
            lazy("Households"), lazy("Distinct households of these people"), VISIT_DATE, NOT_REACHED
        ),
        "person_times": Definition(
            lazy("Person-times"),
            lazy("One person × one service event; a group of ten is ten person-times and one activity; a meal is one"),
            VISIT_DATE,
            NOT_REACHED,
        ),
        "hours": Definition(lazy("Hours"), lazy("Sum of minutes ÷ 60"), VISIT_DATE, NOT_REACHED),
        "units": Definition(
            lazy("Units"), lazy("Sum of units of each term, in the unit of the term"), VISIT_DATE, NOT_REACHED
        ),
        "activities": Definition(lazy("Group activities"), lazy("Distinct group sessions"), VISIT_DATE, NOT_REACHED),
        "amount": Definition(
            lazy("Money and goods"), lazy("Sum of the value of what was handed over, in yuan"), VISIT_DATE, NOT_REACHED
        ),
        "not_reached": Definition(
            lazy("Nobody met"),
            lazy("Entries in which neither the person nor the family was met, by result; each counts 0 person-times"),
            VISIT_DATE,
            lazy("Entries replaced by a correction"),
        ),
    },
    "referrals": {
        "requested": Definition(lazy("Put to providers"), lazy("Referrals put to a provider"), REQUEST_DATE, IN_ERROR),
        "accepted": Definition(
            lazy("Accepted"),
            lazy("Referrals the provider took on, whatever became of them later"),
            REQUEST_DATE,
            IN_ERROR,
        ),
        "acceptance": Definition(
            lazy("Acceptance"),
            lazy("Accepted ÷ (accepted + rejected + expired)"),
            REQUEST_DATE,
            lazy("Referrals that still wait, and those cancelled before an answer"),
        ),
        "rejected": Definition(
            lazy("Rejected"), lazy("Referrals the provider declined, by reason"), REQUEST_DATE, IN_ERROR
        ),
        "expired": Definition(lazy("Expired"), lazy("Referrals nobody answered in time"), REQUEST_DATE, IN_ERROR),
        "cancelled": Definition(
            lazy("Cancelled"), lazy("Referrals taken back before an answer"), REQUEST_DATE, IN_ERROR
        ),
        "waiting": Definition(
            lazy("Waiting for an answer"), lazy("Referrals without an answer yet"), REQUEST_DATE, IN_ERROR
        ),
        "completed": Definition(
            lazy("Completed"),
            lazy("Referrals ended with help; served, partly served and not served exclude each other"),
            REQUEST_DATE,
            IN_ERROR,
        ),
        "served": Definition(lazy("Served"), lazy("Referrals with the outcome served"), REQUEST_DATE, IN_ERROR),
        "partly_served": Definition(
            lazy("Partly served"), lazy("Referrals with the outcome partly served"), REQUEST_DATE, IN_ERROR
        ),
        "not_served": Definition(
            lazy("Not served"), lazy("Referrals with the outcome not served"), REQUEST_DATE, IN_ERROR
        ),
        "reasons": Definition(
            lazy("Reasons"), lazy("Referrals rejected, cancelled or failed, by coded reason"), REQUEST_DATE, IN_ERROR
        ),
    },
    "speed": {
        "first_contact": Definition(
            lazy("To the first contact"),
            lazy(
                "Working days with fractions from opening the case to the first time somebody was met; median and P90"
            ),
            CASE_DATE,
            lazy("Cases without a contact yet; their number is shown"),
        ),
        "first_offer": Definition(
            lazy("To the first offer"),
            lazy(
                "Working days with fractions from opening the need to its first referral; in time = by the day set by "
                "its urgency"
            ),
            NEED_DATE,
            lazy("Needs without a referral yet; their number is shown"),
        ),
        "answer": Definition(
            lazy("To the answer"),
            lazy("Working days with fractions from asking the provider to the answer; in time = by the day set"),
            REQUEST_DATE,
            lazy("Referrals without an answer; those past their day count as not in time"),
        ),
        "first_service": Definition(
            lazy("To the first service"),
            lazy("Working days with fractions from opening the need to the first person-time on a referral of it"),
            NEED_DATE,
            lazy("Needs not served yet; their number is shown"),
        ),
    },
    "whom": {
        "needs": Definition(lazy("Needs"), lazy("Needs of services and of material aid"), NEED_DATE, lazy("Nothing")),
        "needs_met": Definition(
            lazy("Needs met"),
            lazy("Needs opened in the period that are met wholly or partly today ÷ needs opened"),
            NEED_DATE,
            lazy("Nothing; needs still open or being served count as not met"),
        ),
    },
    "cost": {
        "spent": Definition(
            lazy("Spent"),
            lazy("Units given × unit price of the program's contract"),
            VISIT_DATE,
            lazy("Programs without a unit price"),
        ),
        "per_person": Definition(
            lazy("For each person"),
            lazy("Spent ÷ distinct people the program served"),
            VISIT_DATE,
            lazy("Programs without a unit price"),
        ),
    },
    "unknown": {
        "never_offered": Definition(
            lazy("Needs never offered to anybody"),
            lazy("Needs whose day had passed at the end of the period and that no provider was ever asked to meet"),
            NEED_DATE,
            lazy("Nothing"),
        ),
        "unanswered": Definition(
            lazy("Referrals without an answer"),
            lazy("Referrals whose day had passed at the end of the period without an answer"),
            REQUEST_DATE,
            IN_ERROR,
        ),
        "without_minutes": Definition(
            lazy("Services without a duration"),
            lazy("Person-times with 0 minutes"),
            VISIT_DATE,
            lazy("Money and goods handed over, which take no time"),
        ),
        "without_birth_date": Definition(
            lazy("People without a birth date"), lazy("People served whose age cannot be told"), VISIT_DATE, NOT_REACHED
        ),
    },
}
"""Group → figure → definition, in the order of the report."""

ALL: dict[str, Definition] = {code: one for group in DEFINITIONS.values() for code, one in group.items()}
