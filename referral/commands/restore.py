"""`referral restore`: a backup into an empty place, proven row by row."""

import time
from pathlib import Path

import click
import flask_migrate
from alembic.util import CommandError
from flask import current_app
from flask.cli import with_appcontext

from models.keyring import keyring
from referral import log
from referral.backup import BackupRefused, check_backup, restore_backup
from referral.backup.words import sentence
from referral.commands.backup import facts_of, say
from referral.extensions import db
from referral.i18n import _
from referral.transactions import transaction


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Read the whole file and prove it, without restoring anything.")
@with_appcontext
def command(file: Path, check: bool) -> None:
    """Restore the backup FILE into a database without records, and compare every row."""
    began = time.monotonic()
    key = keyring().backup_key
    with current_app.test_request_context():
        try:
            if check:
                head, rows = check_backup(file, key)
            else:
                restored = restore_backup(db.engine, file, key, migrate=_migrate, progress=say)
                head, rows = restored.head, restored.rows
                with transaction(db.session) as session:
                    log.note(session, "backup_restored", rows=sum(rows.values()), made_at=head["made_at"])
        except BackupRefused as refused:
            raise click.ClickException(sentence(refused)) from None
        click.echo(facts_of(head))
        done = _(
            "%(rows)s rows of %(tables)s tables are whole and proven; %(seconds)s s.",
            rows=f"{sum(rows.values()):,}",
            tables=len(rows),
            seconds=f"{time.monotonic() - began:.1f}",
        )
        click.echo(done if check else f"{_('Restored.')} {done}")


def _migrate(revision: str) -> None:
    """Make the tables of a revision."""
    try:
        flask_migrate.upgrade(revision=revision)
    except (CommandError, SystemExit):
        raise BackupRefused("unknown_revision", revision=revision) from None
