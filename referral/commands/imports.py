"""`referral import`: catalogues in HSDS, and the spreadsheets of the import page without the page."""

import json
import sys
import time
from pathlib import Path
from unicodedata import east_asian_width

import click

from models import ImportKind, RowResult
from referral import clock
from referral.access import Act, may
from referral.actions.importing import hsds, runs
from referral.actions.importing.files import FileRefused
from referral.actions.importing.hsds.report import Fate, FileReport, Report
from referral.actions.importing.tables import read_table
from referral.actions.importing.words import sentence
from referral.commands import on_records
from referral.extensions import db
from referral.i18n import _
from referral.queries import imports
from referral.queries.imports import find_account
from referral.transactions import refresh_statistics, transaction
from referral.words import word

SHOWN = 20
"""Rejections of one file on the screen; `--json` and `--all` have every one."""


class RolledBack(Exception):
    """A trial ends by undoing what it did."""


@click.group("import")
def command() -> None:
    """Bring files in: an HSDS catalogue, or spreadsheets of organizations, people and places."""


@command.command("hsds")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--source", help="Name under which the catalogue's ids are kept; the folder's name otherwise.")
@click.option("--json", "report_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the report here.")
@click.option("--trial", is_flag=True, help="Say what would happen, and undo it.")
@click.option("--all", "show_all", is_flag=True, help="Show every rejected row and every note.")
@on_records
def import_hsds(folder: Path, source: str | None, report_file: Path | None, trial: bool, show_all: bool) -> None:
    """Bring in an HSDS catalogue (2 or 3) from FOLDER of CSV files.

    Everything goes in, or nothing. Rows that cannot be kept are reported with row, column, value and reason.
    """
    started = time.monotonic()
    try:
        report = _run(folder, source, trial=trial)
    except FileRefused as refused:
        raise click.ClickException(sentence(refused.reason, refused.facts)) from refused
    seconds = time.monotonic() - started
    for file in report.files:
        _show_findings(file, None if show_all else SHOWN)
    if report_file:
        data = report.as_dict() | {"seconds": round(seconds, 2), "trial": trial}
        report_file.write_text(json.dumps(data, ensure_ascii=False, indent=1), "utf-8")
    click.echo(
        _(
            "%(version)s, source %(source)s: %(made)s made, %(changed)s changed, %(same)s unchanged, %(skipped)s "
            "skipped, %(rejected)s rejected in %(seconds)s s.",
            version=report.version,
            source=report.source,
            seconds=f"{seconds:.1f}",
            **{str(fate): report.total(fate) for fate in Fate},
        )
    )
    if trial:
        click.echo(_("This was a trial: nothing was kept."))


def _run(folder: Path, source: str | None, *, trial: bool) -> Report:
    titles = [_("Read"), _("Made"), _("Changed"), _("Unchanged"), _("Skipped"), _("Rejected")]
    click.echo(" " * 36 + "".join(_right(title, 11) for title in titles))

    def progress(file: FileReport) -> None:
        counts = [len(file.fates), *(file.counts[fate] for fate in Fate)]
        click.echo(f"{file.name:<36}" + "".join(f"{count:>11,}" for count in counts))
        sys.stdout.flush()

    report: Report | None = None
    try:
        with transaction(db.session):
            report = hsds.import_folder(db.session, folder, at=clock.now(), source=source, progress=progress)
            refresh_statistics(db.session)
            if trial:
                raise RolledBack
    except RolledBack:
        pass
    if report is None:
        raise RuntimeError(folder)
    return report


def _bring(kind: ImportKind, file: Path, login: str, *, write: bool, show_all: bool) -> None:
    """Check a spreadsheet, tell what is wrong in it, and write the good rows where that is asked for."""
    by = find_account(db.session, login)
    if by is None or not may(by, Act.IMPORT_FILES):
        raise click.ClickException(_("No coordinator signs in as %(login)s.", login=login))
    data = file.read_bytes()
    try:
        table = read_table(kind, file.name, data)
    except FileRefused as refused:
        raise click.ClickException(sentence(refused.reason, refused.facts)) from refused
    with transaction(db.session):
        run = runs.preview(db.session, kind=kind, name=file.name, data=data, table=table, by=by, at=clock.now())
        bad = db.session.scalars(imports.rows(run, RowResult.BAD)).all()
        found = [(row.row_number, problem) for row in bad for problem in row.problems]
        for number, problem in found if show_all else found[:SHOWN]:
            where = _("row %(row)s, %(column)s", row=number, column=problem["column"])
            click.echo(f"  {where}: {problem['value']!r} {sentence(problem['code'], problem['facts'])}")
        if len(found) > SHOWN and not show_all:
            click.echo("  " + _("… and %(count)s more (--all shows them)", count=len(found) - SHOWN))
        if write:
            runs.apply(db.session, run, by=by, at=clock.now())
        counts = imports.counts(db.session, [run.id])[run.id]
        if not write:
            runs.discard(db.session, run)
    click.echo(", ".join(f"{word(result)} {number:,}" for result, number in counts.items()))
    if not write:
        click.echo(_("Nothing is written yet; --apply writes the good rows."))


def _file_command(kind: ImportKind) -> click.Command:
    @click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
    @click.option("--by", "login", required=True, help="Sign-in name of the coordinator in whose name it is done.")
    @click.option("--apply", "write", is_flag=True, help="Write the good rows.")
    @click.option("--all", "show_all", is_flag=True, help="Show every wrong cell.")
    @on_records
    def bring(file: Path, login: str, write: bool, show_all: bool) -> None:
        _bring(kind, file, login, write=write, show_all=show_all)

    return click.command(str(kind), help=f"Check a spreadsheet of {kind} (.xlsx or .csv), and bring it in.")(bring)


for _kind in ImportKind:
    command.add_command(_file_command(_kind))


def _right(text: str, width: int) -> str:
    """Return a text at the right of a column; Chinese signs take two places on a screen."""
    return " " * (width - sum(1 + (east_asian_width(sign) in "WF") for sign in text)) + text


def _show_findings(file: FileReport, most: int | None) -> None:
    if file.table is None:
        click.echo(f"{file.name}: " + _("not used, the platform has no place for it"))
    for title, findings in ((_("Rejected"), file.rejections), (_("Notes"), file.notes)):
        if findings:
            click.echo(f"\n{file.name}: {title} ({len(findings)})")
        for finding in findings[:most]:
            where = _("row %(row)s, %(column)s", row=finding.row, column=finding.column or "–")
            value = finding.value if len(finding.value) <= 60 else finding.value[:59] + "…"
            click.echo(f"  {where}: {value!r} {sentence(finding.code, finding.facts)}")
        if most is not None and len(findings) > most:
            click.echo("  " + _("… and %(count)s more (--all shows them)", count=len(findings) - most))
