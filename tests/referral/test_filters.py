"""Figures and dates look as people in the field write them."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from flask_babel import force_locale

from referral import clock, filters
from tests.referral.gallery import make_app

NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
"""14:30 on a Sunday in China."""


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_app()


@pytest.fixture(params=["zh_Hans_CN", "en"])
def locale(request: pytest.FixtureRequest, app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    with app.test_request_context("/?state=open&page=3&sort=-since"), force_locale(request.param):
        yield request.param


def at(day: int, hour: int, month: int = 11) -> datetime:
    """A moment of 2026, by the clock in China."""
    return datetime(2026, month, day, hour, tzinfo=filters.ZONE)


@pytest.mark.parametrize(
    ("end", "zh", "en"),
    [
        (at(23, 0), "今天 24:00 前", "by today 24:00"),
        (at(24, 0), "明天 24:00 前", "by tomorrow 24:00"),
        (at(26, 18), "11月26日 18:00 前", "by 26 Nov 18:00"),
        (at(22, 13), "逾期 1 小时", "1 hour overdue"),
        (at(20, 0), "逾期 2 天", "2 days overdue"),
    ],
)
def test_deadlines_end_at_24_00_of_the_day_people_name(locale: str, end: datetime, zh: str, en: str) -> None:
    assert filters.deadline_words(end) == (zh if locale.startswith("zh") else en)


def test_a_deadline_carries_its_exact_moment(locale: str) -> None:
    shown = str(filters.deadline(at(24, 0)))
    assert 'datetime="2026-11-24T00:00:00+08:00"' in shown
    exact = "2026年11月23日 星期一 24:00" if locale.startswith("zh") else "Monday 23 November 2026 24:00"
    assert f'title="{exact}"' in shown


@pytest.mark.parametrize(("hours", "tone"), [(-1, "danger"), (1, "warning"), (25, "")])
def test_a_deadline_turns_red_when_it_has_passed(locale: str, hours: int, tone: str) -> None:
    assert filters.deadline_tone(NOW + timedelta(hours=hours)) == tone


def test_days_are_named_as_people_say_them(locale: str) -> None:
    days = [date(2026, 11, 21), date(2026, 11, 22), date(2026, 11, 23), date(2026, 3, 5), date(2025, 1, 3)]
    expected = {
        "zh_Hans_CN": ["昨天", "今天", "明天", "3月5日", "2025年1月3日"],
        "en": ["yesterday", "today", "tomorrow", "5 Mar", "3 Jan 2025"],
    }
    assert [filters.day_words(day) for day in days] == expected[locale]


def test_moments_are_those_of_the_place(locale: str) -> None:
    late = datetime(2026, 11, 22, 17, 5, tzinfo=UTC)
    assert ">明天 01:05<" in filters.moment(late) or ">tomorrow 01:05<" in filters.moment(late)
    with pytest.raises(ValueError, match="naive"):
        filters.moment(datetime(2026, 1, 1))  # noqa: DTZ001


def test_what_is_unknown_is_a_dash(locale: str) -> None:
    for show in (filters.day, filters.moment, filters.ago, filters.waiting, filters.deadline, filters.money):
        assert str(show(None)) == "–"
    assert str(filters.percent(None)) == str(filters.number(None)) == str(filters.units(None, "次")) == "–"


def test_figures(locale: str) -> None:
    assert filters.money(Decimal("1234.5")) == "¥1,234.50"
    assert filters.money(Decimal("-3")) == "-¥3.00"
    assert filters.number(Decimal("1200.50")) == "1,200.5"
    assert filters.number(1200) == "1,200"
    assert filters.number(100.0) == "100"
    assert filters.percent(0.6249, 1) == "62.5%"
    assert filters.units(Decimal(300), "元") == "¥300.00"


def test_an_address_keeps_its_filters_and_goes_back_to_page_one(locale: str) -> None:
    assert filters.address_with(page=4) == "?state=open&sort=-since&page=4"
    assert filters.address_with(sort="number") == "?state=open&sort=number"
    assert filters.address_with(state=None) == "?sort=-since"
