"""Definitions of plans kept, hours in one line, cases, costs, groups and the quality of records."""

from referral.evaluation.defining import (
    BOTH_SCORES,
    CASE_DATE,
    CASES,
    NEED_DATE,
    NOT_REACHED,
    PERCENT,
    REQUEST_DATE,
    VISIT_DATE,
    YUAN,
    Definition,
)
from referral.i18n import lazy

PLANNED_DATE = lazy("Day for which the visit was planned, up to yesterday")
UNITS = lazy("units, each kind by itself")
NOT_DUE = lazy("Visits that were cancelled; moved ones count where they were moved to")
NO_PRICE = lazy("Programs without a unit price")
LAST_SCORES = lazy("Last follow-up in the period; last baseline before it")
STANDING = lazy("Entries replaced by a correction; decisions that another has taken the place of")

MORE: dict[str, dict[str, Definition]] = {
    "changed": {
        "gas_reached": Definition(
            lazy("Goals reached"),
            lazy("People whose goals stand at the expected level or above (T ≥ 50) ÷ people with a later T score"),
            LAST_SCORES,
            lazy("People without a later rating of their goals"),
            PERCENT,
            numerator=lazy("People whose last T score is 50 or more"),
            denominator=lazy("People with a later T score"),
        ),
        "group_change": Definition(
            lazy("Change by group"),
            lazy(
                "Mean of (follow-up − baseline) of the WHO-5 in the group, with its 95 % interval (t); groups by "
                "program, township of the last entry, sex, age and recognised status on the last day"
            ),
            LAST_SCORES,
            lazy("People without both scores: their number is shown for each group"),
            lazy("points of the measure"),
            numerator=lazy("Sum of follow-up − baseline in the group"),
            denominator=BOTH_SCORES,
        ),
    },
    "planned": {
        "coverage": Definition(
            lazy("Coverage"),
            lazy("Planned visits that were done ÷ planned visits that were due"),
            PLANNED_DATE,
            NOT_DUE,
            PERCENT,
            numerator=lazy("Planned visits that were done"),
            denominator=lazy("Planned visits that were due"),
        ),
        "completion": Definition(
            lazy("Service completion"),
            lazy("Units of planned visits that were done ÷ units planned"),
            PLANNED_DATE,
            NOT_DUE,
            PERCENT,
            numerator=lazy("Units of planned visits that were done"),
            denominator=lazy("Units of planned visits that were due"),
        ),
        "planned": Definition(
            lazy("Planned"), lazy("Units of planned visits that were due"), PLANNED_DATE, NOT_DUE, UNITS
        ),
        "delivered": Definition(
            lazy("Delivered"), lazy("Units of all person-times, planned or not"), VISIT_DATE, NOT_REACHED, UNITS
        ),
        "approved": Definition(
            lazy("Approved"),
            lazy("Units that a supervisor approved of these person-times"),
            VISIT_DATE,
            STANDING,
            UNITS,
        ),
        "contracted": Definition(
            lazy("Covered by contract"),
            lazy("Approved units that a contract's quota covers"),
            VISIT_DATE,
            STANDING,
            UNITS,
        ),
        "paid": Definition(
            lazy("Paid"),
            lazy("Units on paid sheets, with what they carry over from earlier months"),
            lazy("Month of the sheet"),
            lazy("Sheets not paid yet. Not told for one township or for part of a month: sheets know neither"),
            UNITS,
        ),
    },
    "referrals": {
        "match_rate": Definition(
            lazy("Match rate"),
            lazy("Needs past their day that a provider has taken on ÷ needs past their day"),
            NEED_DATE,
            lazy("Needs whose day had not passed at the end of the period"),
            PERCENT,
            numerator=lazy("Needs past their day that a provider has taken on, whatever became of it later"),
            denominator=lazy("Needs opened in the period whose day had passed at its end"),
        ),
    },
    "cases": {
        "discovery": Definition(
            lazy("Found by going out"),
            lazy("Cases from visits, village reports, comparing lists or an event ÷ cases opened"),
            CASE_DATE,
            lazy("Imported cases"),
            PERCENT,
            numerator=lazy("Cases that somebody went and found"),
            denominator=lazy("Cases opened"),
        ),
        "exits": Definition(
            lazy("Ended beside the main road"),
            lazy("Cases that ended without a conclusion and were not reopened, by coded reason"),
            lazy("Day on which the case ended"),
            lazy("Cases that were taken up again"),
            CASES,
        ),
        "revisit_rate": Definition(
            lazy("Re-visited"),
            lazy("Re-visits with a finding ÷ re-visits that were due"),
            lazy("Day by which the re-visit was due, up to yesterday"),
            lazy("Re-visits of cases that were taken up again before"),
            PERCENT,
            numerator=lazy("Re-visits that found whether the help holds"),
            denominator=lazy("Re-visits that were due"),
        ),
        "response_rate": Definition(
            lazy("Response rate"),
            lazy("People's answers on satisfaction ÷ referrals on which they were asked"),
            lazy("Day on which the person was asked"),
            lazy("Nothing"),
            PERCENT,
            numerator=lazy("Referrals on which the person answered"),
            denominator=lazy("Referrals on which the person was asked"),
        ),
        "satisfaction_mean": Definition(
            lazy("Satisfaction"),
            lazy("Mean of the answers to three own questions of 1–5 (not validated), with its 95 % interval (t)"),
            lazy("Day on which the person was asked"),
            lazy("Sheets with a question left out"),
            lazy("points of 1–5"),
            numerator=lazy("Sum of the scores"),
            denominator=lazy("Sheets without a question left out"),
        ),
        "overlap": Definition(
            lazy("Helped twice with the same"),
            lazy("People given the same kind of help by more than one organization ÷ people served"),
            VISIT_DATE,
            NOT_REACHED,
            PERCENT,
            numerator=lazy("People with person-times of one term from two organizations or more"),
            denominator=lazy("Distinct people with at least one person-time"),
        ),
    },
    "whom": {
        "rate_ratio": Definition(
            lazy("Rate ratio"),
            lazy("Share of needs met in the group ÷ share in all others, with its 95 % interval (Katz)"),
            NEED_DATE,
            lazy("Tables with a withheld group"),
            lazy("a ratio; 1 is equal"),
            numerator=lazy("Share of needs met in the group"),
            denominator=lazy("Share of needs met in all other groups"),
        ),
    },
    "cost": {
        "per_unit": Definition(
            lazy("For each unit"),
            lazy("Spent ÷ units given, over the programs of one source of money"),
            VISIT_DATE,
            NO_PRICE,
            YUAN,
            numerator=lazy("Spent"),
            denominator=lazy("Units given by these programs"),
        ),
        "cost_per_served": Definition(
            lazy("For each referral served"),
            lazy("Spent ÷ referrals to these programs with the outcome served"),
            REQUEST_DATE,
            NO_PRICE,
            YUAN,
            numerator=lazy("Spent"),
            denominator=lazy("Referrals to programs with a unit price that were served"),
        ),
        "cost_per_improved": Definition(
            lazy("For each person better off"),
            lazy("Spent ÷ people these programs served whose WHO-5 rose"),
            LAST_SCORES,
            NO_PRICE,
            YUAN,
            numerator=lazy("Spent"),
            denominator=lazy("People these programs served whose follow-up is above their baseline"),
        ),
    },
    "unknown": {
        "flagged": Definition(
            lazy("Odd entries that nobody explained"),
            lazy("Entries that a rule of plausibility flags and nobody has explained ÷ all entries"),
            VISIT_DATE,
            lazy("Entries replaced by a correction; flags that no longer hold"),
            PERCENT,
            numerator=lazy("Entries with a flag that stands"),
            denominator=lazy("All entries, reached or not"),
        ),
    },
}
"""Group → figure → definition: what joins the groups of `definitions`."""
