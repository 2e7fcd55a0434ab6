"""Parameters of rounds: which are in force where and when, and their history."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from matching import Params
from models import Account, ParametersStatus, RoundParameters
from models.area import areas_above
from referral.access import in_area, scope


@dataclass(frozen=True)
class InForce:
    """What a round over an area is told when nobody says otherwise."""

    params: Params
    version: RoundParameters | None
    """Whose values these are; None for those the platform comes with."""

    @property
    def version_id(self) -> uuid.UUID | None:
        """Key of the version."""
        return self.version.id if self.version else None


def in_force(session: Session, area_code: str, at: datetime) -> InForce:
    """Return the parameters of rounds over an area at a moment: its own, else those of the division above it, else
    those the platform comes with. One query."""
    statement = (
        sa.select(RoundParameters)
        .where(
            RoundParameters.area_code.in_(areas_above(area_code)),
            RoundParameters.status.in_((ParametersStatus.IN_FORCE, ParametersStatus.REPLACED)),
            RoundParameters.in_force_at <= at,
            sa.or_(RoundParameters.replaced_at.is_(None), RoundParameters.replaced_at > at),
        )
        .order_by(RoundParameters.area_code.desc(), RoundParameters.in_force_at.desc(), RoundParameters.number.desc())
        .limit(1)
    )
    version = session.scalars(statement).one_or_none()
    return InForce(Params.from_dict(version.params) if version else Params(), version)


def filled(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters with the missing ones filled in; BadParams where one is unknown or outside its range."""
    return Params.from_dict(values).as_dict()


def newest_first(actor: Account) -> sa.Select[RoundParameters]:
    """Return the select of the versions an actor may see."""
    return (
        sa.select(RoundParameters)
        .where(scope(actor, RoundParameters))
        .options(joinedload(RoundParameters.made_by), joinedload(RoundParameters.kept_by))
        .order_by(RoundParameters.created_at.desc(), RoundParameters.id.desc())
    )


def in_scope(session: Session, actor: Account, key: uuid.UUID) -> RoundParameters | None:
    """Return a version that an actor may see. One query."""
    return session.scalars(newest_first(actor).where(RoundParameters.id == key)).one_or_none()


def own(session: Session, actor: Account, key: uuid.UUID) -> RoundParameters | None:
    """Return a version of the actor's own area or one in it: those may be changed. One query."""
    statement = newest_first(actor).where(
        RoundParameters.id == key, in_area(RoundParameters.area_code, actor.area_code)
    )
    return session.scalars(statement).one_or_none()


def bases(session: Session, versions: Sequence[RoundParameters]) -> dict[uuid.UUID, RoundParameters]:
    """Return the versions that these were made from, by key. One query."""
    keys = {one.based_on_id for one in versions if one.based_on_id}
    found = session.scalars(sa.select(RoundParameters).where(RoundParameters.id.in_(keys))) if keys else ()
    return {one.id: one for one in found}
