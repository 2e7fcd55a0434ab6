"""Whom we help: people, their households, recognised statuses, features and places."""

import enum
import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.area import Area
from models.base import Record, RoughDegrees
from models.encryption import BlindCode, Encrypted
from models.field_groups import FieldGroup, marked
from models.fingerprints import indexes
from models.organization import Organization


class Sex(enum.StrEnum):
    """As on the resident ID."""

    FEMALE = "female"
    MALE = "male"


class HukouKind(enum.StrEnum):
    """Urban or rural household registration, reported apart."""

    URBAN = "urban"
    RURAL = "rural"


class PersonStatus(enum.StrEnum):
    """Whether we can still help the person here."""

    ACTIVE = "active"
    MOVED_AWAY = "moved_away"
    DIED = "died"


class ContactPreference(enum.StrEnum):
    """How the person wants to be reached."""

    PHONE = "phone"
    HOME_VISIT = "home_visit"
    THROUGH_FAMILY = "through_family"
    THROUGH_VILLAGE = "through_village"
    MESSAGE = "message"


class AreaUse(enum.StrEnum):
    """The three addresses of the law (Art. 37: dibao at the hukou, temporary aid where the emergency is)."""

    HUKOU = "hukou"
    RESIDENCE = "residence"
    EMERGENCY = "emergency"


class FeatureKind(enum.StrEnum):
    """What makes a person's situation harder, apart from any recognised status."""

    LIVES_ALONE = "lives_alone"
    DISABLED = "disabled"
    SEVERELY_DISABLED = "severely_disabled"
    GRAVELY_ILL = "gravely_ill"
    CHRONICALLY_ILL = "chronically_ill"
    CANNOT_SELF_CARE = "cannot_self_care"
    PARTLY_SELF_CARE = "partly_self_care"
    CARER_OLD_OR_ILL = "carer_old_or_ill"
    IS_CARER = "is_carer"
    LEFT_BEHIND = "left_behind"
    SINGLE_PARENT = "single_parent"
    LOST_ONLY_CHILD = "lost_only_child"
    NEEDS_DIALECT = "needs_dialect"
    NO_WORK_ABILITY = "no_work_ability"


def completed_years(born_on: date, on: date) -> int:
    """Return somebody's age in completed years on a day."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


class Household(Record):
    """People who live and budget together."""

    __tablename__ = "household"
    field_group = FieldGroup.IDENTITY

    number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True)
    note: Mapped[str | None] = mapped_column(Encrypted("household.note"), info=marked(FieldGroup.NOTES))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    area: Mapped[Area] = relationship(lazy="raise_on_sql")
    members: Mapped[list["Person"]] = relationship(back_populates="household", lazy="raise")


class Person(Record):
    """Somebody who is, or may be, in need."""

    __tablename__ = "person"
    field_group = FieldGroup.IDENTITY
    __table_args__ = (
        # Search reads these alone: among 100,000 people 12 ms instead of 140 ms.
        sa.Index("ix_person_area_code_search_text", "area_code", "search_text", "id"),
        sa.Index("ix_person_station_id_search_text", "station_id", "search_text", "id"),
        # Few are: whoever must leave them out reads these alone.
        sa.Index(
            "ix_person_halted",
            "id",
            sqlite_where=sa.text("frozen_at IS NOT NULL"),
            postgresql_where=sa.text("frozen_at IS NOT NULL"),
        ),
    )

    number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    """File number, for speaking of a person without the name."""
    household_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("household.id"), index=True)
    relation_to_head: Mapped[str] = mapped_column(sa.String(32), default="head")
    """head, spouse, child, parent, grandchild, grandparent, sibling, other."""
    name: Mapped[str] = mapped_column(sa.String(64), index=True)
    search_text: Mapped[str] = mapped_column(sa.String(255), default="")
    """Name, pinyin, initials and file number, folded, for search by any part."""
    sex: Mapped[Sex | None]
    born_on: Mapped[date | None] = mapped_column(info=marked(FieldGroup.CERTIFICATES))
    id_number: Mapped[str | None] = mapped_column(Encrypted("person.id_number"), info=marked(FieldGroup.CERTIFICATES))
    """Resident identity number of 18 (or, for old papers, 15) characters."""
    id_number_index: Mapped[str | None] = mapped_column(
        sa.String(64), unique=True, info=marked(FieldGroup.CERTIFICATES)
    )
    """Fingerprint of the number of 18 characters, so that both forms are found and are the same person."""
    phone: Mapped[str | None] = mapped_column(Encrypted("person.phone"), info=marked(FieldGroup.CONTACT))
    phone_index: Mapped[str | None] = mapped_column(sa.String(64), index=True, info=marked(FieldGroup.CONTACT))
    phone_end_index: Mapped[str | None] = mapped_column(sa.String(64), index=True, info=marked(FieldGroup.CONTACT))
    """Fingerprint of the last four digits, for whoever remembers no more."""
    bank_card: Mapped[str | None] = mapped_column(Encrypted("person.bank_card"), info=marked(FieldGroup.FINANCE))
    """Where aid is paid to. Pages show the last four digits."""
    contact_preference: Mapped[ContactPreference] = mapped_column(
        default=ContactPreference.PHONE, info=marked(FieldGroup.CONTACT)
    )
    contact_note: Mapped[str | None] = mapped_column(Encrypted("person.contact_note"), info=marked(FieldGroup.CONTACT))
    """Whom to ring instead, or when to come."""
    language: Mapped[str] = mapped_column(sa.String(16), default="zh")
    hukou_kind: Mapped[HukouKind | None]
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True)
    """Village of residence: what service areas and the scope of staff go by."""
    address: Mapped[str | None] = mapped_column(Encrypted("person.address"), info=marked(FieldGroup.CONTACT))
    latitude: Mapped[float | None] = mapped_column(RoughDegrees(), info=marked(FieldGroup.CONTACT))
    longitude: Mapped[float | None] = mapped_column(RoughDegrees(), info=marked(FieldGroup.CONTACT))
    station_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    """The station that looks after the person."""
    status: Mapped[PersonStatus] = mapped_column(default=PersonStatus.ACTIVE, info=marked(FieldGroup.REFERENCE))
    frozen_at: Mapped[datetime | None] = mapped_column(info=marked(FieldGroup.REFERENCE))
    """Since when nothing is changed or sent on because the person asked for a halt; empty while work goes on."""
    erased_at: Mapped[datetime | None] = mapped_column(info=marked(FieldGroup.REFERENCE))
    """When name, contact and notes were removed; the file number and what was done stay."""
    demonstration: Mapped[bool] = mapped_column(default=False, info=marked(FieldGroup.REFERENCE))
    """An invented person of the demonstration, marked so on every page."""
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    household: Mapped[Household] = relationship(back_populates="members", lazy="raise_on_sql")
    area: Mapped[Area] = relationship(lazy="raise_on_sql")
    station: Mapped[Organization | None] = relationship(lazy="raise_on_sql")
    areas: Mapped[list["PersonArea"]] = relationship(back_populates="person", lazy="raise")
    statuses: Mapped[list["IdentityStatus"]] = relationship(back_populates="person", lazy="raise")
    features: Mapped[list["Feature"]] = relationship(back_populates="person", lazy="raise")

    @validates("id_number", "phone")
    def _keep_index(self, column: str, value: str | None) -> str | None:
        """Set the fingerprints with the value, so that nobody forgets one."""
        for name, index in indexes(column, value).items():
            setattr(self, name, index)
        return value

    def age(self, on: date) -> int | None:
        """Return completed years on a day, or None where the birth date is not known."""
        return None if self.born_on is None else completed_years(self.born_on, on)


class PersonArea(Record):
    """One of a person's further addresses: the hukou, or where the emergency happened."""

    __tablename__ = "person_area"
    field_group = FieldGroup.IDENTITY
    __table_args__ = (sa.UniqueConstraint("person_id", "use"),)

    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    use: Mapped[AreaUse]
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True)
    address: Mapped[str | None] = mapped_column(Encrypted("person_area.address"), info=marked(FieldGroup.CONTACT))

    person: Mapped[Person] = relationship(back_populates="areas", lazy="raise_on_sql")
    area: Mapped[Area] = relationship(lazy="raise_on_sql")


class IdentityStatus(Record):
    """A status some body has recognised (认定类别), with its paper and dates. Not kept here as system of record."""

    __tablename__ = "identity_status"
    field_group = FieldGroup.FINANCE
    __table_args__ = (
        sa.UniqueConstraint("person_id", "category_code", "valid_from"),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="period"),
    )

    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    category_code: Mapped[str] = mapped_column(sa.String(8), index=True)
    """Code of `beneficiary_categories.csv`, such as 2.1."""
    recognised_by: Mapped[str | None] = mapped_column(sa.String(128), info=marked(FieldGroup.CERTIFICATES))
    document_number: Mapped[str | None] = mapped_column(
        Encrypted("identity_status.document_number"), info=marked(FieldGroup.CERTIFICATES)
    )
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]

    person: Mapped[Person] = relationship(back_populates="statuses", lazy="raise_on_sql")

    def holds(self, day: date) -> bool:
        """Say whether the status is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


class Feature(Record):
    """Something that makes the situation harder, since when."""

    __tablename__ = "feature"
    field_group = FieldGroup.HEALTH
    __table_args__ = (sa.UniqueConstraint("person_id", "kind"),)

    person_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    kind: Mapped[FeatureKind] = mapped_column(BlindCode(FeatureKind, "feature.kind"))
    since: Mapped[date | None]
    note: Mapped[str | None] = mapped_column(Encrypted("feature.note"))

    person: Mapped[Person] = relationship(back_populates="features", lazy="raise_on_sql")
