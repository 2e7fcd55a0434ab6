"""Both languages are complete, and each reader gets the right one."""

import enum
import json
from pathlib import Path

import pytest
from babel.messages.mofile import read_mo
from flask import Flask
from flask_babel import force_locale

import models
from referral import catalogue, filters
from referral.i18n import LANGUAGES, _, in_language, lazy_pgettext, ngettext
from referral.looks import LOOKS
from referral.taking_out import Purpose
from referral.vocabulary import WORDS
from referral.words import look, of_unit, word
from tests.referral.gallery import make_app

CODES = [code for code in vars(models).values() if isinstance(code, type) and issubclass(code, enum.Enum)] + [Purpose]
ICONS = json.loads(Path(filters.__file__).with_name("static").joinpath("icons", "tabler.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_app()


@pytest.mark.checkout
def test_every_text_of_code_and_templates_has_chinese_and_every_line_of_chinese_is_used() -> None:
    assert catalogue.problems() == []


def test_check_names_what_is_missing_left_over_contradicting_and_out_of_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "translations" / "zh").mkdir(parents=True)
    for part in ("referral", "models", "templates"):
        (tmp_path / part).mkdir()
    (tmp_path / "referral" / "code.py").write_text(
        '_("One")\nngettext("%(num)s need", "%(num)s needs", 2)\nlazy("No")\n'
    )
    (tmp_path / "templates" / "page.html").write_text('{{ _("50% done") }}{{ pgettext("A", "Open") }}')
    zh = tmp_path / "translations" / "zh"
    (zh / "a.json").write_text('{"One": "一", "%(num)s need": "%(n)s 条", "Old": "旧,了", "50% done": "一半"}', "utf-8")
    (zh / "b.json").write_text('{"One": "壹", "[A] Open": "开"}', "utf-8")
    monkeypatch.setattr(catalogue, "ROOT", tmp_path)
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path / "translations")
    found = catalogue.problems()
    for part in (
        "'No'",
        "'Old' is used nowhere",
        "different placeholders",
        "half-width",
        "'壹' here and '一'",
        "lone %",
    ):
        assert sum(part in line for line in found) == 1, (part, found)
    assert len(found) == 6


def test_the_catalogue_is_built_the_same_each_time_and_serves_plurals_and_contexts(tmp_path: Path) -> None:
    first = catalogue.build().read_bytes()
    assert catalogue.build().read_bytes() == first
    with catalogue.BUILT.open("rb") as file:
        assert len(read_mo(file)) == len(catalogue.chinese())


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.__name__)
def test_every_code_has_words_in_both_languages_that_tell_its_members_apart(app: Flask, code: type[enum.Enum]) -> None:
    for locale in (one.locale for one in LANGUAGES.values()):
        with app.test_request_context(), force_locale(locale):
            said = [word(member) for member in code]
            assert all(said)
            assert len(set(said)) == len(said)
            han = [bool(filters.HAN.search(text)) for text in said]
            assert all(han) if locale.startswith("zh") else not any(han)


def test_no_words_or_looks_for_codes_that_do_not_exist_and_every_icon_is_there() -> None:
    there = {code.__name__: {member.value for member in code} for code in CODES}
    assert {name: set(members) for name, members in WORDS.items()} == there
    keys = {f"{name}.{value}" for name, values in there.items() for value in values}
    assert set(LOOKS) <= keys
    assert {symbol for _tone, symbol in LOOKS.values()} <= set(ICONS)


def test_every_state_has_a_tone_and_an_icon() -> None:
    for code in CODES:
        if code.__name__.endswith("Status") or code in {models.Urgency, models.Decision, models.RowResult}:
            assert all(look(member).tone for member in code), code


@pytest.mark.parametrize(
    ("cookie", "accepted", "expected"),
    [
        (None, "", "zh-CN"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "de,en;q=0.5,zh;q=0.4", "en"),
        (None, "fr-FR", "zh-CN"),
        ("en", "zh-CN", "en"),
        ("xx", "en", "en"),
    ],
)
def test_language_is_the_chosen_one_else_the_browsers_else_chinese(
    app: Flask, cookie: str | None, accepted: str, expected: str
) -> None:
    client = app.test_client()
    if cookie:
        client.set_cookie("language", cookie)
    answer = client.get("/", headers={"Accept-Language": accepted})
    assert f'<html lang="{expected}">' in answer.get_data(as_text=True)
    assert {"Cookie", "Accept-Language"} <= set(answer.vary)


def test_switching_keeps_the_address_and_its_filters_and_is_remembered(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/?state=open&page=2").get_data(as_text=True)
    assert 'href="/?state=open&amp;page=2&amp;lang=en"' in page
    answer = client.get("/?state=open&page=2&lang=en")
    assert (answer.status_code, answer.location) == (302, "/?state=open&page=2")
    assert '<html lang="en">' in client.get("/").get_data(as_text=True)


def test_switching_never_leads_to_another_host(app: Flask) -> None:
    answer = app.test_client().get("/?lang=en", environ_overrides={"PATH_INFO": "//evil.example/"})
    assert answer.location == "/evil.example/"


def test_names_come_in_the_readers_language_and_fall_back_to_what_there_is(app: Flask) -> None:
    class Term:
        name_zh, name_en = "助餐", "Meal service"

    class Village:
        name, name_en = "张家村", None

    with app.test_request_context(), force_locale("en"):
        assert in_language(Term()) == "Meal service"
        assert str(filters.name(Village())) == '<span lang="zh-CN">张家村</span>'
    with app.test_request_context(), force_locale("zh_Hans_CN"):
        assert in_language(Term()) == "助餐"
        assert str(filters.name(Village())) == "张家村"
        assert str(filters.zh("Meals on Wheels")) == '<span lang="en">Meals on Wheels</span>'
        assert str(filters.zh("<b>")) == "&lt;b&gt;"


def test_placeholders_plurals_contexts_and_units_are_filled_in(app: Flask) -> None:
    with app.test_request_context(), force_locale("en"):
        assert ngettext("%(num)s day", "%(num)s days", 1) == "1 day"
        assert of_unit(1, "1", "小时") == "1 hour"
        assert of_unit(2.5, "2.5", "小时") == "2.5 hours"
        assert of_unit(3, "3", "bag") == "3 bag"
    with app.test_request_context(), force_locale("zh_Hans_CN"):
        assert ngettext("%(num)s day", "%(num)s days", 3) == "3 天"
        assert _("Page %(num)s", num=4) == "第 4 页"
        assert str(lazy_pgettext("CaseStatus", "Accepted")) == "已受理"
        assert str(lazy_pgettext("Decision", "Accepted")) == "采纳"
        assert of_unit(2, "2", "餐") == "2 餐"
