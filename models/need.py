"""One thing that one person lacks, service or material."""

import enum
import uuid
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Money, Record, Units
from models.case import URGENCY_TIERS, Case, Urgency
from models.encryption import Encrypted
from models.errors import ReasonMissing, WrongStep
from models.field_groups import FieldGroup, marked
from models.organization import Organization
from models.person import Person
from models.taxonomy import NeedType, TaxonomyTerm


class NeedKind(enum.StrEnum):
    """Both kinds of help stand in one plan."""

    SERVICE = "service"
    MATERIAL = "material"


class NeedStatus(enum.StrEnum):
    """A need stays open until it is covered; an unmet need is planning data."""

    OPEN = "open"
    PROPOSED = "proposed"
    REFERRED = "referred"
    BEING_SERVED = "being_served"
    MET = "met"
    PARTLY_MET = "partly_met"
    CLOSED_UNMET = "closed_unmet"


NEXT_STEPS: dict[NeedStatus, frozenset[NeedStatus]] = {
    NeedStatus.OPEN: frozenset({NeedStatus.PROPOSED, NeedStatus.REFERRED, NeedStatus.CLOSED_UNMET}),
    NeedStatus.PROPOSED: frozenset({NeedStatus.OPEN, NeedStatus.REFERRED, NeedStatus.CLOSED_UNMET}),
    NeedStatus.REFERRED: frozenset(
        {NeedStatus.OPEN, NeedStatus.BEING_SERVED, NeedStatus.MET, NeedStatus.PARTLY_MET, NeedStatus.CLOSED_UNMET}
    ),
    NeedStatus.BEING_SERVED: frozenset(
        {NeedStatus.OPEN, NeedStatus.MET, NeedStatus.PARTLY_MET, NeedStatus.CLOSED_UNMET}
    ),
    NeedStatus.MET: frozenset({NeedStatus.OPEN}),
    NeedStatus.PARTLY_MET: frozenset({NeedStatus.OPEN}),
    NeedStatus.CLOSED_UNMET: frozenset({NeedStatus.OPEN}),
}
"""From each state, where a need may go. Every way back leads to `open`, by `reopen`."""

WAITING_STATUSES = (NeedStatus.OPEN, NeedStatus.PROPOSED)
"""Needs that nobody has been asked to meet yet."""
ENDED_STATUSES = (NeedStatus.MET, NeedStatus.PARTLY_MET, NeedStatus.CLOSED_UNMET)


class ClosedReason(enum.StrEnum):
    """Why a need was closed without being met."""

    NO_PROVIDER = "no_provider"
    NO_LONGER_NEEDED = "no_longer_needed"
    PERSON_REFUSED = "person_refused"
    MET_ELSEWHERE = "met_elsewhere"
    NOT_ELIGIBLE = "not_eligible"
    LOST_CONTACT = "lost_contact"
    DIED = "died"
    ENTERED_IN_ERROR = "entered_in_error"


class WorkerSex(enum.StrEnum):
    """Whom the person wants to be helped by."""

    ANY = "any"
    FEMALE = "female"
    MALE = "male"


ANY_TIME = 0
"""`wanted_times` of somebody to whom any time is right. Else bit (weekday * 3 + part), Monday first; parts of the
day are morning, afternoon, evening: 21 bits."""


YUAN = "元"
"""The unit of needs that are money."""
WEEKS_A_YEAR, MONTHS_A_YEAR = 52, 12


def whole_a_month(hundredths: int, frequency: str) -> int:
    """Return whole units a month, rounded up, at least 1, from hundredths of a unit in one `frequency`.

    >>> whole_a_month(200, "week"), whole_a_month(150, "month"), whole_a_month(300, "once")
    (9, 2, 3)
    """
    weekly = frequency == "week"
    over, under = (hundredths * WEEKS_A_YEAR, 100 * MONTHS_A_YEAR) if weekly else (hundredths, 100)
    return max(-(-over // under), 1)


class Need(Record):
    """What somebody lacks: the type in an assessment's words, and the term of help that answers it."""

    __tablename__ = "need"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity"),
        sa.CheckConstraint("wanted_times >= 0 AND wanted_times < 2097152", name="wanted_times"),
        sa.CheckConstraint("status != 'closed_unmet' OR closed_reason IS NOT NULL", name="closed_has_reason"),
        sa.Index("ix_need_waiting_by_age", "waiting_rank", "opened_at", "id", "area_code"),
        sa.Index("ix_need_waiting_by_day", "waiting_rank", "due_at", "area_code"),
        sa.Index("ix_need_waiting_in_area", "area_code", "waiting_rank", "opened_at", "due_at"),
        sa.Index("ix_need_waiting_at_station", "station_id", "waiting_rank", "due_at"),
        # No index holds the status: a round changes it for all needs at once, and would write each index again.
    )

    number: Mapped[str] = mapped_column(sa.String(24), unique=True, info=marked(FieldGroup.IDENTITY))
    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case_file.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    household_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("household.id"), index=True)
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), info=marked(FieldGroup.IDENTITY))
    need_type_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("need_type.id"), index=True)
    term_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("taxonomy_term.id"), index=True)
    kind: Mapped[NeedKind]
    status: Mapped[NeedStatus] = mapped_column(default=NeedStatus.OPEN)
    urgency: Mapped[Urgency]
    urgency_rank: Mapped[int]
    """Tier of the urgency, 1 first, so that lists sort by an index."""
    waiting_rank: Mapped[int | None] = mapped_column(
        sa.Computed("CASE WHEN status IN ('open', 'proposed') THEN urgency_rank END", persisted=True)
    )
    """The tier while nobody has been asked yet, else empty; kept by the database, so that the lists of waiting needs
    are read in their order from an index."""
    description: Mapped[str | None] = mapped_column(Encrypted("need.description"), info=marked(FieldGroup.NOTES))
    quantity: Mapped[Units]
    """How many units of the term are wanted, in one `frequency`."""
    unit: Mapped[str] = mapped_column(sa.String(8))
    frequency: Mapped[str] = mapped_column(sa.String(16), default="month")
    """once, week or month: the period that `quantity` speaks of."""
    wanted_times: Mapped[int] = mapped_column(default=ANY_TIME)
    worker_sex: Mapped[WorkerSex] = mapped_column(default=WorkerSex.ANY)
    language: Mapped[str] = mapped_column(sa.String(16), default="zh")
    preferred_organization_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    estimated_value: Mapped[Money | None]
    """What meeting it is worth in yuan, for the household's plan."""
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    """By when somebody should have been found, by urgency in working days."""
    due_is_provisional: Mapped[bool] = mapped_column(default=False)
    """True where the holidays of that year were not yet published when the date was computed."""
    closed_at: Mapped[datetime | None]
    closed_reason: Mapped[ClosedReason | None]
    rest_of_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("need.id"), index=True)
    """The first need, where a provider took only a part of it on and this is what is left; always the very first."""
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    case: Mapped[Case] = relationship(lazy="raise_on_sql")
    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    term: Mapped[TaxonomyTerm] = relationship(lazy="raise_on_sql")
    need_type: Mapped[NeedType | None] = relationship(lazy="raise_on_sql")
    station: Mapped[Organization | None] = relationship(foreign_keys=[station_id], lazy="raise_on_sql")

    @classmethod
    def is_waiting(cls) -> sa.ColumnElement[bool]:
        """Return the condition for needs that nobody has been asked to meet yet.

        Written with both bounds: that is how SQLite sees that its index also gives the order.
        """
        return cls.waiting_rank.between(1, len(URGENCY_TIERS))

    def move_to(self, status: NeedStatus, *, at: datetime, reason: ClosedReason | None = None) -> None:
        """Take a step; raise WrongStep, or ReasonMissing where a need would be closed unmet without one."""
        if status not in NEXT_STEPS[self.status]:
            raise WrongStep(self.status, status)
        if status is NeedStatus.CLOSED_UNMET and reason is None:
            raise ReasonMissing
        self.status = status
        self.closed_at = at if status in ENDED_STATUSES else None
        self.closed_reason = reason if status is NeedStatus.CLOSED_UNMET else None

    @property
    def hours_a_month(self) -> int:
        """Whole hours a month that one provider must give, rounded up; units other than hours count as one each."""
        return whole_a_month(int(self.quantity * 100), self.frequency)

    @property
    def yuan(self) -> Decimal | None:
        """What meeting it takes of a fund: its quantity where that is money, else its estimated value."""
        return self.quantity if self.unit == YUAN else self.estimated_value

    def reopen(self, *, at: datetime) -> None:
        """Put the need into the next round again: the only way back in the whole flow."""
        if self.status is not NeedStatus.OPEN:
            self.move_to(NeedStatus.OPEN, at=at)
