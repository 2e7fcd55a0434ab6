"""Who looks, and why: declared once for a session, then every query for personal records is made under it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session, scoped_session

from models import Account, Role

KEY = "viewer"
LOOKING: ContextVar[bool] = ContextVar("looking", default=False)
"""True while a request is answered: then nobody reads personal records past the session."""


class ScopeMissing(RuntimeError):
    """Personal records were asked for, and nobody had said who looks, or the statement could not be narrowed."""


@dataclass(frozen=True)
class Who:
    """What the rules of scope ask of an account, copied from it: reading the account itself may ask the database."""

    id: UUID
    role: Role
    organization_id: UUID | None
    area_code: str | None
    program_id: UUID | None
    opened_files: tuple[UUID, ...]


def who_is(account: Account | Who) -> Who:
    """Return the copy for an account; a copy is returned as it is."""
    if isinstance(account, Who):
        return account
    return Who(
        account.id,
        account.role,
        account.organization_id,
        account.area_code,
        account.program_id,
        account.opened_files,
    )


@dataclass(frozen=True)
class Viewer:
    """An account that does an act, or the installation itself (no account), and why it looks."""

    account: Account | None
    because: str
    """Code of the act for a request, else the reason in words."""
    unlimited: bool = False
    """True for the installation itself and inside `without_scope`."""
    who: Who | None = None
    """The account as it was when the look was declared."""
    kept: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)
    """Conditions that were worked out for this viewer already."""

    @cached_property
    def account_id(self) -> UUID | None:
        """Key of the account, or None for the installation."""
        return self.who.id if self.who else None


AnySession = Session | scoped_session[Session]


def look_as(session: AnySession, account: Account | None, *, because: str) -> None:
    """Declare who looks from now on. Without an account (nobody has signed in) no personal record is seen."""
    session.info[KEY] = Viewer(account, because, who=who_is(account) if account else None)


@contextmanager
def looking(session: AnySession, account: Account | None, *, because: str) -> Iterator[None]:
    """Declare who looks for the time inside, as for one request."""
    before = session.info.get(KEY)
    look_as(session, account, because=because)
    token = LOOKING.set(True)
    try:
        yield
    finally:
        LOOKING.reset(token)
        session.info[KEY] = before


def as_installation(session: AnySession, *, because: str, account: Account | None = None) -> None:
    """Declare that the installation itself works: a command, a job, a load of data; on whose order, if on anybody's."""
    session.info[KEY] = Viewer(account, because, unlimited=True, who=who_is(account) if account else None)


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
    session.info[KEY] = Viewer(before.account, because, unlimited=True, who=before.who)
    try:
        yield
    finally:
        session.info[KEY] = before
