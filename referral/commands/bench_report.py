"""`referral bench-report`: a made-up city-year of visits in an empty database, and how long its report takes."""

import click

from referral import bench_report, bench_report_measure
from referral.commands import on_records
from referral.extensions import db
from referral.i18n import _
from referral.transactions import refresh_statistics


@click.command("bench-report")
@click.option("--visits", default=1_000_000, show_default=True, help="How many visits to make up.")
@click.option("--check", is_flag=True, help="Count every figure again in plain SQL, and fail where one differs.")
@on_records
def command(visits: int, check: bool) -> None:
    """Fill an EMPTY database of its own with a made-up year of a city and measure the report of it."""
    from models import Person

    if db.session.query(Person.id).first() is not None:
        raise click.ClickException(_("There are people in this database: take an empty one."))
    city = bench_report.generate(db.session, visits, say=click.echo)
    db.session.commit()
    refresh_statistics(db.session)
    db.session.commit()
    for name, value in bench_report_measure.measure(db.session, city).items():
        click.echo(f"{name:>24} {value:>12,}")
    if check:
        figures, wrong = bench_report_measure.check(db.session, city)
        for line in wrong:
            click.echo(line)
        click.echo(f"{'counted again':>24} {figures:>12,}")
        click.echo(f"{'differing':>24} {len(wrong):>12,}")
        if wrong:
            raise click.ClickException(_("%(count)s figures differ.", count=len(wrong)))
