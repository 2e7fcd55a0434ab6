"""The evaluator: reads a report, opens what is behind a figure, looks a definition up, takes the workbook along."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from python_calamine import load_workbook

from tests.journeys.conftest import Meet
from tests.journeys.reader import DESK, PHONE, PLAIN, Reader, Way

PSEUDONYM = re.compile(r"^[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}$")
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("way", [DESK, PHONE, PLAIN], ids=lambda way: way.name)
def test_evaluator(meet: Meet, reading_url: str, way: Way) -> None:
    evaluator = meet(reading_url, way)
    evaluator.sign_in("evaluator")
    evaluator.expect_heading("Report")
    evaluator.look("report")
    people = persons(evaluator)
    open_the_records_behind_a_figure(evaluator)
    open_a_chart_as_a_table(evaluator)
    read_the_definitions(evaluator)
    download_the_workbook(evaluator, people)
    choose_another_period(evaluator)


def figure(reader: Reader, english: str) -> Locator:
    """The link on a figure of what was done."""
    title = re.escape(reader.say(english))
    line = reader.panel("What was done").get_by_role("row", name=re.compile(f"^{title} "))
    return line.first.get_by_role("link")


def number(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def persons(reader: Reader) -> int:
    """How many persons the report counts."""
    return number(figure(reader, "Persons").inner_text())


def open_the_records_behind_a_figure(reader: Reader) -> None:
    shown = number(figure(reader, "Person-times").inner_text())
    figure(reader, "Person-times").click()
    reader.expect_heading("Records behind: %(figure)s", figure=reader.say("Person-times"))
    reader.look("records")
    expect(reader.main().get_by_text(PSEUDONYM).first).to_be_visible()
    listed = number(reader.main().locator(".count").first.inner_text())
    assert 0 < listed <= shown
    if listed < shown:  # what is left out is said, never silently gone
        expect(reader.main().get_by_text(re.compile(rf"\b{shown - listed}\b"))).to_be_visible()
    reader.follow("Report")
    reader.expect_heading("Report")


def open_a_chart_as_a_table(reader: Reader) -> None:
    drawn = reader.panel("What was done").get_by_role("figure").first
    table = drawn.get_by_role("table")
    expect(table).to_be_hidden()
    drawn.get_by_text(reader.say("Show the figures")).click()
    expect(table).to_be_visible()
    reader.look("chart")


def read_the_definitions(reader: Reader) -> None:
    reader.follow("Definitions")
    reader.expect_heading("Definitions")
    reader.expect_text("Distinct people with at least one person-time")
    reader.look("definitions")
    reader.turn_to("Report")


def download_the_workbook(reader: Reader, people: int) -> None:
    with reader.page.expect_download() as waiting:
        reader.follow("Export Excel")
    book = load_workbook(BytesIO(Path(waiting.value.path()).read_bytes()))
    assert waiting.value.suggested_filename.endswith(".xlsx")
    cells = {cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row}
    assert reader.say("Distinct people with at least one person-time") in cells
    assert people in cells


def choose_another_period(reader: Reader) -> None:
    """Only whole periods that are over can be chosen: free days, or a township, would leave few people."""
    for name in ("area", "start", "end"):
        expect(reader.page.locator(f"[name={name}]")).to_have_count(0)
    period = reader.page.locator("select[name=period]")
    chosen = period.input_value()
    quarters = period.locator("option[value*=Q]").evaluate_all("options => options.map(option => option.value)")
    assert quarters[0] == chosen
    period.select_option(quarters[1])
    reader.press("Filter")
    reader.expect_heading("Report")
    expect(reader.page.locator("select[name=period]")).to_have_value(quarters[1])
    assert persons(reader) > 0
    reader.look("another_period")
