"""Who looks, and why: declared once for a session, then every query for personal records is made under it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session, scoped_session

from models import Account

KEY = "viewer"


class ScopeMissing(RuntimeError):
    """Personal records were asked for, and nobody had said who looks, or the statement could not be narrowed."""


@dataclass(frozen=True)
class Viewer:
    """An account that does an act, or the installation itself (no account), and why it looks."""

    account: Account | None
    because: str
    """Code of the act for a request, else the reason in words."""
    unlimited: bool = False
    """True for the installation itself and inside `without_scope`."""
    persons: tuple[UUID, ...] = ()
    """People whose files the account has opened by break-glass, for the time being."""
    kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """Conditions that were worked out for this viewer already."""

    @cached_property
    def account_id(self) -> UUID | None:
        """Key of the account, or None for the installation."""
        return self.account.id if self.account else None


AnySession = Session | scoped_session[Session]


def look_as(session: AnySession, account: Account | None, *, because: str, persons: tuple[UUID, ...] = ()) -> None:
    """Declare who looks from now on. Without an account (nobody has signed in) no personal record is seen."""
    session.info[KEY] = Viewer(account, because, persons=persons)


def as_installation(session: AnySession, *, because: str) -> None:
    """Declare that the installation itself works: a command, a job, a load of data."""
    session.info[KEY] = Viewer(None, because, unlimited=True)


def viewer_of(session: AnySession) -> Viewer:
    """Return who looks; raises ScopeMissing where nobody has said."""
    viewer: Viewer | None = session.info.get(KEY)
    if viewer is None:
        raise ScopeMissing("say who looks: look_as(session, account, because=...) or as_installation(...)")
    return viewer


@contextmanager
def without_scope(session: AnySession, *, because: str) -> Iterator[None]:
    """Let the queries inside look further than the viewer may, for a reason that stands in the code.

    For counts and rates about providers, and for checks that tell the viewer nothing about a person.
    """
    before = viewer_of(session)
    session.info[KEY] = Viewer(before.account, because, unlimited=True)
    try:
        yield
    finally:
        session.info[KEY] = before
