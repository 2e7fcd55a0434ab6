"""What changed for a person: measures taken at the beginning and again later."""

import enum
import uuid
from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator

from models.base import Record, Units
from models.case import AssessmentOccasion
from models.field_groups import FieldGroup, marked
from models.person import Person


class Measure(enum.StrEnum):
    """Instruments of the default pack that every report shows; others are known by the code of their instrument."""

    SELF_CARE = "self_care"
    """Of six self-care acts, how many the person can do (0–6, more is better)."""
    WHO5 = "who5"
    """WHO-5 well-being index, raw 0–25 times four (0–100, more is better; ≤ 50 asks for a further check)."""
    SATISFACTION = "satisfaction"
    """Own three questions of 1–5, mean (not validated; more is better)."""


MEASURE_RANGE: dict[Measure, tuple[int, int]] = {
    Measure.SELF_CARE: (0, 6),
    Measure.WHO5: (0, 100),
    Measure.SATISFACTION: (1, 5),
}
"""Lowest and highest possible score."""


GOALS = "gas"
"""The measure of goals: their T score (50 where all are reached as expected)."""


class MeasureCode(TypeDecorator[str]):
    """The code of what was measured: a `Measure` for the default pack, else the code of an instrument."""

    impl = sa.String(32)
    cache_ok = True

    def process_result_value(self, value: str | None, dialect: sa.engine.Dialect) -> str | None:
        """Return the Measure of a code where there is one, else the code."""
        return Measure(value) if value in set(Measure) else value


class Mode(enum.StrEnum):
    """How the answers were got."""

    SELF = "self"
    ASKED = "asked"
    OBSERVED = "observed"


class Outcome(Record):
    """One score of one person on one day."""

    __tablename__ = "outcome"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.UniqueConstraint("case_id", "measure", "occasion", "taken_on"),
        sa.CheckConstraint("missing_items >= 0", name="missing_items"),
        sa.CheckConstraint("measure != ''", name="measure"),
        sa.Index("ix_outcome_person_id_measure", "person_id", "measure"),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case_file.id"), index=True)
    measure: Mapped[Measure | str] = mapped_column(MeasureCode())
    instrument_version_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("instrument_version.id"), index=True, info=marked(FieldGroup.REFERENCE)
    )
    """Which version was used, where a sheet was filled in."""
    occasion: Mapped[AssessmentOccasion]
    taken_on: Mapped[date] = mapped_column(index=True)
    score: Mapped[Units | None]
    """Empty where too many items are missing to give one."""
    missing_items: Mapped[int] = mapped_column(default=0)
    mode: Mapped[Mode] = mapped_column(default=Mode.ASKED)
    taken_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)

    person: Mapped[Person] = relationship(lazy="raise_on_sql")


def who5_score(answers: list[int | None]) -> Decimal | None:
    """Return the WHO-5 percentage of five answers of 0–5, or None where one is missing (WHO 1998, Bech 2004)."""
    given = [answer for answer in answers if answer is not None]
    return Decimal(sum(given) * 4) if len(given) == len(answers) == 5 else None
