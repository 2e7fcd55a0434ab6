"""What waits on a phone arrives though its page was closed: the service worker sends when the browser says so."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Meet
from tests.journeys.reader import PHONE
from tests.journeys.test_phone import Line, line, people, ready, until, waiting, write_visit, written

pytestmark = [pytest.mark.browser, pytest.mark.slow]
__all__ = ["line"]
TAG = "yuanqiao-send"


def sync(page: Page, url: str) -> None:
    """Let the browser call the service worker as it does when the network is back.

    A headless Chromium has no network of its own whose return it could notice, so the protocol gives the sign.
    """
    devtools = page.context.new_cdp_session(page)
    found: list[dict[str, str]] = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    devtools.send("ServiceWorker.enable")
    page.wait_for_timeout(300)
    own = [one for one in found if one["scopeURL"].startswith(url)]
    devtools.send(
        "ServiceWorker.dispatchSyncEvent",
        {"origin": url, "registrationId": own[-1]["registrationId"], "tag": TAG, "lastChance": False},
    )
    devtools.detach()


def arrived(page: Page, line: Line, truth: Callable[[], bool]) -> None:
    """Wait until the server has seen something."""
    for _ in range(200):
        if truth():
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"{dict(line.seen)}, written {written(line)}")


def test_what_waits_arrives_once_though_the_page_was_closed(meet: Meet, line: Line) -> None:
    reader = meet(line.url, PHONE)
    reader.sign_in("station")
    ready(reader)
    page, context = reader.page, reader.context
    address = line.url + people(reader)[0]
    context.set_offline(True)
    write_visit(page, address, "离线后台")
    assert waiting(page) == 1
    until(page, f"navigator.serviceWorker.ready.then((one) => one.sync.getTags()).then((all) => all.includes('{TAG}'))")
    page.close()
    assert written(line) == ([], 0)
    context.set_offline(False)
    reader.page = context.new_page()
    assert not [one for one in context.pages if one.url.startswith(line.url)], "no page of ours is open"
    line.after = 1
    sync(reader.page, line.url)
    arrived(reader.page, line, lambda: line.seen["lost after"] == 1)
    sync(reader.page, line.url)  # the answer was lost, so it is sent again
    arrived(reader.page, line, lambda: line.seen["sent"] >= 2)
    sync(reader.page, line.url)
    reader.page.goto(line.url + "/phone")
    until(reader.page, "Kept.store.all('queue').then((rows) => rows.length === 0)")
    expect(reader.page.locator("#queue")).to_be_hidden()
    assert written(line) == (["离线后台"], 1)
