"""Who helps: organizations, their programs, places, telephones and checks (HSDS names)."""

import enum
import uuid
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.area import Area
from models.base import Money, Record, Units
from models.field_groups import FieldGroup, marked


class ProviderKind(enum.StrEnum):
    """The kinds of helper of `provider_kinds.csv`."""

    COMMUNITY = "community"
    STATION = "station"
    SOCIAL_ORGANIZATION = "social_organization"
    VOLUNTEERS = "volunteers"
    CHARITY = "charity"
    DEPARTMENT = "department"
    PROFESSIONAL = "professional"


class OrganizationStatus(enum.StrEnum):
    """Whether the organization may receive referrals."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class SupplyMode(enum.StrEnum):
    """How help is paid for (Social Assistance Law Art. 55–58)."""

    PURCHASE = "purchase"
    CHARITY = "charity"
    VOLUNTEER = "volunteer"
    SOCIAL_WORK = "social_work"
    GOVERNMENT = "government"
    MARKET = "market"


class CheckKind(enum.StrEnum):
    """Checks without which a service may not be given."""

    CHILD_SAFETY = "child_safety"
    """Record check of staff who work with minors, repeated yearly (Minors Protection Law Art. 62)."""
    LICENCE = "licence"


class Organization(Record):
    """A body that offers or asks for help. A station is an organization too."""

    __tablename__ = "organization"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("external_source", "external_id"),)

    name: Mapped[str] = mapped_column(sa.String(255), index=True)
    alternate_name: Mapped[str | None] = mapped_column(sa.String(255))
    search_text: Mapped[str] = mapped_column(sa.String(512), default="")
    """Name, other name and pinyin initials, folded, for search by any part."""
    description: Mapped[str | None] = mapped_column(sa.Text)
    kind: Mapped[ProviderKind]
    facility: Mapped[str | None] = mapped_column(sa.String(64))
    """What place it runs, such as elder_centre or home_for_disabled; a facility is not its operator."""
    status: Mapped[OrganizationStatus] = mapped_column(default=OrganizationStatus.ACTIVE)
    credit_code: Mapped[str | None] = mapped_column(sa.String(18), unique=True)
    """Unified social credit code (GB 32100); village societies and stations may have none."""
    area_code: Mapped[str | None] = mapped_column(sa.ForeignKey("area.code"), index=True)
    """Where it is seated."""
    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    email: Mapped[str | None] = mapped_column(sa.String(255))
    website: Mapped[str | None] = mapped_column(sa.String(1024))
    contact_name: Mapped[str | None] = mapped_column(sa.String(64))
    legal_status: Mapped[str | None] = mapped_column(sa.String(255))
    year_incorporated: Mapped[int | None]
    statements_since: Mapped[date | None]
    """Since when it may issue statements of volunteers' service; empty while nobody has shown that it may."""
    statements_source: Mapped[str | None] = mapped_column(sa.String(255))
    """Where that is written: its entry in the national volunteer system, or a letter of the department."""
    external_source: Mapped[str | None] = mapped_column(sa.String(64))
    external_id: Mapped[str | None] = mapped_column(sa.String(64))
    """Key in the catalogue it was imported from, so that a second import finds it."""
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    area: Mapped[Area | None] = relationship(lazy="raise_on_sql")
    programs: Mapped[list["Program"]] = relationship(back_populates="organization", lazy="raise")
    locations: Mapped[list["Location"]] = relationship(back_populates="organization", lazy="raise")
    phones: Mapped[list["Phone"]] = relationship(back_populates="organization", lazy="raise")
    checks: Mapped[list["ProviderCheck"]] = relationship(back_populates="organization", lazy="raise")


class Program(Record):
    """A project with money and a quota, such as home service bought for 50 households."""

    __tablename__ = "program"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.UniqueConstraint("external_source", "external_id"),
        sa.CheckConstraint("ends_on IS NULL OR starts_on IS NULL OR ends_on >= starts_on", name="period"),
        sa.CheckConstraint("quota_households IS NULL OR quota_households >= 0", name="quota"),
    )

    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    alternate_name: Mapped[str | None] = mapped_column(sa.Text)
    description: Mapped[str | None] = mapped_column(sa.Text)
    supply_mode: Mapped[SupplyMode | None]
    funding_source: Mapped[str | None] = mapped_column(sa.String(128))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    quota_households: Mapped[int | None]
    quota_units: Mapped[Units | None]
    unit_price: Mapped[Money | None] = mapped_column(info=marked(FieldGroup.MONEY))
    external_source: Mapped[str | None] = mapped_column(sa.String(64))
    external_id: Mapped[str | None] = mapped_column(sa.String(64))

    organization: Mapped[Organization] = relationship(back_populates="programs", lazy="raise_on_sql")


class Location(Record):
    """A place where an organization works."""

    __tablename__ = "location"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("external_source", "external_id"),)

    organization_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    alternate_name: Mapped[str | None] = mapped_column(sa.String(255))
    description: Mapped[str | None] = mapped_column(sa.Text)
    transportation: Mapped[str | None] = mapped_column(sa.Text)
    address: Mapped[str | None] = mapped_column(sa.String(512))
    postal_code: Mapped[str | None] = mapped_column(sa.String(16))
    area_code: Mapped[str | None] = mapped_column(sa.ForeignKey("area.code"), index=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    external_source: Mapped[str | None] = mapped_column(sa.String(64))
    external_id: Mapped[str | None] = mapped_column(sa.String(64))

    organization: Mapped[Organization | None] = relationship(back_populates="locations", lazy="raise_on_sql")
    area: Mapped[Area | None] = relationship(lazy="raise_on_sql")


class Phone(Record):
    """A telephone of an organization, a place or a service."""

    __tablename__ = "phone"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("external_source", "external_id"),)

    organization_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    location_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("location.id"), index=True)
    service_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("service.id"), index=True)
    number: Mapped[str] = mapped_column(sa.String(64))
    extension: Mapped[str | None] = mapped_column(sa.String(32))
    description: Mapped[str | None] = mapped_column(sa.String(255))
    external_source: Mapped[str | None] = mapped_column(sa.String(64))
    external_id: Mapped[str | None] = mapped_column(sa.String(64))

    organization: Mapped[Organization | None] = relationship(back_populates="phones", lazy="raise_on_sql")


class ProviderCheck(Record):
    """A check of an organization with an end date."""

    __tablename__ = "provider_check"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.UniqueConstraint("organization_id", "kind", "valid_from"),
        sa.CheckConstraint("valid_to >= valid_from", name="period"),
    )

    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    kind: Mapped[CheckKind]
    reference: Mapped[str | None] = mapped_column(sa.String(128))
    valid_from: Mapped[date]
    valid_to: Mapped[date]

    organization: Mapped[Organization] = relationship(back_populates="checks", lazy="raise_on_sql")

    def covers(self, day: date) -> bool:
        """Say whether the check is in date on a day."""
        return self.valid_from <= day <= self.valid_to
