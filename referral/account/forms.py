"""Forms of one's own account."""

from wtforms import PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from referral.forms import Form
from referral.i18n import lazy
from referral.passwords import MAXIMUM_LENGTH, MINIMUM_LENGTH

CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "autocapitalize": "none", "spellcheck": "false"}


class SignInForm(Form):
    """Name and password."""

    login = StringField(
        lazy("User name"), [InputRequired()], render_kw={"autocomplete": "username", "autocapitalize": "none"}
    )
    password = PasswordField(lazy("Password"), [InputRequired()], render_kw={"autocomplete": "current-password"})


class NewPasswordForm(Form):
    """A new password; length counts, not composition (NIST SP 800-63B §5.1.1)."""

    new_password = PasswordField(
        lazy("New password"),
        [InputRequired(), Length(min=MINIMUM_LENGTH, max=MAXIMUM_LENGTH)],
        description=lazy("At least 10 characters. A short sentence is easy to remember."),
        render_kw={"autocomplete": "new-password"},
    )


class ChosenPasswordForm(NewPasswordForm):
    """A new password, typed twice, since nobody can sign in with a slip."""

    repeat_password = PasswordField(
        lazy("The same again"),
        [InputRequired(), EqualTo("new_password", message=lazy("The two entries differ. Please type both again."))],
        render_kw={"autocomplete": "new-password"},
    )


class PasswordForm(NewPasswordForm):
    """A new password in place of the present one."""

    password = PasswordField(
        lazy("Present password"), [InputRequired()], render_kw={"autocomplete": "current-password"}
    )


class CodeForm(Form):
    """A code of the authenticator, or a recovery code."""

    code = StringField(lazy("Verification code"), [InputRequired(), Length(max=64)], render_kw=CODE)


class ForgottenForm(Form):
    """Whose password is forgotten."""

    login = StringField(
        lazy("User name"), [InputRequired()], render_kw={"autocomplete": "username", "autocapitalize": "none"}
    )
