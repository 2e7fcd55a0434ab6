"""All figures of a frame, put together."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Area, AreaLevel, Organization, Program
from referral.access import in_area
from referral.queries.calendar import work_calendar
from referral.queries.report import done, funnel, outcomes, unknown, whom
from referral.queries.report.cells import need_cells, visit_cells
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame, programs_served


def make_report(session: Session, frame: Frame) -> Report:
    """Return the report of a frame. At most 16 statements, whatever its size."""
    cells, needs = visit_cells(session, frame), need_cells(session, frame)
    met = [cell for cell in cells if cell.reached]
    what = done.what_was_done(session, frame, cells)
    return Report(
        done=what,
        funnel=funnel.what_became_of_referrals(session, frame),
        speeds=funnel.speeds(session, frame, work_calendar(session)),
        changes=outcomes.what_changed(session, frame, what.persons),
        townships=whom.by_township(session, met, needs),
        sexes=whom.by_sex(met, needs),
        ages=whom.by_age(met, needs, frame.end),
        programs=whom.by_program(session, met),
        unknown=unknown.what_is_not_known(session, frame, cells),
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
