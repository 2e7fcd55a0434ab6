"""What the reader of a report may read: the filter of the address, the frame it asks for, the report as it is told."""

from uuid import UUID

from models import Program, Role
from models.field_groups import FieldGroup
from referral.access import actor, sees
from referral.evaluation.forms import PeriodFilter, ReportFilter
from referral.evaluation.kept import figures
from referral.evaluation.small_cells import is_too_small
from referral.extensions import db
from referral.forms import record_choices
from referral.i18n import lazy
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame
from referral.queries.report.report import home_area, programs, townships


def filtered() -> tuple[ReportFilter | PeriodFilter, Frame | None]:
    """Return the filter of the address and the frame it asks for; no frame where the filter is wrong."""
    home = home_area(db.session, actor())
    if actor().role is Role.EVALUATOR:
        choice = PeriodFilter()
        if not choice.validate():
            return choice, None
        return choice, Frame(actor(), choice.chosen.start, choice.chosen.end, home)
    form = ReportFilter()
    areas = townships(db.session, home)
    form.area.choices = record_choices(areas, lazy("All townships"), key="code")
    start, end = form.start.data, form.end.data
    known = programs(db.session, Frame(actor(), start, end)) if start and end else []
    form.program.choices = record_choices(known, lazy("All programs"))
    if not form.validate() or start is None or end is None:
        return form, None
    program = UUID(form.program.data) if form.program.data else None
    return form, Frame(actor(), start, end, form.area.data or home, program)


def told(frame: Frame) -> Report | None:
    """Return the report of a frame; None where its reader sees no names and it speaks of so few that they would do."""
    found = figures(frame)
    if found is None or (not sees(actor().role, FieldGroup.IDENTITY) and is_too_small(found.report)):
        return None
    return found.report


def sample_name() -> str | None:
    """Return the name of the one program that the reader looks at, or None for readers of all."""
    if actor().role is not Role.EVALUATOR or actor().program_id is None:
        return None
    program = db.session.get(Program, actor().program_id)
    return program.name if program else None
