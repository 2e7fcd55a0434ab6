"""Somebody who reads pages in a browser: finds things by their words, and complains of what nobody should meet."""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Response, expect

from referral import catalogue
from referral.actions.seeding.accounts import PASSWORD

LOCALES = {"zh": "zh-CN", "en": "en-GB"}
WORDS = catalogue.chinese()
SHOTS = os.environ.get("YUANQIAO_SHOTS")
SLICE, MOST_SLICES = 1600, 5
"""Pictures of long pages are cut, so that they can be read."""


@dataclass(frozen=True)
class Way:
    """How pages are read: in which language, on what screen, with scripts or without."""

    name: str
    language: str
    width: int
    height: int
    scripts: bool = True

    @property
    def settings(self) -> dict[str, Any]:
        """What a browser context is made with."""
        return {
            "locale": LOCALES[self.language],
            "viewport": {"width": self.width, "height": self.height},
            "java_script_enabled": self.scripts,
        }


DESK = Way("desk", "zh", 1280, 800)
PHONE = Way("phone", "zh", 390, 844)
PLAIN = Way("plain", "en", 1280, 800, scripts=False)
PLAIN_PHONE = Way("plain-phone", "zh", 390, 844, scripts=False)


class Reader:
    """A page, the language it is read in, and the words to find things by, given in English."""

    def __init__(self, context: BrowserContext, url: str, way: Way, journey: str = "") -> None:
        self.context, self.url, self.way, self.journey = context, url, way, journey
        self.faults: list[str] = []
        self.seen = 0
        context.set_default_timeout(30_000)
        self.page: Page = context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("console", self._hear)
        self.page.on("response", self._answer)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "the server responded with a status of" not in message.text:
            self.faults.append(f"console: {message.text}")

    def _answer(self, answer: Response) -> None:
        if answer.status >= 500:
            self.faults.append(f"{answer.status}: {answer.url}")

    # Words

    def say(self, english: str, **values: object) -> str:
        """The text as this reader sees it; a context stands before it in brackets, as in the catalogue."""
        bare = re.sub(r"^\[[^\]]+\] ", "", english)
        text = WORDS[english] if self.way.language == "zh" else bare
        return text % values if values else text

    def _whole(self, english: str) -> re.Pattern[str]:
        """The whole name of a field, optional or not."""
        optional = re.escape(self.say("(optional)"))
        return re.compile(rf"^\s*{re.escape(self.say(english))}\s*({optional})?\s*$")

    # Moving

    def go(self, path: str) -> None:
        """Open an address."""
        self.page.goto(self.url + path)

    def sign_in(self, login: str) -> None:
        """Sign in as one of the demonstration's accounts."""
        self.go("/sign-in")
        self.fill("User name", login)
        self.fill("Password", PASSWORD)
        self.press("Sign in")
        expect(self.page).not_to_have_url(re.compile("/sign-in"))

    def main(self) -> Locator:
        """The content, without the bar above it."""
        return self.page.locator("#main")

    def press(self, english: str, within: Locator | None = None) -> None:
        """Press the first button of that name."""
        (within or self.main()).get_by_role("button", name=self.say(english)).first.click()

    def press_counted(self, one: str, many: str, number: int) -> None:
        """Press a button that says how many; Chinese has one form for any number."""
        name = self.say(one if number == 1 or self.way.language == "zh" else many, num=number)
        self.main().get_by_role("button", name=name).first.click()

    def follow(self, english: str, within: Locator | None = None) -> None:
        """Follow the first link of that name."""
        (within or self.main()).get_by_role("link", name=self.say(english)).first.click()

    def turn_to(self, english: str) -> None:
        """Choose an entry of the main menu, and wait for its page: what is counted next is not of the page before."""
        menu = self.page.get_by_role("navigation", name=self.say("Main menu"))
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            menu.get_by_role("link", name=self.say(english), exact=True).click()

    # Writing

    def field(self, english: str, within: Locator | None = None) -> Locator:
        """The field of that label."""
        labelled = (within or self.main()).get_by_label(self._whole(english))
        return labelled.and_(self.page.locator("input:not([type=radio], [type=checkbox]), select, textarea"))

    def fill(self, english: str, text: str, within: Locator | None = None) -> None:
        """Type into the field of that label."""
        self.field(english, within).fill(text)

    def group(self, english: str) -> Locator:
        """A group of choices by its legend."""
        return self.page.get_by_role("group", name=self._whole(english))

    def choose(self, group: str, option: str) -> None:
        """Tap one of a group of choices."""
        self.group(group).get_by_text(self.say(option), exact=True).click()

    # Reading

    def expect_heading(self, english: str, **values: object) -> None:
        """The page is the one of that name."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(self.say(english, **values))

    def expect_text(self, english: str, **values: object) -> None:
        """A text of ours stands on the page."""
        expect(self.main()).to_contain_text(self.say(english, **values))

    def panel(self, english: str) -> Locator:
        """A part of the page by its heading."""
        return self.main().get_by_role("region", name=self.say(english), exact=True).first

    def panel_lines(self) -> Locator:
        """The lines of the page's list of work."""
        return self.main().locator("ul.lines > li")

    def fact(self, panel: str, english: str) -> str:
        """What stands beside a word in a list of facts."""
        told = self.panel(panel).get_by_text(self.say(english), exact=True).locator("xpath=following-sibling::dd[1]")
        return told.inner_text().strip()

    def look(self, name: str) -> None:
        """Look at the page: nothing may be wider than the screen, nothing may have failed."""
        self.page.wait_for_load_state("load")
        self.shoot(name)
        wide = overflow(self.page)
        assert not wide, f"{name} is wider than the screen: {wide}"
        assert self.faults == [], name

    def shoot(self, name: str) -> None:
        """Keep a picture of the page, where pictures are wanted (YUANQIAO_SHOTS names a folder)."""
        self.seen += 1
        if SHOTS:
            height = int(self.page.locator("body").bounding_box()["height"])  # type: ignore[index]
            for part in range(min(1 + height // SLICE, MOST_SLICES)):
                path = Path(SHOTS) / f"{self.journey}-{self.way.name}-{self.seen:02}{'abcdefgh'[part]}-{name}.png"
                area = {"x": 0, "y": part * SLICE, "width": self.page.viewport_size["width"], "height": SLICE}  # type: ignore[index]
                self.page.screenshot(path=path, full_page=True, clip=area)


def overflow(page: Page) -> list[str]:
    """What makes the document wider than the window, as the beginnings of elements; empty where nothing does."""
    return list(
        page.evaluate(
            """() => {
              const root = document.documentElement, wide = root.clientWidth;
              if (root.scrollWidth <= wide) return [];
              const beyond = [...document.body.querySelectorAll('*')].filter(
                (one) => one.getBoundingClientRect().right > wide + 1 && !one.closest('.tw'));
              return [root.scrollWidth + ' > ' + wide, ...beyond.slice(0, 5).map((one) => one.outerHTML.slice(0, 160))];
            }"""
        )
    )
