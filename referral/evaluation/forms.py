"""The filter of a report, kept in its address."""

from datetime import date, timedelta
from typing import Any

from wtforms import SelectField
from wtforms.validators import InputRequired, ValidationError

from referral import clock
from referral.forms import DayField, FilterForm
from referral.i18n import _, lazy

LONGEST = timedelta(days=366 * 5)


def a_year_back(day: date) -> date:
    """Return the first day of the month eleven months before a day: twelve months with the one that runs."""
    months = day.year * 12 + day.month - 1 - 11
    return date(months // 12, months % 12 + 1, 1)


class ReportFilter(FilterForm):
    """Period, township, program."""

    start = DayField(lazy("From"), [InputRequired()])
    end = DayField(lazy("To"), [InputRequired()])
    area = SelectField(lazy("Township"))
    program = SelectField(lazy("Program"))

    def __init__(self, **kwargs: Any) -> None:
        today = clock.today()
        super().__init__(data={"start": a_year_back(today), "end": today}, **kwargs)
        if self.start.raw_data is None or not any(self.start.raw_data):
            self.start.raw_data, self.start.data = None, a_year_back(today)
        if self.end.raw_data is None or not any(self.end.raw_data):
            self.end.raw_data, self.end.data = None, today

    def validate_end(self, field: DayField) -> None:
        """Raise ValidationError for a period that ends before it begins or is too long to read."""
        if self.start.data and field.data and field.data < self.start.data:
            raise ValidationError(_("The last day lies before the first. Please swap them."))
        if self.start.data and field.data and field.data - self.start.data > LONGEST:
            raise ValidationError(_("Please choose five years or less."))
