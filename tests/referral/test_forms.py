"""Forms understand what people type, and say in their language what to do instead."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import wtforms
from flask import Flask
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from models import Urgency
from referral.forms import AmountField, DayField, Form, MomentField, Part, choices, coerce
from tests.referral.gallery import make_app


class Address(Part):
    village = wtforms.StringField("Village", [InputRequired()])


class Everything(Form):
    text = wtforms.StringField("Text", [InputRequired(), Length(max=5)])
    note = wtforms.TextAreaField("Note")
    whole = wtforms.IntegerField("Whole", [Optional(), NumberRange(1, 9)])
    amount = AmountField("Amount", [Optional()])
    day = DayField("Day", [Optional()])
    at = MomentField("At", [Optional()])
    urgency = wtforms.SelectField("Urgency", choices=lambda: choices(Urgency, "-"), coerce=coerce(Urgency))
    address = wtforms.FormField(Address)


@pytest.fixture(scope="module")
def app() -> Flask:
    made = make_app()
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def filled(app: Flask, language: str = "zh", **typed: str) -> Any:
    base = {"text": "x", "address-village": "y", "urgency": ""}
    with app.test_request_context("/", method="POST", data=base | typed, headers={"Accept-Language": language}):
        form = Everything()
        form.validate()
        assert all(str(error) for error in form.errors)
        return form


@pytest.mark.parametrize("typed", ["2026-11-22", "2026.11.22", "2026/11/22", "2026年11月22日", "２０２６．１１．２２"])
def test_days_are_read_as_people_write_them(app: Flask, typed: str) -> None:
    assert filled(app, day=typed).day.data == date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "value"), [("12", "12"), ("1,234.50", "1234.50"), ("￥１２．５", "12.5"), ("300元", "300")]
)
def test_amounts_are_read_as_people_write_them(app: Flask, typed: str, value: str) -> None:
    assert filled(app, amount=typed).amount.data == Decimal(value)


def test_moments_are_those_of_the_place(app: Flask) -> None:
    form = filled(app, at="2026-11-22T14:30")
    assert form.at.data.astimezone(UTC) == datetime(2026, 11, 22, 6, 30, tzinfo=UTC)


def test_lines_are_tidied_and_nothing_is_none(app: Flask) -> None:
    form = filled(app, text=" ＡＢ１ ", note="  ")
    assert (form.text.data, form.note.data) == ("AB1", None)


def test_codes_arrive_as_members_and_nothing_chosen_as_none(app: Flask) -> None:
    assert filled(app, urgency="high").urgency.data is Urgency.HIGH
    assert filled(app).urgency.data is None


WRONG = {
    "text": ("", "Please fill this in.", "请填写这一项。"),
    "whole": ("many", "Please enter a whole number, such as 3.", "请填写整数，例如 3。"),
    "amount": ("1.234", "Please enter a number with at most two decimals, such as 12.50.", "最多两位小数"),
    "day": ("2026-02-30", "Please enter a date, such as 2026-11-22.", "请填写日期，例如 2026-11-22。"),
    "at": ("soon", "Please enter date and time, such as 2026-11-22 14:30.", "请填写日期和时间"),
    "urgency": ("now", "Please choose one of the list.", "请从列表中选择一项。"),
    "address-village": ("", "Please fill this in.", "请填写这一项。"),
}


def _errors(form: Any, name: str) -> str:
    owner, _dash, inner = name.partition("-")
    errors = form.errors[owner]
    return str((errors[inner] if inner else errors)[0])


@pytest.mark.parametrize("name", WRONG)
def test_an_error_says_what_to_do_in_the_readers_language_and_nested_forms_too(app: Flask, name: str) -> None:
    typed, english, chinese = WRONG[name]
    assert _errors(filled(app, "en", **{name: typed}), name) == english
    assert chinese in _errors(filled(app, "zh", **{name: typed}), name)


def test_limits_name_their_figure(app: Flask) -> None:
    form = filled(app, "en", text="too long", whole="12")
    assert _errors(form, "text") == "Please write at most 5 characters."
    assert _errors(form, "whole") == "Please enter a number from 1 to 9."
    assert "5" in _errors(filled(app, "zh", text="too long"), "text")


def test_what_was_typed_stands_in_the_form_again(app: Flask) -> None:
    form = filled(app, whole="many", at="soon")
    assert 'value="many"' in str(form.whole())
    assert 'value="soon"' in str(form.at())
