"""Signing in at the city's own door (OpenID Connect)."""

from flask import abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from referral import clock, log, oidc
from referral.access import Act, allow
from referral.account import blueprint
from referral.account.entering import step_on
from referral.actions import doors
from referral.extensions import db

Answer = Response | str | tuple[str, int]
CLAIMS = "city"


@blueprint.get("/sign-in/city")
@allow(Act.SIGN_IN)
def begin_city() -> Answer:
    """Send somebody to the city's sign-in."""
    if not oidc.there_is_one():
        abort(404)
    try:
        return oidc.go(url_for("account.return_from_city"))
    except oidc.DoorClosed:
        return render_template("account/city_refused.html", away=True), 502


@blueprint.get("/sign-in/city/return")
@allow(Act.SIGN_IN)
def return_from_city() -> Answer:
    """Ask somebody who comes back from the city's sign-in whether to go on; only a form may open a session."""
    if not oidc.there_is_one():
        abort(404)
    try:
        claims = oidc.come_back()
    except oidc.DoorClosed:
        log.note(db.session, "city_sign_in_refused", keep=True, error=request.args.get("error", "")[:32])
        return render_template("account/city_refused.html", away=False), 403
    account = doors.account_of(db.session, claims, at=clock.now())
    if account is None:
        return render_template("account/city_refused.html", unknown=True), 403
    kept = {name: claims.get(name) for name in ("iss", "sub", "email", "email_verified")}
    session[CLAIMS] = kept | {"at": clock.now().timestamp()}
    return render_template("account/enter_from_city.html", account=account)


@blueprint.post("/sign-in/city/enter")
@allow(Act.SIGN_IN)
def enter_from_city() -> Answer:
    """Open a session for whoever has come back from the city's sign-in within ten minutes."""
    claims = session.pop(CLAIMS, None)
    if not claims or clock.now().timestamp() - claims["at"] > 600:
        return redirect(url_for("account.sign_in"))
    account = doors.account_of(db.session, claims, at=clock.now())
    if account is None:
        return redirect(url_for("account.sign_in"))
    doors.bind(db.session, account, claims)
    return step_on(account, way="city")
