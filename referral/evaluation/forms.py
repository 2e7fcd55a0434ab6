"""The filter of a report, kept in its address."""

from datetime import timedelta

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, ValidationError

from referral import clock
from referral.evaluation.periods import Period, latest_quarter, over
from referral.forms import DayField, FilterForm
from referral.i18n import _, lazy

LONGEST = timedelta(days=366 * 5)


class ReportFilter(FilterForm):
    """Period, township, program."""

    start = DayField(lazy("From"), [InputRequired()])
    end = DayField(lazy("To"), [InputRequired()])
    area = SelectField(lazy("Township"))
    program = SelectField(lazy("Program"))

    def __init__(self) -> None:
        """Build the filter from the address; without one it is the year up to today."""
        today = clock.today()
        given = MultiDict(request.args)
        for name, value in (("start", clock.a_year_back(today)), ("end", today), ("area", ""), ("program", "")):
            given.setdefault(name, str(value))
        FlaskForm.__init__(self, formdata=given)

    @property
    def active(self) -> bool:
        """Whether anything was chosen; the period is always filled in."""
        return any(request.args.get(name) for name in ("start", "end", "area", "program"))

    def validate_end(self, field: DayField) -> None:
        """Raise ValidationError for a period that ends before it begins or is too long to read."""
        if self.start.data and field.data and field.data < self.start.data:
            raise ValidationError(_("The last day lies before the first. Please swap them."))
        if self.start.data and field.data and field.data - self.start.data > LONGEST:
            raise ValidationError(_("Please choose five years or less."))


class PeriodFilter(FilterForm):
    """The period of whoever sees no names: one that is over, of one program, not to be narrowed further."""

    period = SelectField(lazy("Period"), [InputRequired()])

    def __init__(self, sent: MultiDict[str, str] | None = None) -> None:
        """Build the filter from the address or from what was sent; else it is the last quarter that is over."""
        today = clock.today()
        given = MultiDict(request.args if sent is None else sent)
        given.setdefault("period", latest_quarter(today).code)
        FlaskForm.__init__(self, formdata=given)
        self.period.choices = [SelectChoice(value=period.code, label=str(period)) for period in over(today)]

    @property
    def chosen(self) -> Period:
        """The period that was chosen."""
        return next(period for period in over(clock.today()) if period.code == self.period.data)

    @property
    def active(self) -> bool:
        """Whether anything was chosen."""
        return bool(request.args.get("period"))
