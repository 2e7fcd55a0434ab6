"""Weights and limits of rounds: a version is drafted, its effect is looked at, then it is kept or thrown away."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models import Account, ParametersStatus, RoundParameters
from models.errors import ChangedMeanwhile, ReasonMissing, WrongStep
from referral.queries.parameters import filled, in_force


def draft(
    session: Session,
    *,
    area: str,
    params: Mapping[str, Any],
    reason: str,
    by: Account | None,
    at: datetime,
) -> RoundParameters:
    """Write a version down that is not in force yet; BadParams for values no round can be run with.

    It is based on what is in force over the area now. Raises ReasonMissing, and ChangedMeanwhile where somebody else
    drafted one at the same moment.
    """
    number = sa.select(sa.func.coalesce(sa.func.max(RoundParameters.number), 0) + 1).where(
        RoundParameters.area_code == area
    )
    made = RoundParameters(
        area_code=area,
        number=session.scalar(number) or 1,
        params=filled(params),
        reason=_stated(reason),
        based_on_id=in_force(session, area, at).version_id,
        made_by_id=by.id if by else None,
    )
    session.add(made)
    _flush(session)
    return made


def revise(session: Session, version: RoundParameters, *, params: Mapping[str, Any], reason: str, at: datetime) -> None:
    """Change a draft; it is based on what is in force now. Raises WrongStep for a version that was kept."""
    _only_drafts(version, ParametersStatus.DRAFT)
    version.params, version.reason = filled(params), _stated(reason)
    base_anew(session, version, at=at)


def base_anew(session: Session, version: RoundParameters, *, at: datetime) -> None:
    """Hold a draft against what is in force now, because another version was kept meanwhile."""
    _only_drafts(version, ParametersStatus.DRAFT)
    version.based_on_id = in_force(session, version.area_code, at).version_id
    _flush(session)


def keep(session: Session, version: RoundParameters, *, by: Account | None, at: datetime) -> None:
    """Put a draft in force; the area's version before it is replaced. Raises WrongStep for what is no draft, and
    ChangedMeanwhile where another version was put in force since its effect was looked at."""
    _only_drafts(version, ParametersStatus.IN_FORCE)
    now = in_force(session, version.area_code, at)
    if now.version_id != version.based_on_id:
        raise ChangedMeanwhile
    if now.version and now.version.area_code == version.area_code:
        now.version.status, now.version.replaced_at = ParametersStatus.REPLACED, at
        _flush(session)
    version.status, version.in_force_at, version.kept_by_id = ParametersStatus.IN_FORCE, at, by.id if by else None
    _flush(session)


def discard(session: Session, version: RoundParameters) -> None:
    """Throw a draft away; it stays readable. Raises WrongStep for a version that was kept."""
    _only_drafts(version, ParametersStatus.DISCARDED)
    version.status = ParametersStatus.DISCARDED
    _flush(session)


def _only_drafts(version: RoundParameters, wanted: ParametersStatus) -> None:
    if version.status is not ParametersStatus.DRAFT:
        raise WrongStep(version.status, wanted)


def _stated(reason: str) -> str:
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()


def _flush(session: Session) -> None:
    try:
        session.flush()
    except (IntegrityError, StaleDataError) as error:
        raise ChangedMeanwhile from error
