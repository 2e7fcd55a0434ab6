"""What was done for somebody: a visit, a session, a meal round, a hand-over of goods or money."""

import enum
import uuid
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Money, Record, Units
from models.encryption import Encrypted
from models.field_groups import FieldGroup, marked
from models.organization import Organization, Program
from models.person import Person
from models.referral import Referral
from models.taxonomy import TaxonomyTerm


class VisitKind(enum.StrEnum):
    """In which way help was given."""

    HOME_VISIT = "home_visit"
    ON_SITE = "on_site"
    GROUP = "group"
    PHONE = "phone"
    DELIVERY = "delivery"
    """Goods or money handed over."""


class ContactResult(enum.StrEnum):
    """Whether the person was reached. A refusal at first is normal and never closes a case."""

    MET_PERSON = "met_person"
    MET_FAMILY = "met_family"
    NOBODY_HOME = "nobody_home"
    NO_ANSWER = "no_answer"
    REFUSED = "refused"
    IN_HOSPITAL = "in_hospital"
    AWAY = "away"
    WRONG_ADDRESS = "wrong_address"
    MOVED = "moved"
    DIED = "died"


REACHED = (ContactResult.MET_PERSON, ContactResult.MET_FAMILY)
"""Results that count as one service event; all others count 0, with the reason kept."""


class Visit(Record):
    """One person × one service event (人次). Corrections are new entries; nothing is overwritten."""

    __tablename__ = "visit"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.UniqueConstraint("worker_id", "entry_key"),
        sa.CheckConstraint("units >= 0", name="units"),
        sa.CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes"),
        sa.CheckConstraint("amount IS NULL OR amount >= 0", name="amount"),
        sa.Index("ix_visit_station_id_started_at", "station_id", "started_at"),
        sa.Index("ix_visit_organization_id_started_at", "organization_id", "started_at"),
        sa.Index("ix_visit_person_id_started_at", "person_id", "started_at"),
        sa.Index("ix_visit_area_code_started_at", "area_code", "started_at"),
        sa.Index("ix_visit_started_at", "started_at"),
        # Says without reading the visits whether what is kept of a month still holds.
        sa.Index("ix_visit_kept", "started_at", "replaced", "created_at"),
        # When somebody first helped on a referral, without reading the visits.
        sa.Index("ix_visit_first_help", "referral_id", "replaced", "contact_result", "started_at"),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"))
    household_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("household.id"), index=True)
    case_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("case_file.id"), index=True)
    referral_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("referral.id"), index=True)
    """Empty for a station's own round visits."""
    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"))
    """Who gave the help."""
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"))
    """The station that looks after the person."""
    program_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("program.id"), index=True)
    term_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("taxonomy_term.id"), index=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), info=marked(FieldGroup.IDENTITY))
    """Village of residence at the time, so that reports by township do not move with the person."""
    worker_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    worker_name: Mapped[str | None] = mapped_column(sa.String(64))
    """Who went, where the worker has no account."""
    kind: Mapped[VisitKind]
    contact_result: Mapped[ContactResult]
    started_at: Mapped[datetime]
    minutes: Mapped[int]
    units: Mapped[Units]
    unit: Mapped[str] = mapped_column(sa.String(8))
    amount: Mapped[Money | None]
    """Value in yuan of goods or money handed over."""
    note: Mapped[str | None] = mapped_column(Encrypted("visit.note"), info=marked(FieldGroup.NOTES))
    activity_key: Mapped[uuid.UUID | None] = mapped_column(index=True)
    """Shared by the entries of one group session: ten people are ten person-times and one activity."""
    entry_key: Mapped[str | None] = mapped_column(sa.String(64))
    """Made by the form, so that the same entry sent twice is one entry."""
    corrects_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("visit.id"), unique=True)
    """The entry this one replaces; the replaced one stays and no longer counts."""
    replaced: Mapped[bool] = mapped_column(default=False)

    person: Mapped[Person] = relationship(lazy="raise_on_sql")
    organization: Mapped[Organization] = relationship(foreign_keys=[organization_id], lazy="raise_on_sql")
    program: Mapped[Program | None] = relationship(lazy="raise_on_sql")
    term: Mapped[TaxonomyTerm] = relationship(lazy="raise_on_sql")
    referral: Mapped[Referral | None] = relationship(lazy="raise_on_sql")
    worker: Mapped[Account | None] = relationship(lazy="raise_on_sql")
