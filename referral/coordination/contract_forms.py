"""Forms of contracts and settlements."""

import wtforms
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from models import DeductionCode
from referral.forms import AmountField, DayField, Form, choices, coerce
from referral.i18n import _, lazy

MOST = 10_000_000_000


class ContractForm(Form):
    """A contract as it stands on paper."""

    number = wtforms.StringField(lazy("Number of the contract"), [InputRequired(), Length(max=64)])
    name = wtforms.StringField(lazy("What it is about"), [InputRequired(), Length(max=255)])
    buyer = wtforms.SelectField(lazy("Buyer"), [InputRequired()])
    provider = wtforms.SelectField(lazy("Provider"), [InputRequired()])
    starts_on = DayField(lazy("From"), [InputRequired()])
    ends_on = DayField(lazy("To"), [InputRequired()])

    def validate_ends_on(self, field: DayField) -> None:
        """A period ends after it begins."""
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(_("The last day lies before the first."))

    def validate_provider(self, field: wtforms.SelectField) -> None:
        """A contract has two sides."""
        if field.data == self.buyer.data:
            raise ValidationError(_("Buyer and provider are the same."))


class LineForm(Form):
    """A kind of help that is bought."""

    term = wtforms.SelectField(lazy("Service"), [InputRequired()])
    program = wtforms.SelectField(lazy("Program"))
    funding_source = wtforms.StringField(lazy("Funding source"), [InputRequired(), Length(max=128)])
    unit_price = AmountField(lazy("Price of one unit"), [InputRequired(), NumberRange(min=0, max=MOST)])
    quota_units = AmountField(lazy("Units bought"), [Optional(), NumberRange(min=0, max=MOST)])
    quota_households = wtforms.IntegerField(lazy("Households bought for"), [Optional(), NumberRange(min=0, max=10**6)])
    only_source = wtforms.BooleanField(
        lazy("Nobody else pays for this help"),
        description=lazy("When nothing is left, nobody can be referred to it."),
        default=True,
    )

    def validate_quota_units(self, _field: AmountField) -> None:
        """One of both is agreed."""
        if self.quota_units.data is None and self.quota_households.data is None:
            raise ValidationError(_("Say how many units or how many households are bought."))


class MonthForm(Form):
    """Which month is settled."""

    month = wtforms.SelectField(lazy("Month"), [InputRequired()])


class DeductForm(Form):
    """What is taken off a month."""

    code = wtforms.SelectField(
        lazy("Reason"), [InputRequired()], choices=lambda: choices(DeductionCode), coerce=coerce(DeductionCode)
    )
    amount = AmountField(lazy("Sum of money"), [InputRequired(), NumberRange(min=0.01, max=MOST)])
    words = wtforms.StringField(lazy("In your words"), [Length(max=255)])

    def validate_words(self, field: wtforms.StringField) -> None:
        """Another reason needs words."""
        if self.code.data is DeductionCode.OTHER and not field.data:
            raise ValidationError(_("Please say which reason it is."))


class PayForm(Form):
    """When a sheet was paid, and under which voucher."""

    amount = AmountField(lazy("Paid"), [InputRequired(), NumberRange(min=0, max=MOST)])
    paid_on = DayField(lazy("Paid on"), [InputRequired()])
    voucher = wtforms.StringField(lazy("Number of the voucher"), [InputRequired(), Length(max=64)])
