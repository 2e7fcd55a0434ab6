"""The report on paper: PDF with charts, in the order of the page, tagged for readers of screens."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Response, abort, render_template

from models.field_groups import FieldGroup
from referral import clock
from referral.access import Act, actor, allow, sees
from referral.evaluation import blueprint
from referral.evaluation.drawings import DRAWINGS
from referral.evaluation.periods import exact
from referral.evaluation.reading import filtered, sample_name, told
from referral.evaluation.sheets import report_sheets
from referral.exports import as_columns, file_name
from referral.i18n import _, language
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame
from referral.withheld import Withheld

AFTER = {"services": 1, "months": 2, "funnel": 3, "townships": 6}
"""Chart → the sheet of the report that it stands before."""
SOURCE = Path(__file__).with_name("report.typ")


def cell(value: Any, kind: str) -> str:  # noqa: PLR0911  one for each kind
    """Return a figure as it stands on paper."""
    if value is None:
        return "–"
    if isinstance(value, Withheld):
        return str(value)
    if isinstance(value, bool | str):
        return str(value)
    if kind == "percent":
        return f"{float(value):.1%}"
    if kind == "money":
        return f"{value:,.2f}"
    if isinstance(value, float):
        return f"{value:,.2f}"
    return f"{value:,}"


def facts(report: Report, frame: Frame, sample: str | None, *, shared: bool) -> dict[str, Any]:
    """Return what the paper says."""
    sheets = []
    for sheet in report_sheets(report):
        columns = as_columns(sheet.columns)
        rows = [[cell(value, column.kind) for value, column in zip(row, columns, strict=True)] for row in sheet.rows]
        heads = [str(column.title) for column in columns]
        numbers = [column.kind != "text" for column in columns]
        sheets.append({"title": sheet.title, "heads": heads, "numbers": numbers, "rows": rows})
    charts = [(name, DRAWINGS[name](report)) for name in AFTER]
    return {
        "lang": "zh" if language().code == "zh" else "en",
        "title": _("Report"),
        "period": _("%(start)s to %(end)s", start=frame.start, end=frame.end),
        "program": sample or "",
        "made": _("Printed %(when)s", when=f"{clock.now().astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}"),
        "warning": _("Figures of fewer than 5, and some larger ones with them: marked as withheld")
        if shared
        else _("For internal use: small figures are not withheld. Do not pass on."),
        "caution": _(
            "A change after help is not yet a change because of help. See the comparison with people waiting."
        ),
        "sheets": sheets,
        "charts": [
            {"title": chart.title, "svg": str(chart.svg), "after": AFTER[name]} for name, chart in charts if chart.rows
        ],
        "contents": _("Contents"),
    }


def paper(said: dict[str, Any]) -> bytes:
    """Return the PDF (PDF/UA-1: tagged, with title, language and words for each picture)."""
    import pylopdf_fonts_zh_cn
    import typst

    fonts = str(Path(pylopdf_fonts_zh_cn.__file__).parent)
    made: Any = typst.compile  # its stubs cannot tell bytes from a path
    return bytes(
        made(
            SOURCE.read_bytes(),
            font_paths=[fonts],
            sys_inputs={"said": json.dumps(said, ensure_ascii=False)},
            pdf_standards=["ua-1"],
        )
    )


@blueprint.get("/report/print.pdf")
@allow(Act.READ_REPORT)
def print_report() -> Response | tuple[str, int]:
    """Give the report on paper."""
    form, frame = filtered()
    if frame is None:
        return render_template("evaluation/show_report.html", form=form, report=None), 422
    report = told(frame)
    if report is None:
        abort(404)
    shared = not sees(actor().role, FieldGroup.IDENTITY)
    said = facts(report, frame, sample_name(), shared=shared)
    period = exact(frame.start, frame.end, clock.today())
    name = file_name(f"{_('Report')}_{period.code if period else frame.start}")
    return Response(
        paper(said),
        mimetype="application/pdf",
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}.pdf"},
    )
