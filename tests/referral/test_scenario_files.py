"""The files of a scenario: words and tables as on its page, small figures withheld, drawings one by one."""

import io
import uuid

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook
from sqlalchemy.orm import Session

from models import Scenario, ScenarioStatus
from referral.coordination.comparing import Row
from referral.coordination.scenario_files import told
from referral.transactions import transaction
from tests.referral.test_scenario_pages import (  # noqa: F401  fixtures
    LIST,
    ask,
    coordinator,
    county,
    every_change,
)

WITHHELD = "withheld"


def words(data: bytes) -> list[str]:
    """The texts of a workbook, sheet by sheet."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    cells = [cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row]
    return [cell for cell in cells if isinstance(cell, str)]


def test_a_small_figure_is_withheld_and_so_is_the_difference_it_would_give_away(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        lines = told([Row("a", 40, 30, 33), Row("b", 9, 3, 7), Row("c", 50, 20, 20), Row("d", 60, 8, 2)])
    assert lines[0] == ["a", 40, 30, 33, 3]
    assert [line[2] for line in lines if line[2] == WITHHELD], "3 of b alone could be told from the sum"
    assert lines[1][1] == 9
    assert lines[1][2] == lines[1][4] == WITHHELD
    assert lines[3][3] == lines[3][4] == WITHHELD
    for _label, _wanted, today, copy, more in lines:
        assert (more == WITHHELD) == (WITHHELD in {today, copy})


def test_the_workbook_says_what_the_page_says(coordinator: FlaskClient, county: Session) -> None:  # noqa: F811
    asked = ask(coordinator, county, every_change(county)[:1], title="五月多三个名额")
    answer = coordinator.get(f"{LIST}/{asked.id}.xlsx", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    found = words(answer.data)
    assert any("7 of 12 needs could be served, 3 more than today" in text for text in found)
    assert any(text.startswith("3 more places") for text in found), "what the copy differs in"
    assert "Both plans are proved: none is better" in found
    assert WITHHELD in found, "of each urgency three people wait"


def test_each_chart_is_a_drawing_of_its_own(coordinator: FlaskClient, county: Session) -> None:  # noqa: F811
    asked = ask(coordinator, county, every_change(county)[:1])
    page = coordinator.get(f"{LIST}/{asked.id}", headers={"Accept-Language": "en"}).text
    drawings = {}
    for name in ("urgency", "township"):
        assert f"{LIST}/{asked.id}/chart.svg?of={name}" in page
        answer = coordinator.get(f"{LIST}/{asked.id}/chart.svg?of={name}", headers={"Accept-Language": "en"})
        assert answer.mimetype == "image/svg+xml"
        assert answer.text.startswith("<svg ")
        drawings[name] = answer.text
    shown = page.split('class="plot"', 2)[1]
    assert drawings["urgency"].count("<rect") < shown.count("<rect"), "small figures leave a gap"
    assert "Served by urgency" in drawings["urgency"]
    assert "Served by township" in drawings["township"]
    assert coordinator.get(f"{LIST}/{asked.id}/chart.svg?of=people").status_code == 404


def test_without_an_answer_there_is_no_file(coordinator: FlaskClient, county: Session) -> None:  # noqa: F811
    asked = ask(coordinator, county, every_change(county)[:1])
    key = uuid.UUID(str(asked.id))
    with transaction(county):
        county.execute(sa.update(Scenario).where(Scenario.id == key).values(status=ScenarioStatus.FAILED, result={}))
    for file in (".xlsx", "/chart.svg"):
        assert coordinator.get(f"{LIST}/{key}{file}").status_code == 404


def test_the_page_counts_who_gains_under_the_urgency_that_they_have(
    coordinator: FlaskClient,  # noqa: F811
    county: Session,  # noqa: F811
) -> None:
    asked = ask(coordinator, county, every_change(county)[:1])
    by_tier = asked.result["differences"]["gain"]["by_tier"]
    assert 0 in by_tier[: max(tier for tier, count in enumerate(by_tier) if count)], "a tier is passed over"
    page = coordinator.get(f"{LIST}/{asked.id}?group=gain", headers={"Accept-Language": "en"}).text
    said = page.split("Who would gain a proposal", 1)[1].split("<table", 1)[0]
    names = ("Critical", "High", "Normal", "Low")
    assert [f"{name} {count}" in said for name, count in zip(names, by_tier, strict=False)] == [
        count > 0 for count in by_tier[:4]
    ]
