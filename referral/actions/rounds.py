"""A round of matching: gather, solve, propose.

A round only proposes. A named person decides (`deciding`), and what was decided is put to the providers (`applying`).
"""

import secrets
import uuid
from datetime import datetime
from time import perf_counter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matching import Params
from models import (
    Account,
    Decision,
    MessageKind,
    Need,
    NeedStatus,
    Proposal,
    Round,
    RoundKind,
    RoundStatus,
)
from models.errors import DomainError
from referral.actions.numbering import next_number
from referral.actions.rounding.solving import Solved, solved
from referral.actions.rounding.writing import Written, silently, write_plan
from referral.actions.upkeep import fail_dead_rounds
from referral.messages import tell
from referral.queries.gathering.board import gather
from referral.queries.parameters import in_force

LARGEST_SEED = 2**31 - 1
AT_WORK = (RoundStatus.WAITING, RoundStatus.RUNNING)
OPEN_DECISIONS = (Decision.UNDECIDED, Decision.ACCEPTED, Decision.CHANGED, Decision.LEFT)
"""Proposals that have not become a referral or failed."""


class RoundAtWork(DomainError):
    """A round over this area is being computed at this moment."""

    code = "round_at_work"


def run_round(
    session: Session,
    *,
    area: str,
    params: dict[str, Any] | None = None,
    seed: int | None = None,
    by: Account | None = None,
    at: datetime,
) -> Round:
    """One round of matching, from open needs to proposals; raises RoundAtWork."""
    started = start_round(session, area=area, params=params, seed=seed, by=by, at=at)
    begin(session, started, at=at)
    clock = perf_counter()
    board = gather(session, area, at)
    seconds = {"gather": perf_counter() - clock}
    propose(session, started, solved(board, started.params, seed=started.seed), at=at, seconds=seconds)
    return started


def start_round(
    session: Session,
    *,
    area: str,
    params: dict[str, Any] | None = None,
    seed: int | None = None,
    by: Account | None = None,
    at: datetime,
    kind: RoundKind = RoundKind.ORDINARY,
) -> Round:
    """Write down that a round is wanted, and throw away older ones of the area that nobody has applied.

    Their needs are open again and take part in the new one. It runs with the parameters in force over the area, and
    `params` for those that are to differ. A nightly round ends the older ones only when it has found something, a
    follow-up never does. A seed that nobody names is drawn where near-ties are drawn, so that chance is fresh in every
    round; else it is 0, and a round repeats what looking ahead has shown. Raises RoundAtWork.
    """
    fail_dead_rounds(session, at)
    if session.scalar(sa.select(Round.id).where(Round.area_code == area, Round.status.in_(AT_WORK)).limit(1)):
        raise RoundAtWork
    if kind is RoundKind.ORDINARY:
        end_older(session, area, at=at)
    now = in_force(session, area, at)
    wanted_params = Params.from_dict({**now.params.as_dict(), **(params or {})})
    if seed is None:
        seed = secrets.randbelow(LARGEST_SEED) if wanted_params.draw_within else 0
    wanted = Round(
        number=next_number(session, Round, at),
        area_code=area,
        kind=kind,
        at=at,
        seed=seed,
        params=wanted_params.as_dict(),
        parameters_id=now.version_id,
        started_by_id=by.id if by else None,
    )
    session.add(wanted)
    try:
        session.flush()
    except IntegrityError as error:
        raise RoundAtWork from error
    return wanted


def end_older(session: Session, area: str, *, at: datetime) -> None:
    """Throw away what waits for decisions in rounds of an area: its needs are open again."""
    older = sa.select(Round).where(Round.area_code == area, Round.status == RoundStatus.PROPOSED)
    for one in session.scalars(older):
        end_round(session, one, at=at)


def begin(session: Session, waiting: Round, *, at: datetime) -> bool:
    """Take a waiting round to work; False where somebody else has taken it."""
    claimed = session.execute(
        sa.update(Round)
        .where(Round.id == waiting.id, Round.status == RoundStatus.WAITING)
        .values(status=RoundStatus.RUNNING, started_at=at, stage="gathering", progress=5)
        .returning(Round.id)
        .execution_options(synchronize_session=False)
    ).first()
    session.expire(waiting)
    return claimed is not None


def note_progress(session: Session, key: uuid.UUID, *, stage: str, progress: int) -> None:
    """Say how far a round is, for the page that waits for it."""
    session.execute(
        sa.update(Round)
        .where(Round.id == key, Round.status == RoundStatus.RUNNING)
        .values(stage=stage, progress=progress)
        .execution_options(synchronize_session=False)
    )


def give_up(session: Session, key: uuid.UUID, *, failure: str, at: datetime) -> None:
    """Mark a round as failed; it has written no proposals, so its needs are open as before."""
    session.execute(
        sa.update(Round)
        .where(Round.id == key, Round.status.in_(AT_WORK))
        .values(status=RoundStatus.FAILED, finished_at=at, failure=failure)
        .execution_options(synchronize_session=False)
    )


def propose(
    session: Session,
    running: Round,
    found: Solved,
    *,
    at: datetime,
    seconds: dict[str, float],
    progress: Written = silently,
) -> None:
    """Write what the engine found: a proposal for every need, a line for every opening, the proof.

    Needs that have a place proposed are `proposed` from now on. One that was referred or closed while the round was
    being computed stays as it is, and its proposal says so. All in one transaction.
    """
    clock = perf_counter()
    write_plan(session, running.id, found, at=at, progress=progress)
    running.status, running.stage, running.progress = RoundStatus.PROPOSED, "done", 100
    running.finished_at = at
    running.needs, running.openings = found.needs, found.places
    running.served_by_tier = found.served_by_tier
    running.served, running.served_greedy, running.served_first_come = found.served
    running.certificate, running.fairness = found.certificate(), found.fairness()
    running.budgets = found.budgets()
    running.seconds = {name: round(value, 4) for name, value in {**seconds, **found.seconds}.items()} | {
        "write": round(perf_counter() - clock, 4)
    }
    tell(
        session,
        MessageKind.ROUND_FINISHED,
        once=running.number,
        at=at,
        area_code=running.area_code,
        round_id=running.id,
        facts={"number": running.number, "kind": running.kind.value},
    )
    session.flush()


def end_round(session: Session, ended: Round, *, at: datetime) -> None:
    """Throw away what is left of a round: its needs without a referral are open again, nothing else changes."""
    hold_rounds(session, Round.id == ended.id)
    pending = sa.select(Proposal.need_id).where(Proposal.round_id == ended.id, Proposal.decision.in_(OPEN_DECISIONS))
    reopen_needs(session, pending)
    applied = session.scalar(
        sa.select(Proposal.id).where(Proposal.round_id == ended.id, Proposal.decision == Decision.APPLIED).limit(1)
    )
    session.execute(
        sa.update(Proposal)
        .where(
            Proposal.round_id == ended.id, Proposal.decision.in_(OPEN_DECISIONS[:3]), Proposal.capacity_id.is_not(None)
        )
        .values(decision=Decision.LEFT, reason="round_ended", decided_at=at, version=Proposal.version + 1)
        .execution_options(synchronize_session=False)
    )
    ended.status = RoundStatus.APPLIED if applied else RoundStatus.DISCARDED
    session.flush()


def hold_rounds(session: Session, condition: sa.ColumnElement[bool]) -> None:
    """Wait for whoever is deciding on a proposal of these rounds, and keep others out until the transaction ends.

    Whoever writes many proposals of a round calls it first: a decision holds its round too (`deciding`), so neither
    can hold a proposal that the other waits for. In the order of keys, for the same reason.
    """
    session.execute(sa.select(Round.id).where(condition).order_by(Round.id).with_for_update(key_share=True)).all()


def reopen_needs(session: Session, keys: sa.Select[Any]) -> None:
    """Put needs that are proposed, and of these keys, back among the open ones."""
    session.execute(
        sa.update(Need)
        .where(Need.status == NeedStatus.PROPOSED, Need.id.in_(keys))
        .values(status=NeedStatus.OPEN, version=Need.version + 1)
        .execution_options(synchronize_session=False)
    )
