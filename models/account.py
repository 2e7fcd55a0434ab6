"""Who signs in, and as what."""

import enum
import uuid
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.area import Area
from models.base import Record
from models.field_groups import FieldGroup
from models.organization import Organization, Program


class Role(enum.StrEnum):
    """The users of the field. Nobody is above the table of permissions."""

    VILLAGE_ASSISTANT = "village_assistant"
    STATION_WORKER = "station_worker"
    STATION_SUPERVISOR = "station_supervisor"
    PROVIDER_OFFICER = "provider_officer"
    COORDINATOR = "coordinator"
    EVALUATOR = "evaluator"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Account(Record):
    """A named person's way in; accounts are never shared."""

    __tablename__ = "account"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint(
            "role NOT IN ('station_worker', 'station_supervisor', 'provider_officer') OR organization_id IS NOT NULL",
            name="has_organization",
        ),
        sa.CheckConstraint(
            "role NOT IN ('village_assistant', 'coordinator', 'evaluator') OR area_code IS NOT NULL", name="has_area"
        ),
        sa.CheckConstraint(
            "role != 'evaluator' OR (program_id IS NOT NULL AND valid_until IS NOT NULL) OR NOT active",
            name="evaluator_has_program_and_end",
        ),
    )

    login: Mapped[str] = mapped_column(sa.String(64), unique=True)
    name: Mapped[str] = mapped_column(sa.String(64))
    role: Mapped[Role]
    organization_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("organization.id"), index=True)
    area_code: Mapped[str | None] = mapped_column(sa.ForeignKey("area.code"), index=True)
    password_hash: Mapped[str] = mapped_column(sa.String(255))
    email: Mapped[str | None] = mapped_column(sa.String(255))
    locale: Mapped[str | None] = mapped_column(sa.String(16))
    """Language chosen by hand; empty where the browser decides."""
    active: Mapped[bool] = mapped_column(default=True)
    session_number: Mapped[int] = mapped_column(default=1)
    """Raised to end every session of the account at once."""
    last_signed_in_at: Mapped[datetime | None]
    password_must_change: Mapped[bool] = mapped_column(default=False, server_default=sa.text("false"))
    """The password was found easy to guess: another must be chosen before anything else."""
    second_factor_since: Mapped[datetime | None]
    """Empty while no second factor is set up."""
    valid_until: Mapped[date | None]
    """The last day on which the account can be used."""
    program_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("program.id"), index=True)
    """The program that an evaluator looks at."""
    glass_until: Mapped[datetime | None]
    """Until when a file outside the scope is open to this account, so that others cost no question."""
    demonstration: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    __allow_unmapped__ = True
    opened_files: tuple[uuid.UUID, ...] = ()
    """People whose files the account has opened by break-glass; set for one request, never kept."""

    organization: Mapped[Organization | None] = relationship(lazy="raise_on_sql")
    area: Mapped[Area | None] = relationship(lazy="raise_on_sql")
    program: Mapped[Program | None] = relationship(lazy="raise_on_sql")
