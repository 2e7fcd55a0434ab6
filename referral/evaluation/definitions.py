"""What is counted and how: the same text on the page, in the export and in the tests."""

from typing import Any

from referral.evaluation.defining import (
    BOTH_SCORES,
    CASE_DATE,
    DAYS,
    ENTRIES,
    IN_ERROR,
    NEED_DATE,
    NEEDS,
    NOT_REACHED,
    PERCENT,
    PERSONS,
    REFERRALS,
    REQUEST_DATE,
    VISIT_DATE,
    YUAN,
    Definition,
)
from referral.evaluation.definitions_of_work import MORE
from referral.i18n import lazy

GROUPS: dict[str, Any] = {
    "changed": lazy("What changed for people"),
    "done": lazy("What was done"),
    "planned": lazy("What was planned, given, approved and paid"),
    "referrals": lazy("What became of referrals"),
    "cases": lazy("How cases came, went and held"),
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
            lazy("points of the measure"),
            numerator=lazy("Sum of follow-up − baseline"),
            denominator=BOTH_SCORES,
        ),
        "improved": Definition(
            lazy("Improved"),
            lazy("People whose follow-up is above their baseline ÷ people with both scores"),
            lazy("Last follow-up in the period; last baseline before it"),
            lazy("People without both scores: they are shown as missing, never guessed"),
            PERCENT,
            numerator=lazy("People whose follow-up is above their baseline"),
            denominator=BOTH_SCORES,
        ),
    },
    "done": {
        "persons": Definition(
            lazy("Persons"), lazy("Distinct people with at least one person-time"), VISIT_DATE, NOT_REACHED, PERSONS
        ),
        "households": Definition(
            lazy("Households"), lazy("Distinct households of these people"), VISIT_DATE, NOT_REACHED, lazy("households")
        ),
        "person_times": Definition(
            lazy("Person-times"),
            lazy("One person × one service event; a group of ten is ten person-times and one activity; a meal is one"),
            VISIT_DATE,
            NOT_REACHED,
            lazy("person-times"),
        ),
        "hours": Definition(lazy("Hours"), lazy("Sum of minutes ÷ 60"), VISIT_DATE, NOT_REACHED, lazy("hours")),
        "units": Definition(
            lazy("Units"),
            lazy("Sum of units of each term, in the unit of the term"),
            VISIT_DATE,
            NOT_REACHED,
            lazy("units of the term"),
        ),
        "activities": Definition(
            lazy("Group activities"), lazy("Distinct group sessions"), VISIT_DATE, NOT_REACHED, lazy("activities")
        ),
        "amount": Definition(
            lazy("Money and goods"),
            lazy("Sum of the value of what was handed over, in yuan"),
            VISIT_DATE,
            NOT_REACHED,
            YUAN,
        ),
        "not_reached": Definition(
            lazy("Nobody met"),
            lazy("Entries in which neither the person nor the family was met, by result; each counts 0 person-times"),
            VISIT_DATE,
            lazy("Entries replaced by a correction"),
            ENTRIES,
        ),
    },
    "referrals": {
        "requested": Definition(
            lazy("Put to providers"), lazy("Referrals put to a provider"), REQUEST_DATE, IN_ERROR, REFERRALS
        ),
        "accepted": Definition(
            lazy("Accepted"),
            lazy("Referrals the provider took on, whatever became of them later"),
            REQUEST_DATE,
            IN_ERROR,
            REFERRALS,
        ),
        "acceptance": Definition(
            lazy("Acceptance"),
            lazy("Accepted ÷ (accepted + rejected + expired)"),
            REQUEST_DATE,
            lazy("Referrals that still wait, and those cancelled before an answer"),
            PERCENT,
            numerator=lazy("Accepted"),
            denominator=lazy("Accepted, rejected and expired"),
        ),
        "rejected": Definition(
            lazy("Rejected"), lazy("Referrals the provider declined, by reason"), REQUEST_DATE, IN_ERROR, REFERRALS
        ),
        "expired": Definition(
            lazy("Expired"), lazy("Referrals nobody answered in time"), REQUEST_DATE, IN_ERROR, REFERRALS
        ),
        "cancelled": Definition(
            lazy("Cancelled"), lazy("Referrals taken back before an answer"), REQUEST_DATE, IN_ERROR, REFERRALS
        ),
        "waiting": Definition(
            lazy("Waiting for an answer"), lazy("Referrals without an answer yet"), REQUEST_DATE, IN_ERROR, REFERRALS
        ),
        "completed": Definition(
            lazy("Completed"),
            lazy("Referrals ended with help; served, partly served and not served exclude each other"),
            REQUEST_DATE,
            IN_ERROR,
            REFERRALS,
        ),
        "served": Definition(
            lazy("Served"), lazy("Referrals with the outcome served"), REQUEST_DATE, IN_ERROR, REFERRALS
        ),
        "partly_served": Definition(
            lazy("Partly served"), lazy("Referrals with the outcome partly served"), REQUEST_DATE, IN_ERROR, REFERRALS
        ),
        "not_served": Definition(
            lazy("Not served"), lazy("Referrals with the outcome not served"), REQUEST_DATE, IN_ERROR, REFERRALS
        ),
        "reasons": Definition(
            lazy("Reasons"),
            lazy("Referrals rejected, cancelled or failed, by coded reason"),
            REQUEST_DATE,
            IN_ERROR,
            REFERRALS,
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
            DAYS,
        ),
        "first_offer": Definition(
            lazy("To the first offer"),
            lazy(
                "Working days with fractions from opening the need to its first referral; in time = by the day set by "
                "its urgency"
            ),
            NEED_DATE,
            lazy("Needs without a referral yet; their number is shown"),
            DAYS,
        ),
        "answer": Definition(
            lazy("To the answer"),
            lazy("Working days with fractions from asking the provider to the answer; in time = by the day set"),
            REQUEST_DATE,
            lazy("Referrals without an answer; those past their day count as not in time"),
            DAYS,
        ),
        "first_service": Definition(
            lazy("To the first service"),
            lazy("Working days with fractions from opening the need to the first person-time on a referral of it"),
            NEED_DATE,
            lazy("Needs not served yet; their number is shown"),
            DAYS,
        ),
    },
    "whom": {
        "needs": Definition(
            lazy("Needs"), lazy("Needs of services and of material aid"), NEED_DATE, lazy("Nothing"), NEEDS
        ),
        "needs_met": Definition(
            lazy("Needs met"),
            lazy("Needs opened in the period that are met wholly or partly today ÷ needs opened"),
            NEED_DATE,
            lazy("Nothing; needs still open or being served count as not met"),
            PERCENT,
            numerator=lazy("Needs met wholly or partly"),
            denominator=lazy("Needs opened in the period"),
        ),
    },
    "cost": {
        "spent": Definition(
            lazy("Spent"),
            lazy("Units given × unit price of the program's contract"),
            VISIT_DATE,
            lazy("Programs without a unit price"),
            YUAN,
        ),
        "per_person": Definition(
            lazy("For each person"),
            lazy("Spent ÷ distinct people the program served"),
            VISIT_DATE,
            lazy("Programs without a unit price"),
            YUAN,
            numerator=lazy("Spent"),
            denominator=lazy("Distinct people the program served"),
        ),
    },
    "unknown": {
        "never_offered": Definition(
            lazy("Needs never offered to anybody"),
            lazy("Needs whose day had passed at the end of the period and that no provider was ever asked to meet"),
            NEED_DATE,
            lazy("Nothing"),
            NEEDS,
        ),
        "unanswered": Definition(
            lazy("Referrals without an answer"),
            lazy("Referrals whose day had passed at the end of the period without an answer"),
            REQUEST_DATE,
            IN_ERROR,
            REFERRALS,
        ),
        "without_minutes": Definition(
            lazy("Services without a duration"),
            lazy("Person-times with 0 minutes"),
            VISIT_DATE,
            lazy("Money and goods handed over, which take no time"),
            lazy("person-times"),
        ),
        "without_birth_date": Definition(
            lazy("People without a birth date"),
            lazy("People served whose age cannot be told"),
            VISIT_DATE,
            NOT_REACHED,
            PERSONS,
        ),
    },
}
"""Group → figure → definition, in the order of the report."""

for _group, _lines in MORE.items():
    DEFINITIONS.setdefault(_group, {}).update(_lines)
DEFINITIONS = {group: DEFINITIONS[group] for group in GROUPS}

ALL: dict[str, Definition] = {code: one for group in DEFINITIONS.values() for code, one in group.items()}
