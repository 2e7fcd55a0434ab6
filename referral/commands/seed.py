"""`referral seed`: the reference lists, the demonstration district, and its accounts."""

import csv
import time
from datetime import datetime
from pathlib import Path

import click
import flask_migrate
import sqlalchemy as sa

from models import Account, Role
from referral import clock
from referral.actions import seeding
from referral.actions.account_management import Facts, invite
from referral.actions.divisions import bring_divisions
from referral.commands import on_records
from referral.evaluation.freezing import freeze_for_demonstration
from referral.extensions import db
from referral.i18n import _, lazy
from referral.mail import base_address
from referral.transactions import refresh_statistics, transaction
from referral.words import word

REASONS = {
    "code": lazy("the code has not 2, 4, 6, 9 or 12 digits"),
    "name": lazy("the name is missing"),
    "parent": lazy("the division above it is not known"),
    "kind": lazy("the kind is neither urban nor rural"),
    "position": lazy("latitude or longitude is not a number of degrees"),
}


@click.group("seed")
def command() -> None:
    """Load reference lists or the demonstration district."""


@command.command("reference")
@on_records
def reference() -> None:
    """Load code lists, the calendar and divisions down to counties; what is there already stays."""
    with transaction(db.session) as session:
        added = seeding.load_reference(session, at=clock.now(), progress=_say)
    click.echo(_("%(count)s lines added.", count=sum(added.values())))


@command.command("demo")
@click.option(
    "--today", type=click.DateTime(["%Y-%m-%d"]), help="The day that dates are counted from; today where not given."
)
@on_records
def demo(today: datetime | None) -> None:
    """Load the demonstration district with its invented people into an empty database."""
    if not load_into_empty(today):
        click.echo(_("There are accounts, people or organizations in this database already: nothing was changed."))


@command.command("accounts")
@on_records
def accounts() -> None:
    """List the demonstration's accounts."""
    print_accounts()


@command.command("administrator")
@click.argument("login")
@click.argument("name")
@on_records
def administrator(login: str, name: str) -> None:
    """Make an administrator, such as the first of an installation, and print the link to choose a password with."""
    with transaction(db.session) as session:
        facts = Facts(name=name, role=Role.ADMINISTRATOR)
        account, token = invite(session, login=login, facts=facts, by=None, at=clock.now())
    link = f"{base_address()}/sign-in/link/{token}"
    click.echo(_("%(login)s chooses a password here within 7 days: %(link)s", login=account.login, link=link))


@command.command("divisions")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@on_records
def divisions(file: Path) -> None:
    """Bring in townships and villages from a CSV with the columns code and name."""
    with transaction(db.session) as session, file.open(encoding="utf-8-sig", newline="") as lines:
        result = bring_divisions(session, csv.DictReader(lines))
    for row, code, reason in result.rejected:
        click.echo(_("Row %(row)s, %(code)s: rejected (%(reason)s)", row=row, code=code, reason=REASONS[reason]))
    click.echo(
        _(
            "%(read)s rows read, %(made)s made, %(changed)s changed, %(same)s unchanged, %(rejected)s rejected.",
            read=result.read,
            made=result.made,
            changed=result.changed,
            same=result.same,
            rejected=len(result.rejected),
        )
    )


def load_into_empty(today: datetime | None = None) -> bool:
    """Load the demonstration where the database is empty, with progress; return whether it was."""
    began = time.monotonic()
    with transaction(db.session) as session:
        if not seeding.is_empty(session):
            return False
        day = today.date() if today else clock.today()
        loaded = seeding.load_demonstration(session, today=day, progress=_say)
        reader = session.scalars(sa.select(Account).where(Account.role == Role.EVALUATOR)).one()
        freeze_for_demonstration(session, reader, day)
        refresh_statistics(session)
    click.echo(
        _(
            "Demonstration of %(day)s: %(people)s invented people, %(services)s services given, "
            "%(needs)s open needs; %(rows)s rows in %(seconds)s s.",
            day=day,
            people=loaded.people,
            services=loaded.services_given,
            needs=loaded.open_needs,
            rows=loaded.rows,
            seconds=f"{time.monotonic() - began:.1f}",
        )
    )
    return True


def prepare_demonstration() -> None:
    """Migrate, load the demonstration where nobody uses the database yet, and print who can sign in."""
    flask_migrate.upgrade()
    load_into_empty()
    print_accounts()


def print_accounts() -> None:
    """Print login, password and role of every account of the demonstration."""
    session = db.session
    found = session.execute(
        sa.select(Account.login, Account.role, Account.name)
        .where(Account.demonstration, Account.active)
        .order_by(Account.login)
    ).all()
    session.rollback()
    if not found:
        click.echo(_("No demonstration accounts here. `referral seed demo` makes them in an empty database."))
        return
    click.echo(_("Demonstration accounts (password of each: %(password)s):", password=seeding.PASSWORD))
    for login, role, name in sorted(found, key=lambda line: list(Role).index(line.role)):
        click.echo(f"  {login:<14} {seeding.PASSWORD}  {word(role)!s:<20} {name}")


def _say(text: str) -> None:
    click.echo(f"  {text}")
