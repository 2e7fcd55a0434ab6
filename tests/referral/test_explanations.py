"""Every code that the engine can return has words, in both languages."""

import re

import pytest
from flask import Flask
from flask_babel import force_locale
from markupsafe import Markup

from matching import PARTS, Change, Params, Reason, Rule, Why
from matching import __all__ as of_engine  # the contract names them all
from referral import explanations
from referral.coordination.summary import SHORT
from tests.referral.gallery import make_app

LANGUAGES = ["zh", "en"]
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
CHINESE = re.compile(r"[\u4e00-\u9fff]")
RULES = [str(rule.name).lower() for rule in Rule]


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_app()


def whole(said: str | Markup | None, language: str) -> None:
    """A sentence, in the language asked for, without a code or a gap in it."""
    text = str(said or "")
    assert text.strip()
    assert bool(CHINESE.search(text)) == (language == "zh"), text
    assert "_" not in text
    assert explanations.SLOT not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_this_one_and_why_not_the_others(app: Flask, language: str) -> None:
    with app.test_request_context(), force_locale(LOCALES[language]):
        for fitting, rank in ((1, 1), (3, 1), (3, 2)):
            whole(explanations.why_this({"fitting": fitting, "rank": rank}), language)
        for why in Why:
            if why is Why.NONE:
                continue
            for extra in (-7, 0, 1):
                told = {"why": why.name.lower(), "extra": extra, "rules": RULES[:2]}
                whole(explanations.why_not(told), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_why_nobody_and_what_would_have_to_change(app: Flask, language: str) -> None:
    place = "某机构" if language == "zh" else "Somewhere"
    with app.test_request_context(), force_locale(LOCALES[language]):
        for code in [one.name.lower() for one in Reason if one is not Reason.MATCHED] + ["whole_round"]:
            whole(explanations.why_nobody({"code": code, "offered": 2, "fitting": 2, "held": [1, 0, 2, 0]}), language)
        for change in Change:
            told = {"change": change.name.lower(), "rules": ["radius", "licence"], "excess_km": 1.2, "ahead": 3}
            for named in (place, None):
                whole(explanations.what_would_help(told, named).striptags(), language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", RULES)
def test_each_rule_says_what_it_means_and_what_would_mend_it(app: Flask, rule: str, language: str) -> None:
    with app.test_request_context(), force_locale(LOCALES[language]):
        whole(explanations.rule_words(rule), language)
        whole(explanations.remedy_words(rule), language)
        whole(str(SHORT[rule]), language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_part_of_the_score_has_a_name_and_says_good_and_less_good(app: Flask, language: str) -> None:
    with app.test_request_context(), force_locale(LOCALES[language]):
        for points in (0, 40):
            rows = explanations.part_rows(
                dict.fromkeys(PARTS, points),
                2.5,
                Params(weight_together=50, weight_distance=300, unknown_distance=150).as_dict(),
            )
            assert len(rows) == len(PARTS)
            for row in rows:
                whole(row.label, language)
                whole(row.detail, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_one_more_place_is_worth_and_why_a_proposal_is_new(app: Flask, language: str) -> None:
    place = "某机构" if language == "zh" else "Somewhere"
    with app.test_request_context(), force_locale(LOCALES[language]):
        for tier in (None, 1, 2, 3, 4):
            whole(explanations.gain_words(tier), language)
            whole(explanations.gain_words(tier, 12), language)
        for told in (
            {"refused": {"how": "rejected"}, "before": None},
            {"refused": {"how": "expired"}, "before": None},
            {"before": "a key"},
            {"before": None},
        ):
            said = explanations.why_now(told, place, place)
            whole(said.striptags() if said else None, language)
        assert explanations.why_now({"code": "matched"}, None, None) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_stage_and_each_failure_has_words(app: Flask, language: str) -> None:
    with app.test_request_context(), force_locale(LOCALES[language]):
        for words in (explanations.STAGES, explanations.FAILURES, explanations.SYSTEM_REASONS):
            for said in words.values():
                whole(str(said), language)
        whole(explanations.failure_words("never heard of"), language)


def test_no_code_of_the_engine_is_without_a_test() -> None:
    assert {"Change", "Reason", "Rule", "Why"} <= set(of_engine)
    assert set(RULES) <= set(explanations.RULES)
    assert set(RULES) <= set(explanations.REMEDIES)
