"""Asks the application as each role, and takes down what was answered and what the log said of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event
from werkzeug.test import TestResponse

from models import SignInSession
from referral.access import as_installation
from referral.extensions import db
from tests.factories import PASSWORD
from tests.matrix.canaries import RANDOM, Keys, everything, same_for_all
from tests.matrix.district import District

VISITOR = "visitor"


@dataclass
class Answer:
    """One answer."""

    status: int
    location: str
    body: str
    """Without keys and nonces, to compare with another."""
    found: dict[str, set[str]]
    read: set[UUID] = field(default_factory=set)
    """Whose files the log says were read."""


class Asker:
    """One application on one filled district. What POST would change is rolled back: each cell finds it as it was."""

    def __init__(self, app: Flask, district: District) -> None:
        self.app, self.district = app, district
        self.client = app.test_client(use_cookies=False)
        self.cookies = {role: self._sign_in(login) for role, login in district.logins.items()}
        self._read: set[UUID] = set()
        with app.app_context():
            self.engine = db.engine
            of = {key: role for role, key in district.account_ids.items()}
            as_installation(db.session, because="a test")
            known = db.session.execute(sa.select(SignInSession.account_id, SignInSession.id))
            self.sessions = {of[account]: key for account, key in known}
        event.listen(self.engine, "before_cursor_execute", self._listen)

    def _sign_in(self, login: str) -> str:
        client = self.app.test_client()
        answer = client.post("/sign-in", data={"login": login, "password": PASSWORD})
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return "; ".join(f"{cookie.key}={cookie.value}" for cookie in client._cookies.values())  # type: ignore[union-attr]

    def _listen(
        self, _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, several: bool
    ) -> None:
        if not statement.startswith("INSERT INTO log_entry"):
            return
        for row in parameters if several else [parameters]:
            values = list(row.values()) if isinstance(row, dict) else list(row)
            # PostgreSQL gets the columns in which many rows differ as lists.
            several_rows = [one for value in values if isinstance(value, list) for one in value]
            self._read.update(key for key in map(_key, [*values, *several_rows]) if key)

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Let nothing that is committed inside stay."""
        dialect: Any = self.engine.dialect
        dialect.do_commit = lambda connection: connection.rollback()
        try:
            yield
        finally:
            del dialect.do_commit

    def ask(self, role: str, method: str, address: str, data: dict[str, Any] | None = None) -> Answer:
        """Ask once."""
        self._read = set()
        headers = {"Cookie": self.cookies[role]} if role != VISITOR else {}
        try:
            if method == "GET":
                answer = self.client.get(address, headers=headers, query_string=data)
            else:
                with self.undone():
                    answer = self.client.open(address, method=method, headers=headers, data=data or {})
        except Exception as error:  # whatever the application does not catch is an error 500 for whoever asked
            return Answer(500, "", repr(error), {})
        return self._note(answer)

    def _note(self, answer: TestResponse) -> Answer:
        found = self.district.canaries.found(everything(answer))
        return Answer(
            answer.status_code, answer.headers.get("Location", ""), same_for_all(answer), found, set(self._read)
        )

    def address(self, endpoint: str, method: str, kind: str, subject: str | None, role: str) -> str:
        """The address of an endpoint for the record of a kind of a subject; of a random key without a subject."""
        values: Keys = {}
        if "=" in kind:
            name, value = kind.split("=")
            values = {name: value}
        elif kind != "-":
            kind, _, code = kind.partition(":")
            values = {"key": RANDOM if subject is None else self.key(kind, subject, role)} | (
                {"code": code} if code else {}
            )
        with self.app.test_request_context():
            return self.app.url_map.bind("localhost").build(endpoint, values, method=method)

    def key(self, kind: str, subject: str, role: str) -> Any:
        """The key of the record of a kind that is a subject's, or the district's."""
        if kind == "glass":
            glass = self.district.glass
            return glass.get((subject, role)) or next(key for (whose, _), key in glass.items() if whose == subject)
        if kind == "session":
            return self.sessions[role]
        return self.district.keys[subject].get(kind) or self.district.common[kind]


def _key(value: Any) -> UUID | None:
    if isinstance(value, UUID):
        return value
    if isinstance(value, str) and len(value) in (32, 36):
        try:
            return UUID(value)
        except ValueError:
            return None
    return None
