"""The grades of risk of some people, from what their station knows of them."""

import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Assessment, Case, Feature, FeatureKind, Person, RedFlag, RiskGrade, Urgency
from models.case import URGENCY_TIERS
from models.person import completed_years
from referral.access import scope
from referral.queries.cases import ACTIVE
from referral.risk import grade


def of_people(session: Session, actor: Account, keys: Collection[uuid.UUID], today: date) -> dict[uuid.UUID, RiskGrade]:
    """Return the grade of each person whom the actor looks after; others are missing. Five queries, none for nobody."""
    if not keys:
        return {}
    people = sa.select(Person.id, Person.born_on).where(Person.id.in_(keys), scope(actor, Person))
    born: dict[uuid.UUID, date | None] = {key: day for key, day in session.execute(people)}  # noqa: C416  rows are no pairs to a type checker
    features: dict[uuid.UUID, set[FeatureKind]] = defaultdict(set)
    for key, kind in session.execute(sa.select(Feature.person_id, Feature.kind).where(Feature.person_id.in_(born))):
        features[key].add(kind)
    urgency: dict[uuid.UUID, Urgency] = {}
    own = sa.select(Case.person_id, Case.urgency).where(
        Case.person_id.in_(born), scope(actor, Case), Case.status.in_(ACTIVE)
    )
    for key, found in session.execute(own):
        urgency[key] = min(urgency.get(key, found), found, key=URGENCY_TIERS.__getitem__)
    open_flags = sa.select(RedFlag.person_id).where(RedFlag.person_id.in_(born), RedFlag.handled_at.is_(None))
    cannot_wait = set(session.scalars(open_flags))
    newest: dict[uuid.UUID, Assessment] = {}
    taken = sa.select(Assessment).where(Assessment.person_id.in_(born))
    for one in session.scalars(taken.order_by(Assessment.assessed_on, Assessment.id)):
        newest[one.person_id] = one
    return {
        key: grade(
            urgency=urgency.get(key),
            features=features[key],
            age=completed_years(day, today) if day else None,
            acts_not_met=newest[key].acts_not_met if key in newest else 0,
            cannot_wait=key in cannot_wait,
        )
        for key, day in born.items()
    }
