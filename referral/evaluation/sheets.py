"""The report as a workbook: every table of the page, and the definitions."""

from typing import Any

from flask import Response
from wtforms import SelectField

from referral.evaluation.definitions import ALL, DEFINITIONS, GROUPS
from referral.evaluation.forms import PeriodFilter, ReportFilter
from referral.evaluation.rows import SPEED_TITLES, funnel_rows, group_label, unknown_rows
from referral.evaluation.sheets_of_work import codebook, sheets_of_work
from referral.exports import Column, Sheet, workbook_of
from referral.filters import percent
from referral.i18n import _, in_language
from referral.measure_words import measure_word
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame
from referral.withheld import Withheld
from referral.words import word


def report_workbook(
    report: Report, frame: Frame, form: ReportFilter | PeriodFilter, sample: str | None = None
) -> Response:
    """Return the workbook of a report; `sample` is the one program it is about, where the reader sees no other."""
    about: list[tuple[str, Any]] = [
        (_("From"), frame.start),
        (_("To"), frame.end),
        *(
            (field.label.text, chosen_label(field))
            for field in (getattr(form, name, None) for name in ("area", "program"))
            if field
        ),
        *([(_("Program"), sample)] if sample else []),
    ]
    if sample:
        about.append((_("Not told"), _("Figures of fewer than 5, and some larger ones with them: marked as withheld")))
    sheets = [*figure_sheets(report), codebook(frame.start, frame.end)]
    return workbook_of(_("Report"), list(map(_in_words, sheets)), notes=about)


def _in_words(sheet: Sheet) -> Sheet:
    """Return a sheet with a word for what is withheld."""
    rows = [[str(cell) if isinstance(cell, Withheld) else cell for cell in row] for row in sheet.rows]
    return Sheet(sheet.title, sheet.columns, rows)


def chosen_label(field: SelectField) -> str:
    """Return what a select field shows."""
    return next((str(label) for _value, label, selected, *_rest in field.iter_choices() if selected), "")


def report_sheets(report: Report) -> list[Sheet]:
    """Return every table of a report and the definitions, as sheets."""
    return [*figure_sheets(report), _definitions()]


def figure_sheets(report: Report) -> list[Sheet]:
    """Return every table of a report, as sheets."""
    number, text = "number", "text"
    return [
        Sheet(
            _("What changed for people"),
            [
                Column(_("Measure"), text),
                *(
                    Column(title, number)
                    for title in (
                        _("n"),
                        _("Before"),
                        _("After"),
                        _("Mean change"),
                        _("From"),
                        _("To"),
                        _("Improved"),
                        _("Worse"),
                        _("Served"),
                        _("Without baseline"),
                        _("Without follow-up"),
                    )
                ),
            ],
            [
                [
                    measure_word(c.measure),
                    c.n,
                    c.baseline,
                    c.follow_up,
                    c.change,
                    c.low,
                    c.high,
                    c.improved,
                    c.worse,
                    c.cohort,
                    c.without_baseline,
                    c.without_follow_up,
                ]
                for c in report.changes
            ],
        ),
        Sheet(
            _("What was done"),
            [
                Column(_("Service"), text),
                Column(_("Unit"), text),
                *(Column(title, number) for title in (_("Persons"), _("Person-times"), _("Hours"), _("Units"))),
                Column(_("Value in yuan"), "money"),
            ],
            [
                [
                    in_language(line.term),
                    line.term.unit,
                    line.persons,
                    line.person_times,
                    line.hours,
                    line.units,
                    line.amount,
                ]
                for line in report.done.services
            ],
        ),
        Sheet(
            _("Month by month"),
            [Column(_("Month"), text), Column(_("Person-times"), number), Column(_("Persons"), number)],
            [[f"{day:%Y-%m}", times, persons] for day, times, persons in report.done.months],
        ),
        Sheet(
            _("What became of referrals"),
            [Column(_("Stage"), text), Column(_("Referrals"), number)],
            [
                *([str(title), value] for _code, title, value in funnel_rows(report.funnel)),
                [str(ALL["acceptance"].title), percent(report.funnel.acceptance, 1)],
            ],
        ),
        Sheet(
            _("Reasons"),
            [Column(_("State"), text), Column(_("Reason"), text), Column(_("Referrals"), number)],
            [[word(state), word(reason), count] for state, reason, count in report.funnel.reasons],
        ),
        Sheet(
            _("How fast"),
            [
                Column(_("Stage"), text),
                Column(_("n"), number),
                Column(_("Median"), number),
                Column(_("P90"), number),
                Column(_("In time"), "percent"),
                Column(_("Still open"), number),
            ],
            [[str(SPEED_TITLES[s.code]), s.n, s.median, s.p90, s.in_time, s.open] for s in report.speeds],
        ),
        Sheet(
            _("For whom"),
            [
                Column(_("Group of people"), text),
                *(
                    Column(title, number)
                    for title in (_("Persons"), _("Person-times"), _("Hours"), _("Needs"), _("Needs met"))
                ),
            ],
            [
                [group_label(g.label), g.persons, g.person_times, g.hours, g.needs, g.needs_met]
                for g in (*report.townships, *report.sexes, *report.ages)
            ],
        ),
        Sheet(
            _("What it cost"),
            [
                Column(_("Program"), text),
                *(Column(title, number) for title in (_("Households"), _("Quota"), _("Persons"), _("Units"))),
                *(Column(title, "money") for title in (_("Unit price"), _("Spent"), _("For each person"))),
            ],
            [
                [
                    p.program.name,
                    p.households,
                    p.program.quota_households,
                    p.persons,
                    p.units,
                    p.program.unit_price,
                    p.spent,
                    p.per_person,
                ]
                for p in report.programs
            ],
        ),
        Sheet(
            _("What is not known"),
            [Column(_("Gap"), text), Column(_("Number"), number)],
            [[str(title), value] for _code, title, value in unknown_rows(report)],
        ),
        *sheets_of_work(report),
    ]


def _definitions() -> Sheet:
    return Sheet(
        _("Definitions"),
        [
            Column(_("Part of the report"), width=20),
            Column(_("Figure"), width=24),
            Column(_("Formula"), width=70),
            Column(_("Date"), width=36),
            Column(_("Not counted"), width=50),
        ],
        [
            [str(GROUPS[group]), str(one.title), str(one.formula), str(one.date), str(one.leaves_out)]
            for group, lines in DEFINITIONS.items()
            for one in lines.values()
        ],
    )
