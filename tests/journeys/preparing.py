"""What must have happened in a demonstration before some pages have anything to show."""

import io

from flask import Flask
from flask.testing import FlaskClient

from referral.actions.seeding.accounts import PASSWORD
from referral.actions.seeding.district import DISTRICT
from tests.referral.spreadsheets import text

HEADINGS = ("组织", "服务项目", "名额", "起始日期", "截止日期")


def signed_in(app: Flask, login: str) -> FlaskClient:
    """A client signed in as one of the demonstration's accounts; forms of this application need no token."""
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def finished_round(app: Flask) -> str:
    """Run a round over the whole district and return its address."""
    answer = signed_in(app, "coordinator").post("/coordination/rounds/new", data={"area": DISTRICT, "seed": "0"})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.location)


def previewed_import(app: Flask) -> str:
    """Upload a file with a wrong cell and return the address of its preview."""
    data = {"kind": "capacity", "file": (io.BytesIO(wrong_cells()), "名额.csv")}
    answer = signed_in(app, "coordinator").post("/imports", data=data)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.location)


def wrong_cells() -> bytes:
    """A file of capacities in which nothing is right."""
    return text([HEADINGS, ("没有这个组织", "助餐", "很多", "2026.13.1", "2026-12-31")])
