"""Base classes of forms: words of errors that say what to do, choices from code lists, tidy input.

WTForms' own messages are replaced in both languages. A form inside a form (FormField) derives from `Part`.
"""

import enum
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import wtforms
from flask import request
from flask_wtf import FlaskForm
from flask_wtf.i18n import translations as built_in
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from referral.i18n import TIMEZONE, in_language, lazy, ngettext
from referral.words import word

FRIENDLY: dict[str, object] = {
    "This field is required.": lazy("Please fill this in."),
    "Not a valid choice.": lazy("Please choose one of the list."),
    "Invalid Choice: could not coerce.": lazy("Please choose one of the list."),
    "Invalid choice(s): one or more data inputs could not be coerced.": lazy("Please choose from the list."),
    "'%(value)s' is not a valid choice for this field.": lazy("Please choose from the list."),
    "Invalid input.": lazy("This does not look right. Please check it."),
    "Not a valid integer value.": lazy("Please enter a whole number, such as 3."),
    "Not a valid decimal value.": lazy("Please enter a number, such as 3 or 2.5."),
    "Not a valid float value.": lazy("Please enter a number, such as 3 or 2.5."),
    "Not a valid date value.": lazy("Please enter a date, such as 2026-11-22."),
    "Not a valid datetime value.": lazy("Please enter date and time, such as 2026-11-22 14:30."),
    "Not a valid time value.": lazy("Please enter a time, such as 14:30."),
    "Invalid email address.": lazy("Please enter an e-mail address, such as liu@example.org."),
    "Field must be equal to %(other_name)s.": lazy("The two entries differ. Please type both again."),
    "Number must be at least %(min)s.": lazy("Please enter %(min)s or more."),
    "Number must be at most %(max)s.": lazy("Please enter %(max)s or less."),
    "Number must be between %(min)s and %(max)s.": lazy("Please enter a number from %(min)s to %(max)s."),
    "Field must be between %(min)d and %(max)d characters long.": lazy(
        "Please write between %(min)s and %(max)s characters."
    ),
    "Invalid UUID.": lazy("Please choose one of the list."),
    "The CSRF token is missing.": lazy("This page was open for too long. Nothing is lost: please send it again."),
    "The CSRF token has expired.": lazy("This page was open for too long. Nothing is lost: please send it again."),
    "The CSRF token is invalid.": lazy("This page was open for too long. Nothing is lost: please send it again."),
    "The CSRF tokens do not match.": lazy("This page was open for too long. Nothing is lost: please send it again."),
    "The CSRF session token is missing.": lazy(
        "This page was open for too long. Nothing is lost: please send it again."
    ),
}


class Messages:
    """WTForms' messages in the reader's language, in our words where we have some."""

    def gettext(self, text: str) -> str:
        """Return the message; placeholders stay, WTForms fills them in."""
        friendly = FRIENDLY.get(text)
        return str(friendly) if friendly is not None else str(built_in.gettext(text))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        """Return the message for a number; WTForms fills the other placeholders in."""
        if singular.startswith("Field must be at least"):
            return ngettext("Please write at least %(num)s character.", "Please write at least %(num)s characters.", n)
        if singular.startswith("Field cannot be longer"):
            return ngettext("Please write at most %(num)s character.", "Please write at most %(num)s characters.", n)
        if singular in FRIENDLY:
            return str(FRIENDLY[singular])
        return str(built_in.ngettext(singular, plural, n))


def tidy(text: str | None) -> str | None:
    """Return typed text with full-width digits and letters made plain, blanks at the ends cut, nothing as None."""
    if not isinstance(text, str):
        return text
    wide = "　．－＠＋"
    signs = (
        unicodedata.normalize("NFKC", sign)
        if sign in wide or (unicodedata.east_asian_width(sign) == "F" and sign.isalnum())
        else sign
        for sign in text
    )
    return "".join(signs).strip() or None


def trimmed(text: str | None) -> str | None:
    """Return typed text without blanks at its ends, nothing as None."""
    return (text.strip() or None) if isinstance(text, str) else text


class _Meta(FlaskForm.Meta):  # type: ignore[misc]
    def get_translations(self, form: wtforms.Form) -> Messages:
        return Messages()

    def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
        """Tidy what is typed into every line of text; only trim long texts; leave passwords alone."""
        kind = unbound_field.field_class
        if issubclass(kind, wtforms.StringField) and not issubclass(kind, wtforms.PasswordField):
            first = trimmed if issubclass(kind, wtforms.TextAreaField) else tidy
            options = {**options, "filters": [first, *unbound_field.kwargs.get("filters", ())]}
        return unbound_field.bind(form=form, **options)


class Form(FlaskForm):  # type: ignore[misc]
    """A form that is sent (POST), protected against forged requests."""

    class Meta(_Meta):
        pass


class Part(wtforms.Form):
    """A form inside a form; the outer one protects it."""

    class Meta(_Meta):
        csrf = False


class FilterForm(FlaskForm):  # type: ignore[misc]
    """The filters of a list, read from the address: ``FilterForm()`` reads ``request.args`` by itself."""

    class Meta(_Meta):
        csrf = False

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(formdata=request.args, **kwargs)

    @property
    def active(self) -> bool:
        """Whether any filter is set."""
        return any(field.data not in (None, "", [], False) for field in self)


def choices(codes: type[enum.Enum] | Iterable[enum.Enum], empty: object = None) -> list[SelectChoice]:
    """Return the choices of a code list in the reader's language; `empty` is the word for "nothing chosen".

    Hand it to a field as ``choices=lambda: choices(Urgency)``, so that the language is the reader's.
    """
    listed = [SelectChoice(value=str(code.value), label=word(code)) for code in codes]
    return listed if empty is None else [SelectChoice(value="", label=str(empty)), *listed]


def record_choices(records: Iterable[Any], empty: object = None, *, key: str = "id") -> list[SelectChoice]:
    """Return the choices of records by name in the reader's language; values are their keys as text."""
    listed = [SelectChoice(value=str(getattr(record, key)), label=in_language(record)) for record in records]
    return listed if empty is None else [SelectChoice(value="", label=str(empty)), *listed]


def coerce(codes: type[enum.Enum]) -> Any:
    """Return the `coerce` of a select field for a code list: text → member, empty text → None."""

    def as_member(value: Any) -> enum.Enum | None:
        if value is None or value in {"", "None"}:
            return None
        return value if isinstance(value, codes) else codes(value)

    return as_member


class Preset:
    """Marks a field whose usual answer is filled in already: it is not called optional, and nothing is checked."""

    field_flags: ClassVar = {"quiet": True}

    def __call__(self, form: Any, field: Any) -> None:
        """Accept everything."""


class DayField(wtforms.DateField):
    """A date; also understands 2026.11.22, 2026/11/22 and 2026年11月22日, as people type it."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the date; ValueError with what to type instead."""
        text = re.sub(r"[./年月]", "-", str(tidy(valuelist[0]) or "")).rstrip("日-") if valuelist else ""
        if not text:
            self.data = None
            return
        try:
            self.data = date(*(int(part) for part in text.split("-")))
        except (TypeError, ValueError):
            self.data = None
            raise ValueError(str(FRIENDLY["Not a valid date value."])) from None


class MomentField(wtforms.DateTimeLocalField):
    """Date and time as typed in Asia/Shanghai; its data is an aware datetime."""

    def __init__(self, label: Any = None, validators: Any = None, **kwargs: Any) -> None:
        super().__init__(label, validators, format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return " ".join(self.raw_data)
        return f"{self.data.astimezone(ZoneInfo(TIMEZONE)):%Y-%m-%dT%H:%M}" if self.data else ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the moment and give it the zone of the place."""
        super().process_formdata(valuelist)
        if isinstance(self.data, datetime):
            self.data = self.data.replace(tzinfo=ZoneInfo(TIMEZONE))


class AmountField(wtforms.DecimalField):
    """Money or units, Decimal with at most two places; understands 1,234.50, ￥1234 and full-width digits."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the amount; ValueError with what to type instead."""
        text = re.sub(r"[,，¥￥元\s]", "", unicodedata.normalize("NFKC", str(valuelist[0]))) if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            value = Decimal(text)
            if not value.is_finite() or value != value.quantize(Decimal("0.01")):
                raise InvalidOperation
        except InvalidOperation:
            raise ValueError(str(lazy("Please enter a number with at most two decimals, such as 12.50."))) from None
        self.data = value

    def _value(self) -> str:
        """Return what the field shows: what was typed, else the amount, decimals only where it has some."""
        if self.raw_data:
            return str(self.raw_data[0])
        if self.data is None:
            return ""
        return str(int(self.data)) if self.data == int(self.data) else f"{self.data:.2f}"
