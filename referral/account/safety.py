"""The second step of signing in, and where one is signed in."""

import segno
from flask import flash, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from models import SignInSession
from referral import clock, devices, sessions
from referral.access import Act, actor, allow
from referral.account import blueprint
from referral.account.forms import CodeForm
from referral.account.words import slow_down
from referral.actions import accounts, second_factor
from referral.actions.accounts import TooManyTries
from referral.extensions import db
from referral.i18n import _
from referral.queries import sign_in

Answer = Response | str | tuple[str, int]


def _page(form: CodeForm, status: int = 200) -> Answer:
    account = actor()
    factor = second_factor.factor_of(db.session, account)
    being_set_up = factor is not None and factor.confirmed_at is None
    address = second_factor.address(account, factor, issuer=_("Yuanqiao")) if factor and being_set_up else ""
    page = render_template(
        "account/show_second_factor.html",
        form=form,
        since=factor.confirmed_at if factor else None,
        drawing=segno.make(address, error="m").svg_data_uri(scale=5, border=3) if address else None,
        secret=" ".join(factor.secret[at : at + 4] for at in range(0, len(factor.secret), 4))
        if factor and being_set_up
        else None,
        codes_left=second_factor.codes_left(db.session, account) if factor and not being_set_up else 0,
        required=sessions.second_factor_required(account),
    )
    return page, status


@blueprint.get("/account/second-factor")
@allow(Act.USE_OWN_ACCOUNT)
def show_second_factor() -> Answer:
    """Show whether a second step is set up, and how to do it."""
    return _page(CodeForm())


@blueprint.post("/account/second-factor")
@allow(Act.USE_OWN_ACCOUNT)
def begin_second_factor() -> Response:
    """Make a secret for an authenticator."""
    second_factor.begin(db.session, actor())
    return redirect(url_for("account.show_second_factor"))


def _with_code(done_with: object, codes_title: str | None = None) -> Answer:
    """Do something with the code of the form; show the codes that come of it, or what was wrong."""
    form = CodeForm()
    if form.validate_on_submit():
        try:
            codes = done_with(db.session, actor(), form.code.data or "", at=clock.now())  # type: ignore[operator]
        except TooManyTries as refused:
            form.code.errors = [slow_down(refused)]
            return _page(form, 429)
        if codes is not None:
            return render_template("account/show_recovery_codes.html", codes=codes, title=codes_title)
        form.code.errors = [_("This code is wrong, or was used already. Wait for the next one.")]
    return _page(form, 422)


@blueprint.post("/account/second-factor/confirm")
@allow(Act.USE_OWN_ACCOUNT)
def confirm_second_factor() -> Answer:
    """Set the second step up with a first code, and show the recovery codes once."""
    return _with_code(second_factor.confirm)


@blueprint.post("/account/second-factor/codes")
@allow(Act.USE_OWN_ACCOUNT)
def renew_recovery_codes() -> Answer:
    """Make new recovery codes and show them once."""
    return _with_code(second_factor.renew)


@blueprint.post("/account/second-factor/remove")
@allow(Act.USE_OWN_ACCOUNT)
def remove_second_factor() -> Answer:
    """Take the second step away; who must have one sets up another at once."""
    form = CodeForm()
    account = actor()
    if form.validate_on_submit():
        try:
            right = second_factor.check(db.session, account, form.code.data or "", at=clock.now())
        except TooManyTries as refused:
            form.code.errors = [slow_down(refused)]
            return _page(form, 429)
        if right:
            second_factor.remove(db.session, account, at=clock.now())
            flash(_("The second step is taken away."), "success")
            return redirect(url_for("account.show_second_factor"))
        form.code.errors = [_("This code is wrong, or was used already. Wait for the next one.")]
    return _page(form, 422)


@blueprint.get("/account/sessions")
@allow(Act.USE_OWN_ACCOUNT)
def list_sessions() -> str:
    """Show where one is signed in."""
    going = sign_in.going_on(db.session, actor(), clock.now())
    this = current_user.session.id
    return render_template("account/list_sessions.html", sessions=going, this=this, in_words=devices.in_words)


@blueprint.post("/account/sessions/<uuid:key>/end")
@allow(Act.USE_OWN_ACCOUNT, find=sign_in.find_own)
def end_session(one: SignInSession) -> Response:
    """End one of one's sessions."""
    accounts.end_session(db.session, one)
    flash(_("Signed out there."), "success")
    return redirect(url_for("account.list_sessions"))


@blueprint.post("/account/sessions/end-others")
@allow(Act.USE_OWN_ACCOUNT)
def end_other_sessions() -> Response:
    """End all of one's sessions but this."""
    accounts.end_sessions(db.session, actor(), but=current_user.session.id)
    flash(_("Signed out everywhere else."), "success")
    return redirect(url_for("account.list_sessions"))
