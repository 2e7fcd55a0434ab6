"""A round of matching: what was asked, what was found, what the coordinator decided."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.account import Account
from models.base import Money, Record
from models.capacity import Capacity
from models.encryption import Encrypted
from models.field_groups import FieldGroup, marked
from models.need import Need


class RoundStatus(enum.StrEnum):
    """A round proposes; a named person decides (PIPL Art. 24)."""

    WAITING = "waiting"
    RUNNING = "running"
    PROPOSED = "proposed"
    APPLYING = "applying"
    APPLIED = "applied"
    DISCARDED = "discarded"
    FAILED = "failed"


class RoundKind(enum.StrEnum):
    """What set a round off."""

    ORDINARY = "ordinary"
    NIGHTLY = "nightly"
    FOLLOW_UP = "follow_up"
    """After refusals: only the needs around them, with as few changes as possible."""


class Decision(enum.StrEnum):
    """What became of one proposal."""

    UNDECIDED = "undecided"
    ACCEPTED = "accepted"
    CHANGED = "changed"
    LEFT = "left"
    APPLIED = "applied"
    FAILED = "failed"
    MOVED = "moved"
    """A follow-up round has taken the need over, with another place or none."""


SORTED_FROM = 2_000
"""From so many needs on, a round writes down in which order its proposals are shown."""


class Round(Record):
    """One run over the open needs of an area. Parameters, seed and time are kept so that it can be run again."""

    __tablename__ = "round"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint("progress BETWEEN 0 AND 100", name="progress"),
        sa.Index(
            "uq_round_one_at_work",
            "area_code",
            unique=True,
            sqlite_where=sa.text("status IN ('waiting', 'running')"),
            postgresql_where=sa.text("status IN ('waiting', 'running')"),
        ),
    )

    number: Mapped[str] = mapped_column(sa.String(24), unique=True)
    area_code: Mapped[str] = mapped_column(sa.ForeignKey("area.code"), index=True)
    kind: Mapped[RoundKind] = mapped_column(default=RoundKind.ORDINARY, server_default="ordinary")
    batch: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    """Rounds of several cities that were started together carry the same mark."""
    parameters_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("round_parameters.id"), index=True)
    """The version of the parameters that was in force; `params` holds the values themselves."""
    status: Mapped[RoundStatus] = mapped_column(default=RoundStatus.WAITING)
    at: Mapped[datetime]
    """The moment that the round takes for now."""
    seed: Mapped[int]
    params: Mapped[dict[str, Any]]
    progress: Mapped[int] = mapped_column(default=0)
    stage: Mapped[str] = mapped_column(sa.String(32), default="waiting")
    started_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"), index=True)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    needs: Mapped[int] = mapped_column(default=0)
    openings: Mapped[int] = mapped_column(default=0)
    served: Mapped[int] = mapped_column(default=0)
    served_by_tier: Mapped[list[Any]] = mapped_column(default=list)
    """[optimum, greedy, first come] for each tier, most urgent first."""
    served_greedy: Mapped[int] = mapped_column(default=0)
    served_first_come: Mapped[int] = mapped_column(default=0)
    certificate: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """primal, dual, exact, components, pairs, digest of the input."""
    fairness: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """Groups with what they wanted and got, the floor, its price in people and points, and who is worse off than under
    the greedy list (keys of needs)."""
    budgets: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    """For each fund: what was left, what is proposed of it, and what one more yuan would buy."""
    seconds: Mapped[dict[str, Any]] = mapped_column(default=dict)
    failure: Mapped[str | None] = mapped_column(sa.Text)

    started_by: Mapped[Account | None] = relationship(lazy="raise_on_sql")


class Proposal(Record):
    """What a round says of one need: a place somewhere, or why there is none."""

    __tablename__ = "proposal"
    field_group = FieldGroup.PROCESS
    __table_args__ = (
        sa.UniqueConstraint("need_id", "round_id"),
        sa.CheckConstraint("decision NOT IN ('changed', 'left') OR reason IS NOT NULL", name="has_reason"),
        sa.CheckConstraint("decision != 'applied' OR capacity_id IS NOT NULL", name="applied_has_place"),
        # Of a round with 100,000 proposals a page reads its 25 in their order, and how many stand how.
        sa.Index("ix_proposal_in_order", "round_id", "position"),
        sa.Index("ix_proposal_by_provider", "round_id", "provider_position"),
        sa.Index(
            "ix_proposal_placed",
            "round_id",
            "decision",
            "position",
            sqlite_where=sa.text("capacity_id IS NOT NULL"),
            postgresql_where=sa.text("capacity_id IS NOT NULL"),
        ),
        # Empty while nobody has decided: writing 100,000 proposals does not touch them.
        sa.Index(
            "ix_proposal_decided_by",
            "decided_by_id",
            sqlite_where=sa.text("decided_by_id IS NOT NULL"),
            postgresql_where=sa.text("decided_by_id IS NOT NULL"),
        ),
        sa.Index(
            "ix_proposal_replaced",
            "proposed_capacity_id",
            sqlite_where=sa.text("proposed_capacity_id <> capacity_id"),
            postgresql_where=sa.text("proposed_capacity_id <> capacity_id"),
        ),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("round.id"))
    need_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("need.id"))
    capacity_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("capacity.id"), index=True)
    """The place proposed (or chosen instead); empty where nobody was found."""
    proposed_capacity_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("capacity.id"))
    """What the computer proposed, kept when a person changes it."""
    cost: Mapped[int | None]
    parts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Part of the score → points, as the engine stored them."""
    distance_km: Mapped[float | None]
    propensity: Mapped[float | None]
    """Chance with which this place was drawn among places that are nearly as good; 1 where nothing was drawn."""
    amount: Mapped[Money | None]
    """Yuan of a fund that the place would take."""
    position: Mapped[int | None]
    """Place in the list of the round: most urgent and longest waiting first. Empty in small rounds, which are sorted
    when they are shown."""
    provider_position: Mapped[int | None]
    """The same in the list by provider, for needs with a place."""
    explanation: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Codes and numbers of why this one, why not the next three, or why nobody and what would help."""
    decision: Mapped[Decision] = mapped_column(default=Decision.UNDECIDED)
    reason: Mapped[str | None] = mapped_column(Encrypted("proposal.reason"), info=marked(FieldGroup.NOTES))
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("account.id"))
    decided_at: Mapped[datetime | None]
    failure: Mapped[str | None] = mapped_column(sa.String(32))
    """Code of the error that stopped this one when the round was applied."""
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's own way

    round: Mapped[Round] = relationship(lazy="raise_on_sql")
    need: Mapped[Need] = relationship(lazy="raise_on_sql")
    capacity: Mapped[Capacity | None] = relationship(foreign_keys=[capacity_id], lazy="raise_on_sql")


class RoundOpening(Record):
    """What a round says of one opening: how full it gets and what one more place would be worth."""

    __tablename__ = "round_opening"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.UniqueConstraint("round_id", "capacity_id"),
        sa.Index("ix_round_opening_by_worth", "round_id", "gain", "matched"),
    )

    round_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("round.id"))
    capacity_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("capacity.id"), index=True)
    places: Mapped[int]
    matched: Mapped[int]
    price: Mapped[int] = mapped_column(sa.BigInteger)
    gain_tier: Mapped[int | None]
    """Tier of the person whom one more place would serve; empty where it would serve nobody more."""
    gain: Mapped[int] = mapped_column(sa.BigInteger)
    """By how much the objective falls with one more place, exact."""
    chain: Mapped[list[Any]] = mapped_column(default=list)
    """The moves one more place sets off: [need id, from capacity id or null, to capacity id] each."""

    round: Mapped[Round] = relationship(lazy="raise_on_sql")
    capacity: Mapped[Capacity] = relationship(lazy="raise_on_sql")
