"""What every page that a test visits is held to: well formed, labelled, complete in its language, and safe.

`check_page` looks at the answer of a test client; `axe_findings` asks axe-core in a real browser.
"""

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import html5lib

from referral import catalogue

HAN = re.compile(r"[\u3400-\u9fff]+")
SENTENCE = re.compile(r"[A-Za-z]{3,}[ ,]+[A-Za-z]{3,}")
SPOKEN = ("aria-label", "title", "alt", "placeholder", "data-confirm", "data-yes", "data-no", "data-l")
HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}
PRODUCT = {"zh": "援桥", "en": "Yuanqiao"}
NO_WORDS = {"script", "style", "code", "kbd", "title"}
UNSEEN_FIELDS = {"hidden", "submit", "button", "image", "reset"}
AXE = Path(__file__).parent / "static" / "axe.min.js"


def check_page(response: Any, language: str) -> Element:
    """Return the page's tree, or raise AssertionError with everything that is wrong with it, one fault a line."""
    text = response.get_data(as_text=True)
    assert response.mimetype == "text/html", f"{response.mimetype} is no page"
    root = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    faults = [
        *frame(root, language),
        *fields(root),
        *references(root),
        *safety(root),
        *links(root),
        *words(root, language),
    ]
    assert not faults, "\n".join(faults)
    return root


def said(element: Element) -> str:
    """The text of an element, blanks run together."""
    return " ".join("".join(element.itertext()).split())


def frame(root: Element, language: str) -> Iterator[str]:
    """Language, one heading, and a title that says the same."""
    if root.get("lang") != HTML_LANGUAGE[language]:
        yield f"html lang is {root.get('lang')!r}"
    headings = [said(one) for one in root.iter("h1")]
    title = said(next(root.iter("title")))
    if len(headings) != 1:
        yield f"{len(headings)} h1"
    elif title != f"{headings[0]} · {PRODUCT[language]}":
        yield f"title {title!r} does not agree with h1 {headings[0]!r}"
    if not any(one.get("id") == "main" for one in root.iter("main")):
        yield "no main"


def fields(root: Element) -> Iterator[str]:
    """Every field has a label, every button and image a name."""
    labelled = {one.get("for") for one in root.iter("label") if said(one)}
    wrapped = {id(one) for label in root.iter("label") if said(label) for one in label.iter()}
    for kind in ("input", "select", "textarea"):
        for one in root.iter(kind):
            if kind == "input" and one.get("type") in UNSEEN_FIELDS:
                continue
            named = one.get("aria-label") or one.get("aria-labelledby") or one.get("id") in labelled
            if not named and id(one) not in wrapped:
                yield f"no label: {kind} {one.get('name')}"
    for one in root.iter("button"):
        if not (said(one) or one.get("aria-label")):
            yield "a button without a name"
    for one in root.iter("img"):
        if one.get("alt") is None:
            yield f"no alt: {one.get('src')}"


def references(root: Element) -> Iterator[str]:
    """No id twice, and every id that is pointed at is there."""
    ids = Counter(one.get("id") for one in root.iter() if one.get("id"))
    yield from (f"id {key!r} stands {many} times" for key, many in ids.items() if many > 1)
    for one in root.iter():
        pointed = " ".join(one.get(name) or "" for name in ("for", "aria-describedby", "aria-labelledby")).split()
        href = one.get("href") or ""
        if one.tag == "a" and href.startswith("#") and len(href) > 1:
            pointed.append(href[1:])
        yield from (f"{one.tag} points at {key!r}, which is not there" for key in pointed if key not in ids)


def safety(root: Element) -> Iterator[str]:
    """Nothing that the headers forbid: styles and scripts in the page, handlers in attributes."""
    for one in root.iter():
        if not isinstance(one.tag, str):
            continue
        if one.tag == "style" or (one.tag == "script" and not one.get("src")):
            yield f"{one.tag} in the page"
        for name, value in one.attrib.items():
            plain = str(name)
            if plain == "style" or plain.startswith("on") or value.strip().lower().startswith("javascript:"):
                yield f"{one.tag} {plain}={value!r}"
    for form in root.iter("form"):
        if (form.get("method") or "").lower() == "post" and not any(
            one.get("name") == "csrf_token" for one in form.iter("input")
        ):
            yield f"no csrf_token: form {form.get('action')!r}"


def links(root: Element) -> Iterator[str]:
    """Links lead somewhere and say where."""
    for one in root.iter("a"):
        if one.get("href") in {None, "", "#"}:
            yield f"link without an address: {said(one)!r}"
        if not (said(one) or one.get("aria-label")):
            yield f"link without a text: {one.get('href')}"


def words(root: Element, language: str) -> Iterator[str]:
    """On a Chinese page no English of ours; on an English page no Chinese but what is marked as Chinese."""
    spoken = list(_spoken(root, HTML_LANGUAGE[language]))
    if language == "zh":
        exact, filled = _english()
        for text in spoken:
            if HAN.search(text):
                continue
            if text in exact or SENTENCE.search(text) or any(pattern.fullmatch(text) for pattern in filled):
                yield f"not translated: {text!r}"
        return
    marked = "".join(_marked(root))
    for text in spoken:
        yield from (f"Chinese in {text!r}" for found in HAN.findall(text) if found not in marked)


def _foreign(element: Element, own: str) -> bool:
    return (element.get("lang") or own) != own or "notranslate" in (element.get("class") or "").split()


def _spoken(element: Element, own: str) -> Iterator[str]:
    """Texts and spoken attributes in the page's own language."""
    if not isinstance(element.tag, str) or element.tag in NO_WORDS or _foreign(element, own):
        return
    yield from (str(element.get(name)) for name in SPOKEN if element.get(name))
    for text in (element.text, *(child.tail for child in element)):
        if text and text.strip():
            yield " ".join(text.split())
    for child in element:
        yield from _spoken(child, own)


def _marked(root: Element) -> Iterator[str]:
    """Texts marked as Chinese: an attribute may repeat them, since it cannot carry a mark."""
    for one in root.iter():
        if isinstance(one.tag, str) and (
            (one.get("lang") or "").startswith("zh") or "notranslate" in (one.get("class") or "").split()
        ):
            yield said(one)


@cache
def _english() -> tuple[frozenset[str], tuple[re.Pattern[str], ...]]:
    """The English texts of the catalogue: plain ones, and patterns of those with placeholders and enough words."""
    keys = {re.sub(r"^\[[^\]]+\] ", "", key) for key, chinese in catalogue.chinese().items() if chinese != key}
    plain = {key for key in keys if re.search(r"[A-Za-z]{2}", key) and "%(" not in key}
    filled = [key for key in keys if "%(" in key and re.search(r"[A-Za-z]{4}", re.sub(r"%\(\w+\)[sd]", "", key))]
    patterns = (re.compile(re.sub(r"%\\\(\w+\\\)[sd]", ".+", re.escape(key))) for key in filled)
    return frozenset(plain), tuple(patterns)


def axe_findings(page: Any) -> list[str]:
    """Return the serious and critical findings of axe-core (WCAG 2.2 AA) on a Playwright page, one a line."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(
        "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], "
        "resultTypes: ['violations']})"
    )
    return [
        f"{finding['id']}: {node['html'][:200]} ({node['failureSummary']})"
        for finding in found["violations"]
        if finding["impact"] in {"serious", "critical"}
        for node in finding["nodes"]
    ]
