"""The round of the night: after the expiries, for each area with a coordinator, only proposing and only what is new."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import (
    Decision,
    JobRun,
    Message,
    MessageKind,
    Need,
    NeedStatus,
    Proposal,
    Referral,
    ReferralStatus,
    Round,
    RoundKind,
    RoundStatus,
)
from referral import config, jobs, roundjobs, roundwork
from referral.actions import deciding, rounds
from tests.factories import (
    AT,
    COUNTY,
    OTHER_COUNTY,
    OTHER_VILLAGE,
    make_account,
    make_area,
    make_capacity,
    make_case,
    make_need,
    make_person,
    make_term,
    refer,
)
from tests.referral.clockwork import job
from tests.referral.test_rounds import district

NIGHT = datetime(2026, 9, 14, 18, 40, tzinfo=UTC)
"""2:40 in China, after AT."""


def night(session: Session, days: int = 0) -> dict[str, int]:
    at = NIGHT + timedelta(days=days)
    for name in ("expire_referrals", "expire_drafts"):
        jobs.run(session, job(name), at)
    report = jobs.run(session, job("nightly_rounds"), at)
    assert report.result == "done", report
    session.expire_all()
    return report.counts


def nightly(session: Session) -> list[Round]:
    found = session.scalars(sa.select(Round).where(Round.kind == RoundKind.NIGHTLY).order_by(Round.number))
    return list(found)


@pytest.fixture
def county(session_on_both: Session) -> Session:
    make_account(session_on_both)
    district(session_on_both)
    session_on_both.commit()
    return session_on_both


def test_at_night_each_area_with_a_coordinator_gets_a_round_that_only_proposes(county: Session) -> None:
    assert night(county) == {"begun": 1, "proposed": 1}
    (made,) = nightly(county)
    assert (made.status, made.area_code, made.started_by_id) == (RoundStatus.PROPOSED, COUNTY, None)
    decisions = set(county.scalars(sa.select(Proposal.decision)))
    assert decisions == {Decision.UNDECIDED}
    assert county.scalar(sa.select(sa.func.count(Referral.id))) == 0
    told = county.scalars(sa.select(Message).where(Message.kind == MessageKind.ROUND_FINISHED)).one()
    assert (told.area_code, told.facts["kind"]) == (COUNTY, "nightly")


def test_it_comes_once_a_night_and_not_before_its_time(county: Session) -> None:
    early = NIGHT - timedelta(minutes=30)
    for name in ("expire_referrals", "expire_drafts"):
        jobs.run(county, job(name), early)
    assert jobs.run(county, job("nightly_rounds"), early).result == "early"
    assert nightly(county) == []
    night(county)
    assert jobs.run(county, job("nightly_rounds"), NIGHT + timedelta(hours=3)).result == "skipped"
    assert len(nightly(county)) == 1


def test_it_waits_for_the_expiries_and_sees_what_they_freed(session_on_both: Session) -> None:
    session = session_on_both
    make_account(session)
    term = make_term(session)
    asked, free = make_capacity(session, term=term), make_capacity(session, term=term)
    need = make_need(session, term=term, at=AT - timedelta(days=20))
    referral = refer(session, need, asked, at=AT - timedelta(days=20))
    session.commit()
    assert jobs.run(session, job("nightly_rounds"), NIGHT).result == "early"
    assert night(session)["proposed"] == 1
    assert referral.status is ReferralStatus.EXPIRED
    assert session.scalars(sa.select(Proposal.capacity_id)).one() == free.id


def test_where_nothing_has_changed_but_the_days_of_waiting_it_stays_as_it_is(county: Session) -> None:
    night(county)
    assert night(county, days=1) == {"begun": 1, "unchanged": 1}
    first, second = nightly(county)
    assert (first.status, second.status, second.stage) == (RoundStatus.PROPOSED, RoundStatus.DISCARDED, "unchanged")
    make_need(county, term=make_term(county, code="T1"))
    county.commit()
    assert night(county, days=2) == {"begun": 1, "proposed": 1}
    assert [one.status for one in nightly(county)] == [
        RoundStatus.DISCARDED, RoundStatus.DISCARDED, RoundStatus.PROPOSED,
    ]  # fmt: skip
    live = sa.select(sa.func.count(Proposal.id)).where(Proposal.decision == Decision.UNDECIDED)
    assert county.scalar(live.where(Proposal.capacity_id.is_not(None))) == nightly(county)[-1].served


def test_an_ordinary_round_before_counts_as_seen(county: Session) -> None:
    key = rounds.start_round(county, area=COUNTY, at=AT).id
    county.commit()
    assert roundwork.compute(county, key) is RoundStatus.PROPOSED
    assert night(county) == {"begun": 1, "unchanged": 1}


def test_a_round_that_somebody_is_deciding_on_is_left_alone(county: Session) -> None:
    made = rounds.run_round(county, area=COUNTY, at=AT)
    placed = county.scalars(
        sa.select(Proposal).where(Proposal.round_id == made.id, Proposal.capacity_id.is_not(None)).limit(1)
    ).one()
    deciding.accept(county, placed, by=make_account(county), at=AT)
    make_need(county, term=make_term(county, code="T1"))
    county.commit()
    assert night(county) == {"begun": 1, "being_decided": 1}
    county.refresh(made)
    assert made.status is RoundStatus.PROPOSED
    assert placed.decision is Decision.ACCEPTED
    assert nightly(county)[0].stage == "being_decided"


def test_a_decision_while_it_computes_keeps_the_older_round(county: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    made = rounds.run_round(county, area=COUNTY, at=AT)
    county.commit()
    key, plain = made.id, roundwork.solved

    def decide_meanwhile(*args: object, **kwargs: object) -> object:
        with Session(county.get_bind()) as other:
            deciding.accept_all(other, other.get_one(Round, key), by=None, at=AT)
            other.commit()
        return plain(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(roundwork, "solved", decide_meanwhile)
    make_need(county, term=make_term(county, code="T1"))
    county.commit()
    assert night(county) == {"begun": 1, "being_decided": 1}
    county.refresh(made)
    assert made.status is RoundStatus.PROPOSED


def test_areas_without_a_coordinator_have_none_and_several_have_one_each(session_on_both: Session) -> None:
    session = session_on_both
    make_account(session)
    make_account(session, area_code=make_area(session, OTHER_COUNTY).code)
    make_account(session, area_code=make_area(session, "321100000000").code, active=False)
    term = make_term(session)
    make_capacity(session, term=term, places=9)
    make_need(session, term=term)
    there = make_person(session, area_code=make_area(session, OTHER_VILLAGE).code)
    make_need(session, term=term, case=make_case(session, person=there))
    session.commit()
    assert night(session) == {"begun": 2, "proposed": 2}
    assert sorted(one.area_code for one in nightly(session)) == [OTHER_COUNTY, COUNTY]


def test_killed_after_it_began_the_next_run_goes_on(county: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("expire_referrals", "expire_drafts"):
        jobs.run(county, job(name), NIGHT)
    monkeypatch.setattr(roundjobs, "_compute_waiting", lambda *_args: 1 / 0)
    assert jobs.run(county, job("nightly_rounds"), NIGHT).result == "failed"
    monkeypatch.undo()
    assert [one.status for one in nightly(county)] == [RoundStatus.WAITING]
    assert jobs.run(county, job("nightly_rounds"), NIGHT).counts == {"proposed": 1}
    county.expire_all()
    assert [one.status for one in nightly(county)] == [RoundStatus.PROPOSED]


def test_it_can_be_switched_off(app: Flask, session: Session) -> None:
    make_account(session)
    make_need(session)
    session.commit()
    app.config["NIGHTLY_ROUND"] = "off"
    for name in ("expire_referrals", "expire_drafts"):
        jobs.run(session, job(name), NIGHT)
    assert jobs.run(session, job("nightly_rounds"), NIGHT).result == "early"
    assert session.scalar(sa.select(sa.func.count(Round.id))) == 0
    assert "nightly_rounds" not in set(session.scalars(sa.select(JobRun.job)))


def test_settings_that_are_no_time_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFERRAL_NIGHTLY_ROUND", "at night")
    with pytest.raises(config.SettingsWrong, match="REFERRAL_NIGHTLY_ROUND"):
        config.time_of_day("REFERRAL_NIGHTLY_ROUND", "02:30")
    monkeypatch.setenv("REFERRAL_NIGHTLY_ROUND", "")
    assert config.time_of_day("REFERRAL_NIGHTLY_ROUND", "02:30") == "off"
    monkeypatch.setenv("REFERRAL_PREVIEW_MINUTES", "-3")
    with pytest.raises(config.SettingsWrong, match="REFERRAL_PREVIEW_MINUTES"):
        config.minutes("REFERRAL_PREVIEW_MINUTES", 30)


def test_needs_stay_open_where_the_night_found_nothing_for_them(county: Session) -> None:
    night(county)
    unmet = county.scalars(sa.select(Proposal.need_id).where(Proposal.capacity_id.is_(None))).all()
    assert set(county.scalars(sa.select(Need.status).where(Need.id.in_(unmet)))) == {NeedStatus.OPEN}
