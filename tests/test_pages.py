"""The checks of a page find what they are for: each fault is planted and must be named."""

import pytest
from flask import Response

from tests.pages import check_page

GOOD = (
    '<!doctype html><html lang="en"><head><title>Needs · Yuanqiao</title></head>'
    '<body><main id="main"><h1>Needs</h1>{}</main></body></html>'
)
FAULTS = {
    '<input name="a">': "no label",
    '<label for="a"></label><input id="a" name="a">': "no label",
    '<p id="a"></p><p id="a"></p>': "stands 2 times",
    '<p aria-describedby="x">b</p>': "not there",
    '<p style="color: red">b</p>': "style",
    "<script>1</script>": "script in the page",
    '<p onclick="go()">b</p>': "onclick",
    '<a href="/x"></a>': "without a text",
    '<a href="#">b</a>': "without an address",
    "<button></button>": "button without a name",
    '<img src="/x">': "no alt",
    '<form method="post"></form>': "csrf_token",
    "<h1>Two</h1>": "2 h1",
    "<p>王桂英</p>": "Chinese in",
    '<p aria-label="王桂英">b</p>': "Chinese in",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_the_checks_find_each_fault(fault: str) -> None:
    with pytest.raises(AssertionError, match=FAULTS[fault]):
        check_page(Response(GOOD.format(fault), mimetype="text/html"), "en")


def test_the_checks_find_broken_html_and_a_wrong_title_and_language() -> None:
    with pytest.raises(Exception, match="End tag"):
        check_page(Response(GOOD.format("</div>"), mimetype="text/html"), "en")
    with pytest.raises(AssertionError, match="title"):
        check_page(Response(GOOD.format("").replace("<h1>Needs", "<h1>Other"), mimetype="text/html"), "en")
    with pytest.raises(AssertionError, match="html lang"):
        check_page(Response(GOOD.format(""), mimetype="text/html"), "zh")


@pytest.mark.parametrize(
    ("text", "fine"),
    [
        ("Show all", False),
        ("Page 4", False),
        ("Words nobody gave to the catalogue", False),
        ('<span lang="en">Meals on Wheels</span>', True),
        ("YQ-2026-0412", True),
        ("导出 Excel", True),
    ],
)
def test_english_left_on_a_chinese_page_is_found(text: str, fine: bool) -> None:
    page = (
        GOOD.format(f"<p>{text}</p>")
        .replace('lang="en"', 'lang="zh-CN"', 1)
        .replace("Yuanqiao", "援桥")
        .replace("Needs", "需求")
    )
    answer = Response(page, mimetype="text/html")
    if fine:
        check_page(answer, "zh")
    else:
        with pytest.raises(AssertionError, match="not translated"):
            check_page(answer, "zh")


def test_chinese_marked_as_such_may_stand_on_an_english_page_and_be_repeated_in_a_name() -> None:
    body = '<p lang="zh-CN">王桂英</p><a href="/x" aria-label="Close 王桂英">Close</a>'
    check_page(Response(GOOD.format(body), mimetype="text/html"), "en")
