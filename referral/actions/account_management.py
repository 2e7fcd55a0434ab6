"""Giving accounts, changing them, closing them. Every account is one named person's."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, LinkKind, Role
from models.errors import ChangedMeanwhile, DomainError
from referral import log
from referral.actions import access_links, accounts, second_factor
from referral.passwords import UNUSABLE

NEEDS_ORGANIZATION = frozenset({Role.STATION_WORKER, Role.STATION_SUPERVISOR, Role.PROVIDER_OFFICER})
NEEDS_AREA = frozenset({Role.VILLAGE_ASSISTANT, Role.COORDINATOR, Role.EVALUATOR})


class LoginTaken(DomainError):
    """Somebody has this user name already."""

    code = "login_taken"


class OrganizationMissing(DomainError):
    """The role works for an organization, and none was named."""

    code = "organization_missing"


class AreaMissing(DomainError):
    """The role looks after an area, and none was named."""

    code = "area_missing"


class ProgramMissing(DomainError):
    """An evaluator looks at one program, and none was named."""

    code = "program_missing"


class EndMissing(DomainError):
    """An evaluator looks at people's data for a time, and no last day was named."""

    code = "end_missing"


class LastAdministrator(DomainError):
    """Without this account nobody could look after the system."""

    code = "last_administrator"


@dataclass(frozen=True)
class Facts:
    """Who somebody is here."""

    name: str
    role: Role
    organization_id: uuid.UUID | None = None
    area_code: str | None = None
    email: str | None = None
    program_id: uuid.UUID | None = None
    valid_until: date | None = None


def invite(session: Session, *, login: str, facts: Facts, by: Account | None, at: datetime) -> tuple[Account, str]:
    """Make an account and return it with the token of its invitation: the invited person chooses the password.

    Raises LoginTaken, OrganizationMissing, AreaMissing, ProgramMissing, EndMissing.
    """
    if session.scalar(sa.select(Account.id).where(Account.login == login)) is not None:
        raise LoginTaken
    account = Account(login=login, password_hash=UNUSABLE)
    _write(account, facts)
    session.add(account)
    session.flush()
    log.note(session, "account_made", record=account, role=facts.role.value)
    return account, access_links.make(session, account, LinkKind.INVITATION, by=by, at=at)


def _write(account: Account, facts: Facts) -> None:
    organization_id, area_code = place_of(facts.role, facts.organization_id, facts.area_code)
    if facts.role is Role.EVALUATOR and facts.program_id is None:
        raise ProgramMissing
    if facts.role is Role.EVALUATOR and facts.valid_until is None:
        raise EndMissing
    account.name, account.role, account.email = facts.name, facts.role, facts.email
    account.organization_id, account.area_code = organization_id, area_code
    account.valid_until = facts.valid_until
    account.program_id = facts.program_id if facts.role is Role.EVALUATOR else None


def place_of(
    role: Role, organization_id: uuid.UUID | None, area_code: str | None
) -> tuple[uuid.UUID | None, str | None]:
    """Return organization and area as the role needs them; what it does not need is dropped."""
    if role in NEEDS_ORGANIZATION and organization_id is None:
        raise OrganizationMissing
    if role in NEEDS_AREA and area_code is None:
        raise AreaMissing
    return (
        organization_id if role in NEEDS_ORGANIZATION else None,
        area_code if role in NEEDS_AREA else None,
    )


def change_account(session: Session, account: Account, *, version: int, facts: Facts) -> None:
    """Change who somebody is here; another role, organization, area or program ends the sessions.

    Raises ChangedMeanwhile, OrganizationMissing, AreaMissing, ProgramMissing, EndMissing, LastAdministrator.
    """
    if account.version != version:
        raise ChangedMeanwhile
    if facts.role is not Role.ADMINISTRATOR or facts.valid_until is not None:
        _keep_an_administrator(session, account)
    before = _reach(account)
    _write(account, facts)
    session.flush()
    log.note(session, "account_changed", record=account, role=facts.role.value)
    if before != _reach(account):
        accounts.end_sessions(session, account)


def _reach(account: Account) -> tuple[object, ...]:
    return (account.role, account.organization_id, account.area_code, account.program_id)


def set_active(session: Session, account: Account, *, active: bool) -> None:
    """Close an account, which ends its sessions and links, or open it again.

    Raises LastAdministrator; ProgramMissing and EndMissing for an evaluator's that lacks either.
    """
    if active and account.role is Role.EVALUATOR:
        if account.program_id is None:
            raise ProgramMissing
        if account.valid_until is None:
            raise EndMissing
    if not active:
        _keep_an_administrator(session, account)
        accounts.end_sessions(session, account)
    account.active = active
    session.flush()
    log.note(session, "account_opened" if active else "account_closed", record=account)


def new_link(session: Session, account: Account, *, by: Account, at: datetime) -> tuple[LinkKind, str]:
    """Make a link with which the user chooses a password: an invitation until there was one. Return it with its token.

    The present password stays until the link is used.
    """
    kind = LinkKind.INVITATION if account.password_hash == UNUSABLE else LinkKind.RESET
    return kind, access_links.make(session, account, kind, by=by, at=at)


def remove_second_factor(session: Session, account: Account, *, at: datetime) -> None:
    """Take the second factor of somebody away who has lost the device; the user is told, and every session ends."""
    second_factor.remove(session, account, at=at)
    accounts.end_sessions(session, account)


def _keep_an_administrator(session: Session, account: Account) -> None:
    """Raise LastAdministrator where no other administrator could sign in. Locks the others until the commit."""
    if account.role is not Role.ADMINISTRATOR or not account.active:
        return
    administrators = session.scalars(
        sa.select(Account.id)
        .where(Account.role == Role.ADMINISTRATOR, Account.active)
        .order_by(Account.id)
        .with_for_update()
    ).all()
    if set(administrators) <= {account.id}:
        raise LastAdministrator
