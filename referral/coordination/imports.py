"""Bringing files in: templates, upload, preview, apply or throw away."""

import io
from typing import Any

import wtforms
from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, send_file, url_for
from flask_wtf.file import FileField, FileRequired
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired

from models import ImportKind, ImportRun, ImportStatus, RowResult
from referral import clock, exports, log
from referral.access import Act, actor, allow
from referral.actions.importing import runs
from referral.actions.importing.files import FileRefused
from referral.actions.importing.tables import read_table, unused_columns
from referral.actions.importing.template import template
from referral.actions.importing.words import sentence
from referral.coordination import blueprint
from referral.extensions import db
from referral.forms import Form, choices, coerce
from referral.i18n import _, lazy
from referral.queries import imports
from referral.queries.paging import paginate
from referral.words import word

COLUMNS_SHOWN = 5
"""Of rows that are good, the first columns are enough to know them by."""


class UploadForm(Form):
    """A filled template."""

    kind = wtforms.RadioField(
        lazy("What is in the file?"), [InputRequired()], choices=lambda: choices(ImportKind), coerce=coerce(ImportKind)
    )
    file = FileField(
        lazy("File"),
        [FileRequired(lazy("Please choose a file."))],
        description=lazy("Excel workbook (.xlsx) or CSV, up to 20 MB and 20,000 rows."),
    )


@blueprint.route("/imports", methods=["GET", "POST"])
@allow(Act.IMPORT_FILES)
def list_imports() -> Response | tuple[str, int]:
    """Show templates, the upload and what was brought before; take a file."""
    form = UploadForm()
    if form.validate_on_submit():
        try:
            return redirect(url_for("coordination.show_import", key=_bring(form).id))
        except FileRefused as refused:
            form.file.errors = [sentence(refused.reason, refused.facts)]
    page = paginate(db.session, imports.newest_first(actor()), request.args.get("page", 1, type=int))
    counted = imports.counts(db.session, [run.id for run in page.items])
    return render_template(
        "coordination/list_imports.html", form=form, page=page, counts=counted, kinds=ImportKind
    ), 422 if form.errors else 200


def _bring(form: UploadForm) -> ImportRun:
    """Read the uploaded file and keep what it would do."""
    upload, kind = form.file.data, form.kind.data
    data, name = upload.read(), upload.filename or ""
    # Reading may take seconds; nobody else shall wait for a lock meanwhile, and nothing was written yet.
    db.session.rollback()
    table = read_table(kind, name, data)
    return runs.preview(db.session, kind=kind, name=name, data=data, table=table, by=actor(), at=clock.now())


@blueprint.get("/imports/templates/<kind>")
@allow(Act.IMPORT_FILES)
def download_template(kind: str) -> FlaskResponse:
    """Hand out the workbook to fill in, in the reader's language."""
    if kind not in {str(known) for known in ImportKind}:
        raise NotFound
    wanted = ImportKind(kind)
    name = f"{exports.file_name(word(wanted))}.xlsx"
    data = io.BytesIO(template(db.session, wanted, actor()))
    return send_file(data, mimetype=exports.XLSX, as_attachment=True, download_name=name, max_age=0)


@blueprint.get("/imports/<uuid:key>")
@allow(Act.IMPORT_FILES, find=imports.find_run)
def show_import(run: ImportRun) -> str:
    """Show what a file would do, its wrong cells first."""
    counts = imports.counts(db.session, [run.id])[run.id]
    shown = _shown(counts)
    page = paginate(db.session, imports.rows(run, shown), request.args.get("page", 1, type=int))
    return render_template(
        "coordination/show_import.html",
        run=run,
        counts=counts,
        shown=shown,
        page=page,
        results=RowResult,
        preview=run.status is ImportStatus.PREVIEW,
        columns=[name for name in run.columns if not name.startswith("(")][:COLUMNS_SHOWN],
        unused=unused_columns(run.kind, run.columns),
        twin=imports.twin(db.session, run),
        sentence=sentence,
    )


def _shown(counts: dict[RowResult, int]) -> RowResult | None:
    """Return which rows to show: as the address says, else the wrong ones where there are any, else all."""
    asked = request.args.get("show")
    if asked in {str(result) for result in RowResult}:
        return RowResult(asked)
    return RowResult.BAD if asked is None and counts[RowResult.BAD] else None


@blueprint.post("/imports/<uuid:key>/apply")
@allow(Act.IMPORT_FILES, find=imports.find_run)
def apply_import(run: ImportRun) -> Response:
    """Write the good rows."""
    runs.apply(db.session, run, by=actor(), at=clock.now())
    counts = imports.counts(db.session, [run.id])[run.id]
    flash(
        _(
            "Done: %(new)s new, %(changed)s changed, %(same)s unchanged; %(bad)s left out.",
            **{str(result): number for result, number in counts.items()},
        ),
        "success",
    )
    return redirect(url_for("coordination.show_import", key=run.id))


@blueprint.post("/imports/<uuid:key>/discard")
@allow(Act.IMPORT_FILES, find=imports.find_run)
def discard_import(run: ImportRun) -> Response:
    """Import nothing of the file."""
    runs.discard(db.session, run)
    flash(_("Nothing was imported, and what the file held is deleted."), "success")
    return redirect(url_for("coordination.list_imports"))


@blueprint.get("/imports/<uuid:key>/file")
@allow(Act.IMPORT_FILES, find=imports.find_run)
def download_import(run: ImportRun) -> FlaskResponse:
    """Hand the file out again, with a column that says what is wrong in each row."""
    log.note(db.session, "export", record=run, endpoint=request.endpoint)
    added = [_("Problems"), _("Result"), _("Row in the file")]
    columns: list[exports.Column | str] = [exports.Column(added[0], width=60), *run.columns, *added[1:]]
    rows = (
        [_problems(row), *(row.cells.get(name) for name in run.columns), word(row.result), row.row_number]
        for row in db.session.scalars(imports.rows(run, None))
    )
    title = f"{run.file_name.rsplit('.', 1)[0]}_{_('Problems')}"
    return exports.workbook(title, columns, rows)


def _problems(row: Any) -> str:
    return "\n".join(
        f"{problem['column']}{_(': ')}{sentence(problem['code'], problem['facts'])}" for problem in row.problems
    )
