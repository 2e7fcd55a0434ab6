"""How soon somebody should be looked after on a day's round: a rule in plain sight, not a score (docs/phone.md).

The rule is ours and not validated: it sorts a list, and decides about nobody.
"""

from collections.abc import Collection

from models import FeatureKind, RiskGrade, Urgency

VERY_OLD = 80
ENOUGH = 2
"""So many of the circumstances raise the grade."""
CIRCUMSTANCES = frozenset(
    {
        FeatureKind.LIVES_ALONE,
        FeatureKind.GRAVELY_ILL,
        FeatureKind.SEVERELY_DISABLED,
        FeatureKind.CANNOT_SELF_CARE,
        FeatureKind.CARER_OLD_OR_ILL,
        FeatureKind.LOST_ONLY_CHILD,
    }
)


def grade(
    *,
    urgency: Urgency | None,
    features: Collection[FeatureKind],
    age: int | None,
    acts_not_met: int,
    cannot_wait: bool,
) -> RiskGrade:
    """Return the grade of one person.

    High: an answer that cannot wait is open, or the case is critical, or somebody lives alone and cannot do a
    self-care act alone. Raised: the case is urgent, or two of the circumstances hold, old age and a self-care act that
    is not possible alone among them. `acts_not_met` counts the acts of the newest assessment; `age` is in years.
    """
    helpless = acts_not_met > 0 or FeatureKind.CANNOT_SELF_CARE in features
    if cannot_wait or urgency is Urgency.CRITICAL or (helpless and FeatureKind.LIVES_ALONE in features):
        return RiskGrade.HIGH
    others = len((CIRCUMSTANCES - {FeatureKind.CANNOT_SELF_CARE}) & set(features))
    holding = others + helpless + (age is not None and age >= VERY_OLD)
    return RiskGrade.RAISED if urgency is Urgency.HIGH or holding >= ENOUGH else RiskGrade.USUAL
