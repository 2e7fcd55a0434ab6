"""All figures of a frame, put together."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Area, AreaLevel, Organization, Program
from referral.access import in_area
from referral.queries.calendar import work_calendar
from referral.queries.report import done, funnel, outcomes, unknown, whom
from referral.queries.report.counted import entries, need_cells, people
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame, programs_served


def make_report(session: Session, frame: Frame) -> Report:
    """Return the report of a frame. At most 16 statements, whatever its size."""
    listed = entries(session, frame)
    served, needs = people(session, frame, listed), need_cells(session, frame)
    parts = whom.Parts(listed.where(listed.reached), served, needs)
    what = done.what_was_done(session, frame, listed)
    return Report(
        done=what,
        funnel=funnel.what_became_of_referrals(session, frame),
        speeds=funnel.speeds(session, frame, work_calendar(session)),
        changes=outcomes.what_changed(session, frame, what.persons),
        townships=whom.by_township(session, parts),
        sexes=whom.by_sex(parts),
        ages=whom.by_age(parts),
        programs=whom.by_program(session, parts.met),
        unknown=unknown.what_is_not_known(session, frame, served.values()),
        needs=sum(cell.needs for cell in needs),
        needs_met=sum(cell.met for cell in needs),
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
