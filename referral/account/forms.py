"""Forms of one's own account."""

from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length

from referral.forms import Form
from referral.i18n import lazy

MINIMUM_LENGTH = 10


class SignInForm(Form):
    """Name and password."""

    login = StringField(
        lazy("User name"), [InputRequired()], render_kw={"autocomplete": "username", "autocapitalize": "none"}
    )
    password = PasswordField(lazy("Password"), [InputRequired()], render_kw={"autocomplete": "current-password"})


class PasswordForm(Form):
    """A new password; length counts, not composition (NIST SP 800-63B §5.1.1)."""

    password = PasswordField(
        lazy("Present password"), [InputRequired()], render_kw={"autocomplete": "current-password"}
    )
    new_password = PasswordField(
        lazy("New password"),
        [InputRequired(), Length(min=MINIMUM_LENGTH, max=128)],
        description=lazy("At least 10 characters. A short sentence is easy to remember."),
        render_kw={"autocomplete": "new-password"},
    )
