"""When something goes wrong: a page in the reader's language that says what to do, with what was typed kept."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Meet
from tests.journeys.reader import DESK, PLAIN, PLAIN_PHONE, Reader, Way

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SEEN = "老人已经睡下,改天再去。"
WAYS = pytest.mark.parametrize("way", [DESK, PLAIN, PLAIN_PHONE], ids=lambda way: way.name)


@WAYS
def test_wrong_addresses_and_wrong_passwords(meet: Meet, live_url: str, way: Way) -> None:
    reader = meet(live_url, way)
    reader.go("/nowhere")
    reader.expect_heading("There is nothing here for you")
    reader.look("nowhere")
    reader.follow("To my desk")
    reader.expect_heading("Sign in")
    reader.fill("User name", "station")
    reader.fill("Password", "wrong")
    reader.press("Sign in")
    expect(reader.main().get_by_role("alert")).to_be_visible()
    expect(reader.field("User name")).to_have_value("station")
    expect(reader.field("Password")).to_have_value("")
    reader.look("wrong-password")
    reader.sign_in("charity")
    for foreign in ("/people", "/coordination", "/admin/accounts", "/coordination/needs?urgency=nonsense"):
        reader.go(foreign)
        expect(reader.page.get_by_role("heading", level=1)).not_to_have_text(re.compile("404|403|Error"))
        reader.look("foreign")
        assert reader.main().get_by_role("link", name=reader.say("To my desk")).count() == 1


@WAYS
def test_a_form_whose_token_has_gone(meet: Meet, live_url: str, way: Way) -> None:
    reader = meet(live_url, way)
    reader.sign_in("station")
    open_a_visit(reader)
    reader.context.clear_cookies(name="session")
    other = reader.context.new_page()
    first, reader.page = reader.page, other
    reader.sign_in("station")
    reader.page = first
    reader.press("Save")
    reader.expect_heading("The page was open for too long")
    reader.expect_text("What you typed is kept")
    reader.look("expired")
    reader.press("Send it again")
    expect(reader.panel("Time line")).to_contain_text(SEEN)


@WAYS
def test_a_form_sent_twice_is_written_once(meet: Meet, live_url: str, way: Way) -> None:
    reader = meet(live_url, way)
    reader.sign_in("station")
    open_a_visit(reader)
    filled = reader.main().locator("form[method=post]").evaluate("(one) => Object.fromEntries(new FormData(one))")
    first = reader.context.request.post(reader.page.url, form=filled)
    assert SEEN in first.text(), "the first time it was written, though the phone lost the answer"
    reader.press("Save")
    expect(reader.panel("Time line").get_by_text(SEEN)).to_have_count(1)
    reader.look("sent-twice")


def open_a_visit(reader: Reader) -> None:
    """Fill the form of a visit to the first of the caseload."""
    reader.turn_to("Caseload")
    reader.main().get_by_role("link", name=reader.say("Log"), exact=True).first.click()
    fill_a_visit(reader)


def fill_a_visit(reader: Reader) -> None:
    reader.choose("How?", "[VisitKind] Home visit")
    reader.field("What was done").select_option(index=1)
    reader.field("When").fill(reader.field("When").get_attribute("value") or "")
    reader.fill("Minutes", "5")
    reader.fill("Units", "1")
    reader.fill("What happened?", SEEN)


@pytest.mark.parametrize("way", [DESK, PLAIN], ids=lambda way: way.name)
def test_the_keyboard_finds_the_content_and_shows_where_it_is(meet: Meet, reading_url: str, way: Way) -> None:
    reader = meet(reading_url, way)
    reader.go("/sign-in")
    reader.page.keyboard.press("Tab")
    skip = reader.page.get_by_role("link", name=reader.say("Skip to the content"))
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    reader.look("skip")
    reader.page.keyboard.press("Enter")
    assert reader.page.url.endswith("#main")
    reader.page.keyboard.press("Tab")
    expect(reader.field("User name")).to_be_focused()
    reader.page.keyboard.type("station")
    reader.page.keyboard.press("Tab")
    expect(reader.field("Password")).to_be_focused()
    ring = reader.field("Password").evaluate("(one) => getComputedStyle(one).outlineWidth")
    assert float(ring.removesuffix("px")) >= 2
    reader.look("focus")
    reader.page.keyboard.type("yuanqiao-demo")
    reader.page.keyboard.press("Enter")
    reader.expect_heading("My desk")
