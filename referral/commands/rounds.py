"""`referral round`: run a round of matching from the command line, over one division or over many cities."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import click
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Session

from matching.parallel import Crew, Done, cluster, processes, serial
from models import Area, Round, RoundStatus, Urgency
from models.errors import DomainError, WrongStep
from referral import citywork, clock, roundwork
from referral.access import as_installation
from referral.actions import deciding, rounds
from referral.actions.resuming import RoundOvertaken
from referral.actions.rounds import RoundAtWork
from referral.commands import on_records
from referral.extensions import db
from referral.i18n import _, in_language
from referral.transactions import reading, transaction
from referral.words import word


@click.command("round")
@click.option("--area", "code", help="Twelve-digit code of the division whose needs take part.")
@click.option("--cities", multiple=True, help="Codes of cities, with commas: a round for each of them.")
@click.option("--cities-of", "province", help="Code of a province: a round for each division directly below it.")
@click.option("--resume", "mark", help="Go on with a round that stopped (its number), or with a batch (its mark).")
@click.option("--processes", "workers", type=click.IntRange(min=1), help="Cities at a time, each in a process.")
@click.option("--cluster", "address", help="Address of a Dask scheduler whose workers compute the cities.")
@click.option("--seed", type=int, help="Settles ties; the same seed gives the same round. Without it one is chosen.")
@click.option("--apply", "applies", is_flag=True, help="Accept every proposal and make the referrals.")
@on_records
def command(**given: Any) -> None:
    """Compute a round: who is proposed to whom, and the proof. Nothing is referred without --apply.

    Exactly one of --area, --cities, --cities-of and --resume says over what.
    """
    if sum(bool(given[name]) for name in ("code", "cities", "province", "mark")) != 1:
        raise click.UsageError(_("Give one of --area, --cities, --cities-of and --resume."))
    with Session(db.engine) as session:
        as_installation(session, because="command round")
        stopped = _alone(session, given["mark"])
        if given["code"]:
            _one(session, given["code"], given["seed"], given["applies"])
        elif stopped is not None:
            _resume(session, stopped)
        else:
            _many(session, given)


def _one(session: Session, code: str, seed: int | None, applies: bool) -> None:
    key = _start(session, code, seed)
    with click.progressbar(length=100, label=_("Round"), show_eta=False) as bar:
        status = roundwork.compute(session, key, progress=_moves(bar))
    if status is RoundStatus.FAILED:
        raise click.ClickException(_("The round failed. Nothing was changed; the log says why."))
    _tell(session, key)
    if applies:
        _apply(session, key)


def _alone(session: Session, mark: str | None) -> UUID | None:
    """Return the key of the round with this number, where it is not the mark of a batch."""
    if not mark:
        return None
    with reading(), transaction(session):
        known = session.scalar(sa.select(Round.id).where(Round.batch == mark).limit(1))
        return None if known else session.scalar(sa.select(Round.id).where(Round.number == mark))


def _resume(session: Session, key: UUID) -> None:
    """Go on with one round that stopped: compute it again, or make the referrals that are still to be made."""
    try:
        with click.progressbar(length=100, label=_("Round"), show_eta=False) as bar:
            status = roundwork.resume(session, key, by_id=None, progress=_moves(bar))
    except WrongStep as error:
        raise click.ClickException(_("This round did not stop; there is nothing to go on with.")) from error
    except RoundOvertaken as error:
        raise click.ClickException(
            _("Another round was computed meanwhile; this one would bring back what stood then.")
        ) from error
    except RoundAtWork as error:
        raise click.ClickException(_("A round over this area is being computed already.")) from error
    if status is RoundStatus.FAILED:
        raise click.ClickException(_("The round failed. Nothing was changed; the log says why."))
    _tell(session, key)


def _many(session: Session, given: dict[str, Any]) -> None:
    """A round for each city, with a bar; at the end a line for each, and how to go on where one is not done."""
    crew = _crew(given["workers"], given["address"])
    mark = given["mark"] or _begin(session, given)
    with transaction(session):
        keys = citywork.to_do(session, mark, applies=given["applies"])
        known = len(citywork.of_batch(session, mark))
    if not known:
        raise click.ClickException(_("No batch has the mark %(mark)s.", mark=mark))
    click.echo(_("Batch %(mark)s: %(cities)s cities, %(open)s to do", mark=mark, cities=known, open=len(keys)))
    with click.progressbar(length=100 * known, label=_("Cities"), show_eta=False) as bar:
        move = _moves(bar)

        def look(*_finished: object) -> None:
            with reading(), transaction(session):
                shares = citywork.shares(session, mark)
            move("", sum(shares))

        done = citywork.do(
            current_app._get_current_object(),  # type: ignore[attr-defined]
            keys,
            crew,
            applies=given["applies"],
            progress=look,
            beat=look,
        )
    if not _tell_batch(session, mark, done, applies=given["applies"]):
        raise click.ClickException(
            _("Not every city is done; the others stand. Go on with: referral round --resume %(mark)s", mark=mark)
        )


def _crew(workers: int | None, address: str | None) -> Crew:
    if address:
        return cluster(address)
    return processes(workers) if workers and workers > 1 else serial()


def _begin(session: Session, given: dict[str, Any]) -> str:
    codes = [code.strip() for codes in given["cities"] for code in codes.split(",") if code.strip()]
    try:
        with transaction(session):
            codes = codes or citywork.cities_of(session, given["province"])
            batch = citywork.start(session, codes, seed=given["seed"], at=clock.now())
    except citywork.NoCities as error:
        raise click.ClickException(
            _("No division has the code %(code)s, or none lies below it. Codes have twelve digits.", code=str(error))
        ) from error
    for code in batch.busy:
        click.echo(_("%(code)s: a round is being computed already; none was started", code=code))
    if not batch.mark:
        raise click.ClickException(_("No round was started."))
    return batch.mark


def _tell_batch(session: Session, mark: str, done: dict[UUID, Done[UUID, str]], *, applies: bool) -> bool:
    """Print a line for each city and the sum; say whether all are done."""
    with reading(), transaction(session):
        made = citywork.of_batch(session, mark)
        names = {area.code: in_language(area) for area in _areas(session, made)}
        left = {one.id for one in made} & set(citywork.to_do(session, mark, applies=applies))
        for one in made:
            error = done[one.id].error if one.id in done else None
            if one.id in left:
                why = type(error).__name__ if error else one.failure or word(one.status)
                click.echo(
                    _(
                        "  %(city)s %(number)s: not done (%(why)s)",
                        city=names[one.area_code],
                        number=one.number,
                        why=why,
                    )
                )
            else:
                click.echo(_city_line(one, names[one.area_code]))
        whole = [one for one in made if one.id not in left]
        click.echo(
            _(
                "%(done)s of %(cities)s cities: %(served)s of %(needs)s needs can be served (down the list %(greedy)s)",
                done=len(whole), cities=len(made), served=sum(one.served for one in whole),
                needs=sum(one.needs for one in whole), greedy=sum(one.served_greedy for one in whole),
            )
        )  # fmt: skip
    return not left


def _areas(session: Session, made: Sequence[Round]) -> Sequence[Area]:
    return session.scalars(sa.select(Area).where(Area.code.in_([one.area_code for one in made]))).all()


def _city_line(made: Round, name: str) -> str:
    certain = _("proved exactly") if made.certificate.get("exact") else _("NOT PROVED")
    return _(
        "  %(city)s %(number)s: %(served)s of %(needs)s needs, down the list %(greedy)s; %(certain)s; %(seconds)s s",
        city=name, number=made.number, served=made.served, needs=made.needs, greedy=made.served_greedy,
        certain=certain, seconds=f"{sum(made.seconds.values()):.2f}",
    )  # fmt: skip


def _start(session: Session, code: str, seed: int | None) -> Any:
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
