"""How long the server takes for each page, on the demonstration and with 100,000 people in the same database."""

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from models import Account, Case, CaseSource, Household, Need, Person, Referral
from models.base import new_key
from referral import create_app
from referral.access import as_installation, scope
from referral.commands.seed import prepare_demonstration
from referral.commands.serve import settle
from referral.extensions import db
from referral.navigation import NAVIGATION
from referral.transactions import refresh_statistics

PEOPLE = 100_000
VISITS_OF_EACH = 12
"""How often each page is fetched; the first two fetches warm it up and do not count."""
WARM_UP = 2
BATCH = 5_000

DETAILS: dict[str, list[tuple[str, type[Any]]]] = {
    "station": [
        ("/people/{}", Person),
        ("/households/{}", Household),
        ("/cases/{}", Case),
        ("/needs/{}", Need),
        ("/referrals/{}", Referral),
    ],
    "charity": [("/inbox/{}", Referral)],
    "coordinator": [("/needs/{}", Need), ("/people/{}", Person)],
}
"""Login → pages of one record, with the record; the newest in scope is shown."""
SEARCHES = {"station": ["/people?q=王", "/people?q=zh"], "coordinator": ["/people?q=李"]}


def bench_pages() -> list[dict[str, Any]]:
    """Return page, people, median_ms and queries of every page, on the demonstration and with PEOPLE more people."""
    with tempfile.TemporaryDirectory(prefix="yuanqiao-bench-") as folder:
        os.environ["REFERRAL_INSTANCE"] = folder
        app = create_app({"DEMONSTRATION": True, "WTF_CSRF_ENABLED": False})
        with app.app_context():
            as_installation(db.session, because="bench")
            prepare_demonstration()
        settle()
        rows = list(measure(app))
        with app.app_context():
            as_installation(db.session, because="bench")
            grow(db.session, PEOPLE)
        rows += measure(app)
        with app.app_context():
            db.engine.dispose()
    return rows


def measure(app: Flask) -> Iterator[dict[str, Any]]:
    """Measure the pages of every role, signed in as its demonstration account."""
    with app.app_context():
        as_installation(db.session, because="bench")
        people = db.session.scalar(sa.select(sa.func.count()).select_from(Person)) or 0
        accounts = db.session.scalars(
            sa.select(Account).where(
                Account.login.in_(["station", "charity", "coordinator", "evaluator", "village", "administrator"])
            )
        ).all()
        addresses = {account.login: list(_addresses(app, db.session, account)) for account in accounts}
    for login, pages in sorted(addresses.items()):
        client = app.test_client()
        client.set_cookie("language", "zh")
        client.post("/sign-in", data={"login": login, "password": "yuanqiao-demo"})
        for name, address in pages:
            milliseconds, queries = fetch(app, client, address)
            yield {"page": f"{login} {name}", "people": people, "median_ms": milliseconds, "queries": queries}


def _addresses(app: Flask, session: Session, account: Account) -> Iterator[tuple[str, str]]:
    with app.test_request_context():
        for item in NAVIGATION[account.role]:
            yield item.address, item.address
    for pattern, record in DETAILS.get(account.login, []):
        key = session.scalar(_newest(record, account))
        if key is not None:
            yield pattern.format("…"), pattern.format(key)
    for address in SEARCHES.get(account.login, []):
        yield address, address


def _newest(record: type[Any], account: Account) -> sa.Select[UUID]:
    if record is Household:
        return sa.select(Person.household_id).where(scope(account, Person)).order_by(Person.id.desc()).limit(1)
    return sa.select(record.id).where(scope(account, record)).order_by(record.id.desc()).limit(1)


def fetch(app: Flask, client: FlaskClient, address: str) -> tuple[float, int]:
    """Return the median milliseconds of a page and how many statements it sends; RuntimeError where it fails."""
    times, sent = [], 0
    for turn in range(WARM_UP + VISITS_OF_EACH):
        with counting(app) as statements:
            begin = time.perf_counter()
            answer = client.get(address)
            elapsed = (time.perf_counter() - begin) * 1000
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answers {answer.status_code}")
        if turn >= WARM_UP:
            times.append(elapsed)
            sent = len(statements)
    return round(statistics.median(times), 1), sent


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    """Collect the statements sent inside."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def grow(session: Session, people: int) -> None:
    """Add so many invented people, each with a household, a case and an open need, copied from the demonstration."""
    patterns = session.scalars(sa.select(Person).limit(150)).all()
    needs = session.scalars(sa.select(Need).limit(150)).all()
    opened = session.scalar(sa.select(sa.func.max(Need.opened_at)))
    if not patterns or not needs or opened is None:
        raise RuntimeError("the demonstration is not loaded")
    numbers = iter(range(people))
    while batch := list(islice(numbers, BATCH)):
        rows: dict[type[Any], list[dict[str, Any]]] = {Household: [], Person: [], Case: [], Need: []}
        for n in batch:
            person, need = patterns[n % len(patterns)], needs[n % len(needs)]
            household, key, case = new_key(), new_key(), new_key()
            at = opened - timedelta(minutes=n % 50_000)
            rows[Household].append({"id": household, "number": f"HX-{n:07d}", "area_code": person.area_code})
            rows[Person].append(
                {
                    "id": key,
                    "number": f"PX-{n:07d}",
                    "household_id": household,
                    "name": person.name,
                    "search_text": f"{person.search_text} px-{n:07d}",
                    "sex": person.sex,
                    "born_on": person.born_on or date(1950, 1, 1),
                    "area_code": person.area_code,
                    "station_id": person.station_id,
                    "demonstration": True,
                }
            )
            rows[Case].append(
                {
                    "id": case,
                    "number": f"CX-{n:07d}",
                    "person_id": key,
                    "household_id": household,
                    "station_id": person.station_id,
                    "area_code": person.area_code,
                    "source": CaseSource.IMPORT,
                    "opened_at": at,
                }
            )
            rows[Need].append(
                {
                    "id": new_key(),
                    "number": f"NX-{n:07d}",
                    "case_id": case,
                    "person_id": key,
                    "household_id": household,
                    "station_id": person.station_id,
                    "area_code": person.area_code,
                    "term_id": need.term_id,
                    "kind": need.kind,
                    "urgency": need.urgency,
                    "urgency_rank": need.urgency_rank,
                    "quantity": need.quantity,
                    "unit": need.unit,
                    "opened_at": at,
                    "due_at": need.due_at,
                }
            )
        for record, values in rows.items():
            session.execute(sa.insert(record), values)
    refresh_statistics(session)
    session.commit()
