"""All figures of a frame, put together."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Area, AreaLevel, Organization, Program
from referral.access import in_area
from referral.queries.calendar import work_calendar
from referral.queries.report import compared, costs, done, funnel, indicators, outcomes, units, unknown, whom
from referral.queries.report.counted import entries, need_cells, people
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame, programs_served
from referral.queries.report.measured import Measured


def make_report(session: Session, frame: Frame) -> Report:
    """Return the report of a frame. At most 30 statements, whatever its size."""
    listed = entries(session, frame)
    met = listed.where(listed.reached)
    served, needs = people(session, frame, listed), need_cells(session, frame)
    pairs = outcomes.pairs(session, frame)
    parts = whom.Parts(met, served, needs)
    what = done.what_was_done(session, frame, listed)
    townships, programs_ = whom.by_township(session, parts), whom.by_program(session, met)
    due = units.planned(session, frame)
    response, mean = indicators.satisfaction(session, frame)
    measured = Measured(
        shares=[
            units.coverage(due),
            indicators.matched(session, frame),
            indicators.discovered(session, frame),
            indicators.revisited(session, frame),
            response,
            indicators.overlap(met),
            indicators.flagged(session, frame, len(listed)),
            indicators.goals_reached(pairs),
        ],
        means=[mean],
        lines=units.unit_lines(session, frame, due, met),
        exits=indicators.exits(session, frame),
        funds=costs.by_source(programs_, met),
        costs=costs.for_outcomes(session, frame, programs_, met, pairs),
        compared=compared.compare_groups(
            session, frame, met=met, people=served, pairs=pairs, townships=townships, programs=programs_
        ),
    )
    return Report(
        done=what,
        funnel=funnel.what_became_of_referrals(session, frame),
        speeds=funnel.speeds(session, frame, work_calendar(session)),
        changes=outcomes.what_changed(pairs, what.persons),
        townships=townships,
        sexes=whom.by_sex(parts),
        ages=whom.by_age(parts),
        programs=programs_,
        unknown=unknown.what_is_not_known(session, frame, served.values()),
        needs=sum(cell.needs for cell in needs),
        needs_met=sum(cell.met for cell in needs),
        measured=measured,
    )


def home_area(session: Session, account: Account) -> str | None:
    """Return the division that an account reports on: its own, or the county of its organization."""
    if account.area_code:
        return account.area_code
    code = session.scalar(sa.select(Organization.area_code).where(Organization.id == account.organization_id))
    return f"{code[:6]:0<12}" if code else None


def townships(session: Session, code: str | None) -> list[Area]:
    """Return the townships of a division, by code. One statement."""
    statement = sa.select(Area).where(Area.level == AreaLevel.TOWNSHIP, in_area(Area.code, code)).order_by(Area.code)
    return list(session.scalars(statement))


def programs(session: Session, frame: Frame) -> list[Program]:
    """Return the programs that a report may be narrowed to. One statement."""
    return list(session.scalars(programs_served(frame)))
