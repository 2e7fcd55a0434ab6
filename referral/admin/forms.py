"""Forms of the administrator."""

from wtforms import BooleanField, HiddenField, SearchField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from models import DayKind, Role, Urgency
from referral.forms import DayField, FilterForm, Form, choices, coerce
from referral.i18n import _, lazy

EMAIL = r"[^@\s]+@[^@\s]+\.[^@\s]+$"


class AccountFilter(FilterForm):
    """Whom to show."""

    words = SearchField(lazy("Search"))
    role = SelectField(lazy("Role"), choices=lambda: choices(Role, _("All")), coerce=coerce(Role))
    closed = BooleanField(lazy("Closed accounts only"))


class AccountForm(Form):
    """Who somebody is here."""

    version = HiddenField()
    name = StringField(lazy("Name"), [InputRequired(), Length(max=64)])
    role = SelectField(lazy("Role"), [InputRequired()], choices=lambda: choices(Role), coerce=coerce(Role))
    organization_id = SelectField(
        lazy("Organization"),
        choices=list,
        description=lazy("For social workers, supervisors and officers of providers."),
    )
    area_code = SelectField(
        lazy("Area"), choices=list, description=lazy("For village assistants, coordinators and evaluators.")
    )
    program_id = SelectField(lazy("Program"), choices=list, description=lazy("For evaluators: what they look at."))
    valid_until = DayField(
        lazy("Can be used until"),
        [Optional()],
        description=lazy("The last day. Evaluators must have one; leave it empty for the city's own staff."),
    )
    email = StringField(
        lazy("E-mail"),
        [
            Optional(),
            Regexp(EMAIL, message=lazy("Please enter an e-mail address, such as liu@example.org.")),
            Length(max=255),
        ],
    )


class InviteForm(AccountForm):
    """A new account."""

    login = StringField(
        lazy("User name"),
        [
            InputRequired(),
            Length(min=2, max=64),
            Regexp(r"[\w.@-]+$", message=lazy("Letters, digits, dot, hyphen and @ only, without blanks.")),
        ],
        description=lazy("What the person types to sign in."),
        render_kw={"autocapitalize": "none", "autocomplete": "off"},
    )


class CityForm(Form):
    """Who somebody is at the city's own sign-in."""

    subject = StringField(
        lazy("Name at the city's sign-in"),
        [Optional(), Length(max=255)],
        description=lazy("What the city's sign-in calls the subject. Empty: the link is taken away."),
    )


class DayForm(Form):
    """A day that differs from the plain week."""

    day = DayField(lazy("Day"), [InputRequired()])
    kind = SelectField(lazy("Kind"), [InputRequired()], choices=lambda: choices(DayKind), coerce=coerce(DayKind))
    note = StringField(lazy("Festival or reason"), [InputRequired(), Length(max=128)])
    source = StringField(
        lazy("Published in"), [InputRequired(), Length(max=255)], description=lazy("The notice with its number.")
    )


class NamesForm(Form):
    """The names of a line of a code list."""

    name_zh = StringField(lazy("Chinese name"), [InputRequired(), Length(max=64)])
    name_en = StringField(lazy("English name"), [InputRequired(), Length(max=96)])


class TermForm(NamesForm):
    """A term of service or of material aid."""

    active = BooleanField(lazy("In use: offered when a need is recorded"))


class NeedTypeForm(NamesForm):
    """A type of need."""

    usual_answer = TextAreaField(lazy("Usual answer"), [InputRequired(), Length(max=128)])
    default_urgency = SelectField(
        lazy("Usual urgency"), [InputRequired()], choices=lambda: choices(Urgency), coerce=coerce(Urgency)
    )
