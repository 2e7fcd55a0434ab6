"""Several attempts in a row did not reach somebody: worker and supervisor are told, once. No case is closed by it."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, ContactResult, MessageKind, Person, Role, Visit
from referral.access import without_scope
from referral.clock import local_date
from referral.messages import tell

NOT_REACHED = (
    ContactResult.NOBODY_HOME,
    ContactResult.NO_ANSWER,
    ContactResult.WRONG_ADDRESS,
    ContactResult.AWAY,
)
"""Results that leave open how the person is. Somebody who refuses, lies in hospital, moved or died was found."""
ATTEMPTS = 3
DAYS = 2
"""So many attempts in a row, on so many days at least."""


def attempts_in_vain(session: Session, person_id: object) -> list[Visit]:
    """Return the attempts since the person was last found, the oldest first. Two queries."""
    mine = sa.and_(Visit.person_id == person_id, ~Visit.replaced)
    found = session.scalar(
        sa.select(sa.func.max(Visit.started_at)).where(mine, Visit.contact_result.not_in(NOT_REACHED))
    )
    since = [Visit.started_at > found] if found is not None else []
    return list(session.scalars(sa.select(Visit).where(mine, *since).order_by(Visit.started_at, Visit.id)))


def look(session: Session, visit: Visit) -> bool:
    """Tell of a person whom nobody has reached several times in a row; return whether somebody was told now.

    Attempts of all organizations count. The message holds the file number and codes, never a name; the same run of
    attempts is told of once to each reader.
    """
    if visit.contact_result not in NOT_REACHED or visit.replaced:
        return False
    with without_scope(session, because="attempts of all organizations tell whether somebody is out of reach"):
        attempts = attempts_in_vain(session, visit.person_id)
        if len(attempts) < ATTEMPTS or len({local_date(one.started_at) for one in attempts}) < DAYS:
            return False
        number = session.scalar(sa.select(Person.number).where(Person.id == visit.person_id))
        readers = _readers(session, visit)
    facts = {
        "number": number,
        "attempts": len(attempts),
        "since": local_date(attempts[0].started_at).isoformat(),
        "results": sorted({one.contact_result.value for one in attempts}),
        "key": str(visit.person_id),
    }
    told = False
    for reader in readers:
        told |= tell(
            session,
            MessageKind.NO_CONTACT,
            once=f"{attempts[0].id.hex}:{reader.hex}",
            at=visit.started_at,
            account_id=reader,
            referral_id=visit.referral_id,
            facts=facts,
        )
    if not readers and visit.station_id is not None:
        told = tell(
            session,
            MessageKind.NO_CONTACT,
            once=f"{attempts[0].id.hex}:{visit.station_id.hex}",
            at=visit.started_at,
            organization_id=visit.station_id,
            referral_id=visit.referral_id,
            facts=facts,
        )
    return told


def _readers(session: Session, visit: Visit) -> list[uuid.UUID]:
    """Return who went, and the supervisors of the person's station."""
    supervisors = session.scalars(
        sa.select(Account.id)
        .where(
            Account.role == Role.STATION_SUPERVISOR,
            Account.organization_id == visit.station_id,
            Account.active,
        )
        .order_by(Account.id)
    ).all()
    return list(dict.fromkeys([*([visit.worker_id] if visit.worker_id else []), *supervisors]))
