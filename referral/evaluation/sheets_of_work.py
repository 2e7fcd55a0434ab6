"""Sheets of shares, hours in one line, money and groups, and the codebook that explains every figure of a workbook."""

from typing import Any

from referral.evaluation.definitions import ALL, DEFINITIONS, GROUPS
from referral.evaluation.rows import group_label, kind_word, share_rows, tables_of_equity, unit_rows
from referral.exports import Column, Sheet
from referral.i18n import _
from referral.queries.report.figures import Report
from referral.withheld import FEWEST
from referral.words import unit_name, word

UNIT_COLUMNS = ("planned", "delivered", "approved", "contracted", "paid")


def sheets_of_work(report: Report) -> list[Sheet]:
    """Return the sheets that follow those of the sums of visits."""
    measured = report.measured
    number, money = "number", "money"
    done = report.done
    whole = {
        "persons": done.persons, "households": done.households, "person_times": done.person_times,
        "hours": done.hours, "activities": done.activities, "amount": done.amount,
        "not_reached": done.not_reached_total, "needs": report.needs, "needs_met": report.needs_met,
    }  # fmt: skip
    return [
        Sheet(
            _("In all"),
            [Column(_("Figure"), width=26), Column(_("Result"), number)],
            [[str(ALL[code].title), value] for code, value in whole.items()],
        ),
        Sheet(
            _("Indicators"),
            [
                Column(_("Figure"), width=26),
                Column(_("Numerator"), number),
                Column(_("Denominator"), number),
                Column(_("Result"), "percent"),
            ],
            [[str(ALL[one.code].title), one.part, one.whole, one.value] for one in share_rows(report)],
        ),
        Sheet(
            _("Satisfaction"),
            [
                Column(_("Figure"), width=26),
                *(Column(title, number) for title in (_("n"), _("Mean"), _("From"), _("To"))),
            ],
            [[str(ALL[one.code].title), one.n, one.mean, one.low, one.high] for one in measured.means],
        ),
        Sheet(
            _("Ended beside the main road"),
            [Column(_("Reason"), width=26), Column(_("Cases"), number)],
            [[word(why), count] for why, count in measured.exits],
        ),
        Sheet(
            _("Hours in one line"),
            [
                Column(_("Unit")),
                *(Column(ALL[code].title, number) for code in UNIT_COLUMNS),
                Column(ALL["completion"].title, "percent"),
            ],
            [
                [
                    unit_name(line.unit), line.planned, line.delivered, line.approved, line.contracted, line.paid,
                    line.completion,
                ]
                for line in unit_rows(report)
            ],
        ),
        Sheet(
            _("By source of money"),
            [
                Column(_("Source of money"), width=30),
                *(Column(title, number) for title in (_("Programs"), _("Persons"), _("Units"))),
                Column(_("Spent"), money),
                Column(_("For each unit"), money),
            ],
            [
                [one.source or _("Not recorded"), one.programs, one.persons, one.units, one.spent, one.per_unit]
                for one in measured.funds
            ],
        ),
        Sheet(
            _("Cost of outcomes"),
            [
                Column(_("Figure"), width=26),
                Column(_("Spent"), money),
                Column(_("Outcomes"), number),
                Column(_("For each"), money),
            ],
            [[str(ALL[one.code].title), one.spent, one.outcomes, one.each] for one in measured.costs],
        ),
        Sheet(
            _("Change by group"),
            [
                Column(_("Kind")),
                Column(_("Group of people"), width=26),
                *(
                    Column(title, number)
                    for title in (
                        _("Persons"), _("n"), _("Missing"), _("Before"), _("After"), _("Mean change"), _("From"),
                        _("To"),
                    )
                ),
            ],
            [
                [
                    kind_word(one.kind), group_label(one.label), one.persons, one.n, one.missing, one.baseline,
                    one.follow_up, one.change, one.low, one.high,
                ]
                for one in measured.compared
            ],
        ),
        Sheet(
            _("Fair to all groups?"),
            [
                Column(_("Group of people"), width=26),
                *(Column(title, number) for title in (_("Needs"), _("Needs met"), _("Rate ratio"), _("From"), _("To"))),
            ],
            [
                [group_label(group.label), group.needs, group.needs_met, *(ratio or (None, None, None))]
                for _title, lines in tables_of_equity(report)
                for group, ratio in lines
            ],
        ),
    ]  # fmt: skip


SHOWN: tuple[tuple[str, ...], ...] = (
    ("change", "improved"),
    ("persons", "person_times", "hours", "units", "amount"),
    ("persons", "person_times"),
    (
        "requested", "waiting", "accepted", "rejected", "expired", "cancelled", "completed", "served", "partly_served",
        "not_served", "acceptance",
    ),
    ("reasons",),
    ("first_contact", "first_offer", "answer", "first_service"),
    ("persons", "person_times", "hours", "needs", "needs_met"),
    ("households", "persons", "units", "spent", "per_person"),
    ("never_offered", "unanswered", "without_birth_date", "without_minutes"),
    (
        "persons", "households", "person_times", "hours", "activities", "amount", "not_reached", "needs", "needs_met",
    ),
    (
        "coverage", "match_rate", "discovery", "revisit_rate", "response_rate", "overlap", "flagged", "gas_reached",
    ),
    ("satisfaction_mean",),
    ("exits",),
    ("planned", "delivered", "approved", "contracted", "paid", "completion"),
    ("persons", "units", "spent", "per_unit"),
    ("spent", "cost_per_served", "cost_per_improved"),
    ("group_change",),
    ("needs", "needs_met", "rate_ratio"),
)  # fmt: skip
"""For each sheet of figures in the order of the workbook, the definitions of what stands in it."""


def codebook(start: Any, end: Any) -> Sheet:
    """Return the sheet that says of each figure what it is; `start` and `end` are the days of the period."""
    rule = _(
        "Figures behind which fewer than %(fewest)s people stand are withheld from whoever sees no names, and as many "
        "more as keep them from being computed, over all tables of the year together",
        fewest=FEWEST,
    )
    headings = (
        (_("Code"), 20), (_("Part of the report"), 20), (_("Figure"), 24), (_("Numerator"), 44), (_("Denominator"), 36),
        (_("Formula"), 60), (_("Date"), 36), (_("Not counted"), 46), (_("Unit"), 16), (_("Withheld"), 46),
        (_("Period"), 24),
    )  # fmt: skip
    period = f"{start:%Y-%m-%d} – {end:%Y-%m-%d}"
    return Sheet(
        _("Codebook"),
        [Column(title, width=width) for title, width in headings],
        [
            [
                code, str(GROUPS[group]), *map(str, (one.title, one.above, one.below, one.formula, one.date,
                one.leaves_out, one.unit)), rule, period,
            ]
            for group, lines in DEFINITIONS.items()
            for code, one in lines.items()
        ],
    )  # fmt: skip
