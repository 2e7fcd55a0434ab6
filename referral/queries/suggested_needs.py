"""Needs that an assessment speaks of and nobody has recorded: suggested, never preset."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Assessment, Case, Domain, Measure, Need, NeedType, Outcome, SelfCare

OF_SELF_CARE = {
    SelfCare.EAT: "CAR1",
    SelfCare.DRESS: "CAR2",
    SelfCare.BED: "CAR2",
    SelfCare.TOILET: "CAR2",
    SelfCare.BATHE: "CAR2",
    SelfCare.WALK: "CAR3",
}
"""The need type that an act points to which a person cannot do."""
LOW_WELL_BEING = 50
"""WHO-5 of 50 or less asks for a further check (WHO 1998)."""


@dataclass(frozen=True)
class SuggestedNeed:
    """A kind of need with what was said that points to it."""

    need_type: NeedType
    because: Domain | SelfCare | Measure
    grave: bool
    words: str | None


def suggested_needs(session: Session, case: Case) -> list[SuggestedNeed]:
    """Return what the newest assessment of a case points to, without the kinds that have a need. Four queries."""
    assessment = session.scalar(
        sa.select(Assessment)
        .where(Assessment.case_id == case.id)
        .order_by(Assessment.assessed_on.desc(), Assessment.id.desc())
        .limit(1)
    )
    if assessment is None:
        return []
    types = {kind.code: kind for kind in session.scalars(sa.select(NeedType).order_by(NeedType.code))}
    recorded = set(
        session.scalars(sa.select(Need.need_type_id).where(Need.case_id == case.id, Need.need_type_id.is_not(None)))
    )
    well_being = session.scalar(
        sa.select(Outcome.score).where(
            Outcome.case_id == case.id,
            Outcome.measure == Measure.WHO5,
            Outcome.taken_on == assessment.assessed_on,
        )
    )
    found: dict[str, SuggestedNeed] = {}
    for name, said in assessment.domains.items():
        if said["level"] > 0:
            for kind in types.values():
                if kind.domain == name:
                    found[kind.code] = SuggestedNeed(kind, Domain(name), said["level"] > 1, said.get("note"))
    for act, value in assessment.self_care.items():
        if value == "unable" and (code := OF_SELF_CARE[SelfCare(act)]) in types:
            found.setdefault(code, SuggestedNeed(types[code], SelfCare(act), False, None))
    if well_being is not None and well_being <= LOW_WELL_BEING and "PSY1" in types:
        found["PSY1"] = SuggestedNeed(types["PSY1"], Measure.WHO5, False, None)
    left = [suggestion for suggestion in found.values() if suggestion.need_type.id not in recorded]
    return sorted(left, key=lambda suggestion: (not suggestion.grave, suggestion.need_type.code))
