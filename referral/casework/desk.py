"""The station's desk: what do I do next?"""

from datetime import timedelta

from flask import render_template

from referral import clock
from referral.access import Act, actor, allow, may
from referral.casework import blueprint
from referral.extensions import db
from referral.queries import closing, consent_pages, glass, measures, plans, rights, station_desk


@blueprint.get("/desk")
@allow(Act.READ_CASELOAD)
def show_desk() -> str:
    """What do I do next, today and overdue?"""
    session, by, today = db.session, actor(), clock.today()
    villages, due = station_desk.visits_due(session, by, today=today)
    needs, overdue = station_desk.overdue_needs(session, by, at=clock.now())
    drafts, waiting = consent_pages.drafts(session, by)
    open_emergencies = consent_pages.emergencies(by).limit(5)
    return render_template(
        "casework/show_desk.html",
        drafts=drafts,
        waiting=waiting,
        emergencies=session.scalars(open_emergencies).all() if may(by, Act.REVIEW_EMERGENCY) else (),
        villages=villages,
        due=due,
        moved=station_desk.moved_referrals(session, by, since=clock.start_of(today - timedelta(days=1))),
        leads=station_desk.leads(session, by),
        needs=needs,
        overdue=overdue,
        reviews=glass.open_reviews(session, by, limit=5) if may(by, Act.REVIEW_GLASS) else (),
        requests=rights.open_requests(session, by, limit=5),
        planned=plans.due(session, by, today),
        today_is=today,
        flags=measures.flags_of_station(session, by),
        measures_due=measures.measures_due(session, by, until=today + timedelta(days=6)),
        revisits_due=measures.revisits_due(session, by, until=today + timedelta(days=6)),
        contradictions=closing.open_contradictions(session, by) if may(by, Act.SETTLE_CONTRADICTION) else (),
        week=station_desk.visits_this_week(session, by, today=today),
    )
