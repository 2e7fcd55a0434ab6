"""The coordinator: sees where it burns, runs a round, reads why, decides, and brings files in."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Locator, expect

from tests.conftest import MakeApp
from tests.journeys.conftest import Meet
from tests.journeys.preparing import wrong_cells
from tests.journeys.reader import DESK, PHONE, PLAIN, Reader, Way

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NEED = re.compile(r"N\d{4}-\d+")
PATIENCE = 30_000
"""Milliseconds that a round of the demonstration may take on a busy machine."""


@pytest.fixture
def working_url(serve: Callable[[Flask], str], make_app: MakeApp, demo_url: str) -> str:
    """The demonstration as it is run: rounds are computed beside the pages."""
    return serve(make_app(demo_url, WTF_CSRF_ENABLED=True, TESTING=False))


@pytest.mark.parametrize("way", [DESK, PHONE, PLAIN], ids=lambda way: way.name)
def test_coordinator(meet: Meet, working_url: str, way: Way) -> None:
    coordinator = meet(working_url, way)
    coordinator.sign_in("coordinator")
    coordinator.expect_heading("Where it burns")
    coordinator.look("desk")
    narrow_the_needs(coordinator)
    start_a_round_and_watch(coordinator)
    address = coordinator.page.url
    read_why_somebody_stays_unmet(coordinator, address)
    kept, left, changed = decide(coordinator, address)
    apply(coordinator, address)
    a_referral_stands(coordinator, address, kept, left, changed)
    look_at_the_openings(coordinator)
    bring_a_file_with_wrong_cells(coordinator)
    look_into_the_catalogue(coordinator)


def narrow_the_needs(reader: Reader) -> None:
    reader.turn_to("Needs")
    reader.look("needs")
    everything = count(reader.panel("Needs"))
    reader.field("Urgency").select_option(label=reader.say("Critical"))
    reader.press("Filter")
    expect(reader.page).to_have_url(re.compile("urgency=critical"))
    shown = count(reader.panel("Needs"))
    assert 0 < shown < everything
    expect(reader.field("Urgency")).to_have_value("critical")
    for line in list(rows(reader.panel("Needs")))[:shown]:
        expect(line).to_contain_text(reader.say("Critical"))
    reader.look("critical")
    reader.follow("Show all")
    assert count(reader.panel("Needs")) == everything


def count(panel: Locator) -> int:
    return int(re.sub(r"\D", "", panel.locator(".count").first.inner_text()))


def rows(panel: Locator) -> Iterator[Locator]:
    """The rows of a panel's first table, without its heading."""
    yield from panel.get_by_role("table").first.locator("tbody").get_by_role("row").all()


def start_a_round_and_watch(reader: Reader) -> None:
    reader.turn_to("Rounds")
    reader.expect_heading("Rounds")
    reader.follow("Start a round")
    reader.look("start")
    reader.press("Start")
    expect(reader.panel("What is to be decided")).to_be_visible(timeout=PATIENCE)
    expect(reader.panel("What is to be decided")).to_contain_text(reader.say("To decide"))
    sentence = reader.main().locator(".lede").inner_text()
    served = reader.panel("What the round gains").get_by_role("row").last.inner_text().split()
    assert {served[1], served[2]} <= set(re.findall(r"\d+", sentence))
    reader.expect_text("No plan is better: proved exactly")
    reader.look("round")


def read_why_somebody_stays_unmet(reader: Reader, address: str) -> None:
    reader.follow("Cannot be served")
    unmet = reader.panel("Who stays unmet, and the least that would help")
    expect(unmet).to_be_visible()
    reader.look("unmet")
    unmet.get_by_role("link", name=NEED).first.click()
    assert len(reader.panel("Why nobody").inner_text()) > 20
    reader.expect_text("The least that would help")
    reader.look("why-nobody")
    reader.page.goto(address)


def decide(reader: Reader, address: str) -> tuple[str, str, str]:
    """Accept one proposal, leave one, and send one elsewhere; return the addresses of their pages."""
    links = reader.panel("Who is proposed to whom").get_by_role("link", name=NEED)
    pages = list(dict.fromkeys(reader.url + str(link.get_attribute("href")) for link in links.all()))
    changed = next(page for page in pages if has_another_place(reader, page))
    kept, left, *_ = [page for page in pages if page != changed]
    accept(reader, kept)
    leave(reader, left)
    change(reader, changed)
    reader.page.goto(address)
    reader.look("decided")
    return kept, left, changed


def has_another_place(reader: Reader, page: str) -> bool:
    reader.page.goto(page)
    return reader.page.locator("input[name=capacity]").count() > 0


def accept(reader: Reader, page: str) -> None:
    reader.page.goto(page)
    reader.expect_text("How the score comes about")
    reader.look("proposal")
    reader.press("Accept it")
    expect(reader.main().get_by_role("status")).to_contain_text(NEED)


def leave(reader: Reader, page: str) -> None:
    reader.page.goto(page)
    decision = reader.panel("Decision")
    decision.locator("summary", has_text=reader.say("Leave it for now")).click()
    reader.press("Leave", within=decision)
    expect(reader.main().get_by_role("alert")).to_be_visible()
    reader.look("no-reason")
    reader.fill("Reason", "家属要再商量一下。", within=reader.panel("Decision"))
    reader.press("Leave", within=reader.panel("Decision"))
    expect(reader.panel("What is to be decided")).to_contain_text(reader.say("Left out"))


def change(reader: Reader, page: str) -> None:
    reader.page.goto(page)
    elsewhere = reader.panel("Choose another place")
    reader.fill("Reason", "女儿在那里上班。", within=elsewhere)
    reader.press("Change", within=elsewhere)
    expect(reader.field("Reason", within=elsewhere)).to_have_value("女儿在那里上班。")
    reader.look("no-place")
    elsewhere.get_by_role("radio").first.check()
    reader.press("Change", within=elsewhere)
    expect(reader.panel("What is to be decided")).to_contain_text(reader.say("[Decision] Changed"))


def apply(reader: Reader, address: str) -> None:
    """Make the referrals that were decided; with scripts, a dialog says first what follows."""
    reader.press_counted("Make %(num)s referral", "Make %(num)s referrals", 2)
    if reader.way.scripts:
        asking = reader.page.get_by_role("dialog")
        expect(asking).to_contain_text("2")
        reader.look("confirm")
        asking.get_by_role("button").first.click()
    expect(reader.panel("What is to be decided")).to_contain_text(reader.say("[Decision] Applied"), timeout=PATIENCE)
    reader.page.goto(address)
    reader.look("applied")


def a_referral_stands(reader: Reader, address: str, kept: str, left: str, changed: str) -> None:
    for page in (kept, changed):
        reader.page.goto(page)
        expect(reader.panel("Decision").get_by_role("link", name=re.compile(r"R\d{4}-"))).to_be_visible()
    reader.panel("Decision").get_by_role("link", name=re.compile(r"R\d{4}-")).click()
    states = (reader.say(state) for state in ("Waiting for an answer", "Waiting for consent"))
    expect(reader.main()).to_contain_text(re.compile("|".join(map(re.escape, states))))
    reader.look("referral")
    reader.page.goto(left)
    expect(reader.panel("Decision").get_by_role("link", name=re.compile(r"R\d{4}-"))).to_have_count(0)
    reader.page.goto(address)


def look_at_the_openings(reader: Reader) -> None:
    reader.follow("All places")
    expect(reader.page).to_have_url(re.compile("/coordination/openings"))
    reader.look("openings")


def bring_a_file_with_wrong_cells(reader: Reader) -> None:
    reader.turn_to("Import")
    reader.look("import")
    reader.choose("What is in the file?", "Places")
    reader.field("File").set_input_files({"name": "名额.csv", "mimeType": "text/csv", "buffer": wrong_cells()})
    reader.press("Check the file")
    reader.expect_text("No row can be imported")
    wrong = reader.panel("Wrong cells")
    for typed in ("没有这个组织", "很多", "2026.13.1"):
        line = wrong.get_by_role("row").filter(has_text=typed)
        expect(line).to_have_count(1)
        assert len(line.get_by_role("cell").last.inner_text()) > 6
    reader.look("wrong-cells")
    with reader.page.expect_download() as waiting:
        reader.follow("File with the problems")
    assert waiting.value.suggested_filename.endswith(".xlsx")


def look_into_the_catalogue(reader: Reader) -> None:
    reader.turn_to("Catalogue")
    reader.expect_heading("Catalogue")
    reader.look("catalogue")
    services = reader.panel("Services")
    next(rows(services)).get_by_role("link").first.click()
    expect(reader.page).to_have_url(re.compile("/services/"))
    reader.look("service")
