"""Two languages, complete: which one a reader gets, and the words for it.

Message ids are English; Chinese comes from ``referral/translations/zh/*.json``.
``python -m referral.i18n`` builds the catalogue, ``python -m referral.i18n --check`` says what is missing in it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import flask_babel
from flask import Flask, Response, g, has_request_context, redirect, request, session
from flask_babel import Babel, force_locale, get_domain, get_locale
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

__all__ = [
    "LANGUAGES",
    "_",
    "babel",
    "in_language",
    "init_app",
    "language",
    "lazy",
    "lazy_pgettext",
    "ngettext",
    "pgettext",
    "speaking",
]

COOKIE = "language"
YEAR = 365 * 24 * 3600
TIMEZONE = "Asia/Shanghai"
TRANSLATIONS = Path(__file__).resolve().parent / "translations"


@dataclass(frozen=True)
class Language:
    """A language of the pages: its code in addresses and cookies, its locale, its html tag, its own name."""

    code: str
    locale: str
    html: str
    name: str


LANGUAGES = {
    "zh": Language("zh", "zh_Hans_CN", "zh-CN", "中文"),
    "en": Language("en", "en", "en", "English"),
}
DEFAULT = LANGUAGES["zh"]

babel = Babel()


def _(message: str, **values: object) -> str:
    """Return a text in the reader's language, its ``%(name)s`` filled in."""
    return str(flask_babel.gettext(message, **values))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """Return the text for a number; ``%(num)s`` in it is the number."""
    return str(flask_babel.ngettext(singular, plural, num, **values))


def pgettext(context: str, message: str, **values: object) -> str:
    """Return a text whose English alone is ambiguous; `context` tells which is meant."""
    return str(flask_babel.pgettext(context, message, **values))


def lazy(message: str, **values: object) -> Any:
    """Return a text that is put into the reader's language when it is shown, for use outside of requests."""
    return flask_babel.lazy_gettext(message, **values)


def lazy_pgettext(context: str, message: str, **values: object) -> Any:
    """Return `lazy` with a context."""
    return flask_babel.lazy_pgettext(context, message, **values)


def language() -> Language:
    """Return the language of the page or text being made now; Chinese outside an application.

    Found once for a page: a chart of a city's townships asks for each of its thousands of texts.
    """
    found: Language | None = g.get("language") if g and has_request_context() else None
    if found is None:
        locale = get_locale()
        found = LANGUAGES.get(locale.language, DEFAULT) if locale else DEFAULT
        if g and has_request_context():
            g.language = found
    return found


KEPT = ("catalogue", "language")
"""What is found once for a page."""


def _catalogue() -> Any:
    """Return the words of the reader's language, looked up once for a page, not for each of its hundreds of texts."""
    found = g.get("catalogue")
    if found is None:
        found = g.catalogue = get_domain().get_translations()
    return found


def _chosen() -> str:
    """Return the locale: what the reader chose, else the account's, else the browser's, else Chinese."""
    if not has_request_context():
        spoken = os.environ.get("REFERRAL_LANGUAGE") or os.environ.get("LANG", "")
        return LANGUAGES["en"].locale if spoken.lower().startswith("en") else DEFAULT.locale
    code = request.cookies.get(COOKIE)
    if code not in LANGUAGES and "_user_id" in session:
        code = str(getattr(getattr(current_user, "account", None), "locale", None) or "")[:2]
    if code not in LANGUAGES:
        offered = (tag.split("-")[0].lower() for tag in request.accept_languages.values())
        code = next((tag for tag in offered if tag in LANGUAGES), DEFAULT.code)
    return LANGUAGES[code].locale


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Make texts in another language than the reader's, e.g. a message to somebody else's account."""
    readers = {name: g.pop(name, None) for name in KEPT} if g else {}
    try:
        with force_locale(LANGUAGES[code].locale):
            yield
    finally:
        for name, kept in readers.items():
            setattr(g, name, kept)


def in_language(record: Any, field: str = "name") -> str:
    """Return a record's text in the reader's language: ``name_zh`` or ``name_en``, else what there is.

    Records with one name only (people, villages without a published English name) answer with ``name``.
    """
    wanted = language().code
    for column in (f"{field}_{wanted}", field, f"{field}_zh", f"{field}_en"):
        text = getattr(record, column, None)
        if text:
            return str(text)
    return ""


def address_in(code: str) -> str:
    """Return the address of the page now shown, in another language."""
    pairs = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    return f"{_path()}?{urlencode([*pairs, ('lang', code)])}"


def _path() -> str:
    """Return the path of this request; never one that starts with two slashes, which would name another host."""
    return request.script_root + "/" + request.path.lstrip("/")


def _remember() -> Response | AnyResponse | None:
    """Keep the language of ``?lang=`` in a cookie and show the same page without it, so that addresses stay clean."""
    code = request.args.get("lang")
    if code not in LANGUAGES or request.method not in {"GET", "HEAD"}:
        return None
    pairs = [(key, value) for key, value in request.args.items(multi=True) if key != "lang"]
    answer = redirect(_path() + (f"?{urlencode(pairs)}" if pairs else ""))
    answer.set_cookie(COOKIE, code, max_age=YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    return answer


def _say_which(answer: Response) -> Response:
    """Tell caches that pages differ by language."""
    if answer.mimetype == "text/html":
        answer.vary.update(["Accept-Language", "Cookie"])
        answer.content_language.add(language().html)
    return answer


def init_app(app: Flask) -> None:
    """Set the languages up; in a checkout, build the catalogue when a translation is newer than it."""
    from referral import catalogue

    catalogue.refresh()
    babel.init_app(
        app,
        default_locale=DEFAULT.locale,
        default_timezone=TIMEZONE,
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=_chosen,
    )
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]  # of the i18n extension
        lambda text: _catalogue().ugettext(text),
        lambda one, many, n: _catalogue().ungettext(one, many, n),
        newstyle=True,
        pgettext=lambda context, text: _catalogue().upgettext(context, text),
        npgettext=lambda context, one, many, n: _catalogue().unpgettext(context, one, many, n),
    )
    app.jinja_env.globals.update(language=language, languages=LANGUAGES, address_in=address_in)
    app.before_request(_remember)
    app.after_request(_say_which)


if __name__ == "__main__":
    from referral.catalogue import main

    main()
