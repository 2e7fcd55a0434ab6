"""The pages of break-glass: asked for, read, given back, reviewed; nothing in an open file can be changed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import GlassAccess, LogEntry, Person
from referral.access import as_installation
from referral.extensions import db
from tests.factories import (
    make_case,
    make_need,
)
from tests.pages import check_page
from tests.queries import sign_in
from tests.referral.test_glass import WORDS, Field, field


@contextmanager
def asked_of(app: Flask) -> Iterator[Session]:
    """A session between two requests; none stays open while a page is asked for."""
    with app.app_context():
        as_installation(db.session, because="a test")
        yield db.session()


@pytest.fixture
def f(app: Flask) -> Field:
    """A field with a case and a need of the person in it; its records can be read without asking the database."""
    with asked_of(app) as session:
        made = field(session)
        make_need(session, case=make_case(session, person=made.person, summary="独居老人摔伤"))
        session.commit()
        for record in vars(made).values():
            session.refresh(record)
            session.expunge(record)
    return made


def ask(client: FlaskClient, number: str, **extra: Any) -> Any:
    return client.post("/glass/new", data={"number": number, "reason": "danger", "words": WORDS}, **extra)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_are_whole_in_both_languages(f: Field, client: FlaskClient, language: str) -> None:
    read = {"headers": {"Accept-Language": language}}
    sign_in(client, f.worker.login)
    check_page(client.get("/glass/new", **read), language)
    check_page(ask(client, "P2026-99999", **read), language)
    page = client.get(ask(client, f.person.number, **read).location, **read)
    check_page(page, language)
    assert "独居老人摔伤" in page.text
    assert "11010519491231002X" not in page.text
    check_page(client.get("/glass", **read), language)
    reviewer = sign_in(client.application.test_client(), f.their_supervisor.login)
    with asked_of(client.application) as session:
        key = session.scalars(sa.select(GlassAccess.id).where(GlassAccess.person_id.is_not(None))).one()
    for address in ("/desk", "/glass/reviews", f"/glass/{key}/review"):
        check_page(reviewer.get(address, **read), language)
    assert reviewer.post(f"/glass/{key}/review", data={"verdict": "justified"}, **read).status_code == 302
    check_page(reviewer.get("/glass/reviews", **read), language)
    check_page(client.get("/messages", **read), language)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_everybody_who_is_told_can_read_it(f: Field, client: FlaskClient, language: str) -> None:
    """The worker's own supervisor is told as well, but the file's own station reviews: no way leads there."""
    sign_in(client, f.worker.login)
    ask(client, f.person.number)
    ways = {}
    for reader in (f.own_supervisor, f.their_supervisor):
        answer = sign_in(client.application.test_client(), reader.login).get(
            "/messages", headers={"Accept-Language": language}
        )
        check_page(answer, language)
        assert f.person.number in answer.text
        ways[reader.login] = "/review" in answer.text
    assert ways == {f.own_supervisor.login: False, f.their_supervisor.login: True}


def test_a_miss_is_the_same_page_whatever_was_asked(f: Field, client: FlaskClient) -> None:
    sign_in(client, f.worker.login)
    one, other = ask(client, "P2026-99999"), ask(client, "王桂英")
    assert one.status_code == other.status_code == 200
    pages = {re.sub(r"P2026-\d+|王桂英|\d+ 次", "", answer.text) for answer in (one, other)}
    assert len(pages) == 1


def test_the_banner_stands_on_every_page_until_the_file_is_closed(f: Field, client: FlaskClient) -> None:
    sign_in(client, f.worker.login)
    address = ask(client, f.person.number).location
    assert f.person.number in client.get("/desk").text
    assert client.post(f"{address}/close").status_code == 302
    assert f.person.number not in client.get("/desk").text
    assert client.get(address).status_code == 404


def test_nobody_else_reads_through_the_opening(f: Field, client: FlaskClient) -> None:
    sign_in(client, f.worker.login)
    address = ask(client, f.person.number).location
    for other in (f.own_supervisor, f.coordinator):
        assert sign_in(client.application.test_client(), other.login).get(address).status_code == 404


def test_nothing_in_an_open_file_can_be_changed(f: Field, client: FlaskClient) -> None:
    sign_in(client, f.worker.login)
    ask(client, f.person.number)
    for address in (f"/people/{f.person.id}/edit", f"/people/{f.person.id}/cases/new"):
        assert client.post(address, data={"name": "别人", "version": f.person.version}).status_code in (404, 405)
    with asked_of(client.application) as session:
        assert session.get_one(Person, f.person.id).version == f.person.version


def test_reading_an_open_file_is_in_the_log_with_the_reason(f: Field, client: FlaskClient) -> None:
    sign_in(client, f.worker.login)
    client.get(ask(client, f.person.number).location)
    with asked_of(client.application) as session:
        entry = session.scalars(sa.select(LogEntry).where(LogEntry.purpose == "glass danger")).one()
    assert (entry.person_id, entry.account_id) == (f.person.id, f.worker.id)
