"""The calendar of a worker for a telephone or an office program, read by a secret address."""

from datetime import timedelta

from flask import abort, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from referral import addresses, clock
from referral.access import Act, actor, allow, look_as
from referral.actions import feeds
from referral.calendar_feed import calendar_of, mark_of
from referral.extensions import db
from referral.i18n import LANGUAGES, _, speaking
from referral.plans import blueprint
from referral.plans.forms import EmptyForm
from referral.queries import plans

BEHIND, AHEAD = timedelta(days=7), timedelta(days=42)


@blueprint.route("/plans/calendar", methods=["GET", "POST"])
@allow(Act.CARRY_OUT_PLAN)
def show_calendar() -> Response | str:
    """Make the secret address of one's own calendar; it is shown once."""
    form, secret = EmptyForm(), None
    if form.validate_on_submit():
        if "revoke" in request.form:
            feeds.revoke(db.session, actor(), at=clock.now())
            flash(_("The address is taken back: whoever has it reads nothing more."), "success")
            return redirect(url_for("plans.show_calendar"))
        secret = feeds.make(db.session, actor(), at=clock.now())
    address = addresses.whole(url_for("plans.download_calendar", secret=secret)) if secret else None
    return render_template(
        "plans/show_calendar.html", form=form, address=address, feed=feeds.current(db.session, actor())
    )


@blueprint.get("/calendar/<string:secret>.ics")
@allow(Act.READ_CALENDAR_FEED)
def download_calendar(secret: str) -> Response:
    """Give the planned visits of whoever made the address: times, villages, one neutral word."""
    account = feeds.reader(db.session, secret, at=clock.now())
    if account is None:
        abort(404)
    look_as(db.session, account, because="calendar_feed")
    today = clock.today()
    lines = plans.between(db.session, account, today - BEHIND, today + AHEAD)
    chosen = (account.locale or "")[:2]
    with speaking(chosen if chosen in LANGUAGES else "zh"):
        body = calendar_of(lines)
    answer = make_response(body)
    answer.mimetype = "text/calendar"
    answer.headers["Cache-Control"] = "private, max-age=900"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.set_etag(mark_of(body))
    return answer.make_conditional(request)
