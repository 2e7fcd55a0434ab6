"""The station: finds somebody, takes somebody in, asks what is needed, records it, and writes down what it did."""

import re

import pytest
from playwright.sync_api import expect
from pypinyin import Style, lazy_pinyin

from tests.journeys.conftest import Meet
from tests.journeys.reader import DESK, PHONE, PLAIN, Reader, Way

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NAME = "钟离雨桐"
RIGHT_ID = "321199195603010028"
WRONG_ID = "321199195603010029"
STORY = "在家摔倒后行动不便,独居。"
LACKING = "摔倒以后做不了饭,中午想要有人送一顿热饭。"
SEEN = "一起量了血压,教她用助行器。"


@pytest.mark.parametrize("way", [DESK, PHONE, PLAIN], ids=lambda way: way.name)
def test_station(meet: Meet, live_url: str, way: Way) -> None:
    station = meet(live_url, way)
    station.sign_in("station")
    station.expect_heading("My desk")
    station.look("desk")
    search_by_initials_and_by_two_signs(station)
    take_in_with_a_wrong_number_first(station)
    assess(station)
    record_a_need(station)
    refer(station)
    log_a_visit(station)
    read_the_household(station)


def search_by_initials_and_by_two_signs(reader: Reader) -> None:
    reader.turn_to("Caseload")
    reader.look("caseload")
    line = reader.main().get_by_role("row").nth(1).inner_text()
    known = re.search(r"[\u4e00-\u9fff]{2,4}", line.split("C20", 1)[-1])
    assert known
    name = known[0]
    initials = "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))
    for typed in (initials, name[:2]):
        reader.turn_to("People")
        reader.fill("Name, pinyin, number, phone or ID number", typed)
        reader.press("Search")
        expect(reader.panel("Found")).to_contain_text(name)
    reader.look("found")


def take_in_with_a_wrong_number_first(reader: Reader) -> None:
    reader.fill("Name, pinyin, number, phone or ID number", NAME)
    reader.press("Search")
    reader.expect_text("Nobody known answers to “%(text)s”", text=NAME)
    reader.look("unknown")
    reader.follow("Take in somebody new")
    reader.expect_heading("Take in a person")
    expect(reader.field("Name")).to_have_value(NAME)
    reader.fill("What happened?", STORY)
    reader.choose("Urgency", "High")
    reader.fill("ID number", WRONG_ID)
    reader.fill("Phone", "13812345678")
    reader.field("Village of residence").select_option(index=1)
    village = reader.field("Village of residence").input_value()
    reader.choose("What makes the situation harder", "Lives alone")
    reader.press("Take in")
    reader.expect_text("One digit must be wrong: the last sign does not fit. Please compare each digit with the card.")
    reader.look("wrong-number")
    for label, typed in (("Name", NAME), ("What happened?", STORY), ("ID number", WRONG_ID), ("Phone", "13812345678")):
        expect(reader.field(label)).to_have_value(typed)
    expect(reader.field("Village of residence")).to_have_value(village)
    for group, chosen in (("Urgency", "High"), ("What makes the situation harder", "Lives alone")):
        expect(reader.group(group).get_by_label(reader.say(chosen), exact=True)).to_be_checked()
    reader.fill("ID number", RIGHT_ID)
    reader.press("Take in")
    reader.expect_text("%(name)s is taken in. Next: ask what is needed.", name=NAME)
    expect(reader.page.get_by_role("heading", level=1)).to_have_text(NAME)
    reader.expect_text("%(age)s years", age=age())
    reader.look("taken-in")


def age() -> int:
    """How old somebody born on 1 March 1956 is today."""
    from referral import clock

    today = clock.today()
    return today.year - 1956 - ((today.month, today.day) < (3, 1))


def assess(reader: Reader) -> None:
    reader.follow("Assess now")
    reader.press("Save")
    reader.expect_text("Nothing is answered yet. Please fill in at least one of the questions below.")
    reader.choose("Health", "Grave")
    reader.choose("Social inclusion", "Some")
    reader.choose("Walking indoors", "Not able alone")
    reader.look("assess")
    reader.press("Save")
    reader.expect_text("The assessment is saved. Below stands what it points to.")
    reader.expect_text("What the assessment points to")
    reader.look("case")


def record_a_need(reader: Reader) -> None:
    reader.follow("Add a need")
    reader.expect_heading("Add a need")
    reader.fill("What is lacking?", LACKING)
    reader.press("Suggest help from these words")
    offered = reader.group("Suggested from these words").get_by_role("radio")
    expect(offered.first).to_be_visible()
    assert offered.count() <= 3
    expect(reader.field("What is lacking?")).to_have_value(LACKING)
    reader.look("suggested")
    reader.group("Suggested from these words").locator("label").first.click()
    reader.press("Add the need")
    expect(reader.field("How many")).to_have_attribute("aria-invalid", "true")
    expect(offered.first).to_be_checked()
    reader.fill("How many", "20")
    reader.press("Add the need")
    reader.expect_text("The need is recorded. Below stands who could meet it.")
    reader.look("need")


def refer(reader: Reader) -> None:
    reader.follow("Refer")
    reader.fill("What should the provider know?", "门铃坏了,请敲门。")
    reader.look("refer")
    reader.panel("Whom do you ask?").get_by_role("radio").first.check()
    reader.group("Does the person agree?").get_by_role("radio").first.check()
    reader.choose("How did the person agree?", "In writing, on paper")
    reader.press("Ask this provider")
    reader.expect_text("Waiting for an answer")
    reader.look("referral")


def log_a_visit(reader: Reader) -> None:
    reader.turn_to("Desk")
    reader.follow("Log a visit")
    reader.fill("Name, pinyin, number, phone or ID number", NAME)
    reader.press("Search")
    reader.follow("Log", within=reader.panel("Found"))
    reader.look("visit")
    reader.choose("How?", "[VisitKind] Home visit")
    reader.field("What was done").select_option(index=1)
    reader.fill("Minutes", "45")
    reader.fill("Units", "1")
    reader.fill("What happened?", SEEN)
    reader.press("Save")
    reader.expect_text("The visit to %(name)s is saved.", name=NAME)
    expect(reader.panel("Time line")).to_contain_text(SEEN)
    reader.look("person")


def read_the_household(reader: Reader) -> None:
    reader.panel("Household").get_by_role("link", name=re.compile(r"^H\d{4}-")).click()
    expect(reader.page.get_by_role("heading", level=1)).to_contain_text("H20")
    expect(reader.panel("Time line")).to_contain_text(SEEN)
    expect(reader.panel("One plan: services, money and goods")).to_contain_text(reader.say("Referred"))
    reader.look("household")
