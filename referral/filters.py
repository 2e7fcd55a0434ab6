"""How figures, dates, names and codes look on a page, in both languages. Times are those of Asia/Shanghai."""

import enum
import json
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, current_app, request
from flask_babel import format_date
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from referral import clock
from referral.i18n import TIMEZONE, _, in_language, language, ngettext
from referral.withheld import Withheld
from referral.words import look, of_unit, word

ZONE = ZoneInfo(TIMEZONE)
HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
ENGLISH = re.compile(r"[A-Za-z]{2,}[ ,&]+[A-Za-z]{2,}")
NOTHING = Markup("–")


def zh(text: object) -> Markup:
    """Return a text of the data; where it is in the other language, readers of screens are told so."""
    words = "" if text is None else str(text)
    chinese = HAN.search(words) is not None
    if chinese and language().code != "zh":
        return Markup('<span lang="zh-CN">{}</span>').format(words)
    if not chinese and language().code == "zh" and ENGLISH.search(words):
        return Markup('<span lang="en">{}</span>').format(words)
    return escape(words)


def name(record: Any, field: str = "name") -> Markup:
    """Return a record's name in the reader's language (see `in_language`), marked where it is in another one."""
    return zh(in_language(record, field)) if record is not None else NOTHING


def number(value: Decimal | float | Withheld | None, places: int | None = None) -> str:
    """Return 1,234.5: thousands apart, decimals as they are or cut to `places`; a dash for None."""
    if value is None:
        return NOTHING
    if isinstance(value, Withheld):
        return str(value)
    if places is not None:
        return f"{value:,.{places}f}"
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(value: Decimal | int | Withheld | None) -> str:
    """Return ¥1,234.50; a dash for None."""
    if isinstance(value, Withheld):
        return str(value)
    return NOTHING if value is None else f"{'-' if value < 0 else ''}¥{abs(Decimal(value)):,.2f}"


def percent(value: Decimal | float | None, places: int = 0) -> str:
    """Return a share between 0 and 1 as 62%; a dash for None (nothing to divide by)."""
    return NOTHING if value is None else f"{value * 100:.{places}f}%"


def units(value: Decimal | int | Withheld | None, unit: str | None) -> str:
    """Return an amount with the unit of its taxonomy term: 「8 次」, "8 visits", ¥300.00 for 元."""
    if value is None:
        return NOTHING
    if isinstance(value, Withheld):
        return str(value)
    return money(Decimal(value)) if unit == "元" else of_unit(value, number(value), unit or "")


def local(moment: datetime) -> datetime:
    """Return an aware moment in the time of Asia/Shanghai; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}")
    return moment.astimezone(ZONE)


def _time(moment: datetime | date, shown: str, exact: str) -> Markup:
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment.isoformat(), exact, shown)


def long_day(value: date) -> str:
    """Return 2026年11月22日 星期日, or Sunday 22 November 2026."""
    form = "y年M月d日 EEEE" if language().code == "zh" else "EEEE d MMMM y"
    return str(format_date(value, form))


def day_words(value: date, today: date | None = None) -> str:
    """Return a day as people say it: today, tomorrow, Friday (within six days), 11月22日, 2025年1月3日."""
    today = today or clock.today()
    near = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}.get((value - today).days)
    if near:
        return near
    chinese = language().code == "zh"
    if value.year == today.year:
        return str(format_date(value, "M月d日" if chinese else "d MMM"))
    return str(format_date(value, "y年M月d日" if chinese else "d MMM y"))


def day(value: date | datetime | None) -> Markup:
    """Return a date in words with the full one behind it; of a moment, its day in Asia/Shanghai."""
    if value is None:
        return NOTHING
    value = local(value).date() if isinstance(value, datetime) else value
    return _time(value, day_words(value), long_day(value))


def moment(value: datetime | None) -> Markup:
    """Return 昨天 14:30 / yesterday 14:30, with the exact moment behind it."""
    if value is None:
        return NOTHING
    here = local(value)
    return _time(here, f"{day_words(here.date())} {here:%H:%M}", f"{long_day(here.date())} {here:%H:%M}")


def ago_words(past: datetime) -> str:
    """Return how long ago a moment was, in the largest fitting unit."""
    gone = clock.now() - past
    minutes = int(gone.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(num)s minute ago", "%(num)s minutes ago", minutes)
    if minutes < 24 * 60:
        return ngettext("%(num)s hour ago", "%(num)s hours ago", minutes // 60)
    return ngettext("%(num)s day ago", "%(num)s days ago", gone.days)


def ago(value: datetime | None) -> Markup:
    """Return 3 小时前 / 3 hours ago, with the exact moment behind it."""
    if value is None:
        return NOTHING
    here = local(value)
    return _time(here, ago_words(value), f"{long_day(here.date())} {here:%H:%M}")


def waiting(value: datetime | date | None) -> Markup:
    """Return how many days something has been open: 今天 / 12 天."""
    if value is None:
        return NOTHING
    since = local(value).date() if isinstance(value, datetime) else value
    days = (clock.today() - since).days
    return _time(since, ngettext("%(num)s day", "%(num)s days", days) if days else _("today"), long_day(since))


def end_of(value: datetime) -> tuple[date, str]:
    """Return day and clock time of a deadline; midnight is 24:00 of the day before, as the rules say it."""
    here = local(value)
    if (here.hour, here.minute) == (0, 0):
        return here.date() - timedelta(days=1), "24:00"
    return here.date(), f"{here:%H:%M}"


def deadline_words(value: datetime) -> str:
    """Return 明天 24:00 前 / by tomorrow 24:00; when it has passed, by how much."""
    late = clock.now() - value
    if late >= timedelta(days=1):
        return ngettext("%(num)s day overdue", "%(num)s days overdue", late.days)
    if late > timedelta():
        hours = max(1, int(late.total_seconds() // 3600))
        return ngettext("%(num)s hour overdue", "%(num)s hours overdue", hours)
    last, hour = end_of(value)
    return _("by %(day)s %(time)s", day=day_words(last), time=hour)


def deadline_tone(value: datetime) -> str:
    """Return danger when passed, warning within a day, else an empty word."""
    left = value - clock.now()
    return "danger" if left < timedelta() else "warning" if left < timedelta(days=1) else ""


def deadline(value: datetime | None) -> Markup:
    """Return a deadline in words, with the exact day and time behind it."""
    if value is None:
        return NOTHING
    last, hour = end_of(value)
    return _time(local(value), deadline_words(value), f"{long_day(last)} {hour}")


@cache
def _icons() -> dict[str, str]:
    """Return the shapes of the Tabler icons (MIT, see static/icons/LICENSE.txt) by name."""
    found: dict[str, str] = json.loads((Path(__file__).parent / "static" / "icons" / "tabler.json").read_text("utf-8"))
    return found


def icon(label: str, size: int = 20) -> Markup:
    """Return an icon as inline SVG, hidden from readers of screens: the word beside it says what it means.

    Raises KeyError for a name that static/icons/tabler.json does not hold.
    """
    shape = Markup(_icons()[label])  # noqa: S704  our own file
    return Markup(
        '<svg class="icon" aria-hidden="true" focusable="false" width="{0}" height="{0}" viewBox="0 0 24 24" '
        'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">'
        "{1}</svg>"
    ).format(size, shape)


def address_with(**changes: object) -> str:
    """Return this page's address with some arguments changed; None drops one. Changing any but `page` drops `page`."""
    kept = [(key, value) for key, value in request.args.items(multi=True) if key not in changes]
    if "page" not in changes:
        kept = [(key, value) for key, value in kept if key != "page"]
    new = [(key, str(value)) for key, value in changes.items() if value not in {None, ""}]
    return "?" + urlencode(kept + new)


def endpoints() -> set[str]:
    """Return the pages this application has, so that the frame links only to those."""
    return set(current_app.view_functions)


def _not_folded(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that Jinja runs each time: of constants it would keep the first reader's language for all."""

    @pass_context
    def run(_context: Context, *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return run


def init_app(app: Flask) -> None:
    """Give templates the filters and the global functions of this module."""
    shown: tuple[Callable[..., Any], ...] = (
        ago,
        day,
        deadline,
        local,
        moment,
        money,
        name,
        number,
        percent,
        units,
        waiting,
        word,
        zh,
    )
    for function in shown:
        app.jinja_env.filters[function.__name__] = _not_folded(function)
    helpers: tuple[Callable[..., Any], ...] = (address_with, deadline_tone, endpoints, icon, look, long_day)
    for helper in helpers:
        app.jinja_env.globals[helper.__name__] = helper
    app.jinja_env.globals["today"] = clock.today
    app.jinja_env.tests["withheld"] = lambda value: isinstance(value, Withheld)
    app.jinja_env.tests["code"] = lambda value: isinstance(value, enum.Enum)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
