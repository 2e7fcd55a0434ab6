"""Pages of one's own account."""

from urllib.parse import urlsplit

from flask import flash, redirect, render_template, request, session, url_for
from flask_login import login_user, logout_user
from werkzeug.wrappers import Response

from referral import clock
from referral.access import Act, actor, allow, current_actor
from referral.account import blueprint
from referral.account.forms import PasswordForm, SignInForm
from referral.actions import accounts
from referral.extensions import db
from referral.i18n import _
from referral.message_words import sentence_of
from referral.navigation import desk_of
from referral.queries import messages
from referral.queries.paging import paginate
from referral.sessions import SignedIn, begin


@blueprint.get("/")
@allow(Act.SIGN_IN)
def home() -> Response:
    """Lead to one's desk, or to the sign-in page."""
    account = current_actor()
    return redirect(desk_of(account) if account else url_for("account.sign_in"))


@blueprint.route("/sign-in", methods=["GET", "POST"])
@allow(Act.SIGN_IN)
def sign_in() -> Response | str | tuple[str, int]:
    """Ask for name and password."""
    form = SignInForm()
    if form.validate_on_submit():
        account = accounts.sign_in(
            db.session, login=form.login.data or "", password=form.password.data or "", at=clock.now()
        )
        if account:
            begin(account)
            return redirect(_local(request.args.get("next")) or desk_of(account))
        form.password.errors = [_("User name and password do not belong together. Please check both.")]
    return render_template("account/sign_in.html", form=form), 422 if form.errors else 200


def _local(address: str | None) -> str | None:
    """Return an address if it leads to a page of this installation, else None."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return None
    parts = urlsplit(address)
    return address if not parts.scheme and not parts.netloc else None


@blueprint.post("/sign-out")
@allow(Act.USE_OWN_ACCOUNT)
def sign_out() -> Response:
    """End this session."""
    logout_user()
    session.clear()
    return redirect(url_for("account.sign_in"))


@blueprint.route("/account", methods=["GET", "POST"])
@allow(Act.USE_OWN_ACCOUNT)
def show_account() -> Response | str | tuple[str, int]:
    """Show who one is here, and change the password."""
    form = PasswordForm()
    if form.validate_on_submit():
        try:
            accounts.change_password(
                db.session, actor(), present=form.password.data or "", new=form.new_password.data or ""
            )
        except accounts.WrongPassword:
            form.password.errors = [_("That is not your present password.")]
        else:
            login_user(SignedIn(actor()))
            flash(_("Your password is changed. All your other sessions are ended."), "success")
            return redirect(url_for("account.show_account"))
    return render_template("account/show_account.html", form=form), 422 if form.errors else 200


@blueprint.get("/messages")
@allow(Act.READ_MESSAGES)
def list_messages() -> str:
    """Show what has been told to one."""
    page = paginate(db.session, messages.newest_first(actor()), request.args.get("page", 1, type=int))
    return render_template("account/list_messages.html", page=page, sentence_of=sentence_of)


@blueprint.post("/messages/read")
@allow(Act.READ_MESSAGES)
def mark_messages_read() -> Response:
    """Mark all messages as read."""
    accounts.mark_messages_read(db.session, by=actor())
    return redirect(url_for("account.list_messages"))
