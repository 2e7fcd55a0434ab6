"""Signing in and out: name and password, then a code where a second step is set up."""

import uuid
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from models import Account
from referral import clock, devices, oidc, sessions
from referral.access import Act, allow, current_actor
from referral.account import blueprint
from referral.account.forms import CodeForm, SignInForm
from referral.account.words import slow_down
from referral.actions import accounts, second_factor
from referral.actions.accounts import TooManyTries
from referral.extensions import db
from referral.i18n import _
from referral.navigation import desk_of
from referral.queries import sign_in as queries

Answer = Response | str | tuple[str, int]
PENDING = "pending"
CODE_WITHIN = timedelta(minutes=10)


@blueprint.get("/")
@allow(Act.SIGN_IN)
def home() -> Response:
    """Lead to one's desk, or to the sign-in page."""
    account = current_actor()
    return redirect(desk_of(account) if account else url_for("account.sign_in"))


@blueprint.route("/sign-in", methods=["GET", "POST"])
@allow(Act.SIGN_IN)
def sign_in() -> Answer:
    """Ask for name and password."""
    form = SignInForm()
    status = 200
    if form.validate_on_submit():
        typed = {"login": form.login.data or "", "password": form.password.data or ""}
        try:
            account = accounts.check_password(db.session, **typed, caller=devices.caller(), at=clock.now())
        except TooManyTries as refused:
            form.password.errors, status = [slow_down(refused)], 429
        else:
            if account:
                if not sessions.is_tried_out(account):
                    accounts.ask_for_better(db.session, account, typed["password"])
                return step_on(account, way="password", onward=request.args.get("next"))
            form.password.errors = [_("User name and password do not belong together. Please check both.")]
    status = 422 if form.errors and status == 200 else status
    return render_template("account/sign_in.html", form=form, city=oidc.there_is_one()), status


def step_on(account: Account, *, way: str, onward: str | None = None) -> Response:
    """Let somebody in who has shown the first proof, or ask for the second where one is set up."""
    if account.second_factor_since is None:
        sessions.begin(account, way=way)
        return redirect(_local(onward) or desk_of(account))
    session.clear()
    session[PENDING] = [str(account.id), account.session_number, clock.now().timestamp(), way, _local(onward)]
    return redirect(url_for("account.enter_code"))


def _pending() -> tuple[Account, str, str | None] | None:
    """Return who has shown the first proof here within ten minutes, how, and where to; None without."""
    kept = session.get(PENDING)
    if not kept or clock.now() - datetime.fromtimestamp(kept[2], clock.SHANGHAI) > CODE_WITHIN:
        return None
    account = queries.usable_account(db.session, uuid.UUID(kept[0]), kept[1], accounts.usable(clock.today()))
    return (account, kept[3], kept[4]) if account else None


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@allow(Act.SIGN_IN)
def enter_code() -> Answer:
    """Ask for the code of the second step."""
    pending = _pending()
    if pending is None:
        return redirect(url_for("account.sign_in"))
    account, way, onward = pending
    form = CodeForm()
    status = 200
    if form.validate_on_submit():
        try:
            right = second_factor.check(db.session, account, form.code.data or "", at=clock.now())
        except TooManyTries as refused:
            form.code.errors, status = [slow_down(refused)], 429
        else:
            if right:
                sessions.begin(account, way=f"{way}+{right}")
                _say_how_many_are_left(account, right)
                return redirect(_local(onward) or desk_of(account))
            form.code.errors = [_("This code is wrong, or was used already. Wait for the next one.")]
    status = 422 if form.errors and status == 200 else status
    return render_template("account/enter_code.html", form=form), status


def _say_how_many_are_left(account: Account, way: str) -> None:
    if way == "recovery":
        left = second_factor.codes_left(db.session, account)
        flash(_("You used a recovery code; %(number)s are left. Make new ones soon.", number=left), "warning")


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
    sessions.end()
    return redirect(url_for("account.sign_in"))
