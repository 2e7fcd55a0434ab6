"""Which rows behind a figure are told to whoever sees no names: those whose cell no table withholds.

Rows carry a day, and visits a service and a result: without this, counting rows would tell what the tables do not.
"""

from collections.abc import Sequence
from typing import Any

from flask import abort

from models.visit import REACHED
from referral.clock import local_date
from referral.evaluation.kept import told
from referral.evaluation.periods import Period
from referral.evaluation.rows import FUNNEL, UNKNOWN
from referral.queries.report.frame import Frame

SPEEDS = frozenset({"first_contact", "first_offer", "answer", "first_service"})
GAPS = frozenset({*UNKNOWN, "without_minutes"})
NEEDS = frozenset({"needs", "needs_met", "never_offered", "first_offer", "first_service"})
DATES = ("started_at", "requested_at", "opened_at")


def opens(frame: Frame, figure: str) -> bool:
    """Say whether the list behind a figure may be read by whoever sees no names: where its cells are not withheld."""
    hidden, period = told(frame)[0].hidden, Period(frame.start, frame.end).code
    return not any((period, *cell) in hidden for cell in cells_of(figure, None))


def told_rows(frame: Frame, figure: str, rows: Sequence[Any]) -> list[Any]:
    """Return the rows of a figure that may be told; 404 where the figure itself is withheld in this period."""
    hidden = told(frame)[0].hidden
    period = Period(frame.start, frame.end).code
    if not opens(frame, figure):
        abort(404)
    moment = next((name for name in DATES if rows and hasattr(rows[0], name)), None)
    if moment is None:
        return list(rows)
    found = []
    for row in rows:
        month = f"{local_date(getattr(row, moment)):%Y-%m}"
        if not any((month, *cell) in hidden or (period, *cell) in hidden for cell in cells_of(figure, row)):
            found.append(row)
    return found


def cells_of(figure: str, row: Any) -> list[tuple[str, str]]:
    """Return the cells, less their period, that a row of a figure is counted in; of the figure itself without one."""
    cells = [("needs", "")] if figure in NEEDS else [("total", "")]
    if figure in FUNNEL:
        cells.append(("stage", figure))
    if figure in SPEEDS:
        cells += [("speed", figure), ("open", figure)]
    if figure in GAPS:
        cells.append(("gap", figure))
    if figure == "not_reached":
        cells.append(("missed_total", ""))
    if row is not None and hasattr(row, "contact_result"):
        if row.contact_result in REACHED:
            cells.append(("service", row.TaxonomyTerm.code))
        else:
            cells.append(("missed", row.contact_result.value))
    if row is not None and figure in {"rejected", "reasons"} and row.reason is not None:
        cells.append(("reason", f"{row.status.value}/{row.reason.value}"))
    return cells
