"""What a person may ask of whoever keeps their data: a copy, a correction, deletion, a halt, an explanation."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Record
from models.encryption import Encrypted
from models.errors import ReasonMissing, WrongStep
from models.field_groups import FieldGroup, marked
from models.person import Person

RIGHTS_DAYS = 15
"""Working days in which a request is answered (PIPL Art. 50 asks for it "in time"; the number is ours)."""


class RightsKind(enum.StrEnum):
    """What is asked (PIPL Art. 44–48)."""

    COPY = "copy"
    CORRECTION = "correction"
    DELETION = "deletion"
    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    EXPLANATION = "explanation"


class RightsAsker(enum.StrEnum):
    """Who asks."""

    SELF = "self"
    GUARDIAN = "guardian"
    REPRESENTATIVE = "representative"


class RightsState(enum.StrEnum):
    """A request is open until it is done or refused; an answer is final, and a new request may follow."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


class RefusalGround(enum.StrEnum):
    """Why the law lets a request be refused."""

    HELP_GOES_ON = "help_goes_on"
    KEPT_BY_LAW = "kept_by_law"
    NOT_ENTITLED = "not_entitled"
    IDENTITY_NOT_SHOWN = "identity_not_shown"
    RIGHT_ALREADY = "right_already"
    """The data were looked at and are right."""
    OTHERS_HARMED = "others_harmed"


NEXT_STATES: dict[RightsState, frozenset[RightsState]] = {
    RightsState.OPEN: frozenset({RightsState.DONE, RightsState.REFUSED}),
    RightsState.DONE: frozenset(),
    RightsState.REFUSED: frozenset(),
}


class RightsRequest(Record):
    """One request about one person's data, with its clock."""

    __tablename__ = "rights_request"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("state != 'refused' OR (ground IS NOT NULL AND answer IS NOT NULL)", name="refused_why"),
        sa.CheckConstraint("(state = 'open') = (handled_at IS NULL)", name="handled"),
        sa.Index(
            "uq_rights_request_one_open_of_a_kind",
            "person_id",
            "kind",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
        sa.Index("ix_rights_request_station_id_state_due_at", "station_id", "state", "due_at"),
        sa.Index("ix_rights_request_area_code_state_due_at", "area_code", "state", "due_at"),
        sa.Index("ix_rights_request_state_due_at", "state", "due_at"),
    )

    number: Mapped[str] = mapped_column(sa.String(24), unique=True, info=marked(FieldGroup.IDENTITY))
    kind: Mapped[RightsKind]
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"))
    asker: Mapped[RightsAsker]
    asker_name: Mapped[str | None] = mapped_column(
        Encrypted("rights_request.asker_name"), info=marked(FieldGroup.NOTES)
    )
    """Name of the guardian or representative."""
    note: Mapped[str | None] = mapped_column(Encrypted("rights_request.note"), info=marked(FieldGroup.NOTES))
    """What is asked, in the asker's words."""
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    due_is_provisional: Mapped[bool] = mapped_column(default=False)
    recorded_by_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("account.id"), index=True)
    state: Mapped[RightsState] = mapped_column(default=RightsState.OPEN)
    ground: Mapped[RefusalGround | None]
    answer: Mapped[str | None] = mapped_column(Encrypted("rights_request.answer"), info=marked(FieldGroup.NOTES))
    """What the person is told: what was done, or why not."""
    handled_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    handled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    recorded_by: Mapped[Account] = relationship(foreign_keys=[recorded_by_id], lazy="raise_on_sql")
    handled_by: Mapped[Account | None] = relationship(foreign_keys=[handled_by_id], lazy="raise_on_sql")

    def move_to(
        self,
        state: RightsState,
        *,
        by: Account,
        at: datetime,
        answer: str | None = None,
        ground: RefusalGround | None = None,
    ) -> None:
        """Answer the request; raise WrongStep where it is answered, ReasonMissing for a refusal without a reason."""
        if state not in NEXT_STATES[self.state]:
            raise WrongStep(self.state, state)
        if state is RightsState.REFUSED and (ground is None or not (answer or "").strip()):
            raise ReasonMissing
        self.state, self.answer, self.ground = state, answer, ground
        self.handled_by_id, self.handled_at = by.id, at
