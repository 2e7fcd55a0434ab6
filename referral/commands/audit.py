"""`referral audit`: prove that the log is whole, take anchors of it to another place, prepare PostgreSQL's roles."""

import sys
import time
from collections.abc import Iterable
from pathlib import Path

import click
import sqlalchemy as sa
from flask.cli import with_appcontext

from referral import clock, log
from referral.actions.reporting import Verified, verify_snapshots
from referral.commands import on_records
from referral.extensions import db
from referral.i18n import _
from referral.log.anchors import Anchor, NoAnchor, anchors, parse
from referral.log.roles import BadName, grant
from referral.log.sealing import seal
from referral.log.stock import take_stock
from referral.log.verifying import Proof, check
from referral.log.words import words_of
from referral.transactions import transaction


@click.group("audit", help="Prove the log and the records; take anchors to another place.")
def command() -> None:
    """Hold the subcommands."""


@command.command("verify")
@click.option("--anchors", "files", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--chain-only", is_flag=True, help="Do not compare the records with their digests.")
@with_appcontext
def verify_(files: tuple[Path, ...], chain_only: bool) -> None:
    """Walk through the log from its first entry; name what is broken, the first first, and end with 1."""
    held = [anchor for file in files for anchor in _read(file)]
    seal(db.engine, clock.now())
    begun = time.monotonic()
    proof = check(db.engine, at=clock.now(), anchors=held, tell=_tell, with_records=not chain_only)
    seconds = max(time.monotonic() - begun, 0.001)
    click.echo("", err=True)
    for line in lines(proof, seconds):
        click.echo(line)
    with transaction(db.session) as session:
        log.note(
            session, "log_verified", entries=proof.entries, records=proof.records, faults=len(proof.faults) + proof.more
        )
    sys.exit(1 if proof.faults else 0)


def lines(proof: Proof, seconds: float) -> Iterable[str]:
    """Yield what verification found."""
    rate = f"{(proof.entries + proof.records) / seconds:,.0f}"
    yield _(
        "%(entries)s entries and %(records)s records in %(seconds)s s (%(rate)s rows a second)",
        entries=f"{proof.entries:,}",
        records=f"{proof.records:,}",
        seconds=f"{seconds:.1f}",
        rate=rate,
    )
    if not proof.faults:
        yield _("The log is whole, and the records are as it says.")
    for number, fault in enumerate(proof.faults):
        yield (_("FIRST BROKEN: ") if number == 0 else "              ") + words_of(fault)
    if proof.more:
        yield _("… and %(count)s more", count=proof.more)
    if proof.last:
        yield _("Newest seal: %(anchor)s", anchor=str(proof.last))


def _tell(what: str, rows: int) -> None:
    click.echo(f"\r{what:<24} {rows:>12,}", nl=False, err=True)


def _read(file: Path) -> list[Anchor]:
    try:
        return list(parse(file.read_text("utf-8").splitlines()))
    except NoAnchor as error:
        raise click.UsageError(_("%(file)s has a line that is no anchor: %(line)s", file=file, line=error)) from None


@command.command("verify-reports")
@on_records
def verify_reports_() -> None:
    """Check the signature of every frozen report; name what does not hold, the first first, and end with 1."""
    found = verify_snapshots(db.session)
    for line in report_lines(found):
        click.echo(line)
    with transaction(db.session) as session:
        faults = len(found.broken) + len(found.missing)
        log.note(session, "reports_verified", reports=found.looked_at, faults=faults)
    sys.exit(0 if found.holds else 1)


def report_lines(found: Verified) -> Iterable[str]:
    """Yield what the check of frozen reports found."""
    yield _("%(count)s frozen reports", count=f"{found.looked_at:,}")
    if found.holds:
        yield _("Every one is, to the letter, what this installation signed.")
    for place, number in enumerate(found.broken):
        first = _("FIRST BROKEN: ") if place == 0 else "              "
        yield first + _("%(number)s is not what was signed", number=number)
    for number in found.missing:
        yield _("%(number)s was given out and is gone", number=number)


@command.command("anchor")
@click.option("--to", "file", type=click.Path(dir_okay=False, path_type=Path), help="Add new lines to this file.")
@with_appcontext
def anchor_(file: Path | None) -> None:
    """Print the last digest of each day, for keeping where nobody of this installation can write."""
    seal(db.engine, clock.now())
    found = anchors(db.session)
    if file is None:
        click.echo("\n".join(map(str, found)))
    else:
        kept = set(_read(file)) if file.exists() else set()
        with file.open("a", encoding="utf-8") as out:
            out.writelines(f"{anchor}\n" for anchor in found if anchor not in kept)
    with transaction(db.session) as session:
        log.note(session, "anchors_taken", sequence=found[-1].sequence if found else 0)


@command.command("take-stock")
@with_appcontext
def take_stock_() -> None:
    """Write the digests of records that the log does not know yet: once after an upgrade, or after loading by hand."""
    with transaction(db.session) as session:
        count = take_stock(session)
        log.note(session, "stock_taken", records=count)
    click.echo(_("%(count)s records are in the log now.", count=f"{count:,}"))


@command.command("grant")
@click.argument("role")
@with_appcontext
def grant_(role: str) -> None:
    """Let a PostgreSQL role run the application: all it needs, but to the log it can only add."""
    if db.engine.dialect.name != "postgresql":
        raise click.UsageError(_("Roles are a matter of PostgreSQL; this database is %(make)s.", make="SQLite"))
    try:
        with db.engine.begin() as connection:
            for statement in grant(connection, role):
                connection.execute(sa.text(statement))
                click.echo(f"{statement};")
    except BadName as error:
        raise click.UsageError(str(error)) from None
