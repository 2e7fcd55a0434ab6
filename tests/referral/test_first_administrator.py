"""An installation begins with an administrator whose password nobody else has seen."""

import re
from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask

from models import Account, Role
from referral.extensions import db
from tests.queries import sign_in


def test_the_first_administrator_gets_a_link_and_must_set_up_a_second_step(
    make_app: Callable[..., Flask], sqlite_url: str
) -> None:
    app = make_app(sqlite_url, DEMONSTRATION=False, BASE_ADDRESS="https://help.example")
    said = app.test_cli_runner().invoke(args=["seed", "administrator", "root", "卫安之"])
    link = re.search(r"https://help\.example(/sign-in/link/[\w-]{43})$", said.output.strip())
    assert link, said.output
    client = app.test_client()
    chosen = dict.fromkeys(("new_password", "repeat_password"), "a sentence of mine")
    assert client.post(link[1], data=chosen).status_code == 302
    assert client.get("/admin/accounts").location == "/account/second-factor"
    sign_in(app.test_client(), "root", "a sentence of mine")
    with app.app_context():
        account = db.session.scalars(sa.select(Account)).one()
        assert (account.role, account.name) == (Role.ADMINISTRATOR, "卫安之")
