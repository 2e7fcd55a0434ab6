"""Lists of people that leave the platform: for a reason, with a line that says who took them and one in the log.

A view that hands out such a file carries `@for_a_reason` below `@allow`. Without a reason in the address it asks for
one; with it, `exports` ends each sheet with the line, and the log keeps endpoint, purpose and number of rows.
"""

import enum
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, overload

import wtforms
from flask import g, has_request_context, make_response, render_template, request
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired

from referral import clock, log
from referral.access import actor
from referral.extensions import db
from referral.forms import FilterForm, choices, coerce
from referral.i18n import _, lazy
from referral.words import word

PARAMETER = "purpose"


class Purpose(enum.StrEnum):
    """What a list of people is taken out for."""

    SERVICE = "service"
    SUPERVISION = "supervision"
    SETTLEMENT = "settlement"
    REPORTING = "reporting"
    CHECKING = "checking"


class PurposeForm(FilterForm):
    """Why a list leaves the platform."""

    purpose = wtforms.RadioField(
        lazy("What do you need it for?"),
        [InputRequired()],
        choices=lambda: choices(Purpose),
        coerce=coerce(Purpose),
    )


View = Callable[..., Any]


def always() -> bool:
    """Tell that every answer of a view is a file."""
    return True


@overload
def for_a_reason(view: View) -> Callable[..., Response]: ...


@overload
def for_a_reason(*, when: Callable[[], bool]) -> Callable[[View], Callable[..., Response]]: ...


def for_a_reason(view: View | None = None, *, when: Callable[[], bool] = always) -> Any:
    """Let a view hand out its file only for a purpose, asked before; `when` tells which of its answers are files."""
    if view is None:
        return partial(_for_a_reason, when=when)
    return _for_a_reason(view, when=when)


def _for_a_reason(view: View, *, when: Callable[[], bool]) -> Callable[..., Response]:

    @wraps(view)
    def asked(*address: Any, **named: Any) -> Response:
        if not when():
            return make_response(view(*address, **named))
        form = PurposeForm()
        if not form.validate():
            return _ask(form)
        g.taken_for = form.purpose.data
        answer = make_response(view(*address, **named))
        if answer.status_code < 400:
            log.note(
                db.session,
                "export",
                purpose=form.purpose.data.value,
                endpoint=request.endpoint,
                rows=g.get("taken_rows", 0),
            )
        return answer

    asked.asks_reason = True  # type: ignore[attr-defined]  # read by the test of all exports
    return asked


def _ask(form: PurposeForm) -> Response:
    """Answer with the question; what was asked for stays in the address."""
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != PARAMETER]
    wrong = PARAMETER in request.args
    if not wrong:
        form.purpose.errors = []
    page = render_template("taking_out/ask_purpose.html", form=form, kept=kept)
    return make_response(page, 422 if wrong else 200)


def last_line(rows: int) -> str | None:
    """Return the line that ends each list of people: who took it, when and for what. None outside of `for_a_reason`.

    `rows` are counted for the log.
    """
    if not has_request_context() or "taken_for" not in g:
        return None
    g.taken_rows = g.get("taken_rows", 0) + rows
    who = actor()
    return _(
        "Taken out by %(name)s (%(login)s) at %(at)s for: %(purpose)s. %(rows)s rows about people. "
        "Do not pass on; delete when done.",
        name=who.name,
        login=who.login,
        at=f"{clock.now().astimezone(clock.SHANGHAI):%Y-%m-%d %H:%M}",
        purpose=word(g.taken_for),
        rows=rows,
    )
