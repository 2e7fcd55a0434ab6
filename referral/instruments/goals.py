"""The T score of goals that were rated in five steps (Goal Attainment Scaling)."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

RHO = 0.3
"""How far goals of one person are taken to go together, as Kiresuk and Sherman (1968) propose."""


def t_score(goals: Sequence[tuple[int, int]]) -> Decimal | None:
    """Return T = 50 + 10·Σwx / √(0.7·Σw² + 0.3·(Σw)²) of (weight, level) pairs, one decimal; None for no goals.

    Levels are −2 … +2, weights positive. Three goals as expected give 50, three at +1 give 63.7.
    """
    if not goals:
        return None
    weights = [weight for weight, _level in goals]
    spread = (1 - RHO) * sum(weight**2 for weight in weights) + RHO * sum(weights) ** 2
    value = 50 + 10 * sum(weight * level for weight, level in goals) / spread**0.5
    return Decimal(str(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)
