"""`referral backup`: the whole database in one encrypted file, while people go on working."""

import time
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import with_appcontext

from models.keyring import keyring
from referral import log
from referral.backup import BackupRefused, make_backup
from referral.backup.words import sentence
from referral.extensions import db
from referral.i18n import _
from referral.transactions import transaction

MEGABYTE = 1_000_000


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def command(file: Path) -> None:
    """Write a backup of the whole database to FILE, encrypted with the installation's backup key."""
    began = time.monotonic()
    with current_app.test_request_context():
        try:
            made = make_backup(db.engine, file, keyring().backup_key, progress=say)
        except BackupRefused as refused:
            raise click.ClickException(sentence(refused)) from None
        seconds = time.monotonic() - began
        with transaction(db.session) as session:
            log.note(session, "backup_made", rows=sum(made.rows.values()), size=made.size)
        click.echo(
            _(
                "%(file)s: %(rows)s rows of %(tables)s tables at revision %(revision)s, %(size)s MB in %(seconds)s s.",
                file=file,
                rows=f"{sum(made.rows.values()):,}",
                tables=len(made.rows),
                revision=made.revision,
                size=f"{made.size / MEGABYTE:.1f}",
                seconds=f"{seconds:.1f}",
            )
        )
        click.echo(_("It opens only with the keys of this installation: keep a copy of them in another place."))


def say(table: str, rows: int) -> None:
    """Show how far a table is; tables without rows are not worth a line."""
    if rows:
        click.echo(f"  {table:<24}{rows:>12,}")


def facts_of(head: dict[str, Any]) -> str:
    """Return a line about where a backup comes from."""
    return _(
        "Backup of %(made_at)s, from %(database)s at revision %(revision)s.",
        made_at=head["made_at"],
        database=head["database"],
        revision=head["revision"],
    )
