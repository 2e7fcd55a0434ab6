"""Looking ahead: what a round would find now, with no effect on any record."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Round, Scenario, ScenarioKind, ScenarioStatus
from models.base import Base
from referral import clock, jobs, previewwork
from referral.actions import rounds
from referral.coordination.preview import ahead_words, since_words
from referral.extensions import db
from referral.queries import previews
from tests.factories import AT, COUNTY, make_account, make_capacity, make_need, make_term
from tests.pages import check_page
from tests.queries import sign_in
from tests.referral.clockwork import job
from tests.referral.test_rounds import district

MAY_CHANGE = {"scenario", "job_run", "counter"}
"""Tables that a look ahead writes: its answer, that it was done, and the number of its answer."""


def everything(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every other table."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in MAY_CHANGE]
    found = {
        table.name: sorted(tuple(map(repr, row)) for row in session.connection().execute(sa.select(table)))
        for table in tables
    }
    session.rollback()
    return found


def looked(session: Session, at: Any = AT) -> Scenario:
    key = previewwork.ask(session, COUNTY, at=at).id
    session.commit()
    assert previewwork.compute_preview(session, key) is ScenarioStatus.DONE
    session.expire_all()
    found = session.get_one(Scenario, key)
    session.expunge(found)  # the next one drops it
    return found


def test_it_finds_what_a_round_would_and_leaves_every_record_as_it_is(session_on_both: Session) -> None:
    session = session_on_both
    make_account(session)
    district(session)
    session.commit()
    before = everything(session)
    assert jobs.run(session, job("look_ahead"), AT).counts == {"looked": 1}
    assert everything(session) == before
    assert sum(len(rows) for rows in before.values()) > 100
    ahead = previews.newest(session, COUNTY)
    assert ahead is not None
    made = rounds.run_round(session, area=COUNTY, at=AT)
    found = ahead.result["today"]
    assert (found["served"], found["needs"], found["greedy"]) == (made.served, made.needs, made.served_greedy)
    assert ahead.result["digest"] == made.certificate["digest"]
    worth = [line["gain"] for line in ahead.result["worth"]]
    assert worth == sorted(worth, reverse=True)
    assert worth


def test_needs_of_a_round_that_waits_for_decisions_take_part(session_on_both: Session) -> None:
    session = session_on_both
    district(session)
    made = rounds.run_round(session, area=COUNTY, at=AT)
    session.commit()
    ahead = looked(session)
    assert ahead.result["today"]["served"] == made.served
    assert ahead.result["since"] == {
        "round": str(made.id), "number": made.number, "new": 0, "gone": 0, "places": 0,
    }  # fmt: skip


def test_only_the_newest_is_kept_and_yesterday_is_carried_on(session_on_both: Session, app: Flask) -> None:
    session = session_on_both
    district(session)
    session.commit()
    first = looked(session)
    served = first.result["today"]["served"]
    make_capacity(session, term=make_term(session, code="T0"), places=3)
    session.commit()
    second = looked(session, AT + timedelta(days=1))
    third = looked(session, AT + timedelta(days=1, hours=1))
    assert third.result["before"] == second.result["before"] == {
        "day": clock.local_date(AT).isoformat(), "served": served, "needs": 30,
    }  # fmt: skip
    assert session.scalar(sa.select(sa.func.count(Scenario.id))) == 1
    with app.test_request_context(headers={"Accept-Language": "en"}):
        said = ahead_words(third, clock.local_date(third.at))
        more = third.result["today"]["served"] - served
        assert more > 0
        assert said == f"{served + more} of 30 needs could be served now, {more} more than yesterday."
        assert since_words(third) == "There has been no round yet."


def test_what_changed_since_the_last_round_is_said(session_on_both: Session, app: Flask) -> None:
    session = session_on_both
    district(session)
    rounds.run_round(session, area=COUNTY, at=AT)
    make_need(session, term=make_term(session, code="T0"))
    make_capacity(session, term=make_term(session, code="T0"), places=2)
    session.commit()
    ahead = looked(session)
    number = session.scalars(sa.select(Round.number)).one()
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert since_words(ahead) == f"Since round {number}: 1 need is new, 2 places more are free."


def test_the_job_looks_again_after_the_configured_minutes_and_never_where_it_is_off(
    app: Flask, session: Session
) -> None:
    make_account(session)
    session.commit()
    look = job("look_ahead")
    assert jobs.run(session, look, AT).counts == {"looked": 1}
    assert jobs.run(session, look, AT + timedelta(minutes=10)).counts == {}
    assert jobs.run(session, look, AT + timedelta(minutes=30)).counts == {"looked": 1}
    app.config["PREVIEW_MINUTES"] = 0
    assert jobs.run(session, look, AT + timedelta(minutes=90)).counts == {}


def test_one_that_fails_says_so_and_keeps_the_older_one(
    session_on_both: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_on_both
    district(session)
    session.commit()
    older = looked(session).id
    key = previewwork.ask(session, COUNTY, at=AT).id
    session.commit()
    monkeypatch.setattr(previewwork, "solve", lambda *_args, **_kwargs: 1 / 0)
    assert previewwork.compute_preview(session, key) is ScenarioStatus.FAILED
    newest = previews.newest(session, COUNTY)
    assert newest is not None
    assert newest.id == older


@pytest.mark.parametrize("language", ["zh", "en"])
def test_its_page_is_whole_and_looks_again_when_asked(app: Flask, language: str) -> None:
    with app.app_context():
        engine = db.engine
    with Session(engine) as session:
        login = make_account(session).login
        terms = [make_term(session, code=f"T{n}", name_zh=f"服务{n}", name_en=f"Service {n}") for n in range(2)]
        for n in range(6):
            make_need(session, term=terms[n % 2], at=clock.now())
        make_capacity(session, term=terms[0], places=2, at=clock.now())
        session.commit()
    client = sign_in(app.test_client(), login)
    check_page(client.get("/coordination/preview", headers={"Accept-Language": language}), language)
    assert client.post("/coordination/preview").status_code == 302
    for address in ("/coordination/preview", "/coordination"):
        check_page(client.get(address, headers={"Accept-Language": language}), language)
    with Session(engine) as session:
        found = session.scalars(sa.select(Scenario)).one()
        assert (found.kind, found.status) == (ScenarioKind.PREVIEW, ScenarioStatus.DONE)
        assert found.result["today"]["served"] == 2
