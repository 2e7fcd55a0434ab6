"""A signed-in visitor of pages, with a session beside it that holds no transaction open."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from referral.extensions import db
from tests.pages import check_page
from tests.queries import sign_in


@contextmanager
def outside(app: Flask) -> Iterator[Session]:
    """A session on the application's database that is not the application's own."""
    with app.app_context():
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        yield session


def wrong(text: str) -> str:
    """What a page says is wrong with a form."""
    found = re.search(r'class="errsum".*?</div>', text, re.DOTALL)
    return found[0] if found else text[:500]


class Visitor:
    """Somebody who is signed in and looks at pages."""

    def __init__(self, app: Flask, session: Session, login: str) -> None:
        self.session = session
        session.commit()
        self.client: FlaskClient = sign_in(app.test_client(), login)

    def page(self, address: str, language: str = "zh", status: int = 200) -> str:
        """The text of a page, which is checked."""
        answer = self.client.get(address, headers={"Accept-Language": language})
        assert answer.status_code == status, (address, answer.status_code)
        check_page(answer, language)
        return answer.get_data(as_text=True)

    def in_both(self, address: str) -> str:
        """The text of a page in Chinese; it is checked in both languages."""
        chinese = self.page(address)
        self.page(address, "en")
        return chinese

    def send(self, address: str, expected: int = 302, /, **data: Any) -> str:
        """Send a form; the text of the answer, which is checked where it is a page."""
        answer = self.client.post(address, data=data)
        text = answer.get_data(as_text=True)
        assert answer.status_code == expected, (address, answer.status_code, wrong(text))
        if expected != 302:
            check_page(answer, "zh")
        return text

    def read(self, statement: Any) -> Any:
        """The first column of the first row, as it stands now."""
        found = self.session.scalar(statement.execution_options(populate_existing=True))
        self.session.commit()
        return found
