"""`referral report`: the figures of a period on the screen or as a workbook."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from flask import current_app

from models import Account, Role
from referral import clock
from referral.commands import on_records
from referral.evaluation.rows import SPEED_TITLES, funnel_rows, unknown_rows
from referral.evaluation.sheets import report_sheets
from referral.exports import workbook_bytes
from referral.extensions import db
from referral.i18n import _, in_language
from referral.measure_words import measure_word
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame
from referral.queries.report.report import make_report

Day = click.DateTime(["%Y-%m-%d"])


@click.command("report")
@click.option("--area", required=True, help="12-digit code of the county, township or village to report on.")
@click.option("--from", "start", type=Day, help="First day (default: a year before the last).")
@click.option("--to", "end", type=Day, help="Last day (default: today).")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Write the workbook to this file.")
@on_records
def command(area: str, start: datetime | None, end: datetime | None, xlsx: Path | None) -> None:
    """Report what was done, how fast, for whom, and what changed."""
    last = end.date() if end else clock.today()
    first = start.date() if start else clock.a_year_back(last)
    if last < first:
        raise click.UsageError(_("The last day lies before the first. Please swap them."))
    reader = Account(role=Role.COORDINATOR, area_code=area)
    with current_app.test_request_context():
        report = make_report(db.session, Frame(reader, first, last, area))
        for line in lines(report, first, last):
            click.echo(line)
        if xlsx:
            about: list[tuple[str, Any]] = [(_("From"), first), (_("To"), last), (_("Area"), area)]
            xlsx.write_bytes(workbook_bytes(report_sheets(report), notes=about))
            click.echo(f"→ {xlsx}")


def lines(report: Report, first: date, last: date) -> list[str]:
    """Return the report as lines of text, in the language of the terminal."""
    done = report.done
    rows: list[tuple[str, Any]] = [
        (_("Persons"), done.persons),
        (_("Households"), done.households),
        (_("Person-times"), done.person_times),
        (_("Hours"), done.hours),
        (_("Money and goods"), done.amount),
        *((str(title), value) for _code, title, value in funnel_rows(report.funnel)),
        *((str(title), value) for _code, title, value in unknown_rows(report)),
    ]
    speeds = [
        f"{SPEED_TITLES[one.code]}: {_('Median')} {one.median:.2f}, {_('P90')} {one.p90:.2f}, {_('n')} {one.n}"
        for one in report.speeds
        if one.median is not None and one.p90 is not None
    ]
    changes = [
        f"{measure_word(one.measure)}: {one.baseline:.2f} → {one.follow_up:.2f} ({one.change:+.2f}), "
        f"{_('n')} {one.n}, {_('Missing')} {one.missing}"
        for one in report.changes
        if one.baseline is not None and one.follow_up is not None and one.change is not None
    ]
    services = [f"{in_language(line.term)}: {line.person_times} {_('Person-times')}" for line in done.services]
    head = _("%(start)s to %(end)s", start=first, end=last)
    return [head, *(f"{title}: {value}" for title, value in rows), *speeds, *changes, *services]
