"""To whose records an act may be done: which rows of a record a role may see.

`acts.WAYS` says which roles may do an act at all. Lists and single records are loaded under the same condition, so they
cannot disagree. What lies outside is answered like a record that does not exist, because that a person is in the
system is itself private.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Case,
    Consent,
    EmergencyReview,
    ImportRun,
    Message,
    Need,
    Organization,
    Person,
    Referral,
    Role,
    Round,
    Visit,
)
from models.area import code_range
from models.referral import ReferralStatus

Condition = sa.ColumnElement[bool]
Scope = Callable[[Account], Condition]
CASEWORK = (Role.STATION_WORKER, Role.STATION_SUPERVISOR, Role.COORDINATOR)


def _nothing(_actor: Account) -> Condition:
    return sa.false()


def _everything(_actor: Account) -> Condition:
    return sa.true()


def _own(column: sa.orm.InstrumentedAttribute[Any]) -> Callable[[Account], Condition]:
    """Rows of the actor's organization."""
    return lambda actor: column == actor.organization_id


def in_area(column: sa.orm.InstrumentedAttribute[Any], code: str | None) -> Condition:
    """Return the condition that a division code lies in the subtree of another; false for no code."""
    if code is None:
        return sa.false()
    first, last = code_range(code)
    return column.between(first, last)


def _area(column: sa.orm.InstrumentedAttribute[Any]) -> Callable[[Account], Condition]:
    """Rows in the actor's area."""
    return lambda actor: in_area(column, actor.area_code)


def _asked(actor: Account) -> Condition:
    """Referrals put to the actor's organization; drafts are put to nobody, nor what became of one that was not sent."""
    return sa.and_(
        Referral.organization_id == actor.organization_id,
        Referral.status != ReferralStatus.DRAFT,
        Referral.requested_at.is_not(None),
    )


def _delivered_or_cared_for(actor: Account) -> Condition:
    """Visits the actor's organization made, and those to people it looks after."""
    return sa.or_(Visit.organization_id == actor.organization_id, Visit.station_id == actor.organization_id)


def _of_people(column: sa.orm.InstrumentedAttribute[Any], role: Role) -> Scope:
    """Rows of the people whom a role may see."""
    return lambda actor: column.in_(sa.select(Person.id).where(SCOPES[Person][role](actor)))


def _of_referrals(column: sa.orm.InstrumentedAttribute[Any], role: Role) -> Scope:
    """Rows of the referrals that a role may see."""
    return lambda actor: column.in_(sa.select(Referral.id).where(SCOPES[Referral][role](actor)))


def _addressed(actor: Account) -> Condition:
    """Messages to the actor, to the actor's organization, or to the coordinators of the actor's area."""
    ways = [Message.account_id == actor.id]
    if actor.organization_id is not None:
        ways.append(Message.organization_id == actor.organization_id)
    if actor.role is Role.COORDINATOR and actor.area_code is not None:
        ways.append(in_area(Message.area_code, actor.area_code))
    return sa.or_(*ways)


SCOPES: dict[type[Any], dict[Role, Scope]] = {
    Person: {
        Role.STATION_WORKER: _own(Person.station_id),
        Role.STATION_SUPERVISOR: _own(Person.station_id),
        Role.COORDINATOR: _area(Person.area_code),
        Role.VILLAGE_ASSISTANT: _area(Person.area_code),
    },
    Case: {
        Role.STATION_WORKER: _own(Case.station_id),
        Role.STATION_SUPERVISOR: _own(Case.station_id),
        Role.COORDINATOR: _area(Case.area_code),
        Role.EVALUATOR: _area(Case.area_code),
    },
    Need: {
        Role.STATION_WORKER: _own(Need.station_id),
        Role.STATION_SUPERVISOR: _own(Need.station_id),
        Role.COORDINATOR: _area(Need.area_code),
        Role.EVALUATOR: _area(Need.area_code),
    },
    Referral: {
        Role.STATION_WORKER: _own(Referral.station_id),
        Role.STATION_SUPERVISOR: _own(Referral.station_id),
        Role.COORDINATOR: _area(Referral.area_code),
        Role.EVALUATOR: _area(Referral.area_code),
        Role.PROVIDER_OFFICER: _asked,
    },
    Consent: {
        Role.PROVIDER_OFFICER: _own(Consent.organization_id),
        **{role: _of_people(Consent.person_id, role) for role in CASEWORK},
    },
    EmergencyReview: {
        role: _of_referrals(EmergencyReview.referral_id, role) for role in (*CASEWORK, Role.PROVIDER_OFFICER)
    },
    Visit: {
        Role.STATION_WORKER: _delivered_or_cared_for,
        Role.STATION_SUPERVISOR: _delivered_or_cared_for,
        Role.PROVIDER_OFFICER: _own(Visit.organization_id),
        Role.COORDINATOR: _area(Visit.area_code),
        Role.EVALUATOR: _area(Visit.area_code),
    },
    Round: {Role.COORDINATOR: _area(Round.area_code)},
    Organization: {
        Role.STATION_WORKER: _everything,
        Role.STATION_SUPERVISOR: _everything,
        Role.COORDINATOR: _everything,
        Role.ADMINISTRATOR: _everything,
        Role.PROVIDER_OFFICER: _own(Organization.id),
    },
    Message: dict.fromkeys(Role, _addressed),
    Account: {Role.ADMINISTRATOR: _everything},
    ImportRun: {Role.COORDINATOR: lambda actor: ImportRun.by_id == actor.id},
}
"""For each record, which rows a role may see. A role that is not named sees none."""


def scope(actor: Account, record: type[Any]) -> Condition:
    """Return the SQL condition for the rows of a record that an actor may see; false where the table names no way.

    Raises KeyError for a record that has no scope, so that none is forgotten.
    """
    return SCOPES[record].get(actor.role, _nothing)(actor)


def get_in_scope(session: Session, account: Account, record: type[Any], key: Any, *options: Any) -> Any:
    """Return one record by its key, if it lies in the actor's scope, else None."""
    statement = sa.select(record).where(record.id == key, scope(account, record)).options(*options)
    return session.scalars(statement).one_or_none()
