"""The evaluator: report, definitions, the records behind each figure."""

from flask import Response, abort, render_template, request

from models.field_groups import FieldGroup
from referral.access import Act, actor, allow, sees
from referral.evaluation import blueprint
from referral.evaluation.columns import cells, columns_for
from referral.evaluation.definitions import ALL, DEFINITIONS, GROUPS
from referral.evaluation.drawings import DRAWINGS
from referral.evaluation.kept import figures
from referral.evaluation.reading import filtered, sample_name, told
from referral.evaluation.rows import (
    funnel_rows,
    group_label,
    kind_word,
    tables_of_equity,
    unit_rows,
    unknown_rows,
)
from referral.evaluation.sheets import report_workbook
from referral.evaluation.told_rows import opens, told_rows
from referral.exports import workbook
from referral.extensions import db
from referral.filters import number, percent
from referral.i18n import _
from referral.measure_words import measure_word
from referral.queries.paging import part
from referral.queries.report import records
from referral.taking_out import for_a_reason
from referral.words import unit_name

Answer = str | tuple[str, int] | Response


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
        opens={code for code in ALL if sees(actor().role, FieldGroup.IDENTITY) or opens(frame, code)},
        group_label=group_label,
        kind_word=kind_word,
        unit_name=unit_name,
        measure_word=measure_word,
        unit_rows=unit_rows(report),
        equity=tables_of_equity(report),
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
    every_row = [] if named else records.all_of(db.session, listed)
    tellable = None if named else told_rows(frame, figure, every_row)
    if request.args.get("as") == "xlsx":
        every = records.all_of(db.session, listed) if tellable is None else tellable
        rows = (cells(row, columns, actor()) for row in every)
        return workbook(str(ALL[figure].title), [column.sheet() for column in columns], rows)
    number_of_page = request.args.get("page", 1, type=int)
    page = records.page_of(db.session, listed, number_of_page) if tellable is None else part(tellable, number_of_page)
    shown = [cells(row, columns, actor()) for row in page.items]
    return render_template(
        "evaluation/list_records.html",
        page=page,
        rows=shown,
        columns=columns,
        definition=ALL[figure],
        frame=frame,
        withheld=len(every_row) - len(tellable) if tellable is not None else 0,
    )


@blueprint.get("/report/definitions")
@allow(Act.READ_REPORT)
def list_definitions() -> str:
    """What is counted, and how?"""
    return render_template(
        "evaluation/list_definitions.html", definitions=DEFINITIONS, groups=GROUPS, title=_("Definitions")
    )
