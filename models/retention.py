"""Removing what its time is up: proposed by one, confirmed by another, applied in batches."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.errors import WrongStep
from models.field_groups import FieldGroup


class RetentionState(enum.StrEnum):
    """Shown first, then confirmed by somebody else, then done."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    DONE = "done"
    DISCARDED = "discarded"


NEXT_STATES: dict[RetentionState, frozenset[RetentionState]] = {
    RetentionState.PROPOSED: frozenset({RetentionState.CONFIRMED, RetentionState.DISCARDED}),
    RetentionState.CONFIRMED: frozenset({RetentionState.DONE}),
    RetentionState.DONE: frozenset(),
    RetentionState.DISCARDED: frozenset(),
}


LIVE_STATES = (RetentionState.PROPOSED, RetentionState.CONFIRMED)


class RetentionRun(Record):
    """One proposal to remove what is older than its period."""

    __tablename__ = "retention_run"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint("confirmed_by_id IS NULL OR confirmed_by_id != proposed_by_id", name="two_people"),
        sa.CheckConstraint(
            "state NOT IN ('confirmed', 'done') OR confirmed_by_id IS NOT NULL", name="confirmed_by_somebody"
        ),
        sa.CheckConstraint("(state IN ('proposed', 'confirmed')) = (live IS NOT NULL)", name="live"),
    )

    number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    state: Mapped[RetentionState] = mapped_column(default=RetentionState.PROPOSED)
    live: Mapped[bool | None] = mapped_column(default=True, unique=True)
    """True until it is done or discarded, then empty: so there is one at a time."""
    proposed_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    proposed_at: Mapped[datetime] = mapped_column(index=True)
    confirmed_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    confirmed_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    proposed_by: Mapped[Account] = relationship(foreign_keys=[proposed_by_id], lazy="raise_on_sql")
    confirmed_by: Mapped[Account | None] = relationship(foreign_keys=[confirmed_by_id], lazy="raise_on_sql")
    lines: Mapped[list["RetentionLine"]] = relationship(back_populates="run", lazy="raise")

    def move_to(self, state: RetentionState) -> None:
        """Take a step, or raise WrongStep where the table has no such step."""
        if state not in NEXT_STATES[self.state]:
            raise WrongStep(self.state, state)
        self.state = state
        self.live = True if state in LIVE_STATES else None


class RetentionLine(Record):
    """What of one kind was shown, and how much of it has been removed."""

    __tablename__ = "retention_line"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("run_id", "kind"),)

    run_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("retention_run.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(32))
    """A row of seed/retention.csv."""
    before: Mapped[datetime]
    """What was counted from a moment before this one is removed."""
    shown: Mapped[int]
    oldest: Mapped[datetime | None]
    removed: Mapped[int] = mapped_column(default=0)
    finished: Mapped[bool] = mapped_column(default=False)

    run: Mapped[RetentionRun] = relationship(back_populates="lines", lazy="raise_on_sql")
