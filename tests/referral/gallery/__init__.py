"""A page with every part of the interface on it, for tests of the parts; the product has no such page."""

from collections import namedtuple
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import wtforms
from flask import Flask, flash, render_template
from flask_wtf import CSRFProtect
from flask_wtf.file import FileField
from jinja2 import ChoiceLoader, FileSystemLoader
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from models import FeatureKind, NeedStatus, Role, SelfCare, Urgency
from referral import clock, filters, i18n, resources
from referral.forms import AmountField, DayField, FilterForm, Form, choices, coerce
from referral.i18n import lazy
from referral.queries.paging import Page
from tests.referral.gallery.drawings import all_charts

Item = namedtuple("Item", "label endpoint active")


class NeedForm(Form):
    title = wtforms.StringField(
        lazy("Need"),
        [InputRequired(), Length(max=20)],
        description=lazy("Yuanqiao: money, goods and services in one plan"),
    )
    term = wtforms.SelectField(
        lazy("Kind"), choices=lambda: choices(NeedStatus, lazy("Show all")), coerce=coerce(NeedStatus)
    )
    day = DayField(lazy("Day"), [Optional()])
    amount = AmountField(lazy("Amount"), [InputRequired(), NumberRange(min=1, max=500)])
    count = wtforms.IntegerField(lazy("Places"), [InputRequired()])
    urgency = wtforms.RadioField(
        lazy("Urgency"), [InputRequired()], choices=lambda: choices(Urgency), coerce=coerce(Urgency)
    )
    eat = wtforms.RadioField(lazy("Person"), [Optional()], choices=lambda: choices(SelfCare))
    features = wtforms.SelectMultipleField(lazy("Features"), choices=lambda: choices(list(FeatureKind)[:6]))
    note = wtforms.TextAreaField(lazy("Note"), [Optional()])
    agree = wtforms.BooleanField(lazy("Met"))
    file = FileField(lazy("File"))


class NeedFilter(FilterForm):
    state = wtforms.SelectField(lazy("State"), choices=lambda: choices(NeedStatus, lazy("Show all")))
    urgency = wtforms.SelectField(lazy("Urgency"), choices=lambda: choices(Urgency, lazy("Show all")))
    words = wtforms.SearchField(lazy("Need"))


def needs() -> list[SimpleNamespace]:
    area = SimpleNamespace(name="丁岗镇", name_en=None)
    return [
        SimpleNamespace(
            number=f"YQ-2026-04{number}", person="王桂英", text="轮椅 1 台 + 每周上门照护", area=area,
            since=clock.now() - timedelta(days=number), status=state, used=number, places=6,
        )
        for number, state in enumerate(NeedStatus)
    ]  # fmt: skip


def make_app() -> Flask:
    app = Flask("referral", template_folder=str(resources.templates()))
    app.config.update(SECRET_KEY="gallery", DEMONSTRATION=True, OPERATOR="镇江新区民政办", TESTING=True)
    CSRFProtect(app)
    i18n.init_app(app)
    filters.init_app(app)
    own = FileSystemLoader(str(Path(__file__).parent))
    app.jinja_loader = ChoiceLoader([own, FileSystemLoader(str(resources.templates()))])

    @app.context_processor
    def frame() -> dict[str, Any]:
        items = [
            Item(lazy(text), "show", text == "Needs") for text in ("Desk", "Needs", "Rounds", "People", "Catalogue")
        ]
        me = SimpleNamespace(name="刘敏", role=Role.COORDINATOR, organization=None)
        return {"navigation": lambda: items, "actor": me, "unread_messages": lambda: 3}

    @app.route("/", methods=["GET", "POST"])
    def show() -> str:
        form = NeedForm()
        if form.is_submitted():
            form.validate()
            flash(str(lazy("Added")))
        now, hours = clock.now(), timedelta(hours=1)
        return render_template(
            "gallery.html", form=form, filter_form=NeedFilter(), page=Page(needs(), 2, 7, 54), states=list(NeedStatus),
            urgencies=list(Urgency), charts=all_charts(),
            times=[now + 30 * hours, now + 5 * hours, now - 48 * hours, now + 216 * hours],
        )  # fmt: skip

    app.add_url_rule(
        "/sign-in", "sign_in", lambda: '<!doctype html><script src="/static/js/ui.js"></script><input type="password">'
    )
    for name in ("list_messages", "show_account"):
        app.add_url_rule(f"/{name}", f"account.{name}", show)
    return app
