"""Instruments: the pack that comes with the product, own ones of an administrator, drafts, publishing, switching."""

import json
import re
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Instrument, InstrumentOrigin, InstrumentVersion, VersionState
from models.errors import DomainError
from referral.instruments.definition import Definition, digest, problems
from referral.resources import seed

CODE = re.compile(r"[a-z][a-z0-9_]{1,30}")


class BadDefinition(DomainError):
    """An instrument cannot be published so; `found` names what is wrong."""

    code = "bad_definition"

    def __init__(self, found: list[str]) -> None:
        super().__init__(", ".join(found))
        self.found = found


class CodeTaken(DomainError):
    """There is an instrument of this code, or it is no code."""

    code = "code_taken"


def packs() -> list[dict[str, Any]]:
    """Return the instruments that come with the product, in the order of their position."""
    files = sorted((seed() / "instruments").glob("*.json"))
    return sorted((json.loads(file.read_text("utf-8")) for file in files), key=lambda one: one["position"])


def newest(session: Session, instrument: Instrument, state: VersionState) -> InstrumentVersion | None:
    """Return the newest version of an instrument in a state."""
    return session.scalars(
        sa.select(InstrumentVersion)
        .where(InstrumentVersion.instrument_id == instrument.id, InstrumentVersion.state == state)
        .order_by(InstrumentVersion.number.desc())
        .limit(1)
    ).one_or_none()


def make_own(session: Session, *, code: str, names: dict[str, str], definition: Definition) -> InstrumentVersion:
    """Make an own instrument, not offered before its first version is published; return the draft. Raises CodeTaken."""
    taken = session.scalar(sa.select(Instrument.id).where(Instrument.code == code))
    if taken is not None or not CODE.fullmatch(code) or code == "gas":
        raise CodeTaken
    instrument = Instrument(code=code, origin=InstrumentOrigin.OWN, active=False, follow_up_days=None)
    session.add(instrument)
    session.flush()
    return save_draft(session, instrument, names=names, definition=definition)


def save_draft(
    session: Session, instrument: Instrument, *, names: dict[str, str], definition: Definition
) -> InstrumentVersion:
    """Keep a definition as the draft of the next version; what is published stays as it is."""
    draft = newest(session, instrument, VersionState.DRAFT)
    if draft is None:
        last = session.scalar(
            sa.select(sa.func.max(InstrumentVersion.number)).where(InstrumentVersion.instrument_id == instrument.id)
        )
        draft = InstrumentVersion(instrument_id=instrument.id, number=(last or 0) + 1, state=VersionState.DRAFT)
        session.add(draft)
    draft.name_zh, draft.name_en = names["zh"], names["en"]
    draft.definition, draft.digest = definition, digest(definition)
    session.flush()
    return draft


def publish(session: Session, draft: InstrumentVersion, *, by: Account | None, at: datetime) -> None:
    """Offer a draft from now on. Raises BadDefinition with all that is wrong; a published one stays as it is."""
    found = list(problems(draft.definition))
    if found:
        raise BadDefinition(found)
    if draft.state is VersionState.PUBLISHED:
        return
    draft.state, draft.published_at, draft.published_by_id = VersionState.PUBLISHED, at, by.id if by else None
    session.flush()


def switch(session: Session, instrument: Instrument, *, active: bool, follow_up_days: int | None) -> None:
    """Offer an instrument or not, and say after how many days it is asked again."""
    if active and newest(session, instrument, VersionState.PUBLISHED) is None:
        raise BadDefinition(["version: none_published"])
    instrument.active, instrument.follow_up_days = active, follow_up_days
    session.flush()
