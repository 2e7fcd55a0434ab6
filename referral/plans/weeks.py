"""The week of a worker, and of the house."""

from datetime import date, timedelta
from itertools import groupby

from flask import render_template, request

from referral import clock, log
from referral.access import Act, actor, allow
from referral.extensions import db
from referral.plans import blueprint
from referral.queries import plans
from referral.queries.calendar import work_calendar

LONGEST_AGO, LONGEST_AHEAD = timedelta(days=366), timedelta(days=366)


def monday_of(text: str | None, today: date) -> date:
    """Return the Monday of the week that an address names, or of this week."""
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        day = today
    day = min(max(day, today - LONGEST_AGO), today + LONGEST_AHEAD)
    return day - timedelta(days=day.weekday())


@blueprint.get("/plans/week")
@allow(Act.CARRY_OUT_PLAN)
def show_week() -> str:
    """Show the planned visits of a week by day and village, and what is overdue."""
    today, everybody = clock.today(), request.args.get("all") == "1"
    first = monday_of(request.args.get("week"), today)
    lines = plans.week(db.session, actor(), first, everybody=everybody)
    this_week = first <= today <= first + timedelta(days=6)
    late = [line for line in plans.due(db.session, actor(), today) if line.due_on < first] if this_week else []
    log.read(db.session, {line.person_id for line in (*lines, *late)})
    calendar = work_calendar(db.session)
    by_day = {day: list(found) for day, found in groupby(lines, key=lambda line: line.due_on)}
    days = [
        (day, not calendar.is_working(day), by_day.get(day, [])) for day in (first + timedelta(n) for n in range(7))
    ]
    return render_template(
        "plans/show_week.html",
        first=first,
        days=days,
        late=late,
        count=len(lines),
        today=today,
        everybody=everybody,
        before=first - timedelta(days=7),
        after=first + timedelta(days=7),
        this_week=this_week,
    )
