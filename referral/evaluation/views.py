"""The evaluator: report, definitions, the records behind each figure."""

from uuid import UUID

from flask import Response, abort, render_template, request

from models import Program, Role
from models.field_groups import FieldGroup
from referral.access import Act, actor, allow, sees
from referral.evaluation import blueprint
from referral.evaluation.columns import cells, columns_for
from referral.evaluation.definitions import ALL, DEFINITIONS, GROUPS
from referral.evaluation.drawings import DRAWINGS
from referral.evaluation.forms import PeriodFilter, ReportFilter
from referral.evaluation.kept import figures
from referral.evaluation.rows import funnel_rows, group_label, unknown_rows
from referral.evaluation.sheets import report_workbook
from referral.evaluation.small_cells import is_too_small
from referral.evaluation.told_rows import told_rows
from referral.exports import workbook
from referral.extensions import db
from referral.filters import number, percent
from referral.forms import record_choices
from referral.i18n import _, lazy
from referral.queries.paging import part
from referral.queries.report import records
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame
from referral.queries.report.report import home_area, programs, townships
from referral.taking_out import for_a_reason

Answer = str | tuple[str, int] | Response


def filtered() -> tuple[ReportFilter | PeriodFilter, Frame | None]:
    """Return the filter of the address and the frame it asks for; no frame where the filter is wrong."""
    home = home_area(db.session, actor())
    if actor().role is Role.EVALUATOR:
        choice = PeriodFilter()
        if not choice.validate():
            return choice, None
        return choice, Frame(actor(), choice.chosen.start, choice.chosen.end, home)
    form = ReportFilter()
    areas = townships(db.session, home)
    form.area.choices = record_choices(areas, lazy("All townships"), key="code")
    start, end = form.start.data, form.end.data
    known = programs(db.session, Frame(actor(), start, end)) if start and end else []
    form.program.choices = record_choices(known, lazy("All programs"))
    if not form.validate() or start is None or end is None:
        return form, None
    program = UUID(form.program.data) if form.program.data else None
    return form, Frame(actor(), start, end, form.area.data or home, program)


def told(frame: Frame) -> Report | None:
    """Return the report of a frame; None where its reader sees no names and it speaks of so few that they would do."""
    found = figures(frame)
    if found is None or (not sees(actor().role, FieldGroup.IDENTITY) and is_too_small(found.report)):
        return None
    return found.report


def sample_name() -> str | None:
    """Return the name of the one program that the reader looks at, or None for readers of all."""
    if actor().role is not Role.EVALUATOR or actor().program_id is None:
        return None
    program = db.session.get(Program, actor().program_id)
    return program.name if program else None


@blueprint.get("/report")
@allow(Act.READ_REPORT)
def show_report() -> Answer:
    """Did it help, whom, at what cost?"""
    form, frame = filtered()
    if frame is None:
        return render_template("evaluation/show_report.html", form=form, report=None), 422
    kept = figures(frame)
    report = told(frame)
    if report is None or kept is None:
        return render_template(
            "evaluation/show_report.html", form=form, report=None, too_small=True, sample=sample_name()
        )
    charts = {name: draw(report) for name, draw in DRAWINGS.items()}
    return render_template(
        "evaluation/show_report.html",
        form=form,
        report=report,
        counted_at=kept.at,
        sample=sample_name(),
        charts=charts,
        define=ALL,
        group_label=group_label,
        funnel_rows=[
            *((code, number(value)) for code, _title, value in funnel_rows(report.funnel)),
            ("acceptance", percent(report.funnel.acceptance, 1) if report.funnel.acceptance is not None else "–"),
        ],
        unknown_rows=[(code, number(value)) for code, _title, value in unknown_rows(report)],
    )


@blueprint.get("/report/export")
@allow(Act.READ_REPORT)
def export_report() -> Answer:
    """Give the whole report as a workbook, definitions in it."""
    form, frame = filtered()
    if frame is None:
        return render_template("evaluation/show_report.html", form=form, report=None), 422
    report = told(frame)
    if report is None:
        abort(404)
    return report_workbook(report, frame, form, sample_name())


@blueprint.get("/report/chart/<name>.svg")
@allow(Act.READ_REPORT)
def show_chart(name: str) -> Answer:
    """Give one chart as a drawing of its own."""
    _form, frame = filtered()
    if frame is None or name not in DRAWINGS:
        abort(404)
    report = told(frame)
    if report is None:
        abort(404)
    drawing = DRAWINGS[name](report)
    return Response(
        drawing.svg, mimetype="image/svg+xml", headers={"Content-Disposition": f"attachment; filename={name}.svg"}
    )


@blueprint.get("/report/chart/<name>.xlsx")
@allow(Act.READ_REPORT)
def export_chart(name: str) -> Answer:
    """Give the figures of one chart as a workbook."""
    _form, frame = filtered()
    if frame is None or name not in DRAWINGS:
        abort(404)
    report = told(frame)
    if report is None:
        abort(404)
    drawing = DRAWINGS[name](report)
    return workbook(drawing.title, list(drawing.head), drawing.rows)


@blueprint.get("/report/records")
@allow(Act.READ_REPORT)
@for_a_reason(when=lambda: request.args.get("as") == "xlsx")
def list_records() -> Answer:
    """What stands behind this figure?"""
    _form, frame = filtered()
    figure = request.args.get("figure", "")
    listed = records.listing(frame, figure, request.args.get("key")) if frame and figure in ALL else None
    if frame is None or listed is None:
        abort(404)
    columns = columns_for(actor(), listed.kind)
    named = sees(actor().role, FieldGroup.IDENTITY)
    tellable = None if named else told_rows(frame, figure, records.all_of(db.session, listed))
    if request.args.get("as") == "xlsx":
        every = records.all_of(db.session, listed) if tellable is None else tellable
        rows = (cells(row, columns, actor()) for row in every)
        return workbook(str(ALL[figure].title), [column.sheet() for column in columns], rows)
    number_of_page = request.args.get("page", 1, type=int)
    page = records.page_of(db.session, listed, number_of_page) if tellable is None else part(tellable, number_of_page)
    shown = [cells(row, columns, actor()) for row in page.items]
    return render_template(
        "evaluation/list_records.html", page=page, rows=shown, columns=columns, definition=ALL[figure], frame=frame
    )


@blueprint.get("/report/definitions")
@allow(Act.READ_REPORT)
def list_definitions() -> str:
    """What is counted, and how?"""
    return render_template(
        "evaluation/list_definitions.html", definitions=DEFINITIONS, groups=GROUPS, title=_("Definitions")
    )
