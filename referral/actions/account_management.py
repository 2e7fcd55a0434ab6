"""Giving accounts, changing them, closing them. Every account is one named person's."""

import secrets
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Role
from models.errors import ChangedMeanwhile, DomainError
from referral.passwords import hash_password

WORDS_OF_PASSWORD = 4
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without signs that are mistaken for one another when read out."""
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


class LastAdministrator(DomainError):
    """Without this account nobody could look after the system."""

    code = "last_administrator"


def one_time_password() -> str:
    """Return a password to be read out once, such as k7mq-2xfp-…: 4 groups of 4, 79 bits."""
    return "-".join("".join(secrets.choice(SIGNS) for _sign in range(4)) for _word in range(WORDS_OF_PASSWORD))


def invite(
    session: Session,
    *,
    login: str,
    name: str,
    role: Role,
    organization_id: uuid.UUID | None,
    area_code: str | None,
    email: str | None,
) -> tuple[Account, str]:
    """Make an account and return it with its password, which is kept nowhere.

    Raises LoginTaken, OrganizationMissing, AreaMissing.
    """
    if session.scalar(sa.select(Account.id).where(Account.login == login)) is not None:
        raise LoginTaken
    organization_id, area_code = place_of(role, organization_id, area_code)
    password = one_time_password()
    account = Account(
        login=login,
        name=name,
        role=role,
        email=email,
        password_hash=hash_password(password),
        organization_id=organization_id,
        area_code=area_code,
    )
    session.add(account)
    session.flush()
    return account, password


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


def change_account(
    session: Session,
    account: Account,
    *,
    version: int,
    name: str,
    role: Role,
    organization_id: uuid.UUID | None,
    area_code: str | None,
    email: str | None,
) -> None:
    """Change who somebody is here; another role, organization or area ends the sessions.

    Raises ChangedMeanwhile, OrganizationMissing, AreaMissing, LastAdministrator.
    """
    if account.version != version:
        raise ChangedMeanwhile
    if role is not Role.ADMINISTRATOR:
        _keep_an_administrator(session, account)
    organization_id, area_code = place_of(role, organization_id, area_code)
    before = (account.role, account.organization_id, account.area_code)
    account.name, account.role, account.email = name, role, email
    account.organization_id, account.area_code = organization_id, area_code
    if before != (role, organization_id, area_code):
        account.session_number += 1
    session.flush()


def set_active(session: Session, account: Account, *, active: bool) -> None:
    """Close an account, which ends its sessions, or open it again; raise LastAdministrator."""
    if not active:
        _keep_an_administrator(session, account)
        account.session_number += 1
    account.active = active
    session.flush()


def end_sessions(session: Session, account: Account) -> None:
    """Sign somebody out everywhere."""
    account.session_number += 1
    session.flush()


def new_password(session: Session, account: Account) -> str:
    """Set a new password, end all sessions, and return the password, which is kept nowhere."""
    password = one_time_password()
    account.password_hash = hash_password(password)
    account.session_number += 1
    session.flush()
    return password


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
