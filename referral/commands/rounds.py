"""`referral round`: run a round of matching from the command line."""

from typing import Any

import click
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Area, Round, RoundStatus, Urgency
from models.errors import DomainError
from referral import clock, roundwork
from referral.access import as_installation
from referral.actions import deciding, rounds
from referral.commands import on_records
from referral.extensions import db
from referral.i18n import _
from referral.transactions import transaction
from referral.words import word


@click.command("round")
@click.option("--area", "code", required=True, help="Twelve-digit code of the division whose needs take part.")
@click.option("--seed", default=0, show_default=True, help="Settles ties; the same seed gives the same round.")
@click.option("--apply", "applies", is_flag=True, help="Accept every proposal and make the referrals.")
@on_records
def command(code: str, seed: int, applies: bool) -> None:
    """Compute a round over an area: who is proposed to whom, and the proof. Nothing is referred without --apply."""
    with Session(db.engine) as session:
        as_installation(session, because="command round")
        key = _start(session, code, seed)
        with click.progressbar(length=100, label=_("Round"), show_eta=False) as bar:
            status = roundwork.compute(session, key, progress=_moves(bar))
        if status is RoundStatus.FAILED:
            raise click.ClickException(_("The round failed. Nothing was changed; the log says why."))
        _tell(session, key)
        if applies:
            _apply(session, key)


def _start(session: Session, code: str, seed: int) -> Any:
    with transaction(session):
        if session.get(Area, code) is None:
            raise click.ClickException(_("No division has the code %(code)s. Codes have twelve digits.", code=code))
        try:
            return rounds.start_round(session, area=code, seed=seed, at=clock.now()).id
        except DomainError as error:
            raise click.ClickException(_("A round over this area is being computed already.")) from error


def _moves(bar: Any) -> roundwork.Progress:
    shown = [0]

    def move(_stage: str, share: int) -> None:
        bar.update(max(share - shown[0], 0))
        shown[0] = max(share, shown[0])

    return move


def _tell(session: Session, key: Any) -> None:
    made = session.scalars(sa.select(Round).where(Round.id == key)).one()
    proof = made.certificate
    served = {"served": made.served, "needs": made.needs, "openings": made.openings}
    click.echo(
        _(
            "%(number)s: %(served)s of %(needs)s needs can be served; %(openings)s openings",
            number=made.number,
            **served,
        )
    )
    lines = [(_("All"), made.served, made.needs, made.served_greedy, made.served_first_come)]
    for urgency, (best, greedy, first), wanted in zip(Urgency, made.served_by_tier, proof["wanted"], strict=False):
        lines.append((word(urgency), best, wanted, greedy, first))
    for label, best, wanted, greedy, first in lines:
        click.echo(
            _(
                "  %(label)s: %(best)s of %(wanted)s (down the list %(greedy)s, first come %(first)s)",
                label=label, best=best, wanted=wanted, greedy=greedy, first=first,
            )
        )  # fmt: skip
    certain = _("proved exactly") if proof["exact"] else _("NOT PROVED")
    click.echo(
        _(
            "  value %(primal)s, bound %(dual)s: %(certain)s",
            primal=proof["primal"],
            dual=proof["dual"],
            certain=certain,
        )
    )
    seconds = f"{sum(made.seconds.values()):.2f}"
    click.echo(
        _(
            "  input %(digest)s, seed %(seed)s, %(seconds)s seconds",
            digest=proof["digest"],
            seed=made.seed,
            seconds=seconds,
        )
    )
    session.rollback()


def _apply(session: Session, key: Any) -> None:
    with transaction(session):
        waiting = deciding.accept_all(session, session.get_one(Round, key), by=None, at=clock.now())
    with click.progressbar(length=100, label=_("Making %(count)s referrals", count=waiting), show_eta=False) as bar:
        done, failed = roundwork.apply(session, key, by_id=None, progress=_moves(bar))
    click.echo(_("%(done)s referrals made, %(failed)s proposals could not be applied.", done=done, failed=failed))
