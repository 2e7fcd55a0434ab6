"""What a person wants to reach, in five steps of their own words (Goal Attainment Scaling, Kiresuk, Sherman 1968)."""

import enum
import uuid
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.case import Case
from models.encryption import Encrypted, EncryptedJson
from models.field_groups import FieldGroup, marked
from models.outcome import Mode
from models.person import Person

LEVELS = (-2, -1, 0, 1, 2)
"""Much less than expected, less, as expected, more, much more."""


class GoalStatus(enum.StrEnum):
    """A goal counts while it is followed; one that was given up keeps its ratings and says why."""

    FOLLOWED = "followed"
    ENDED = "ended"
    GIVEN_UP = "given_up"


class Goal(Record):
    """One goal of one case."""

    __tablename__ = "goal"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("weight BETWEEN 1 AND 5", name="weight"),
        sa.CheckConstraint("baseline_level BETWEEN -2 AND 2", name="baseline_level"),
        sa.CheckConstraint("target_on >= set_on", name="target_after_set"),
        sa.CheckConstraint("(status = 'followed') = (ended_on IS NULL)", name="ended"),
        sa.CheckConstraint("status != 'given_up' OR end_reason IS NOT NULL", name="given_up_why"),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case_file.id"), index=True)
    title: Mapped[str] = mapped_column(Encrypted("goal.title"), info=marked(FieldGroup.NOTES))
    levels: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("goal.levels"), info=marked(FieldGroup.NOTES))
    """Level as text ("-2" … "2") → what it looks like."""
    weight: Mapped[int] = mapped_column(default=1)
    baseline_level: Mapped[int] = mapped_column(default=-1)
    set_on: Mapped[date]
    target_on: Mapped[date]
    status: Mapped[GoalStatus] = mapped_column(default=GoalStatus.FOLLOWED)
    ended_on: Mapped[date | None]
    end_reason: Mapped[str | None] = mapped_column(Encrypted("goal.end_reason"), info=marked(FieldGroup.NOTES))
    set_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    case: Mapped[Case] = relationship(lazy="raise_on_sql")
    ratings: Mapped[list["GoalRating"]] = relationship(back_populates="goal", lazy="raise")


class GoalRating(Record):
    """How far a goal was reached on one day."""

    __tablename__ = "goal_rating"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.UniqueConstraint("goal_id", "rated_on"),
        sa.CheckConstraint("level BETWEEN -2 AND 2", name="level"),
    )

    goal_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("goal.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case_file.id"), index=True)
    level: Mapped[int]
    rated_on: Mapped[date] = mapped_column(index=True)
    mode: Mapped[Mode] = mapped_column(default=Mode.ASKED)
    rated_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    note: Mapped[str | None] = mapped_column(Encrypted("goal_rating.note"), info=marked(FieldGroup.NOTES))

    goal: Mapped[Goal] = relationship(back_populates="ratings", lazy="raise_on_sql")
    rated_by: Mapped[Account] = relationship(lazy="raise_on_sql")
