"""Looking ahead: what a round would propose if it began now, in one sentence and on a page."""

from datetime import date, timedelta

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from models import Scenario
from referral import clock, previewwork
from referral.access import Act, actor, allow
from referral.coordination import blueprint
from referral.coordination.rounds import _afterwards
from referral.extensions import db
from referral.filters import day_words, number
from referral.i18n import _, ngettext
from referral.queries import previews

SHOWN = 12
"""Openings worth most on the page."""


@blueprint.get("/coordination/preview")
@allow(Act.READ_ROUND)
def show_preview() -> str:
    """Show what a round would find now, and where one more place would help most."""
    area = actor().area_code or ""
    newest = previews.newest(db.session, area)
    return render_template(
        "coordination/show_preview.html",
        ahead=newest,
        sentence=ahead_words(newest, clock.today()) if newest else None,
        since=since_words(newest) if newest else None,
        stories=previews.worth(db.session, newest.result["worth"][:SHOWN]) if newest else [],
        at_work=previews.at_work(db.session, area),
    )


@blueprint.post("/coordination/preview")
@allow(Act.RUN_ROUND)
def compute_preview() -> Response:
    """Look ahead once more, unless that is being done."""
    account = actor()
    if previews.at_work(db.session, account.area_code or "") is None:
        key = previewwork.ask(db.session, account.area_code or "", at=clock.now(), by=account).id
        _afterwards(lambda session: previewwork.compute_preview(session, key))
    return redirect(url_for("coordination.show_preview"))


def ahead_words(ahead: Scenario, today: date) -> str:
    """Return such as: 63 of 71 needs could be served now, 5 more than yesterday."""
    figures, before = ahead.result["today"], ahead.result.get("before")
    said = ngettext(
        "%(served)s of %(num)s need could be served now",
        "%(served)s of %(num)s needs could be served now",
        figures["needs"],
        served=number(figures["served"]),
    )
    if before is None:
        return _("%(said)s.", said=said)
    day = date.fromisoformat(before["day"])
    when = _("yesterday") if day == today - timedelta(days=1) else day_words(day, today)
    more = figures["served"] - before["served"]
    if more > 0:
        return _("%(said)s, %(more)s more than %(when)s.", said=said, more=number(more), when=when)
    if more < 0:
        return _("%(said)s, %(fewer)s fewer than %(when)s.", said=said, fewer=number(-more), when=when)
    return _("%(said)s, as many as %(when)s.", said=said, when=when)


def since_words(ahead: Scenario) -> str:
    """Return what changed since the last round, such as: Since round M2026-00004: 3 needs are new, 5 are gone …"""
    since = ahead.result.get("since")
    if since is None:
        return _("There has been no round yet.")
    told = []
    if since["new"]:
        told.append(ngettext("%(num)s need is new", "%(num)s needs are new", since["new"]))
    if since["gone"]:
        told.append(ngettext("%(num)s no longer waits", "%(num)s no longer wait", since["gone"]))
    if since["places"] > 0:
        told.append(ngettext("%(num)s place more is free", "%(num)s places more are free", since["places"]))
    if since["places"] < 0:
        told.append(ngettext("%(num)s place fewer is free", "%(num)s places fewer are free", -since["places"]))
    if not told:
        return _("Nothing has changed since round %(number)s.", number=since["number"])
    return _("Since round %(number)s: %(changes)s.", number=since["number"], changes=_(", ").join(told))
