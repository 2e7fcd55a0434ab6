"""The charity: answers what is asked of it, states its places, and shows what came of the help."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Meet
from tests.journeys.reader import DESK, PHONE, PLAIN, Reader, Way

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("way", [DESK, PHONE, PLAIN], ids=lambda way: way.name)
def test_charity(meet: Meet, live_url: str, way: Way) -> None:
    charity = meet(live_url, way)
    charity.sign_in("charity")
    charity.expect_heading("Inbox")
    charity.look("inbox")
    name = accept(charity)
    begin_and_log_a_visit(charity)
    complete(charity)
    find_among_the_ended(charity, name)
    decline_in_two_taps(charity)
    state_places(charity)
    say_full_this_month(charity)
    see_the_clients(charity)


def accept(reader: Reader) -> str:
    """Open the first referral, which names nobody; accept it and return whose name then stands there."""
    reader.panel_lines().first.get_by_role("link").first.click()
    reader.expect_text("Name, phone and address are shown after you accept.")
    before = reader.main().inner_text()
    reader.look("asked")
    reader.press("Accept")
    reader.expect_text("Accepted. Name, phone and address are shown below: please make contact.")
    name = reader.fact("Whom you help", "Name")
    assert len(name) >= 2
    assert name not in before
    assert re.search(r"\d{11}|–|" + reader.say("no phone"), reader.fact("Whom you help", "Phone"))
    reader.look("accepted")
    return name


def begin_and_log_a_visit(reader: Reader) -> None:
    reader.press("Start")
    reader.expect_text("Help is under way. Log each visit, so that it counts.")
    reader.follow("Log a visit")
    reader.expect_heading("Log a visit")
    reader.choose("How?", "[VisitKind] Home visit")
    reader.fill("Minutes", "9999")
    reader.fill("One sentence", "上门看望,老人精神不错。")
    reader.press("Save")
    expect(reader.field("Minutes")).to_have_attribute("aria-invalid", "true")
    expect(reader.field("One sentence")).to_have_value("上门看望,老人精神不错。")
    reader.look("wrong-minutes")
    reader.fill("Minutes", "60")
    reader.fill("Given", "1")
    reader.press("Save")
    reader.expect_text("The visit is logged.")
    reader.look("visit")


def complete(reader: Reader) -> None:
    reader.follow("Complete")
    reader.expect_heading("Complete the help")
    expect(reader.field("Given in all")).to_have_value(re.compile("^1"))
    reader.press("Complete")
    expect(reader.main().get_by_role("alert")).to_be_visible()
    reader.choose("How did it end?", "Served")
    reader.choose("Why did it end so?", "As planned")
    reader.fill("What should the station know?", "一切顺利。")
    reader.look("complete")
    reader.press("Complete")
    reader.expect_text("Completed. The station has been told.")
    reader.expect_text("Phone and address are no longer shown, because the help has ended.")


def find_among_the_ended(reader: Reader, name: str) -> None:
    reader.turn_to("Inbox")
    reader.follow("Ended")
    expect(reader.main()).to_contain_text(name)


def decline_in_two_taps(reader: Reader) -> None:
    reader.turn_to("Inbox")
    waiting = reader.panel_lines()
    before = waiting.count()
    number = re.search(r"R\d{4}-\d+", waiting.first.inner_text())
    assert number
    waiting.first.get_by_role("link", name=reader.say("Decline")).click()
    reader.look("why-not")
    reader.press("Outside our area")
    reader.expect_text("Declined. The need is open again for others; thank you for answering.")
    if before > 1:
        expect(waiting).to_have_count(before - 1)
    expect(reader.main()).not_to_contain_text(number[0])


def state_places(reader: Reader) -> None:
    reader.turn_to("Our services")
    reader.look("services")
    reader.follow("Change places")
    reader.fill("Places", "0")
    reader.press("Save")
    expect(reader.main().get_by_role("alert")).to_be_visible()
    reader.look("too-few-places")
    reader.fill("Places", "77")
    reader.press("Save")
    reader.expect_text("Your places are saved.")
    expect(reader.panel("Places by service").get_by_role("row").nth(1)).to_contain_text("/ 77")


def say_full_this_month(reader: Reader) -> None:
    line = reader.panel("Places by service").get_by_role("row").nth(1)
    state = line.locator(".tag").last
    reader.press("Full this month", within=line)
    expect(state).to_have_text(reader.say("full this month"))
    reader.look("full")
    reader.press("Take new people again", within=line)
    expect(state).to_have_text(reader.say("takes new people"))
    reader.press("All of this is still right")
    expect(reader.main()).not_to_contain_text(reader.say("please confirm"))


def see_the_clients(reader: Reader) -> None:
    reader.turn_to("Clients")
    reader.expect_text("What is left of our contracts")
    reader.look("clients")
    reader.follow("Export Excel")
    reader.choose("What do you need it for?", "Settling accounts with the purchaser")
    with reader.page.expect_download() as waiting:
        reader.press("Download")
    assert waiting.value.suggested_filename.endswith(".xlsx")
