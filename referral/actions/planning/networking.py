"""The part of a study about who carries whom, as counts."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.network import Care, bottlenecks, closing, reach
from matching.planning import Ground
from referral.queries.gathering.whole import Whole

CLOSINGS_MOST, CLOSINGS_FEWEST, CLOSINGS_WORK = 120, 12, 6_000_000
"""Organizations whose closing is computed, those that carry most: as many as can be with so many pairs in all, since
each is a solve of its own; a district has fewer, a city of 100,000 needs gets the least."""
LINKS_MOST = 4_000
"""Lines of who carries whom that are kept, the largest first."""
CUTS_MOST = 12
FEWEST = 2
"""Needs with fewer openings in reach lie in a desert."""
TOWNSHIP = 1000
Progress = Callable[[str, int], None]
Town = NDArray[np.int64]


def network(whole: Whole, there: Ground, town: Town, progress: Progress) -> dict[str, Any]:
    """Return links, closings, single carriers, deserts and bottlenecks."""
    care = _care(whole, there)
    placed = there.parts.graph.placed(there.chosen)
    kinds = care.kind
    links: dict[tuple[int, int, int], list[int]] = {}
    for row, organization in enumerate(whole.carrier.tolist()):
        planned = organization < 0
        if planned and placed[row] < 0:
            continue
        one = int(care.provider[placed[row]]) if planned else organization
        links.setdefault((one, int(kinds[row]), int(town[row])), [0, 0])[int(planned)] += 1
    largest = sorted(links, key=lambda link: (-sum(links[link]), link))
    waits = (whole.carrier < 0) & ~np.isin(kinds, sorted(there.skipped))
    return {
        "links": [
            [str(whole.organizations[one]), str(whole.terms[kind]), f"{place:012d}", *links[one, kind, place]]
            for one, kind, place in largest[:LINKS_MOST]
        ],
        "links_all": len(links) <= LINKS_MOST,
        **_closings(whole, there, care, links, progress),
        **_reach(whole, care, town, waits),
        "cut": list(_cuts(whole, there, care, town)),
    }


def _care(whole: Whole, there: Ground) -> Care:
    """Return who waits and who is helped; help that is counted in hours takes no part, so its closing costs nothing."""
    graph = there.reach.only(there.reach.opening < there.offered)
    graph = type(graph)(graph.ptr, graph.opening, graph.cost, graph.places[: there.offered], graph.penalty)
    problem = whole.board.problem
    return Care(
        graph,
        problem.needs.service_type,
        problem.needs.tier,
        whole.provider,
        problem.openings.service_type,
        np.where(np.isin(problem.needs.service_type, sorted(there.skipped)), -1, whole.carrier),
        there.tiers,
    )


def _closings(
    whole: Whole, there: Ground, care: Care, links: dict[tuple[int, int, int], list[int]], progress: Progress
) -> dict[str, Any]:
    """What is lost if each of the organizations that carry most closed, by tier."""
    carries: dict[int, list[int]] = {}
    for (one, _kind, _town), (helped, planned) in links.items():
        mine = carries.setdefault(one, [0, 0])
        mine[0], mine[1] = mine[0] + helped, mine[1] + planned
    asked = sorted(carries, key=lambda one: (-sum(carries[one]), one))
    most = min(max(CLOSINGS_WORK // max(len(care.graph.opening), 1), CLOSINGS_FEWEST), CLOSINGS_MOST)
    told = []
    for number, one in enumerate(asked[:most], 1):
        lost = closing(care, there.chosen, one).tolist()
        told.append([str(whole.organizations[one]), *carries[one], lost])
        progress("network", 75 + 20 * number // min(len(asked), most))
    return {
        "closings": sorted(told, key=lambda line: ([-count for count in line[3]], -line[1] - line[2], line[0])),
        "closings_all": len(asked) <= most,
    }


def _reach(whole: Whole, care: Care, town: Town, waits: NDArray[np.bool_]) -> dict[str, Any]:
    """Groups that one organization alone could take anybody of, hubs, and who has fewer than two openings in reach."""
    graph = care.graph
    found = reach(_reaching(care, town, waits))
    many = np.diff(graph.ptr)
    waiting = Counter(zip(care.kind[waits].tolist(), town[waits].tolist(), strict=True))
    few: dict[tuple[int, int], list[int]] = {}
    for row in np.flatnonzero(waits & (many < FEWEST)).tolist():
        few.setdefault((int(care.kind[row]), int(town[row])), [0] * FEWEST)[int(many[row])] += 1
    return {
        "single": [
            [str(whole.terms[kind]), f"{place:012d}", str(whole.organizations[one]), waiting[kind, place]]
            for (kind, place), one in sorted(found.single.items(), key=lambda item: (-waiting[item[0]], item[0]))
        ],
        "hubs": [str(whole.organizations[one]) for one in sorted(found.hubs)],
        "deserts": [
            [str(whole.terms[kind]), f"{place:012d}", waiting[kind, place], *few[kind, place]]
            for kind, place in sorted(few, key=lambda group: (-sum(few[group]), group))
        ],
    }


def _reaching(care: Care, town: Town, waits: NDArray[np.bool_]) -> Iterable[tuple[int, tuple[int, int]]]:
    """Yield every organization with each group of needs of which it could take somebody who waits, once."""
    graph = care.graph
    kinds, kind = np.unique(care.kind, return_inverse=True)
    towns, place = np.unique(town, return_inverse=True)
    group = kind * len(towns) + place
    groups = len(kinds) * len(towns)
    pairs = waits[graph.need]
    whole = care.provider[graph.opening[pairs]].astype(np.int64) * groups + group[graph.need[pairs]]
    for one, number in zip(*(part.tolist() for part in np.divmod(np.unique(whole), groups)), strict=True):
        yield one, (int(kinds[number // len(towns)]), int(towns[number % len(towns)]))


def _cuts(whole: Whole, there: Ground, care: Care, town: Town) -> Iterable[dict[str, Any]]:
    graph = there.parts.graph
    offered = graph.only(graph.opening < there.offered)
    at = np.full(len(graph.opening), -1)
    at[graph.opening < there.offered] = np.arange(len(offered.opening))
    chosen = np.where(there.chosen >= 0, at[there.chosen], -1) if len(at) else there.chosen
    for one in bottlenecks(offered, chosen)[:CUTS_MOST]:
        yield {
            "term": str(whole.terms[int(care.kind[one.needs[0]])]),
            "people": len(one.needs),
            "places": one.places,
            "short": one.short,
            "towns": [[f"{place:012d}", count] for place, count in _counted(town[one.needs])],
            "organizations": [
                [str(whole.organizations[number]), count] for number, count in _counted(care.provider[one.openings])
            ],
        }


def _counted(values: NDArray[Any]) -> list[tuple[int, int]]:
    return sorted(Counter(values.tolist()).items(), key=lambda item: (-item[1], item[0]))
