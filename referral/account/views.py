"""Pages of one's own account."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from referral import clock, sessions
from referral.access import Act, actor, allow
from referral.account import blueprint
from referral.account.forms import PasswordForm
from referral.account.words import slow_down, too_easy
from referral.actions import accounts
from referral.extensions import db
from referral.i18n import _
from referral.message_words import sentence_of
from referral.queries import messages
from referral.queries.paging import paginate


@blueprint.route("/account", methods=["GET", "POST"])
@allow(Act.USE_OWN_ACCOUNT)
def show_account() -> Response | str | tuple[str, int]:
    """Show who one is here, and change the password."""
    form = PasswordForm()
    if form.validate_on_submit():
        account = actor()
        typed = {"present": form.password.data or "", "new": form.new_password.data or ""}
        try:
            accounts.change_password(db.session, account, **typed, at=clock.now())
        except accounts.WrongPassword:
            form.password.errors = [_("That is not your present password.")]
        except accounts.EasilyGuessed:
            form.new_password.errors = [too_easy()]
        except accounts.TooManyTries as refused:
            form.password.errors = [slow_down(refused)]
        else:
            sessions.begin(account, way="new_password")
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
