"""How often something may be tried, counted in the database so that it holds across processes.

A bucket holds `most` tries and fills up again within `per`; its row keeps the moment at which it will be full (GCRA).
One statement looks and takes, so two processes never get the same try.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from models import RateLimit
from models.encryption import keyring

KEPT = timedelta(hours=1)


def take(session: Session, key: str, *, most: int, per: timedelta, at: datetime) -> timedelta | None:
    """Take one try out of a bucket and return None; where it is empty, return how long until there is one again.

    `key` names what is counted, such as `sign-in:liu`; only its fingerprint is stored. Commits, because a try counts
    although what follows is refused: call it before anything is written, else it raises RuntimeError.
    """
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("a try is counted before anything is written")
    now, each = _milliseconds(at), round(per / most / timedelta(milliseconds=1))
    latest = now + round(per / timedelta(milliseconds=1)) - each
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    before = sa.case((RateLimit.full_at > now, RateLimit.full_at), else_=now)
    statement = (
        insert(RateLimit)
        .values(key=_fingerprint(key), full_at=now + each)
        .on_conflict_do_update(index_elements=[RateLimit.key], set_={"full_at": before + each}, where=before <= latest)
        .returning(RateLimit.full_at)
    )
    taken = session.execute(statement).first()
    full_at = None if taken else session.scalar(sa.select(RateLimit.full_at).where(RateLimit.key == _fingerprint(key)))
    session.commit()
    return None if taken else timedelta(milliseconds=max((full_at or now) - latest, each // 2, 1000))


def give_back(session: Session, key: str, *, most: int, per: timedelta) -> None:
    """Put one try back, because it was no guess."""
    each = round(per / most / timedelta(milliseconds=1))
    session.execute(
        sa.update(RateLimit)
        .where(RateLimit.key == _fingerprint(key))
        .values(full_at=RateLimit.full_at - each)
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, at: datetime) -> int:
    """Drop the buckets that have been full for an hour; return how many."""
    old = sa.delete(RateLimit).where(RateLimit.full_at < _milliseconds(at - KEPT))
    return int(session.execute(old.execution_options(synchronize_session=False)).rowcount)  # type: ignore[attr-defined]


def _fingerprint(key: str) -> str:
    return keyring().fingerprint("rate limit", key)


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
