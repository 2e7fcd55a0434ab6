"""Every page of every role, in both languages: nothing serious for axe at a desk and on a phone, reflow at 320 px."""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import html5lib
import pytest
from flask import Flask
from werkzeug.routing import MapAdapter

from referral.actions.seeding.accounts import PASSWORD
from tests import browser as serving
from tests import databases
from tests.journeys.conftest import Meet
from tests.journeys.preparing import (
    asked_what_if,
    finished_round,
    planned_purchase,
    previewed_import,
    rare_records,
)
from tests.journeys.preparing_outcomes import later_records
from tests.journeys.reader import DESK, overflow
from tests.pages import axe_findings

pytestmark = [pytest.mark.browser, pytest.mark.slow]

FILES = ("export_", "download_", "show_chart", "print_report", "print_snapshot")
"""What these endpoints answer is a file."""

DATA = {
    "phone.list_people",
    "phone.show_manifest",
    "phone.show_picture",
    "phone.show_token",
    "phone.show_words",
    "phone.show_worker",
}
"""What these endpoints answer is read by the phone's scripts."""

STARTS: dict[str, tuple[str, ...]] = {
    "": ("/sign-in", "/nowhere", "/sign-in/code", "/sign-in/link/used", "/sign-in/city", "/sign-in/city/return"),
    "station": ("/", "/people?q=王", "/cases?status=concluded", "/visits/new?q=zz"),
    "supervisor": ("/",),
    "charity": ("/", "/inbox?box=going", "/inbox?box=ended"),
    "elder": ("/plans/rounds",),
    "coordinator": ("/", "/coordination/rounds", "/imports"),
    "evaluator": ("/", "/report/records?figure=persons"),
    "administrator": ("/", "/admin/lists?list=need-types", "/admin/lists?list=categories"),
    "village": ("/",),
    "auditor": ("/", "/oversight/entries?kind=read"),
}
"""Where a role begins; from there one page of each kind is found by its links."""

ONCE = {
    "supervisor": ("casework.", "intake.", "coordination.", "account.", "evaluation."),
    "coordinator": ("casework.", "intake.", "account.", "evaluation."),
    "charity": ("account.",),
    "elder": ("account.", "providers.", "phone.", "casework.", "coordination."),
    "evaluator": ("account.",),
    "administrator": ("account.",),
    "village": ("account.",),
    "auditor": ("account.",),
}
"""Pages that another role's turn has shown already, word for word."""

REVIEWS = {
    "casework.edit_limit",
    "casework.list_emergencies",
    "casework.list_hours",
    "casework.list_limits",
    "casework.list_reviews",
    "casework.review_emergency",
    "casework.review_glass",
    "casework.settle_contradiction",
    "casework.show_visit_hours",
    "evaluation.list_months",
    "evaluation.preview_month",
    "evaluation.show_finding",
    "evaluation.show_month",
}
"""Pages that another role's turn does not meet, though the others of their part are shown there."""

MANY = {"providers.list_inbox", "admin.show_lists"}
"""Pages that look different by what is asked of them."""

DETAILS = {"casework.show_case", "casework.show_person", "casework.show_referral", "providers.show_referral"}
"""Pages that offer different steps by where their record stands: one is shown for each beginning."""


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The demonstration with what seldom happens, so that the pages of it stand too."""
    folder: Path = tmp_path_factory.mktemp("pages")
    with databases.application(databases.on_sqlite("demo", folder)) as app:
        later = later_records(app)
        rare = rare_records(app)
        app.extensions["starts"] = {role: (*rare.get(role, ()), *later.get(role, ())) for role in STARTS}
        finished_round(app)
        app.extensions["starts"]["coordinator"] += asked_what_if(app)
        planned_purchase(app)
        previewed_import(app)
        yield app


@pytest.fixture(scope="module")
def url(demonstration: Flask) -> Iterator[str]:
    with serving.served(demonstration) as address:
        yield address


def addresses(app: Flask, role: str) -> dict[str, str]:
    """One address of each page a role can reach by links, by endpoint (and by what is asked, where that matters)."""
    client = app.test_client()
    if role:
        client.post("/sign-in", data={"login": role, "password": PASSWORD})
    rules = app.url_map.bind("localhost")
    starts = (*STARTS[role], *app.extensions["starts"].get(role, ()))
    waiting = deque((start, start) for start in starts)
    found = {start: start for start in starts}
    while waiting:
        page, start = waiting.popleft()
        answer = client.get(page, follow_redirects=True)
        for address in _links(answer.get_data(as_text=True)) if answer.mimetype == "text/html" else ():
            kind = _kind(rules, address, start)
            if kind and kind not in found:
                found[kind] = address
                waiting.append((address, start))
    once = ONCE.get(role, ()) or "-"
    return {kind: address for kind, address in found.items() if kind in REVIEWS or not kind.startswith(once)}


def _links(text: str) -> Iterator[str]:
    for one in html5lib.parse(text, namespaceHTMLElements=False).iter("a"):
        address = (one.get("href") or "").split("#")[0]
        if address.startswith("/") and "lang=" not in address:
            yield address


def _kind(rules: MapAdapter, address: str, start: str) -> str:
    path, _, asked = address.partition("?")
    endpoint = str(rules.match(path, method="GET")[0])
    if endpoint == "account.home" or endpoint.rsplit(".", maxsplit=1)[-1].startswith(FILES):
        return ""
    if endpoint in DETAILS:
        return f"{endpoint} from {start}"
    return f"{endpoint}?{asked}" if endpoint in MANY and "page=" not in asked and "sort=" not in asked else endpoint


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("role", STARTS)
def test_pages(meet: Meet, demonstration: Flask, url: str, role: str, language: str) -> None:
    reader = meet(url, replace(DESK, name=f"{role}-{language}", language=language))
    if role:
        reader.sign_in(role)
    faults = []
    for kind, address in addresses(demonstration, role).items():
        reader.go(address)
        name = re.split("[? ]", kind)[0].replace("/", "_")
        for width, height in ((1280, 800), (390, 844)):
            reader.page.set_viewport_size({"width": width, "height": height})
            reader.shoot(f"{name}-{width}")
            faults += [f"{address} at {width}: {finding}" for finding in axe_findings(reader.page)]
        reader.page.set_viewport_size({"width": 320, "height": 800})
        faults += [f"{address} at 320: {wide}" for wide in overflow(reader.page)]
        reader.page.set_viewport_size({"width": 1280, "height": 800})
    assert not faults + reader.faults, "\n".join(faults + reader.faults)


def test_no_page_is_forgotten(demonstration: Flask) -> None:
    reached = {
        str(demonstration.url_map.bind("localhost").match(address.partition("?")[0], method="GET")[0])
        for role in STARTS
        for address in addresses(demonstration, role).values()
        if address != "/nowhere"
    }
    pages = {
        rule.endpoint
        for rule in demonstration.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.endpoint.split(".")[-1].startswith((*FILES, "static"))
    }
    assert pages - DATA - reached == set()
