"""What is offered: services, where, when, to whom (HSDS names)."""

import enum
import uuid
from datetime import date, datetime, time

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.area import Area
from models.base import Record
from models.field_groups import FieldGroup
from models.organization import Location, Organization, Program, SupplyMode
from models.person import Sex
from models.taxonomy import TaxonomyTerm


class ServiceStatus(enum.StrEnum):
    """HSDS service status."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    DEFUNCT = "defunct"
    TEMPORARILY_CLOSED = "temporarily_closed"


class Delivery(enum.StrEnum):
    """Where help is given."""

    AT_HOME = "at_home"
    ON_SITE = "on_site"
    REMOTE = "remote"


class EligibilityKind(enum.StrEnum):
    """What an eligibility line speaks of."""

    STATUS = "status"
    """Code of a beneficiary category, or its first part for the whole category."""
    FEATURE = "feature"


class Service(Record):
    """One kind of help that an organization gives, service or material."""

    __tablename__ = "service"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.UniqueConstraint("external_source", "external_id"),
        sa.CheckConstraint("minimum_age IS NULL OR minimum_age >= 0", name="minimum_age"),
        sa.CheckConstraint("maximum_age IS NULL OR minimum_age IS NULL OR maximum_age >= minimum_age", name="ages"),
    )

    organization_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    program_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("program.id"), index=True)
    term_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("taxonomy_term.id"), index=True)
    """The term it is matched by; a service without one is listed, never matched."""
    name: Mapped[str] = mapped_column(sa.String(255), index=True)
    alternate_name: Mapped[str | None] = mapped_column(sa.String(255))
    description: Mapped[str | None] = mapped_column(sa.Text)
    url: Mapped[str | None] = mapped_column(sa.String(1024))
    email: Mapped[str | None] = mapped_column(sa.String(255))
    status: Mapped[ServiceStatus] = mapped_column(default=ServiceStatus.ACTIVE, index=True)
    application_process: Mapped[str | None] = mapped_column(sa.Text)
    fees_description: Mapped[str | None] = mapped_column(sa.Text)
    wait_time: Mapped[str | None] = mapped_column(sa.String(255))
    eligibility_description: Mapped[str | None] = mapped_column(sa.Text)
    minimum_age: Mapped[int | None]
    maximum_age: Mapped[int | None]
    sex: Mapped[Sex | None]
    """Given to women or to men only; empty where it does not matter."""
    languages: Mapped[str] = mapped_column(sa.String(255), default="zh")
    """Language codes with spaces between, such as `zh zh-dialect`."""
    worker_sexes: Mapped[str | None] = mapped_column(sa.String(16))
    """`female`, `male` or `female male`: whom the provider can send; empty where not stated."""
    supply_mode: Mapped[SupplyMode | None]
    assured_on: Mapped[date | None]
    """When somebody last confirmed the entry."""
    external_source: Mapped[str | None] = mapped_column(sa.String(64))
    external_id: Mapped[str | None] = mapped_column(sa.String(64))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    organization: Mapped[Organization] = relationship(lazy="raise_on_sql")
    program: Mapped[Program | None] = relationship(lazy="raise_on_sql")
    term: Mapped[TaxonomyTerm | None] = relationship(lazy="raise_on_sql")
    at_locations: Mapped[list["ServiceAtLocation"]] = relationship(back_populates="service", lazy="raise")
    areas: Mapped[list["ServiceArea"]] = relationship(back_populates="service", lazy="raise")
    eligibility: Mapped[list["ServiceEligibility"]] = relationship(back_populates="service", lazy="raise")


class ServiceAtLocation(Record):
    """A service given at, or from, a place. Referrals and places are kept here."""

    __tablename__ = "service_at_location"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.UniqueConstraint("service_id", "location_id"),
        sa.CheckConstraint("radius_km IS NULL OR radius_km > 0", name="radius"),
    )

    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), index=True)
    location_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("location.id"), index=True)
    description: Mapped[str | None] = mapped_column(sa.Text)
    delivery: Mapped[Delivery | None]
    radius_km: Mapped[float | None]
    """How far the provider goes from the place, in kilometres; empty where only service areas count."""
    accepting: Mapped[bool] = mapped_column(default=True)
    """Off while the provider says "full this month"."""
    confirmed_at: Mapped[datetime | None]
    """When the provider last said that what is stated here is right."""

    service: Mapped[Service] = relationship(back_populates="at_locations", lazy="raise_on_sql")
    location: Mapped[Location] = relationship(lazy="raise_on_sql")


class Schedule(Record):
    """When it is open (HSDS schedule; weekdays as RFC 5545 BYDAY)."""

    __tablename__ = "schedule"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("external_source", "external_id"),)

    service_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("service.id"), index=True)
    location_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("location.id"), index=True)
    service_at_location_id: Mapped[uuid.UUID | None] = mapped_column(
        sa.ForeignKey("service_at_location.id"), index=True
    )
    freq: Mapped[str | None] = mapped_column(sa.String(16))
    byday: Mapped[str | None] = mapped_column(sa.String(64))
    """MO,TU,WE,TH,FR,SA,SU, as far as they apply."""
    opens_at: Mapped[time | None]
    closes_at: Mapped[time | None]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    description: Mapped[str | None] = mapped_column(sa.Text)
    external_source: Mapped[str | None] = mapped_column(sa.String(64))
    external_id: Mapped[str | None] = mapped_column(sa.String(64))


class ServiceArea(Record):
    """Where the people may live who are served; a service without one serves everybody in reach."""

    __tablename__ = "service_area"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("service_id", "area_code"),)

    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), index=True)
    area_code: Mapped[str | None] = mapped_column(sa.ForeignKey("area.code"), index=True)
    name: Mapped[str | None] = mapped_column(sa.String(255))
    extent: Mapped[str | None] = mapped_column(sa.Text)

    service: Mapped[Service] = relationship(back_populates="areas", lazy="raise_on_sql")
    area: Mapped[Area | None] = relationship(lazy="raise_on_sql")


class ServiceEligibility(Record):
    """One thing a person may be or have to be served; lines of the same kind are alternatives."""

    __tablename__ = "service_eligibility"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("service_id", "kind", "code"),)

    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), index=True)
    kind: Mapped[EligibilityKind]
    code: Mapped[str] = mapped_column(sa.String(32))

    service: Mapped[Service] = relationship(back_populates="eligibility", lazy="raise_on_sql")


class ServiceTerm(Record):
    """A further term under which a service is found (HSDS attribute)."""

    __tablename__ = "service_term"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("service_id", "term_id"),)

    service_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("service.id"), index=True)
    term_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("taxonomy_term.id"), index=True)
