"""Refusals, decisions and rounds at the same moment: each need keeps one proposal, nothing is half done."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Event

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import (
    Account,
    Decision,
    DeclineReason,
    Need,
    NeedStatus,
    Proposal,
    Referral,
    Round,
    RoundKind,
    RoundStatus,
)
from models.errors import DomainError
from referral import jobs, roundwork
from referral.actions import deciding, referrals, rounds
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import AT, COUNTY, make_account, make_capacity, make_need, make_term, refer
from tests.referral.clockwork import job
from tests.referral.test_applying_races import race, roomy, say

RUNNERS = 12
LIVE = (Decision.UNDECIDED, Decision.ACCEPTED, Decision.CHANGED)


def prepared(app: Flask) -> tuple[list[object], object]:
    """Twelve needs proposed in a round, and six refusals about to be given by others."""
    with app.app_context(), Session(db.engine) as session, transaction(session):
        by = make_account(session)
        term = make_term(session)
        asked = make_capacity(session, term=term, places=6)
        refused = [refer(session, make_need(session, term=term), asked, by=by, at=AT).id for _ in range(6)]
        for _ in range(12):
            make_need(session, term=term)
        for _ in range(5):
            make_capacity(session, term=term, places=4)
        rounds.run_round(session, area=COUNTY, at=AT)
        return list(refused), by.id


def whole(session: Session) -> None:
    """Each waiting need has as many live proposals as its state says, and no round is left at work."""
    live = Counter(
        session.scalars(
            sa.select(Proposal.need_id)
            .join(Round, Round.id == Proposal.round_id)
            .where(
                Proposal.decision.in_(LIVE),
                Proposal.capacity_id.is_not(None),
                Round.status.in_((RoundStatus.PROPOSED, RoundStatus.APPLYING)),
            )
        )
    )
    states: dict[object, NeedStatus] = dict(session.execute(sa.select(Need.id, Need.status)).all())  # type: ignore[arg-type]
    for need, status in states.items():
        assert live.get(need, 0) == (1 if status is NeedStatus.PROPOSED else 0), (status, live.get(need, 0))
    assert session.scalar(sa.select(sa.func.count(Round.id)).where(Round.status.in_(rounds.AT_WORK))) == 0


def guarded(work: Callable[[Session, int], object]) -> Callable[[Session, int], object]:
    """The same, where somebody who came too late is told so."""

    def run(session: Session, number: int) -> object:
        try:
            return work(session, number)
        except (StaleDataError, DomainError) as error:
            return error

    return run


@pytest.mark.slow
@pytest.mark.parametrize("anew", [False, True])
def test_refusals_decisions_and_rounds_at_once(make_app: MakeApp, database_url: str, anew: bool) -> None:
    app = roomy(make_app, database_url)
    refused, by_id = prepared(app)

    def work(session: Session, number: int) -> object:
        if number < 6:
            with transaction(session):
                referral = session.get_one(Referral, refused[number])
                by = session.get_one(Account, by_id)
                at = AT + timedelta(minutes=5)
                referrals.reject(session, referral, by=by, at=at, reason=DeclineReason.FULL)
            return "refused"
        if number < 9:
            minute = timedelta(hours=1, minutes=number)
            return jobs.run(session, job("follow_refusals"), AT + minute).result
        if number < 11:
            with transaction(session):
                proposals = session.scalars(
                    sa.select(Proposal).where(Proposal.decision == Decision.UNDECIDED).order_by(Proposal.id)
                ).all()
                by = session.get_one(Account, by_id)
                for one in proposals[number - 9 : 12 : 2]:
                    deciding.accept(session, one, by=by, at=AT)
            return "decided"
        if not anew:
            return jobs.run(session, job("follow_refusals"), AT + timedelta(hours=1)).result
        with transaction(session):
            key = rounds.start_round(session, area=COUNTY, at=AT + timedelta(minutes=30)).id
        return str(roundwork.compute(session, key))

    found = race(app, RUNNERS, guarded(work))
    say(", ".join(sorted(str(one) if not isinstance(one, Exception) else type(one).__name__ for one in found)))
    with app.app_context(), Session(db.engine) as session:
        for minute in range(90, 94):
            jobs.run(session, job("follow_refusals"), AT + timedelta(minutes=minute))
        with transaction(session):
            whole(session)
            states = Counter(session.scalars(sa.select(Need.status)))
            made = session.scalar(sa.select(sa.func.count(Round.id)).where(Round.kind == RoundKind.FOLLOW_UP)) or 0
            say(f"{dict(states)}, {made} follow-ups")
            assert states[NeedStatus.OPEN] == 0  # 20 places elsewhere, 18 needs
            assert made >= 1 or anew  # a new round may have found them all first


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("whole_round", ["ended", "taken"])
def test_somebody_who_decides_on_several_proposals_never_blocks_what_is_done_with_the_whole_round(
    make_app: MakeApp, postgres_url: str, whole_round: str
) -> None:
    """The first decision is on the last proposal: without the round being held, each would wait for the other."""
    app = roomy(make_app, postgres_url)
    _refused, by_id = prepared(app)
    deciding_began = Event()

    def decide(session: Session) -> None:
        with transaction(session):
            listed = session.scalars(sa.select(Proposal).order_by(Proposal.id)).all()
            by = session.get_one(Account, by_id)
            deciding.accept(session, listed[-1], by=by, at=AT)
            deciding_began.set()
            wait_until_somebody_waits(session)
            for one in listed[:-1]:
                deciding.accept(session, one, by=by, at=AT)

    def do_with_the_whole(session: Session) -> None:
        assert deciding_began.wait(30)
        with transaction(session):
            found = session.scalars(sa.select(Round)).one()
            if whole_round == "ended":
                rounds.end_round(session, found, at=AT)
            else:
                deciding.accept_all(session, found, by=session.get_one(Account, by_id), at=AT)

    race(app, 2, lambda session, number: (decide, do_with_the_whole)[number](session))
    with app.app_context(), Session(db.engine) as session:
        decisions = Counter(session.scalars(sa.select(Proposal.decision)))
    # All had been decided on by one when the other came to them.
    assert set(decisions) == ({Decision.LEFT} if whole_round == "ended" else {Decision.ACCEPTED})


def wait_until_somebody_waits(session: Session) -> None:
    """Until another transaction of this database waits for a lock."""
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(600):
        if session.scalar(waiting):
            return
        time.sleep(0.05)
    raise AssertionError("nobody waited")
