"""Careless views, as somebody could write them in a hurry, and the lines that say what they must not do."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import html5lib
import pytest
import sqlalchemy as sa
import wtforms
from flask import Flask, abort, request
from sqlalchemy import event
from sqlalchemy.orm import Session

from models import Person
from referral import access
from referral.access import Act, allow, fields, get_in_scope, past, walls
from referral.extensions import db
from referral.forms import Form
from tests.matrix.lines import Expected, Line

View = Callable[..., Any]


class NoteForm(Form):
    """One field."""

    language = wtforms.StringField()


def forgets_its_scope(key: UUID) -> str:
    """Shows whoever is asked for."""
    found = [one.name for one in db.session.scalars(sa.select(Person).where(Person.id == key))]
    return str(found or abort(404))


def prints_the_whole_record(key: UUID) -> str:
    """Shows all columns."""
    from flask_login import current_user

    person = get_in_scope(db.session, current_user.account, Person, key)
    columns = sa.inspect(Person).column_attrs.keys()
    return str({name: _value(person, name) for name in columns}) if person else abort(404)


def _value(person: Any, name: str) -> Any:
    with contextlib.suppress(fields.FieldNotSeen):
        return getattr(person, name)


def reads_on_a_bare_connection(key: UUID) -> str:
    """Asks the database without the session."""
    try:
        with db.engine.connect() as connection:
            return str(connection.exec_driver_sql("SELECT name FROM person").all() or abort(404))
    except access.ScopeMissing:
        abort(404)


def writes_what_it_was_sent(key: UUID) -> tuple[str, int]:
    """Sets every field of the form, of which one is declared."""
    from flask_login import current_user

    person = get_in_scope(db.session, current_user.account, Person, key)
    if person is None:
        abort(404)
    before = _value(person, "contact_note")
    for name, value in NoteForm().data.items():
        if hasattr(person, name):
            setattr(person, name, value)
    return ("changed", 409) if _value(person, "contact_note") != before else ("as it was", 200)


def asks_nobody(key: UUID) -> str:
    """Has no guard."""
    return str(db.session.scalars(sa.select(Person.name).where(Person.id == key)).all())


CARELESS: dict[str, tuple[View, str]] = {
    "forgets": (forgets_its_scope, "GET"),
    "prints": (prints_the_whole_record, "GET"),
    "bare": (reads_on_a_bare_connection, "GET"),
    "writes": (writes_what_it_was_sent, "POST"),
}


def add_careless(app: Flask) -> None:
    """Put the guarded careless views into an application that has answered nothing yet."""
    for name, (view, method) in CARELESS.items():
        guarded = allow(Act.USE_OWN_ACCOUNT)(view)
        app.add_url_rule(f"/careless/{name}/<uuid:key>", f"careless.{name}", guarded, methods=[method])


def line(name: str, cells: dict[tuple[str, str], Expected], **sent: str) -> Line:
    """The line of a careless view."""
    return Line(f"careless.{name}", CARELESS[name][1], "person", cells, sent)


@contextlib.contextmanager
def without_hooks() -> Iterator[None]:
    """Wall 2 off: no statement is narrowed or refused."""
    hooks: list[tuple[Any, str, Any]] = [
        (Session, "do_orm_execute", walls.narrow),
        (Session, "do_orm_execute", past.refuse_unnarrowed),
        (sa.Engine, "before_execute", walls.refuse_past_session),
        (sa.Engine, "before_cursor_execute", past.refuse_drivers_text),
    ]
    for target, name, hook in hooks:
        event.remove(target, name, hook)
    try:
        yield
    finally:
        for target, name, hook in hooks:
            event.listen(target, name, hook)


@contextlib.contextmanager
def without_field_groups() -> Iterator[None]:
    """Wall 3 off: every role sees every group."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (fields, walls):
            patch.setattr(module, "limited_role", lambda _viewer: None)
        yield


@contextlib.contextmanager
def with_all_that_is_sent() -> Iterator[None]:
    """Wall 4 off: a form holds whatever was sent."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Form, "data", property(lambda form: {**request.form.to_dict()}))
        yield


def as_shown(page: str) -> dict[str, str]:
    """What a browser would send of the form on a page, as it stands."""
    tree = html5lib.parse(page, namespaceHTMLElements=False)
    sent: dict[str, str] = {}
    form = next(one for one in tree.iter("form") if (one.get("method") or "").lower() == "post" and _is_main(one))
    for one in form.iter():
        name, kind = one.get("name"), (one.get("type") or "text").lower()
        if not name:
            continue
        if one.tag == "textarea":
            sent[name] = one.text or ""
        elif one.tag == "select":
            chosen = [option for option in one.iter("option") if option.get("selected") is not None]
            sent[name] = (chosen[0].get("value") or "") if chosen else ""
        elif one.tag == "input" and (kind not in ("radio", "checkbox", "submit") or one.get("checked") is not None):
            sent[name] = one.get("value") or ""
    return sent


def _is_main(form: Any) -> bool:
    return any(one.get("name") == "contact_note" for one in form.iter())
