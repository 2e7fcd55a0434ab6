"""The course of each measure as a small line, for the page of a case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from markupsafe import Markup, escape

from models import InstrumentVersion, Outcome
from referral.filters import day_words, number
from referral.measure_words import measure_word

WIDE, HIGH, EDGE = 260, 64, 8
RANGES = {"gas": (20, 80, "more")}


@dataclass(frozen=True)
class Progress:
    """One measure over time: its scores, the drawing, and the change from the first to the last."""

    code: str
    name: str
    outcomes: Sequence[Outcome]
    drawing: Markup
    change: Decimal | None
    better: bool | None
    """Whether the change is for the better; None where there is none."""
    low: Any
    high: Any


def progress_of(outcomes: Mapping[str, Sequence[Outcome]], versions: Mapping[str, InstrumentVersion]) -> list[Progress]:
    """Return each measure that has a score, in the order of the instruments, goals last."""
    order = [*versions, "gas"]
    codes = sorted(outcomes, key=lambda code: order.index(code) if code in order else len(order))
    return [_progress(code, outcomes[code], versions) for code in codes]


def _progress(code: str, found: Sequence[Outcome], versions: Mapping[str, InstrumentVersion]) -> Progress:
    low, high, direction = _range(code, found, versions)
    scored = [one for one in found if one.score is not None]
    change = scored[-1].score - scored[0].score if len(scored) > 1 else None  # type: ignore[operator]
    better = None if not change else (change > 0) == (direction == "more")
    name = measure_word(code, versions)
    return Progress(code, name, found, _line(name, scored, float(low), float(high)), change, better, low, high)


def _range(code: str, found: Sequence[Outcome], versions: Mapping[str, InstrumentVersion]) -> tuple[Any, Any, str]:
    if code in versions:
        scoring = versions[code].definition["scoring"]
        return scoring["min"], scoring["max"], scoring["better"]
    scores = [one.score for one in found if one.score is not None]
    return RANGES.get(code, (0, max(scores, default=Decimal(1)), "more"))


def _line(name: str, scored: Sequence[Outcome], low: float, high: float) -> Markup:
    """Draw scores over their days between the lowest and the highest that are possible; empty below one score."""
    if not scored:
        return Markup("")
    first, span = scored[0].taken_on.toordinal(), max((scored[-1].taken_on - scored[0].taken_on).days, 1)

    def at(one: Outcome) -> tuple[float, float]:
        x = EDGE + (WIDE - 2 * EDGE) * (one.taken_on.toordinal() - first) / span
        share = (float(one.score or 0) - low) / ((high - low) or 1)
        return x, HIGH - EDGE - (HIGH - 2 * EDGE) * min(max(share, 0.0), 1.0)

    points = [at(one) for one in scored]
    told = "; ".join(f"{day_words(one.taken_on)} {number(one.score or 0)}" for one in scored)
    parts = [
        Markup('<line x1="{}" x2="{}" y1="{}" y2="{}" stroke="#d5dbe3"/>').format(EDGE, WIDE - EDGE, y, y)
        for y in (EDGE, HIGH - EDGE)
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    parts.append(
        Markup(
            '<polyline points="{}" fill="none" stroke="#0f766e" stroke-width="2.5" stroke-linejoin="round"/>'
        ).format(line)
    )
    parts += [
        Markup('<circle cx="{}" cy="{}" r="4" fill="#0f766e"/>').format(f"{x:.1f}", f"{y:.1f}") for x, y in points
    ]
    return Markup('<svg viewBox="0 0 {} {}" width="{}" height="{}" role="img" aria-label="{}">{}</svg>').format(
        WIDE, HIGH, WIDE, HIGH, escape(f"{name}: {told}"), Markup("").join(parts)
    )
