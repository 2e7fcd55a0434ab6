"""How many statements a piece of work sends to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from referral.extensions import db
from tests.factories import PASSWORD


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent inside, in order, without BEGIN, COMMIT, pragmas and settings. Needs an app context."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SELECT set_config")):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def sign_in(client: FlaskClient, login: str, password: str = PASSWORD) -> FlaskClient:
    """Sign an account in, as a person would."""
    answer = client.post("/sign-in", data={"login": login, "password": password})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return client
