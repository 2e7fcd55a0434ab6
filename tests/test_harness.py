"""What every other test relies on."""

import os
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page
from sqlalchemy.orm import Session


def test_no_setting_of_the_developers_reaches_a_test() -> None:
    ours = {name for name in os.environ if name.startswith("REFERRAL_")}
    assert ours == {"REFERRAL_INSTANCE", "REFERRAL_KEYS_JSON"}
    assert "yuanqiao-tests-" in os.environ["REFERRAL_INSTANCE"]


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_writes_no_other_sees(session_on_both: Session, turn: int) -> None:
    session_on_both.execute(sa.text("CREATE TABLE left_over (turn integer)"))
    session_on_both.execute(sa.text("INSERT INTO left_over VALUES (:turn)"), {"turn": turn})
    session_on_both.commit()
    assert session_on_both.scalars(sa.text("SELECT turn FROM left_over")).all() == [turn]


def test_a_migrated_database_has_tables(database_url: str) -> None:
    engine = sa.create_engine(database_url)
    assert "alembic_version" in sa.inspect(engine).get_table_names()
    engine.dispose()


def test_a_visitor_is_asked_to_sign_in(client: FlaskClient) -> None:
    assert client.get("/sign-in").status_code == 200


@pytest.mark.browser
def test_chromium_reads_the_served_platform(page: Page, app: Flask, serve: Callable[[Flask], str]) -> None:
    page.goto(serve(app))
    assert page.locator("form input").count() > 0
