"""Choosing a password with a link, and asking for one."""

from flask import flash, render_template, request
from werkzeug.wrappers import Response

from models import LinkKind
from referral import clock
from referral.access import Act, allow
from referral.account import blueprint
from referral.account.entering import step_on
from referral.account.forms import ChosenPasswordForm, ForgottenForm
from referral.account.words import slow_down, too_easy
from referral.actions import access_links
from referral.actions.accounts import EasilyGuessed, TooManyTries
from referral.extensions import db
from referral.i18n import _

Answer = Response | str | tuple[str, int]


@blueprint.route("/sign-in/forgotten", methods=["GET", "POST"])
@allow(Act.SIGN_IN)
def ask_for_reset() -> Answer:
    """Ask for a link to choose a new password; the answer is the same whether there is such a name or not."""
    form = ForgottenForm()
    asked, status = False, 200
    if form.validate_on_submit():
        try:
            address = request.remote_addr or ""
            access_links.ask_for_reset(db.session, login=form.login.data or "", address=address, at=clock.now())
            asked = True
        except TooManyTries as refused:
            form.login.errors, status = [slow_down(refused)], 429
    status = 422 if form.errors and status == 200 else status
    return render_template("account/ask_for_reset.html", form=form, asked=asked), status


@blueprint.route("/sign-in/link/<token>", methods=["GET", "POST"])
@allow(Act.SIGN_IN)
def use_link(token: str) -> Answer:
    """Choose a password with a link, and go in."""
    link = access_links.find(db.session, token, at=clock.now())
    if link is None:
        return render_template("account/link_ended.html"), 410
    form = ChosenPasswordForm()
    if form.validate_on_submit():
        try:
            account = access_links.use(db.session, link, password=form.new_password.data or "", at=clock.now())
        except EasilyGuessed:
            db.session.rollback()
            link = access_links.find(db.session, token, at=clock.now())
            form.new_password.errors = [too_easy()]
        else:
            flash(_("Your password is set."), "success")
            return step_on(account, way="link")
    invited = link is not None and link.kind is LinkKind.INVITATION
    page = render_template("account/use_link.html", form=form, account=link.account if link else None, invited=invited)
    return page, 422 if form.errors else 200
