"""One entry sent by twelve at once is one visit, on both databases; beside it the naive way, which is not.

Each test prints what it counted and fails below a floor.
"""

import uuid
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, joinedload

from models import (
    Account,
    ContactResult,
    Organization,
    Person,
    PhoneEntry,
    PhoneOperation,
    Role,
    TaxonomyTerm,
    Visit,
    VisitKind,
)
from referral.access import as_installation
from referral.actions import phone
from referral.actions.visits import log_visit
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import AT, make_account, make_person, make_station, make_term
from tests.referral.test_applying_races import race, roomy, say

SENDERS = 12
ENTRIES = 20


def prepared(app: Flask) -> dict[str, uuid.UUID]:
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session, transaction(session):
        station = make_station(session)
        return {
            "station": station.id,
            "person": make_person(session, station_id=station.id).id,
            "worker": make_account(session, Role.STATION_WORKER, organization_id=station.id).id,
            "term": make_term(session).id,
        }


def write(session: Session, keys: dict[str, uuid.UUID]) -> dict[str, str]:
    visit = log_visit(
        session,
        person=session.get_one(Person, keys["person"], options=[joinedload(Person.area)]),
        term=session.get_one(TaxonomyTerm, keys["term"]),
        organization=session.get_one(Organization, keys["station"]),
        by=session.get_one(Account, keys["worker"]),
        kind=VisitKind.HOME_VISIT,
        contact_result=ContactResult.MET_PERSON,
        started_at=AT,
        minutes=30,
        units=1,  # type: ignore[arg-type]
    )
    return {"visit": str(visit.id)}


def counts(app: Flask) -> tuple[int, int]:
    with app.app_context(), Session(db.engine) as session:
        as_installation(session, because="a test")
        visits = session.scalar(sa.select(sa.func.count(Visit.id))) or 0
        return visits, session.scalar(sa.select(sa.func.count(PhoneEntry.id))) or 0


@pytest.mark.slow
def test_twelve_senders_of_one_entry_write_it_once_and_all_get_its_reply(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    keys = prepared(app)
    won, replies = 0, set()
    for number in range(ENTRIES):

        def send(session: Session, _runner: int, number: int = number) -> tuple[str, bool]:
            as_installation(session, because="a test")
            by = session.get_one(Account, keys["worker"])
            with transaction(session):
                reply, again = phone.once(
                    session, PhoneOperation.VISIT, f"key-{number}", {"n": [str(number)]},
                    lambda: write(session, keys), by=by, at=AT,
                )  # fmt: skip
            return reply["visit"], again

        found = race(app, SENDERS, send)
        told = [one for one in found if isinstance(one, tuple)]
        assert len(told) == SENDERS
        assert len({visit for visit, _again in told}) == 1
        won += sum(not again for _visit, again in told)
        replies |= {visit for visit, _again in told}
    say(f"{ENTRIES} entries sent {ENTRIES * SENDERS} times: {won} written, {len(replies)} replies")
    assert won == ENTRIES
    assert counts(app) == (ENTRIES, ENTRIES)


@pytest.mark.slow
def test_of_two_contents_under_one_key_one_is_written_and_the_other_refused(
    make_app: MakeApp, database_url: str
) -> None:
    app = roomy(make_app, database_url)
    keys = prepared(app)

    def send(session: Session, runner: int) -> bool:
        as_installation(session, because="a test")
        by = session.get_one(Account, keys["worker"])
        with transaction(session):
            content = {"n": [str(runner % 2)]}
            phone.once(session, PhoneOperation.VISIT, "one", content, lambda: write(session, keys), by=by, at=AT)
        return True

    found = race(app, SENDERS, send)
    refused = sum(isinstance(one, phone.PhoneKeyReused) for one in found)
    say(f"taken {found.count(True)}, refused {refused}")
    assert (found.count(True), refused) == (SENDERS // 2, SENDERS // 2)
    assert counts(app) == (1, 1)


@pytest.mark.slow
@pytest.mark.postgres
def test_looking_first_and_writing_then_writes_an_entry_several_times(make_app: MakeApp, postgres_url: str) -> None:
    app = roomy(make_app, postgres_url)
    keys = prepared(app)
    looked = Barrier(SENDERS)

    def naive(session: Session, _runner: int) -> bool:
        as_installation(session, because="a test")
        with transaction(session):
            known = session.scalar(sa.select(PhoneEntry.id).where(PhoneEntry.key == "one"))
            looked.wait(30)
            if known is None:
                write(session, keys)
        return True

    race(app, SENDERS, naive)
    written, _entries = counts(app)
    say(f"the naive way wrote {written} visits of one entry")
    assert written > 1
