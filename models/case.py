"""A case: one person's matter from the first lead to the re-visit, its steps and assessments."""

import enum
import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Record, code_column
from models.encryption import Encrypted, EncryptedJson
from models.errors import WrongStep
from models.field_groups import FieldGroup, marked
from models.organization import Organization
from models.person import Household, Person


class Urgency(enum.StrEnum):
    """How soon somebody must act; the four tiers of matching."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


URGENCY_TIERS = {Urgency.CRITICAL: 1, Urgency.HIGH: 2, Urgency.NORMAL: 3, Urgency.LOW: 4}
URGENCY_WORKING_DAYS = {Urgency.CRITICAL: 0, Urgency.HIGH: 1, Urgency.NORMAL: 5, Urgency.LOW: 15}
"""Working days until the first offer is due (defaults of the field; 0 = the same day)."""


class CaseStatus(enum.StrEnum):
    """The five official words with the stages between them, and the side exit."""

    LEAD = "lead"
    ACCEPTED = "accepted"
    ASSESSED = "assessed"
    IN_CIRCULATION = "in_circulation"
    ANSWERED = "answered"
    CONCLUDED = "concluded"
    REVISITED = "revisited"
    EXITED = "exited"


NEXT_STEPS: dict[CaseStatus, frozenset[CaseStatus]] = {
    CaseStatus.LEAD: frozenset({CaseStatus.ACCEPTED, CaseStatus.EXITED}),
    CaseStatus.ACCEPTED: frozenset({CaseStatus.ASSESSED, CaseStatus.IN_CIRCULATION, CaseStatus.EXITED}),
    CaseStatus.ASSESSED: frozenset({CaseStatus.IN_CIRCULATION, CaseStatus.CONCLUDED, CaseStatus.EXITED}),
    CaseStatus.IN_CIRCULATION: frozenset({CaseStatus.ANSWERED, CaseStatus.CONCLUDED, CaseStatus.EXITED}),
    CaseStatus.ANSWERED: frozenset({CaseStatus.IN_CIRCULATION, CaseStatus.CONCLUDED, CaseStatus.EXITED}),
    CaseStatus.CONCLUDED: frozenset({CaseStatus.REVISITED, CaseStatus.IN_CIRCULATION}),
    CaseStatus.REVISITED: frozenset({CaseStatus.IN_CIRCULATION}),
    CaseStatus.EXITED: frozenset({CaseStatus.ACCEPTED}),
}
"""From each state, where a case may go. Reopening leads back into circulation."""


class CaseSource(enum.StrEnum):
    """How the case came to be known; the share of proactive ones is an indicator."""

    SELF = "self"
    FAMILY = "family"
    VISIT = "visit"
    VILLAGE_REPORT = "village_report"
    DATA_COMPARISON = "data_comparison"
    HOTLINE = "hotline"
    DEPARTMENT = "department"
    EVENT = "event"
    IMPORT = "import"


PROACTIVE_SOURCES = frozenset(
    {CaseSource.VISIT, CaseSource.VILLAGE_REPORT, CaseSource.DATA_COMPARISON, CaseSource.EVENT}
)


class CaseExit(enum.StrEnum):
    """Why a case ended beside the main road. Always asked for, never guessed."""

    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    LOST_CONTACT = "lost_contact"
    MOVED_AWAY = "moved_away"
    DIED = "died"
    DUPLICATE = "duplicate"
    NOT_IN_NEED = "not_in_need"


class Domain(enum.StrEnum):
    """Domains of the needs assessment: seven of life, and three in which services are asked for."""

    ECONOMIC = "economic"
    HEALTH = "health"
    EDUCATION = "education"
    HOUSING = "housing"
    EMPLOYMENT = "employment"
    GUARDIANSHIP = "guardianship"
    SOCIAL_INCLUSION = "social_inclusion"
    CARE = "care"
    MIND = "mind"
    LEGAL = "legal"


LIFE_DOMAINS = (
    Domain.ECONOMIC,
    Domain.HEALTH,
    Domain.EDUCATION,
    Domain.HOUSING,
    Domain.EMPLOYMENT,
    Domain.GUARDIANSHIP,
    Domain.SOCIAL_INCLUSION,
)
"""The seven domains that every assessment asks about."""


class SelfCare(enum.StrEnum):
    """The six self-care acts."""

    EAT = "eat"
    DRESS = "dress"
    BED = "bed"
    TOILET = "toilet"
    WALK = "walk"
    BATHE = "bathe"


class AssessmentOccasion(enum.StrEnum):
    """First look, or a later one to compare with it."""

    BASELINE = "baseline"
    FOLLOW_UP = "follow_up"


class Case(Record):
    """One person's matter with one station."""

    __tablename__ = "case_file"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.CheckConstraint("status != 'exited' OR exit_reason IS NOT NULL", name="exit_has_reason"),
        sa.Index("ix_case_file_station_id_status", "station_id", "status"),
        sa.Index("ix_case_file_area_code_status", "area_code", "status"),
    )

    number: Mapped[str] = mapped_column(sa.String(24), unique=True, info=marked(FieldGroup.IDENTITY))
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    household_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("household.id"), index=True)
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    worker_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True, info=marked(FieldGroup.IDENTITY))
    """Village of residence when the case was opened."""
    status: Mapped[CaseStatus] = mapped_column(default=CaseStatus.ACCEPTED, info=marked(FieldGroup.REFERENCE))
    source: Mapped[CaseSource]
    urgency: Mapped[Urgency] = mapped_column(default=Urgency.NORMAL)
    summary: Mapped[str | None] = mapped_column(Encrypted("case_file.summary"), info=marked(FieldGroup.NOTES))
    """What happened, in the words of whoever took the person in."""
    opened_at: Mapped[datetime] = mapped_column(index=True, info=marked(FieldGroup.REFERENCE))
    first_contact_at: Mapped[datetime | None]
    concluded_at: Mapped[datetime | None]
    exit_reason: Mapped[CaseExit | None]
    exit_note: Mapped[str | None] = mapped_column(Encrypted("case_file.exit_note"), info=marked(FieldGroup.NOTES))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    household: Mapped[Household] = relationship(lazy="raise_on_sql")
    station: Mapped[Organization | None] = relationship(lazy="raise_on_sql")
    steps: Mapped[list["CaseStep"]] = relationship(back_populates="case", lazy="raise")

    def move_to(self, status: CaseStatus) -> None:
        """Take a step, or raise WrongStep where the table has no such step."""
        if status not in NEXT_STEPS[self.status]:
            raise WrongStep(self.status, status)
        self.status = status


class CaseStep(Record):
    """Who moved a case, when and why."""

    __tablename__ = "case_step"
    field_group = FieldGroup.PROCESS

    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case_file.id"), index=True)
    from_status: Mapped[CaseStatus | None] = mapped_column(
        code_column(CaseStatus, "from_status"), info=marked(FieldGroup.REFERENCE)
    )
    to_status: Mapped[CaseStatus] = mapped_column(
        code_column(CaseStatus, "to_status"), info=marked(FieldGroup.REFERENCE)
    )
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    note: Mapped[str | None] = mapped_column(Encrypted("case_step.note"), info=marked(FieldGroup.NOTES))

    case: Mapped[Case] = relationship(back_populates="steps", lazy="raise_on_sql")


class Assessment(Record):
    """What is needed: the seven domains of life and the six self-care acts on one day."""

    __tablename__ = "assessment"
    field_group = FieldGroup.HEALTH

    case_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("case_file.id"), index=True)
    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    occasion: Mapped[AssessmentOccasion] = mapped_column(info=marked(FieldGroup.PROCESS))
    assessed_on: Mapped[date] = mapped_column(info=marked(FieldGroup.PROCESS))
    assessed_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    domains: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("assessment.domains"))
    """Domain → {"level": 0 none | 1 some | 2 grave, "note": text}; a domain that was not asked is missing."""
    self_care: Mapped[dict[str, Any]] = mapped_column(EncryptedJson("assessment.self_care"))
    """Act → "able" | "unable"; an act that was not asked is missing."""
    note: Mapped[str | None] = mapped_column(Encrypted("assessment.note"), info=marked(FieldGroup.NOTES))

    case: Mapped[Case] = relationship(lazy="raise_on_sql")

    @property
    def acts_not_met(self) -> int:
        """How many of the six acts the person cannot do."""
        return sum(1 for value in self.self_care.values() if value == "unable")

    @property
    def ability(self) -> str | None:
        """Return able, partly_unable or unable: 0, 1–3, or ≥ 4 acts not met. None while an act was not asked."""
        if len(self.self_care) < len(SelfCare):
            return None
        return "able" if self.acts_not_met == 0 else "partly_unable" if self.acts_not_met <= 3 else "unable"
