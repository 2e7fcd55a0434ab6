"""The answer of a scenario as files: a workbook with its words and tables, and its charts as drawings.

They go to other offices, so figures of one to four people are withheld, with as many others as it takes
(`referral.withheld`); so is a difference of which one side is withheld.
"""

from collections.abc import Sequence
from typing import Any

from flask import Response, abort, get_template_attribute, request
from markupsafe import Markup

from models import Scenario
from referral import charts
from referral.access import Act, actor, allow
from referral.coordination import blueprint
from referral.coordination.comparing import DRAWN, Comparison, Row, comparison
from referral.exports import Column, Sheet, workbook_of
from referral.extensions import db
from referral.i18n import _
from referral.queries import scenarios
from referral.withheld import WITHHELD, withheld

DRAWINGS = ("urgency", "township")
"""Names of the charts of an answer, in the order of `Comparison.charts`."""


@blueprint.get("/coordination/what-if/<uuid:key>.xlsx")
@allow(Act.READ_SCENARIO, find=scenarios.in_scope)
def export_scenario(scenario: Scenario) -> Response:
    """Give today beside the copy as an Excel file; 404 while there is no answer."""
    found = comparison(db.session, scenario)
    if found is None:
        abort(404)
    sheets = [
        _sheet(_("Served by urgency"), _("Urgency"), found.tiers),
        _sheet(_("Served by township"), _("Township"), found.townships),
        _sheet(_("Served by kind of help"), _("Kind of help"), found.services),
    ]
    title = scenario.title or _("What if %(number)s", number=scenario.number)
    return workbook_of(title, sheets, notes=_notes(scenario, found))


@blueprint.get("/coordination/what-if/<uuid:key>/chart.svg")
@allow(Act.READ_SCENARIO, find=scenarios.in_scope)
def download_scenario_chart(scenario: Scenario) -> Response:
    """Give one chart of an answer (`of` in the address) as a drawing of its own; 404 where there is none."""
    found, name = comparison(db.session, scenario), request.args.get("of", DRAWINGS[0])
    if found is None or name not in DRAWINGS:
        abort(404)
    headers = {"Content-Disposition": f"attachment; filename={name}.svg"}
    return Response(_drawn(found, name).svg, mimetype="image/svg+xml", headers=headers)


def _drawn(found: Comparison, name: str) -> charts.Chart:
    """Return a chart of the page without the columns of withheld figures."""
    shown = found.charts[DRAWINGS.index(name)]
    lines = told(found.tiers if name == "urgency" else found.townships)[:DRAWN]
    series = [
        (title, [None if isinstance(line[place], str) else line[place] for line in lines])
        for place, title in ((2, _("Today")), (3, _("The copy")))
    ]
    return charts.columns(shown.title, shown.head[0], [line[0] for line in lines], series)


def _sheet(title: str, head: str, rows: Sequence[Row]) -> Sheet:
    columns: list[Column | str] = [head]
    columns += [Column(name, "number") for name in (_("Needs"), _("Today"), _("The copy"), _("Difference"))]
    return Sheet(title, columns, told(rows))


def told(rows: Sequence[Row]) -> list[list[Any]]:
    """Return the lines of a table with small figures withheld, column by column."""
    wanted = withheld([row.wanted for row in rows])
    today = withheld([row.today for row in rows])
    copy = withheld([row.copy for row in rows])
    return [
        [
            row.label,
            str(WITHHELD) if place in wanted else row.wanted,
            str(WITHHELD) if place in today else row.today,
            str(WITHHELD) if place in copy else row.copy,
            str(WITHHELD) if place in today | copy else row.more,
        ]
        for place, row in enumerate(rows)
    ]


def _notes(scenario: Scenario, found: Comparison) -> list[tuple[str, Any]]:
    """Return what the file shows: the answer in a sentence, what the copy differs in, when and by whom."""
    line = get_template_attribute("coordination/scenario_parts.html", "change_line")
    named = scenarios.named(db.session, scenario.changes)
    today, copy = scenario.result["today"], scenario.result["copy"]
    proved = today["exact"] and copy["exact"]
    return [
        (_("In one sentence"), found.sentence),
        *((_("The copy differs in"), Markup(line(change, named)).striptags()) for change in scenario.changes),  # noqa: S704  a macro of ours
        (
            _("The proof"),
            _("Both plans are proved: none is better")
            if proved
            else _("At least one of the plans is not proved to be the best"),
        ),
        (_("Computed for"), scenario.at),
        (_("Withheld figures"), _("One to four people are not told, nor what would give them away.")),
        (_("Exported by"), actor().name),
    ]
