"""What a provider must know of a person before it answers: features as far as the service asks, age as a band."""

import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import EligibilityKind, Feature, FeatureKind, LawClass, ServiceEligibility

AT_THE_DOOR = frozenset({FeatureKind.NEEDS_DIALECT})
FEATURES_THAT_MATTER: dict[LawClass, frozenset[FeatureKind]] = {
    LawClass.CARE: frozenset(
        {
            FeatureKind.CANNOT_SELF_CARE,
            FeatureKind.PARTLY_SELF_CARE,
            FeatureKind.SEVERELY_DISABLED,
            FeatureKind.DISABLED,
            FeatureKind.LIVES_ALONE,
        }
    ),
    LawClass.LIVING: frozenset({FeatureKind.LIVES_ALONE, FeatureKind.CANNOT_SELF_CARE, FeatureKind.PARTLY_SELF_CARE}),
    LawClass.COMPANIONSHIP: frozenset({FeatureKind.LIVES_ALONE, FeatureKind.LEFT_BEHIND}),
}
"""What whoever gives a class of service must know beforehand, besides what the service itself asks for."""

AGE_BANDS = (7, 18, 60, 70, 80)
"""First years of the bands under which a provider sees an age."""


def age_band(first: int | None) -> tuple[int | None, int | None] | None:
    """Return the band that begins with a year of `AGE_BANDS`: (70, 79); (None, 6) for 0; (80, None)."""
    if first is None:
        return None
    after = min((year for year in AGE_BANDS if year > first), default=None)
    return first or None, None if after is None else after - 1


def features(
    session: Session, person_id: uuid.UUID, service_id: uuid.UUID, law_class: LawClass | None
) -> tuple[FeatureKind, ...]:
    """Return what the person's features are, as far as they matter for the service. Never their notes."""
    asked = (
        sa.select(sa.func.aggregate_strings(ServiceEligibility.code, ","))
        .where(ServiceEligibility.service_id == service_id, ServiceEligibility.kind == EligibilityKind.FEATURE)
        .scalar_subquery()
    )
    found = session.execute(sa.select(Feature.kind, asked).where(Feature.person_id == person_id)).all()
    order = list(FeatureKind)
    mattering = AT_THE_DOOR | (FEATURES_THAT_MATTER[law_class] if law_class else frozenset())
    held = [kind for kind, codes in found if kind in mattering or kind.value in (codes or "").split(",")]
    return tuple(sorted(held, key=order.index))
