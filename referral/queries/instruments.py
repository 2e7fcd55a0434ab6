"""Instruments as the administrator sees them: versions and how often each was used, never what was answered."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from models import Instrument, InstrumentVersion, Sheet, VersionState
from referral.access import without_scope


@dataclass(frozen=True)
class Line:
    """An instrument with the version that stands for it: the newest published one, else its draft."""

    instrument: Instrument
    version: InstrumentVersion
    draft: bool
    """Whether a draft waits to be published."""


def lines(session: Session) -> Sequence[Line]:
    """Return every instrument in the order it is offered. Two queries."""
    found = session.scalars(
        sa.select(Instrument).options(selectinload(Instrument.versions)).order_by(Instrument.position, Instrument.code)
    )
    shown = []
    for one in found:
        versions = sorted(one.versions, key=lambda v: (v.state is VersionState.PUBLISHED, v.number))
        shown.append(Line(one, versions[-1], any(v.state is VersionState.DRAFT for v in versions)))
    return shown


def instrument(session: Session, key: uuid.UUID) -> Instrument | None:
    """Return an instrument with its versions."""
    return session.scalars(
        sa.select(Instrument).where(Instrument.id == key).options(selectinload(Instrument.versions))
    ).one_or_none()


def sheets_by_version(session: Session, one: Instrument) -> dict[uuid.UUID, int]:
    """Return how many sheets each version has. One query; no sheet is read."""
    keys = [version.id for version in one.versions]
    with without_scope(session, because="how often a version was used is a number, and says nothing of anybody"):
        rows = session.execute(
            sa.select(Sheet.version_id, sa.func.count(Sheet.id).label("sheets"))
            .where(Sheet.version_id.in_(keys))
            .group_by(Sheet.version_id)
        )
        return {row.version_id: row.sheets for row in rows}
