"""The phone off-line: twenty entries in flight mode, the tab killed twice, the network flapping: twenty arrive once."""

import json
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
import sqlalchemy as sa
from flask import Flask, Response, request
from playwright.sync_api import BrowserContext, Page, expect

from models import Case, CaseStatus, PhoneEntry, Visit
from tests.conftest import MakeApp
from tests.journeys.conftest import Meet
from tests.journeys.reader import PHONE, PLAIN_PHONE, Reader, Way, overflow
from tests.pages import axe_findings
from tests.visits import outside

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ENTRIES = 20
MOST_TAPS = 12
FIRST_WEIGHT, NEXT_WEIGHT = 150_000, 20_000
NARROW = Way("narrow", "zh", 320, 640)
WAYS = [
    NARROW,
    PHONE,
    Way("wide", "zh", 1280, 800),
    Way("phone-en", "en", 390, 844),
    Way("narrow-en", "en", 320, 640),
    Way("wide-en", "en", 1280, 800),
]


@dataclass
class Line:
    """The wire to the server: it can be cut before a request is done, and after it."""

    app: Flask
    url: str = ""
    before: int = 0
    after: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def arrive(self) -> Response | None:
        """Lose a request on its way in."""
        with self.lock:
            if request.endpoint == "phone.take_entry" and self.before:
                self.before -= 1
                self.seen["lost before"] += 1
                return Response("gone", 502)
        return None

    def leave(self, answer: Response) -> Response:
        """Lose an answer on its way out: the entry is taken, and the phone does not know."""
        with self.lock:
            if answer.status_code == 200:
                self.seen["bytes"] += answer.content_length or len(answer.get_data())
            if request.endpoint == "phone.take_entry":
                self.seen["sent"] += 1
                if self.after and answer.status_code == 200:
                    self.after -= 1
                    self.seen["lost after"] += 1
                    return Response("gone", 502)
        return answer


@pytest.fixture
def line(make_app: MakeApp, demo_url: str, serve: Callable[[Flask], str]) -> Line:
    app = make_app(demo_url, WTF_CSRF_ENABLED=True)
    wire = Line(app)
    app.before_request_funcs.setdefault(None, []).insert(0, wire.arrive)
    app.after_request_funcs.setdefault(None, []).insert(0, wire.leave)
    wire.url = serve(app)
    return wire


def written(line: Line) -> tuple[list[str], int]:
    """The notes of the visits that came from the phone, and how many keys are remembered."""
    with outside(line.app) as session:
        from referral.access import as_installation

        as_installation(session, because="a test")
        notes = [note or "" for note in session.scalars(sa.select(Visit.note).order_by(Visit.id.desc()).limit(200))]
        keys = session.scalar(sa.select(sa.func.count(PhoneEntry.id))) or 0
        session.commit()
    return [note for note in notes if note.startswith("离线")], keys


def ready(reader: Reader) -> None:
    """The service worker has the page in its hands and holds what stands in."""
    reader.go("/phone")
    page = reader.page
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    until(page, "navigator.serviceWorker.controller !== null")
    until(page, "caches.match('/phone/shell').then((kept) => !!kept)")


def until(page: Page, truth: str) -> None:
    """Wait until an expression, awaited, is true."""
    for _ in range(200):
        if page.evaluate(f"(async () => !!(await ({truth})))()"):
            return
        page.wait_for_timeout(100)
    raise AssertionError(truth)


def waiting(page: Page) -> int:
    """How many entries wait on the phone."""
    return int(page.evaluate("Kept.store.all('queue').then((rows) => rows.length)"))


def people(reader: Reader) -> list[str]:
    """The addresses of the day's people."""
    found = reader.page.locator("a.stop").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    return list(found)


def write_visit(page: Page, url: str, note: str) -> None:
    """Write one visit down and save it, wherever it then goes."""
    page.goto(url)
    form = page.locator('form[data-entry="visit"]:visible')
    expect(form).to_be_visible()
    form.locator("textarea[name=note]").fill(note)
    form.locator(".psave button").click()
    page.wait_for_url(re.compile(r"/phone$"))


def test_twenty_entries_in_flight_mode_with_the_tab_killed_twice_arrive_once(meet: Meet, line: Line) -> None:
    reader = meet(line.url, PHONE)
    reader.sign_in("station")
    ready(reader)
    page, context = reader.page, reader.context
    stops = people(reader)
    page.locator("#keep-people").check()
    until(page, "Kept.store.get('people', 'list').then((row) => !!row)")
    context.set_offline(True)
    number = 0
    for number in range(1, ENTRIES + 1):
        address = line.url + stops[number % len(stops)]
        if number in (7, 14):  # typed half, and the tab is killed: what was typed is there in the next one
            page.goto(address)
            page.locator('form[data-entry="visit"]:visible textarea[name=note]').fill(f"离线{number:02}")
            until(page, "Kept.store.all('drafts').then((rows) => rows.length > 0)")
            page.close()
            page = context.new_page()
            page.goto(address)
            expect(page.locator('form[data-entry="visit"]:visible textarea[name=note]')).to_have_value(
                f"离线{number:02}"
            )
            page.locator('form[data-entry="visit"]:visible .psave button').click()
            page.wait_for_url(re.compile(r"/phone$"))
        else:
            write_visit(page, address, f"离线{number:02}")
        assert waiting(page) == number
    reader.page = page
    expect(page.locator("#queue-count")).to_have_text(str(ENTRIES))
    reader.shoot("waiting")
    assert written(line) == ([], 0)
    sealed = page.evaluate("Kept.store.all('queue').then((rows) => JSON.stringify(rows))")
    assert "离线" not in sealed
    line.before, line.after = 5, 5
    for _ in range(4):  # the network comes and goes
        context.set_offline(False)
        page.wait_for_timeout(150)
        context.set_offline(True)
    context.set_offline(False)
    second = context.new_page()  # two tabs send at once
    second.goto(line.url + "/phone")
    for _ in range(40):
        for tab in (page, second):
            tab.evaluate("Sending.send('/phone')")
        if not waiting(page):
            break
        settle_own_times(page)
        page.wait_for_timeout(200)
    notes, keys = written(line)
    print(f"{ENTRIES} entries, {line.seen['sent']} requests, lost {dict(line.seen)}")  # noqa: T201  the counters
    assert sorted(notes) == [f"离线{n:02}" for n in range(1, ENTRIES + 1)]
    assert keys == ENTRIES
    assert line.seen["lost before"] == 5
    assert line.seen["lost after"] == 5
    assert waiting(page) == 0
    page.goto(line.url + "/phone")
    expect(page.locator("#queue")).to_be_hidden()


def settle_own_times(page: Page) -> None:
    """Say of each entry that overlaps another of the same person that it is one more visit, as a worker would."""
    page.evaluate(
        """async () => {
          const rows = await Kept.store.all('queue');
          for (const row of rows) if (row.state === 'conflict') await Sending.ask('/phone', row, 'also');
        }"""
    )


def test_a_save_cut_in_the_middle_is_written_once(meet: Meet, line: Line) -> None:
    reader = meet(line.url, PHONE)
    reader.sign_in("station")
    ready(reader)
    line.after = 1
    write_visit(reader.page, line.url + people(reader)[0], "离线断线")
    reader.page.evaluate("Sending.send('/phone')")
    expect(reader.page.locator("#queue")).to_be_hidden()
    assert (line.seen["lost after"], line.seen["sent"] >= 2) == (1, True)
    assert written(line)[0] == ["离线断线"]


def test_two_tabs_keep_what_each_typed(meet: Meet, line: Line) -> None:
    reader = meet(line.url, PHONE)
    reader.sign_in("station")
    ready(reader)
    address = line.url + people(reader)[0]
    first, second = reader.page, reader.context.new_page()
    texts = ("第一页写的", "第二页写的")
    for tab, text in zip((first, second), texts, strict=True):
        tab.goto(address)
        tab.locator("textarea[name=note]").fill(text)
    until(first, "Kept.store.all('drafts').then((rows) => rows.length === 2)")
    first.close()
    second.close()
    third = reader.context.new_page()
    third.goto(address)
    expect(third.locator("#kept")).to_contain_text(reader.say("What you had typed is here again."))
    expect(third.locator("textarea[name=note]")).to_have_value(texts[1])
    third.locator("#kept > button").click()
    expect(third.locator("textarea[name=note]")).to_have_value(texts[0])


def test_an_ordinary_form_keeps_what_was_typed_until_it_has_arrived(meet: Meet, line: Line) -> None:
    reader = meet(line.url, PHONE)
    reader.sign_in("station")
    ready(reader)
    person = next(address for address in people(reader) if "/people/" in address)
    address = line.url + person.replace("/phone/people/", "/people/") + "/visits/new"
    reader.page.goto(address)
    reader.page.locator("textarea[name=note]").fill("普通表单写的")
    until(reader.page, "Kept.store.all('drafts').then((rows) => rows.length === 1)")
    reader.page.close()
    page = reader.context.new_page()
    page.goto(address)
    expect(page.locator("textarea[name=note]")).to_have_value("普通表单写的")
    page.locator("#main form[data-keep] button.primary").click()
    expect(page).not_to_have_url(re.compile("/visits/new"))
    page.goto(line.url + "/phone")
    until(page, "Kept.store.all('drafts').then((rows) => rows.length === 0)")


def test_a_session_that_ended_keeps_everything_until_the_next_sign_in(meet: Meet, line: Line) -> None:
    reader = meet(line.url, PHONE)
    reader.sign_in("station")
    ready(reader)
    address = line.url + people(reader)[0]
    reader.page.goto(address)
    reader.page.locator("textarea[name=note]").fill("离线会话")
    reader.context.clear_cookies()
    reader.page.locator(".psave button").click()
    reader.page.wait_for_url(re.compile("sign-in"))
    assert written(line)[0] == []
    reader.sign_in("station")
    reader.go("/phone")
    until(reader.page, "Kept.store.all('queue').then((rows) => rows.length === 0)")
    expect(reader.page.locator("#queue")).to_be_hidden()
    assert written(line)[0] == ["离线会话"]


def test_both_versions_are_shown_and_the_worker_decides(meet: Meet, line: Line) -> None:
    reader = meet(line.url, PHONE)
    reader.sign_in("station")
    ready(reader)
    address = line.url + people(reader)[0]
    write_visit(reader.page, address, "离线甲")
    write_visit(reader.page, address, "离线乙")
    page = reader.page
    page.locator("#queue-list button").first.click()
    expect(page.locator(".clash")).to_contain_text("离线甲")
    expect(page.locator(".clash")).to_contain_text("离线乙")
    reader.look("clash")
    assert axe_findings(page) == []
    page.get_by_role("button", name=reader.say("Save it nevertheless")).click()
    expect(page.locator("#queue")).to_be_hidden()
    assert sorted(written(line)[0]) == ["离线乙", "离线甲"]


def test_signing_out_takes_the_list_of_people_off_the_phone(meet: Meet, line: Line) -> None:
    reader = meet(line.url, PHONE)
    reader.sign_in("station")
    ready(reader)
    reader.page.locator("#keep-people").check()
    until(reader.page, "Kept.store.get('people', 'list').then((row) => !!row)")
    kept = reader.page.evaluate("Kept.store.get('people', 'list').then((row) => Object.keys(row.locked).join())")
    assert kept == "nonce,body"
    reader.go("/account")
    reader.page.locator('form[action$="/sign-out"] button').click()
    reader.page.wait_for_url(re.compile("sign-in"))
    reader.sign_in("station")
    reader.page.goto(line.url + "/phone/lead")
    assert reader.page.evaluate("Kept.store.all('people').then((rows) => rows.length)") == 0


def test_a_routine_visit_takes_twelve_taps_at_most_and_the_pages_are_light(meet: Meet, line: Line) -> None:
    reader = meet(line.url, PHONE)
    reader.sign_in("station")
    page, taps = reader.page, 0
    line.seen["bytes"] = 0
    ready(reader)
    page.wait_for_load_state("networkidle")
    first = line.seen["bytes"]

    def tap(what: str, within: str = "") -> None:
        nonlocal taps
        page.locator(f"{within} {what}".strip()).first.click()
        taps += 1

    line.seen["bytes"] = 0
    tap("a.stop")
    page.wait_for_load_state("networkidle")
    form = line.seen["bytes"]
    reader.look("visit")
    tap("[data-now=started_at]")
    tap("#contact_result-0")
    tap("#attitude-0")
    tap("#needs-0")
    tap("[data-ready=note] button")
    tap("[data-ready=promise] button")
    tap("[data-now=ended_at]")
    line.seen["bytes"] = 0
    tap(".psave button")
    page.wait_for_url(re.compile(r"/phone$"))
    page.wait_for_load_state("networkidle")
    after = line.seen["bytes"]
    with outside(line.app) as session:
        from referral.access import as_installation

        as_installation(session, because="a test")
        keys = session.scalar(sa.select(sa.func.count(PhoneEntry.id)))
    print(f"{taps} taps; first {first} bytes, the form {form}, saving and the list again {after}")  # noqa: T201
    assert keys == 1
    assert taps <= MOST_TAPS
    assert 20_000 < first < FIRST_WEIGHT
    assert 5_000 < form < NEXT_WEIGHT
    assert 5_000 < after < NEXT_WEIGHT


def test_the_red_button_works_in_flight_mode(meet: Meet, line: Line) -> None:
    reader = meet(line.url, PHONE)
    reader.sign_in("station")
    ready(reader)
    context: BrowserContext = reader.context
    context.set_offline(True)
    page = reader.page
    page.locator(".pbar a.sos").click()
    form = page.locator('form[data-entry="lead"]:visible')
    form.locator("input[name=name]").fill("离线求助人")
    form.locator("select[name=area_code]").select_option(index=1)
    form.locator("[data-ready=summary] button").first.click()
    form.locator(".psave button").click()
    page.wait_for_url(re.compile(r"/phone$"))
    assert waiting(page) == 1
    context.set_offline(False)
    page.evaluate("Sending.send('/phone')")
    with outside(line.app) as session:
        from referral.access import as_installation

        as_installation(session, because="a test")
        leads = session.scalar(sa.select(sa.func.count(Case.id)).where(Case.status == CaseStatus.LEAD))
        found = session.scalar(sa.select(sa.func.count(PhoneEntry.id)))
    assert (leads or 0) > 0
    assert found == 1


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name)
def test_every_page_of_the_phone_reads_well(meet: Meet, reading_url: str, way: Way) -> None:
    reader = meet(reading_url, way)
    reader.sign_in("station")
    for path in ("/phone", "/phone/visit", "/phone/group", "/phone/lead", "/phone/shell"):
        reader.go(path)
        reader.page.wait_for_load_state("networkidle")
        reader.look(path.strip("/").replace("/", "-"))
        assert axe_findings(reader.page) == [], path
        small = reader.page.evaluate(
            """() => [...document.querySelectorAll('a, button, summary, select')].filter((one) => {
                 const box = one.getBoundingClientRect();
                 return box.width && !one.matches('.skip') && (box.height < 43.5 || box.width < 43.5);
               }).map((one) => one.outerHTML.slice(0, 80))"""
        )
        assert small == [], path
        assert overflow(reader.page) == []


def test_without_scripts_the_phone_is_plain_pages(meet: Meet, line: Line) -> None:
    reader = meet(line.url, PLAIN_PHONE)
    reader.sign_in("station")
    reader.go("/phone")
    reader.page.locator("a.stop").first.click()
    reader.page.locator("textarea[name=note]").fill("离线没有脚本")
    reader.look("plain")
    reader.page.locator(".psave button").click()
    reader.expect_text("The visit is saved.")
    assert written(line)[0] == ["离线没有脚本"]


def test_the_manifest_is_one_that_browsers_take(meet: Meet, reading_url: str) -> None:
    reader = meet(reading_url, PHONE)
    reader.sign_in("station")
    reader.go("/phone")
    client = reader.context.new_cdp_session(reader.page)
    found = client.send("Page.getAppManifest")
    assert found["errors"] == []
    assert json.loads(found["data"])["start_url"] == "/phone"
