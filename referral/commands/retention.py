"""`referral retention`: show what has been kept for its time; `apply` removes what two people have agreed to remove."""

import click

from referral import clock
from referral.actions import retaining
from referral.commands import on_records
from referral.extensions import db
from referral.i18n import _
from referral.queries import retention
from referral.retention_words import kind_word


@click.group("retention", invoke_without_command=True, help="Show what has been kept for its time; change nothing.")
@on_records
def command() -> None:
    """Print each kind with its period, how many records are past it, and the oldest."""
    if click.get_current_context().invoked_subcommand is not None:
        return
    for one in retention.due(db.session, clock.now()):
        kept = f"{one.period.number} {one.period.unit}" if one.period.number else _("always")
        oldest = f"{clock.local_date(one.oldest)}" if one.oldest else "–"
        count = one.count if one.before else "–"
        click.echo(f"{one.period.kind:<15} {kept:<10} {count:>8}  {oldest:<10}  {kind_word(one.period.kind)}")


@command.command("apply")
@on_records
def apply() -> None:
    """Remove what was confirmed, batch by batch; ends at once where nothing is confirmed."""
    batches = retaining.apply_all(db.session, clock.now())
    removed = sum(count for _run, count in batches)
    click.echo(_("%(count)s records removed in %(batches)s batches.", count=removed, batches=len(batches)))
