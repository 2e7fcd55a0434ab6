"""What happened before that a round must know: refusals, who helped whom, and how providers kept their word."""

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import AssessmentOccasion, Measure, Need, Outcome, Referral, ReferralStatus, Visit
from models.referral import GOING_ON_STATUSES
from models.visit import REACHED
from referral.queries.gathering import standing
from referral.queries.gathering.raw import Keys, columns, is_one_of, key_list, keys, raw_key
from referral.queries.gathering.rows import History, NeedFacts, Track

YEAR = timedelta(days=365)
REFUSED = (ReferralStatus.REJECTED, ReferralStatus.EXPIRED)
ACCEPTED = (
    ReferralStatus.ACCEPTED,
    ReferralStatus.IN_PROGRESS,
    ReferralStatus.ON_HOLD,
    ReferralStatus.COMPLETED,
    ReferralStatus.FAILED,
)


def read(session: Session, needs: NeedFacts, *, at: datetime) -> History:
    """Return the past of needs and their people, and a year of every provider.

    Five queries; seven where learned chances are in use.
    """
    return History(_rejected(session, needs.ids), _helped(session, needs.people, at), _tracks(session, at),
                   _satisfaction(session, at), standing.read(session, at))  # fmt: skip


def _rejected(session: Session, ids: Keys) -> tuple[Keys, Keys]:
    """Who said no to a need, and who gives another part of it and said that it can give no more."""
    need, place = Referral.need_id, Referral.service_at_location_id
    part = aliased(Need)
    giving = (
        sa.select(raw_key(Need.id).label("need"), raw_key(place).label("place"))
        .join(part, sa.or_(part.id == Need.rest_of_id, part.rest_of_id == Need.rest_of_id))
        .join(Referral, need == part.id)
        .where(
            Need.rest_of_id.is_not(None),
            is_one_of(Need.id, key_list(ids)),
            part.id != Need.id,
            Referral.status.in_(GOING_ON_STATUSES),
        )
    )
    refused = sa.select(raw_key(need), raw_key(place)).where(
        is_one_of(need, key_list(ids)), Referral.status.in_(REFUSED)
    )
    both = sa.union(giving, refused).subquery()
    needs, places = columns(session, sa.select(both.c.need, both.c.place).order_by(both.c.need, both.c.place))
    return keys(needs), keys(places)


def _helped(session: Session, persons: Keys, at: datetime) -> tuple[Keys, Keys]:
    person, organization = Visit.person_id, Visit.organization_id
    statement = (
        sa.select(raw_key(person), raw_key(organization))
        .where(
            is_one_of(person, key_list(persons)),
            Visit.started_at.between(at - YEAR, at),
            Visit.contact_result.in_(REACHED),
            Visit.replaced.is_(False),
        )
        .group_by(person, organization)
        .order_by(person, organization)
    )
    people, organizations = columns(session, statement)
    return keys(people), keys(organizations)


def _tracks(session: Session, at: datetime) -> dict[uuid.UUID, Track]:
    def count(*statuses: ReferralStatus) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((Referral.status.in_(statuses), 1), else_=0))

    statement = (
        sa.select(
            Referral.organization_id,
            count(*ACCEPTED),
            count(*ACCEPTED, *REFUSED),
            count(ReferralStatus.COMPLETED),
            count(ReferralStatus.COMPLETED, ReferralStatus.FAILED),
        )
        .where(Referral.requested_at.between(at - YEAR, at))
        .group_by(Referral.organization_id)
    )
    return {row[0]: Track(*(int(value) for value in row[1:])) for row in session.execute(statement)}


def _satisfaction(session: Session, at: datetime) -> dict[uuid.UUID, tuple[int, float]]:
    """Answers of people whose referral to the organization was completed in the year before."""
    served = (
        sa.select(Referral.person_id, Referral.organization_id)
        .where(Referral.status == ReferralStatus.COMPLETED, Referral.requested_at.between(at - YEAR, at))
        .distinct()
        .subquery()
    )
    statement = (
        sa.select(served.c.organization_id, sa.func.count(Outcome.id), sa.func.sum(Outcome.score))
        .join(Outcome, Outcome.person_id == served.c.person_id)
        .where(
            Outcome.measure == Measure.SATISFACTION,
            Outcome.occasion == AssessmentOccasion.FOLLOW_UP,
            Outcome.score.is_not(None),
            Outcome.taken_on > (at - YEAR).date(),
        )
        .group_by(served.c.organization_id)
    )
    return {organization: (int(count), float(total)) for organization, count, total in session.execute(statement)}
