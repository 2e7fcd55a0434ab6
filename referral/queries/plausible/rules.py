"""The rules, each over all visits at once. Of two entries that clash the one written later carries the flag."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from models import FlagRule
from referral.plausibility import Limits
from referral.prints import numbers
from referral.queries.plausible.gather import Gathered

EARTH_KM = 6371.0
APART = 10.0**8
"""More minutes than lie between any two visits: keeps groups apart in one running maximum."""
AT_ONCE = 256
"""Notes that are compared with all others of a worker at once."""


@dataclass(frozen=True)
class Finding:
    """A visit that breaks a rule: its place in the arrays, that of the visit it clashes with (−1: none), figures."""

    visit: int
    rule: FlagRule
    other: int = -1
    facts: dict[str, Any] = field(default_factory=dict)


def findings(visits: Gathered, limits: Limits) -> dict[tuple[int, FlagRule], Finding]:
    """Return what breaks a rule, by visit and rule; the first finding of each."""
    found: dict[tuple[int, FlagRule], Finding] = {}
    for rule in RULES:
        for one in rule(visits, limits):
            found.setdefault((one.visit, one.rule), one)
    return found


def _groups(by: Any) -> Iterator[Any]:
    """Return the places of each group of equal numbers, in order; −1 belongs to none."""
    order = np.argsort(by, kind="stable")
    edges = np.flatnonzero(np.diff(by[order])) + 1
    for group in np.split(order, edges):
        if len(group) and by[group[0]] >= 0:
            yield group


def _pairs(visits: Gathered, by: Any, minutes: float) -> Iterator[tuple[int, int, float]]:
    """Return the pairs of one group whose times overlap by at least so many minutes, with the minutes.

    Visits of one group stand in the order of time: each is held against the next ones as long as any still overlaps,
    for all at once.
    """
    order = np.lexsort((visits.start, by))
    start, end, group = visits.start[order], (visits.start + visits.minutes)[order], by[order]
    active = visits.minutes[order] > 0
    latest = np.maximum.accumulate(np.where(active, end, 0) + group * APART) - group * APART
    for step in range(1, len(order)):
        same = (group[step:] == group[:-step]) & (group[step:] >= 0)
        reach = same & (latest[:-step] > start[step:])
        if not reach.any():
            return
        common = np.minimum(end[:-step], end[step:]) - start[step:]
        hits = np.flatnonzero(same & active[step:] & active[:-step] & (common >= minutes))
        for at in hits:
            yield int(order[at]), int(order[at + step]), float(common[at])


def _later(visits: Gathered, one: int, other: int) -> tuple[int, int]:
    return (one, other) if visits.written[one] > visits.written[other] else (other, one)


def _together(visits: Gathered, one: int, other: int) -> bool:
    """Say whether two entries are of one group session."""
    return bool(visits.activity[one] >= 0 and visits.activity[one] == visits.activity[other])


def duplicates(visits: Gathered, limits: Limits) -> Iterator[Finding]:
    """The same help of one organization for the same person twice, begun at nearly the same time."""
    apart = limits["duplicate_minutes"]
    order = np.lexsort((visits.start, visits.term, visits.organization, visits.person))
    same = np.ones(max(len(order) - 1, 0), dtype=bool)
    for column in (visits.person, visits.organization, visits.term, visits.day):
        same &= np.diff(column[order]) == 0
    near = np.diff(visits.start[order]) <= apart
    both = visits.reached[order][1:] & visits.reached[order][:-1]
    for at in np.flatnonzero(same & near & both):
        flagged, other = _later(visits, int(order[at]), int(order[at + 1]))
        facts = {"minutes_apart": _whole(abs(visits.start[flagged] - visits.start[other])), "limit": apart}
        yield Finding(flagged, FlagRule.DUPLICATE, other, facts)


def worker_twice(visits: Gathered, limits: Limits) -> Iterator[Finding]:
    """One worker with people of two households at the same time; a group session is one event."""
    least = limits["overlap_minutes"]
    for one, other, common in _pairs(visits, visits.worker, least):
        if visits.household[one] != visits.household[other] and not _together(visits, one, other):
            flagged, clash = _later(visits, one, other)
            yield Finding(flagged, FlagRule.WORKER_TWICE, clash, {"minutes": _whole(common), "limit": least})


def person_twice(visits: Gathered, limits: Limits) -> Iterator[Finding]:
    """One person given two kinds of help, or by two organizations or workers, at the same time; but meals and goods."""
    least = limits["overlap_minutes"]
    for one, other, common in _pairs(visits, visits.person, least):
        same = visits.term[one] == visits.term[other] and visits.organization[one] == visits.organization[other]
        brought = visits.handed_over[one] or visits.handed_over[other]
        if brought or (same and visits.worker[one] == visits.worker[other]) or _together(visits, one, other):
            continue
        flagged, clash = _later(visits, one, other)
        yield Finding(flagged, FlagRule.PERSON_TWICE, clash, {"minutes": _whole(common), "limit": least})


def impossible_travel(visits: Gathered, limits: Limits) -> Iterator[Finding]:
    """Less time between two visits of a worker than the way takes."""
    there = ~visits.by_phone & ~np.isnan(visits.latitude) & (visits.worker >= 0)
    places = np.flatnonzero(there)
    order = places[np.lexsort((visits.start[places], visits.worker[places]))]
    before, after = order[:-1], order[1:]
    km = _kilometres(visits, before, after)
    gap = visits.start[after] - visits.start[before] - visits.minutes[before]
    needed = km / limits["travel_kmh"] * 60
    same = (visits.worker[before] == visits.worker[after]) & (visits.day[before] == visits.day[after])
    for at in np.flatnonzero(same & (km >= limits["travel_km"]) & (gap < needed) & (gap > -limits["overlap_minutes"])):
        flagged, other = _later(visits, int(before[at]), int(after[at]))
        facts = {"km": round(float(km[at]), 1), "minutes": _whole(max(gap[at], 0)), "needed": _whole(needed[at] + 0.5)}
        yield Finding(flagged, FlagRule.IMPOSSIBLE_TRAVEL, other, facts | {"limit": limits["travel_kmh"]})


def _kilometres(visits: Gathered, before: Any, after: Any) -> Any:
    """Return the way as the crow flies (haversine)."""
    one, two = np.radians(visits.latitude[before]), np.radians(visits.latitude[after])
    east = np.radians(visits.longitude[after] - visits.longitude[before])
    half = np.sin((two - one) / 2) ** 2 + np.cos(one) * np.cos(two) * np.sin(east / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))


def too_long(visits: Gathered, _limits: Limits) -> Iterator[Finding]:
    """One visit longer than its kind of help takes."""
    for at in np.flatnonzero(visits.minutes > visits.longest):
        facts = {"minutes": _whole(visits.minutes[at]), "limit": float(visits.longest[at])}
        yield Finding(int(at), FlagRule.TOO_LONG, -1, facts)


def long_day(visits: Gathered, limits: Limits) -> Iterator[Finding]:
    """The visits by which a worker's day passes the limit; a group session counts once, common time once."""
    most = limits["long_day"]
    working = np.flatnonzero((visits.worker >= 0) & (visits.minutes > 0))
    order = working[np.lexsort((visits.start[working], visits.day[working], visits.worker[working]))]
    if not len(order):
        return
    which = np.unique(np.stack([visits.worker[order], visits.day[order]]), axis=1, return_inverse=True)[1].ravel()
    total = np.bincount(which, weights=visits.minutes[order])
    for number in np.flatnonzero(total > most):
        done, until = 0.0, -np.inf
        for at in order[which == number]:
            ends = visits.start[at] + visits.minutes[at]
            done += max(ends - max(visits.start[at], until), 0)
            until = max(until, ends)
            if done > most:
                yield Finding(int(at), FlagRule.LONG_DAY, -1, {"minutes": _whole(done), "limit": most})


def after_death(visits: Gathered, _limits: Limits) -> Iterator[Finding]:
    """Somebody was reached after the person was known to have died."""
    for at in np.flatnonzero(visits.reached & (visits.day > visits.died)):
        yield Finding(int(at), FlagRule.AFTER_DEATH, -1, {"days": int(visits.day[at] - visits.died[at])})


def after_exit(visits: Gathered, _limits: Limits) -> Iterator[Finding]:
    """Help under a case that had ended."""
    for at in np.flatnonzero(visits.reached & (visits.day > visits.exited) & (visits.day <= visits.died)):
        yield Finding(int(at), FlagRule.AFTER_EXIT, -1, {"days": int(visits.day[at] - visits.exited[at])})


def outside_referral(visits: Gathered, _limits: Limits) -> Iterator[Finding]:
    """Before the help was taken on or after it ended, or under the referral of somebody else."""
    early, late = visits.day < visits.referral_from, visits.day > visits.referral_to
    for at in np.flatnonzero(visits.reached & (early | late | visits.other_person)):
        if visits.other_person[at]:
            facts: dict[str, Any] = {"side": "other_person"}
        elif early[at]:
            facts = {"side": "before", "days": int(visits.referral_from[at] - visits.day[at])}
        else:
            facts = {"side": "after", "days": int(visits.day[at] - visits.referral_to[at])}
        yield Finding(int(at), FlagRule.OUTSIDE_REFERRAL, -1, facts)


def outside_contract(visits: Gathered, _limits: Limits) -> Iterator[Finding]:
    """Help that a contract or program pays for, on a day that none covers."""
    for at in np.flatnonzero(visits.reached & visits.contracted & ~visits.covered):
        yield Finding(int(at), FlagRule.OUTSIDE_CONTRACT)


def copied_notes(visits: Gathered, limits: Limits) -> Iterator[Finding]:
    """Nearly the same note over several visits of a worker in a month; entries of one session share theirs."""
    noted = np.array([one is not None for one in visits.prints], dtype=bool) & (visits.worker >= 0)
    by = np.where(noted, visits.worker * 100_000 + visits.month, -1)
    for several in _groups(by):
        group = _one_of_a_session(visits, several)
        if len(group) < limits["copied_times"]:
            continue
        sketches = np.stack([numbers(visits.prints[at][1]) for at in group])
        for start in range(0, len(group), AT_ONCE):
            shares = (sketches[start : start + AT_ONCE, None, :] == sketches[None, :, :]).mean(axis=2)
            alike = shares >= limits["copied_share"]
            for row in np.flatnonzero(alike.sum(axis=1) >= limits["copied_times"]):
                at, others = int(group[start + row]), group[alike[row]]
                other = int(others[others != at][0])
                share = float(shares[row][np.flatnonzero(group == other)[0]])
                facts = {"visits": len(others), "share": round(share, 2), "limit": limits["copied_times"]}
                yield Finding(at, FlagRule.COPIED_NOTE, other, facts)


def _one_of_a_session(visits: Gathered, group: Any) -> Any:
    seen: set[int] = set()
    kept = []
    for at in group:
        activity = int(visits.activity[at])
        if activity < 0 or activity not in seen:
            kept.append(at)
        seen.add(activity)
    return np.array(kept, dtype=np.int64)


def too_round(visits: Gathered, limits: Limits) -> Iterator[Finding]:
    """Nearly all visits of a worker in a month begin on the hour and take the same number of minutes."""
    counted = visits.reached & (visits.minutes > 0) & (visits.worker >= 0) & (visits.activity < 0)
    by = np.where(counted, visits.worker * 100_000 + visits.month, -1)
    for group in _groups(by):
        if len(group) < limits["round_visits"]:
            continue
        lengths, counts = np.unique(visits.minutes[group], return_counts=True)
        fitting = (visits.start[group] % 60 == 0) & (visits.minutes[group] == lengths[np.argmax(counts)])
        share = float(fitting.mean())
        if share >= limits["round_share"]:
            facts = {"share": round(share, 2), "visits": len(group), "limit": limits["round_share"]}
            for at in group[fitting]:
                yield Finding(int(at), FlagRule.TOO_ROUND, -1, facts)


def _whole(value: Any) -> int:
    return int(value)


Rule = Callable[[Gathered, Limits], Iterator[Finding]]
RULES: tuple[Rule, ...] = (
    duplicates, worker_twice, person_twice, impossible_travel, too_long, long_day, after_death, after_exit,
    outside_referral, outside_contract, copied_notes, too_round,
)  # fmt: skip
