"""Break-glass: somebody opened a file outside their scope, for a reason, for a limited time, and it is reviewed."""

import enum
import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.encryption import Encrypted
from models.field_groups import FieldGroup, marked
from models.person import Person

GLASS_LASTS = timedelta(hours=3)
GLASS_BUDGET = 5
"""How often one account may ask in one day, found or not."""
SHORTEST_REASON = 10
"""Characters of own words beside the code of the reason."""


class GlassReason(enum.StrEnum):
    """Why a file of others has to be read now."""

    DANGER = "danger"
    EMERGENCY_AID = "emergency_aid"
    FOUND_ELSEWHERE = "found_elsewhere"
    """The person has turned up here, away from the station that looks after them."""
    STANDING_IN = "standing_in"
    COMPLAINT = "complaint"
    OTHER = "other"


class GlassVerdict(enum.StrEnum):
    """What whoever reviews it says."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not_justified"


class GlassAccess(Record):
    """One asking for a file by its exact number. One that found nobody is kept too: it counts and can be seen."""

    __tablename__ = "glass_access"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("(person_id IS NULL) = (until IS NULL)", name="open_if_found"),
        sa.CheckConstraint("(verdict IS NULL) = (reviewed_at IS NULL)", name="reviewed_with_verdict"),
        sa.CheckConstraint("reviewed_by_id IS NULL OR reviewed_by_id != account_id", name="not_by_oneself"),
        sa.Index("ix_glass_access_account_id_opened_at", "account_id", "opened_at"),
        sa.Index("ix_glass_access_station_id_reviewed_at", "station_id", "reviewed_at"),
        sa.Index("ix_glass_access_area_code_reviewed_at", "area_code", "reviewed_at"),
    )

    account_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"))
    person_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    """Empty where no file has that number."""
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    """The station that looked after the person when the file was opened: its supervisors review."""
    area_code: Mapped[str | None] = mapped_column(sa.ForeignKey("area.code"))
    reason: Mapped[GlassReason]
    words: Mapped[str] = mapped_column(Encrypted("glass_access.words"), info=marked(FieldGroup.NOTES))
    opened_at: Mapped[datetime]
    until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When it was given back before its time."""
    reviewed_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    reviewed_at: Mapped[datetime | None]
    verdict: Mapped[GlassVerdict | None]
    review_note: Mapped[str | None] = mapped_column(
        Encrypted("glass_access.review_note"), info=marked(FieldGroup.NOTES)
    )
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    account: Mapped[Account] = relationship(foreign_keys=[account_id], lazy="raise_on_sql")
    person: Mapped[Person | None] = relationship(lazy="raise_on_sql")
    reviewed_by: Mapped[Account | None] = relationship(foreign_keys=[reviewed_by_id], lazy="raise_on_sql")

    def is_live(self, at: datetime) -> bool:
        """Say whether the file may be read through it at a moment."""
        return self.until is not None and self.ended_at is None and at < self.until
