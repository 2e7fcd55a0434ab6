"""The parts of a page, in both languages, on a desk and on a phone, with scripts and without."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response

from referral import charts, filters, resources
from tests.pages import axe_findings, check_page
from tests.referral.gallery import make_app
from tests.referral.gallery.drawings import all_charts

STATIC = Path(filters.__file__).with_name("static")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'"
)
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


@pytest.fixture(scope="module")
def app() -> Flask:
    made = make_app()
    made.config["WTF_CSRF_ENABLED"] = False

    @made.after_request
    def strict(answer: Response) -> Response:
        answer.headers["Content-Security-Policy"] = POLICY
        return answer

    return made


# Every page


@LANGUAGES
@pytest.mark.parametrize("method", ["get", "post"])
def test_all_parts_pass_the_checks_of_a_page(app: Flask, language: str, method: str) -> None:
    answer = getattr(app.test_client(), method)("/", headers={"Accept-Language": language})
    root = check_page(answer, language)
    assert sum(1 for one in root.iter("{http://www.w3.org/2000/svg}svg") if one.get("class") == "plot") == len(
        all_charts()
    )


# Parts


def render(app: Flask, source: str, path: str = "/", **names: Any) -> str:
    with app.test_request_context(path, headers={"Accept-Language": "en"}):
        return app.jinja_env.from_string(source).render(**names)


def test_what_people_typed_is_escaped_everywhere(app: Flask) -> None:
    evil = '"><script>alert(1)</script>'
    page = app.test_client().post("/", data={"title": evil, "note": evil}).get_data(as_text=True)
    assert "<script>alert" not in page
    source = (
        '{% from "components/ui.html" import act, bar, cell, empty, facts, kpi, note, parts, step, tag, who %}'
        '{% from "components/charts.html" import chart %}'
        "{{ cell(x, x) }}{{ tag(x) }}{{ who(x, x) }}{{ kpi(x, x, x) }}{{ empty(x, x) }}{{ facts([(x, x)]) }}"
        "{{ step(x, by=x, text=x) }}{{ bar(0.5, x) }}{{ parts([{'label': x, 'share': 1, 'shown': x}]) }}"
        "{{ act('/', x, confirm=x, values={x: x}, label=x) }}{{ chart(drawn) }}"
    )
    with app.test_request_context("/"):
        drawn = charts.bars(evil, (evil, evil), [(evil, 3)], show=lambda _value: evil)
    assert "<script>alert" not in render(app, source, x=evil, drawn=drawn)


def test_headings_sort_both_ways_and_say_so(app: Flask) -> None:
    source = '{% from "components/ui.html" import th %}{{ th("Since", "", "since") }}'
    assert 'href="?sort=since"' in render(app, source)
    assert "aria-sort" not in render(app, source, "/?sort=number")
    up = render(app, source, "/?sort=since")
    assert 'href="?sort=-since"' in up
    assert 'aria-sort="ascending"' in up
    down = render(app, source, "/?sort=-since")
    assert 'href="?sort=since"' in down
    assert 'aria-sort="descending"' in down


@pytest.mark.parametrize(
    ("number", "last", "shown"),
    [(1, 1, ""), (1, 3, "1 2 3"), (2, 3, "1 2 3"), (5, 9, "1 … 4 5 6 … 9"), (9, 9, "1 … 8 9"), (2, 9, "1 2 3 … 9")],
)
def test_the_pager_shows_the_ends_and_the_neighbours(app: Flask, number: int, last: int, shown: str) -> None:
    page = SimpleNamespace(
        number=number, size=10, last=last, total=last * 10, more_than_counted=False,
        first_row=number * 10 - 9, last_row=number * 10,
    )  # fmt: skip
    html = render(app, '{% from "components/ui.html" import pager %}{{ pager(page) }}', page=page)
    inside = re.findall(r"<nav.*?</nav>", html, re.DOTALL)
    numbers = re.findall(r">(\d+|…)<", inside[0]) if inside else []
    assert " ".join(numbers) == shown
    assert f"{number * 10 - 9}–{number * 10} of {last * 10}" in html


def test_an_unknown_icon_is_an_error_and_not_an_empty_place(app: Flask) -> None:
    with pytest.raises(KeyError):
        render(app, "{{ icon('no-such-icon') }}")


def test_every_icon_that_templates_name_is_there() -> None:
    named = {
        found
        for file in resources.templates().rglob("*.html")
        for found in re.findall(r"""icon\(["']([a-z0-9-]+)["']""", file.read_text("utf-8"))
    }
    assert named <= set(filters._icons())


def test_the_whole_look_weighs_less_than_40_kb() -> None:
    assert sum(file.stat().st_size for file in (STATIC / "css").glob("*.css")) < 40_000
    css = "".join(file.read_text("utf-8") for file in (STATIC / "css").glob("*.css"))
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    assert "@layer" not in css
    assert ":has(" not in css
    assert "http" not in css


# In a browser


@pytest.fixture
def address(app: Flask, serve: Callable[[Flask], str]) -> str:
    return serve(app)


@pytest.mark.browser
@LANGUAGES
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_and_nothing_runs_over_the_edge(
    page: Any, address: str, language: str, width: int
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{address}/?lang={language}")
    assert axe_findings(page) == []
    page.locator("form[data-draft] .btn.primary").click()
    page.wait_for_selector(".errsum")
    assert axe_findings(page) == []
    assert page.evaluate("document.activeElement.className") == "errsum"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert complaints == []


@pytest.mark.browser
def test_at_320_pixels_nothing_is_cut_and_touch_targets_are_large_enough(page: Any, address: str) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    page.goto(f"{address}/?lang=en")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    low = page.evaluate(
        "[...document.querySelectorAll('.btn, input:not([type=hidden]):not([type=radio]):not([type=checkbox]), select,"
        " .chip label, summary, .top nav a, .pfoot nav a')].filter(e => e.offsetParent && e.getBoundingClientRect()"
        ".height < 43.5).map(e => e.outerHTML.slice(0, 120))"
    )
    assert [one for one in low if "small" not in one] == []


@pytest.mark.browser
def test_on_a_phone_a_row_is_a_card_that_is_still_a_row_for_readers_of_screens(page: Any, address: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(address)
    assert page.get_by_role("row").count() >= 8
    first = page.locator(".cards tbody tr").first
    assert first.evaluate("e => getComputedStyle(e).display") == "grid"
    lead, state = first.locator("td.lead").bounding_box(), first.locator("td.state").bounding_box()
    assert abs(lead["y"] - state["y"]) < 8
    assert lead["x"] < state["x"]


@pytest.mark.browser
def test_a_draft_outlives_the_page(page: Any, address: str) -> None:
    page.goto(address)
    page.locator("#title").fill("轮椅")
    page.locator("#features-1").check()
    page.goto(f"{address}/?to=elsewhere")
    page.goto(address)
    assert page.locator("#title").input_value() == "轮椅"
    assert page.locator("#features-1").is_checked()


@pytest.mark.browser
@pytest.mark.parametrize(("answer", "kept"), [("/sign-in", "轮椅"), ("/?to=elsewhere", "")])
def test_a_sent_draft_is_forgotten_unless_the_session_had_ended(
    page: Any, address: str, answer: str, kept: str
) -> None:
    page.goto(address)
    page.locator("#title").fill("轮椅")
    page.route(
        "**/*",
        lambda route: (
            route.fulfill(status=302, headers={"Location": answer})
            if route.request.method == "POST"
            else route.continue_()
        ),
    )
    page.locator("form[data-draft] .btn.primary").click()
    page.wait_for_url(f"{address}{answer}")
    page.goto(address)
    assert page.locator("#title").input_value() == kept


@pytest.mark.browser
def test_a_button_with_consequences_asks_first_and_can_be_left(page: Any, address: str) -> None:
    page.goto(f"{address}/?lang=en")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    page.locator("td.act button").first.click()
    assert page.get_by_role("dialog").get_by_text("Nothing found").is_visible()
    page.get_by_role("button", name="Go back").click()
    assert page.get_by_role("dialog").count() == 0
    assert sent == []
    page.locator("td.act button").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    page.wait_for_load_state()
    assert len(sent) == 1


@pytest.mark.browser
def test_without_scripts_everything_is_there_and_can_be_sent(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto(address)
    page.locator("#title").fill("轮椅")
    page.locator("form[data-draft] .btn.primary").click()
    assert page.locator(".errsum").is_visible()
    assert page.locator("#title").input_value() == "轮椅"
    assert page.locator("svg.plot").first.is_visible()
    context.close()
