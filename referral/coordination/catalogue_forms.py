"""Forms of the catalogue."""

from typing import Any

from wtforms import (
    BooleanField,
    FloatField,
    HiddenField,
    IntegerField,
    SearchField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import URL, InputRequired, Length, NumberRange, Optional, Regexp, ValidationError

from models import CheckKind, Delivery, OrganizationStatus, ProviderKind, ServiceStatus, Sex, SupplyMode
from referral import codes
from referral.forms import DayField, FilterForm, Form, choices, coerce
from referral.i18n import _, lazy
from referral.queries.catalogue import Doubt

EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+$"
Pairs = list[tuple[str, str]]


def doubt_words() -> Pairs:
    """Return what may be wrong with an entry, in words."""
    return [
        ("", _("All entries")),
        (Doubt.DUPLICATE.value, _("Perhaps entered twice")),
        (Doubt.STALE.value, _("Not confirmed for 90 days")),
        (Doubt.CHECK.value, _("A check has ended or ends soon")),
        (Doubt.NO_TERM.value, _("Without a term: never proposed")),
    ]


def as_choices(pairs: Pairs) -> list[SelectChoice]:
    """Return (value, label) pairs as choices."""
    return [SelectChoice(value=value, label=label) for value, label in pairs]


class CatalogueFilter(FilterForm):
    """What somebody looks for."""

    words = SearchField(lazy("Search"))
    term = SelectField(lazy("Kind of help"), choices=list, validate_choice=False)
    township = SelectField(lazy("Township"), choices=list, validate_choice=False)
    kind = SelectField(
        lazy("Kind of provider"), choices=lambda: choices(ProviderKind, _("All")), coerce=coerce(ProviderKind)
    )
    doubt = SelectField(lazy("To look at"), choices=lambda: as_choices(doubt_words()), validate_choice=False)
    free = BooleanField(lazy("Free places only"))


class OrganizationForm(Form):
    """What is known of an organization."""

    version = HiddenField()
    name = StringField(lazy("Name of the organization"), [InputRequired(), Length(max=255)])
    alternate_name = StringField(lazy("Other name"), [Optional(), Length(max=255)])
    kind = SelectField(
        lazy("Kind of provider"), [InputRequired()], choices=lambda: choices(ProviderKind), coerce=coerce(ProviderKind)
    )
    status = SelectField(
        lazy("State"),
        [InputRequired()],
        choices=lambda: choices(OrganizationStatus),
        coerce=coerce(OrganizationStatus),
        description=lazy("Only active organizations get referrals."),
    )
    area_code = SelectField(lazy("Seat"), choices=list)
    credit_code = StringField(
        lazy("Unified social credit code"),
        [Optional()],
        description=lazy("18 characters. Village societies and stations may have none."),
    )
    contact_name = StringField(lazy("Contact person"), [Optional(), Length(max=64)])
    email = StringField(
        lazy("E-mail"),
        [
            Optional(),
            Regexp(EMAIL, message=lazy("Please enter an e-mail address, such as liu@example.org.")),
            Length(max=255),
        ],
    )
    website = StringField(lazy("Website"), [Optional(), URL(), Length(max=1024)])
    description = TextAreaField(lazy("Description"), [Optional(), Length(max=20_000)])

    def validate_credit_code(self, field: StringField) -> None:
        """The check character must agree (GB 32100)."""
        try:
            field.data = codes.credit_code(field.data or "")
        except codes.WrongCode:
            raise ValidationError(_("This is not a credit code: please compare it with the certificate.")) from None


class LocationForm(Form):
    """A place where an organization works."""

    name = StringField(lazy("Name of the place"), [InputRequired(), Length(max=255)])
    area_code = SelectField(lazy("Township or village"), choices=list)
    address = StringField(lazy("Address"), [Optional(), Length(max=512)])


class PhoneForm(Form):
    """A telephone of an organization."""

    number = StringField(lazy("Phone"), [InputRequired(), Length(max=64)], render_kw={"inputmode": "tel"})
    description = StringField(lazy("What for"), [Optional(), Length(max=255)])


class CheckForm(Form):
    """A check with its end."""

    kind = SelectField(lazy("Check"), [InputRequired()], choices=lambda: choices(CheckKind), coerce=coerce(CheckKind))
    reference = StringField(lazy("Number of the document"), [Optional(), Length(max=128)])
    valid_from = DayField(lazy("Valid from"), [InputRequired()])
    valid_to = DayField(lazy("Valid to"), [InputRequired()])

    def validate_valid_to(self, field: DayField) -> None:
        """A check ends after it begins."""
        if field.data and self.valid_from.data and field.data < self.valid_from.data:
            raise ValidationError(_("The last day lies before the first."))


class ServiceForm(Form):
    """One kind of help that an organization gives."""

    version = HiddenField()
    name = StringField(lazy("Name of the service"), [InputRequired(), Length(max=255)])
    term_id = SelectField(
        lazy("Kind of help"),
        choices=list,
        description=lazy("The term it is matched by. A service without one is listed, never proposed."),
    )
    status = SelectField(
        lazy("State"), [InputRequired()], choices=lambda: choices(ServiceStatus), coerce=coerce(ServiceStatus)
    )
    program_id = SelectField(lazy("Program"), choices=list)
    supply_mode = SelectField(
        lazy("How it is paid for"),
        choices=lambda: choices(SupplyMode, _("Not stated")),
        coerce=coerce(SupplyMode),
    )
    locations = SelectMultipleField(
        lazy("Given at or from"),
        choices=list,
        description=lazy("Places keep their referrals: one can be added here, not taken away."),
    )
    delivery = SelectField(
        lazy("How it is given"), choices=lambda: choices(Delivery, _("Not stated")), coerce=coerce(Delivery)
    )
    radius_km = FloatField(lazy("Reach in kilometres"), [Optional(), NumberRange(min=0.1, max=1000)])
    areas = SelectMultipleField(
        lazy("For people of"), choices=list, description=lazy("Nothing chosen: everybody in reach.")
    )
    sex = SelectField(lazy("For"), choices=lambda: choices(Sex, _("Women and men")), coerce=coerce(Sex))
    minimum_age = IntegerField(lazy("From age"), [Optional(), NumberRange(min=0, max=130)])
    maximum_age = IntegerField(lazy("To age"), [Optional(), NumberRange(min=0, max=130)])
    eligibility_description = TextAreaField(lazy("Conditions"), [Optional(), Length(max=20_000)])
    application_process = TextAreaField(lazy("How to get it"), [Optional(), Length(max=20_000)])
    fees_description = StringField(lazy("Fees"), [Optional(), Length(max=2000)])
    description = TextAreaField(lazy("Description"), [Optional(), Length(max=20_000)])

    def validate_maximum_age(self, field: IntegerField) -> None:
        """The oldest are not younger than the youngest."""
        if field.data is not None and self.minimum_age.data is not None and field.data < self.minimum_age.data:
            raise ValidationError(_("This is younger than the lowest age."))


def facts(form: Form, *names: str) -> dict[str, Any]:
    """Return what was typed, by the names of the columns; nothing chosen is None."""
    return {name: None if form[name].data == "" else form[name].data for name in names}
