"""The station's desk: what do I do next?"""

from datetime import timedelta

from flask import render_template

from referral import clock
from referral.access import Act, actor, allow
from referral.casework import blueprint
from referral.extensions import db
from referral.queries import station_desk


@blueprint.get("/desk")
@allow(Act.READ_CASELOAD)
def show_desk() -> str:
    """What do I do next, today and overdue?"""
    session, by, today = db.session, actor(), clock.today()
    villages, due = station_desk.visits_due(session, by, today=today)
    needs, overdue = station_desk.overdue_needs(session, by, at=clock.now())
    return render_template(
        "casework/show_desk.html",
        villages=villages,
        due=due,
        moved=station_desk.moved_referrals(session, by, since=clock.start_of(today - timedelta(days=1))),
        leads=station_desk.leads(session, by),
        needs=needs,
        overdue=overdue,
        week=station_desk.visits_this_week(session, by, today=today),
    )
