"""The records behind a provider's pages, inside its scope."""

import uuid

from sqlalchemy.orm import Session, joinedload

from models import Account, Need, Referral, Visit
from referral.access import get_in_scope
from referral.queries import inbox


def referral(session: Session, actor: Account, key: uuid.UUID) -> Referral | None:
    """Return a referral put to the actor's organization, for a step."""
    found: Referral | None = get_in_scope(session, actor, Referral, key)
    return found


def own_visit(session: Session, actor: Account, key: uuid.UUID) -> Visit | None:
    """Return an entry of the actor's organization under a referral whose person it may know now. Two queries."""
    found: Visit | None = get_in_scope(session, actor, Visit, key)
    if found is None or found.referral_id is None or found.organization_id != actor.organization_id:
        return None
    return found if inbox.known_name(session, actor, found.referral_id) else None


def referral_for_visit(session: Session, actor: Account, key: uuid.UUID) -> Referral | None:
    """Return a referral put to the actor's organization with all that a visit is written down from."""
    need = joinedload(Referral.need)
    found: Referral | None = get_in_scope(
        session,
        actor,
        Referral,
        key,
        need.options(joinedload(Need.person), joinedload(Need.term), joinedload(Need.case)),
        joinedload(Referral.organization),
        joinedload(Referral.service_at_location),
    )
    return found
