"""The bars a round must hold, and whether a measurement held them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Any


@dataclass(frozen=True)
class Bars:
    """The most a round of some size may take."""

    seconds: float
    """Candidates, scores, split, solve, prices and certificate; on several processes that of the busiest"""
    times_networkx: float | None
    """How many times faster than networkx on the same blocks; None = not compared"""
    decline_ms: float
    """95 of 100 plans are put right after a decline within this time"""
    megabytes: float
    """Of the process at its peak, its libraries with it"""


BARS = {
    10_000: Bars(0.5, 40, 30, 150),
    100_000: Bars(4, 80, 120, 500),
    1_000_000: Bars(25, None, 120, 400),
}
BUSY = 0.8
"""Whoever gets less of a processor than this shares the machine."""


@dataclass(frozen=True)
class Check:
    """One bar and what was measured."""

    needs: int
    what: str
    bar: str
    measured: str
    held: bool


def checks(figures: dict[str, Any]) -> list[Check]:
    """Every bar of a round of this size, and whether it was held; proof and people served at any size."""
    needs, bars = figures["needs"], BARS.get(figures["needs"])
    best, greedy = figures["served_by_tier"], figures["served_greedy_by_tier"]
    ahead = [one - two for one, two in zip(accumulate(best), accumulate(greedy), strict=True)]
    found = [
        Check(needs, "optimum proved", "exact", "exact" if figures["certified"] else "not", figures["certified"]),
        # Who serves more of an urgent tier may serve fewer of the next: what is compared is everybody up to a tier.
        Check(needs, "served up to each tier, beyond greedy", "≥ 0", f"{ahead}", min(ahead) >= 0),
    ]
    if bars is None:
        return found

    def most(what: str, bar: float, measured: float | None, unit: str) -> Check:
        said = "not measured" if measured is None else f"{measured:g} {unit}"
        return Check(needs, what, f"≤ {bar:g} {unit}", said, measured is not None and measured <= bar)

    found.append(_in_time(figures, bars.seconds))
    if bars.times_networkx is not None:
        ratio = figures.get("networkx_ratio")
        held = ratio is not None and ratio >= bars.times_networkx and bool(figures["networkx_agrees"])
        found.append(Check(needs, "faster than networkx", f"≥ {bars.times_networkx:g} ×", f"{ratio} ×", held))
    busy = figures["processor_share"] < BUSY and figures["decline_p95_ms"] > bars.decline_ms
    decline = most(
        "plan after a decline, p95",
        bars.decline_ms,
        figures["decline_processor_ms" if busy else "decline_p95_ms"],
        "ms",
    )
    found.append(replace(decline, measured=f"{decline.measured} of a processor") if busy else decline)
    found.append(most("memory of a process", bars.megabytes, figures["process_mb"], "MB"))
    return found


def _in_time(figures: dict[str, Any], bar: float) -> Check:
    """The seconds by the clock; where others used the machine, by the processor that the round really had."""
    seconds, share = figures["seconds"], figures["processor_share"]
    busy = share < BUSY and seconds > bar
    said = f"{seconds:g} s" + (f" × {share:.0%} of a processor" if busy else "")
    return Check(figures["needs"], "seconds", f"≤ {bar:g} s", said, (seconds * share if busy else seconds) <= bar)
