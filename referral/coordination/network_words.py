"""What the page about the network says: who carries whom, what hangs on whom, where it is cut."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matching.network import Dependence, dependence
from models import PlanningStudy
from referral import charts
from referral.i18n import _, in_language, ngettext
from referral.queries.planning import Names

CARRIERS_SHOWN, CARRIED_SHOWN = 10, 10
LINES_SHOWN = 12
WARNED = 5
"""Organizations marked in the drawing: those whose closing would leave most people without help."""
DESERT_SERVICES, DESERT_TOWNS = 14, 6


@dataclass(frozen=True)
class Closing:
    """What is lost if an organization closed."""

    organization: Any
    helped: int
    planned: int
    lost: list[int]

    @property
    def people(self) -> int:
        """Left without help."""
        return sum(self.lost)


@dataclass(frozen=True)
class Hold:
    """How a township or a kind of help depends on its largest carrier."""

    thing: Any
    organization: Any
    dependence: Dependence

    @property
    def share(self) -> float:
        """Of what it gets."""
        return self.dependence.carried / self.dependence.total


def closings(study: PlanningStudy, names: Names) -> list[Closing]:
    """Return the organizations whose closing would leave somebody without help, most people first."""
    told = [
        Closing(names.organizations[key], helped, planned, lost)
        for key, helped, planned, lost in study.result["network"]["closings"]
        if sum(lost)
    ]
    return sorted(told, key=lambda one: -one.people)  # stable: among equals the most urgent first


def holds(study: PlanningStudy, names: Names, at: int) -> list[Hold]:
    """Return how kinds of help (`at` 1) or townships (2) depend on one organization, the most dependent first."""
    carried: Counter[tuple[str, str]] = Counter()
    for link in study.result["network"]["links"]:
        carried[link[0], link[at]] += link[3] + link[4]
    number = {key: place for place, key in enumerate(sorted({one for one, _thing in carried}))}
    back = {place: key for key, place in number.items()}
    found = dependence({(number[one], thing): people for (one, thing), people in carried.items()})
    records: dict[str, Any] = names.terms if at == 1 else names.towns
    rows = [Hold(records[thing], names.organizations[back[one.organization]], one) for thing, one in found.items()]
    return sorted(rows, key=lambda row: (-row.share, -row.dependence.total))


def drawing(study: PlanningStudy, names: Names, warned: Sequence[Closing]) -> charts.Chart:
    """Return who carries whom: the largest organizations and kinds of help, the others together."""
    links = study.result["network"]["links"]
    largest = [Counter[str](), Counter[str]()]
    for link in links:
        for side in (0, 1):
            largest[side][link[side]] += link[3] + link[4]
    shown = [
        [key for key, _people in sorted(largest[side].items(), key=lambda item: (-item[1], item[0]))[:most]]
        for side, most in ((0, CARRIERS_SHOWN), (1, CARRIED_SHOWN))
    ]
    flows: dict[tuple[str, str], list[int]] = {}
    for link in links:
        ends = (
            in_language(names.organizations[link[0]]) if link[0] in shown[0] else _("all others"),
            in_language(names.terms[link[1]]) if link[1] in shown[1] else _("other help"),
        )
        flow = flows.setdefault(ends, [0, 0])
        flow[0], flow[1] = flow[0] + link[3], flow[1] + link[4]
    order = {in_language(names.organizations[key]): place for place, key in enumerate(shown[0])}
    rows = sorted(flows.items(), key=lambda item: (order.get(item[0][0], len(order)), -sum(item[1])))
    return charts.carriers(
        _("Who carries whom"),
        (_("Organization"), _("Kind of help"), _("Helped now"), _("Would be proposed")),
        [charts.Link(*ends, *people) for ends, people in rows],
        {in_language(one.organization) for one in warned[:WARNED]},
    )


def deserts(study: PlanningStudy, names: Names) -> charts.Chart:
    """Return the table of needs with fewer than two openings in reach, by kind of help and township."""
    counts: dict[tuple[str, str], int] = {}
    by_term, by_town = Counter[str](), Counter[str]()
    for term, town, _waiting, none, one in study.result["network"]["deserts"]:
        counts[term, town] = none + one
        by_term[term] += none + one
        by_town[town] += none + one
    terms = [key for key, _count in by_term.most_common(DESERT_SERVICES)]
    towns = [key for key, _count in by_town.most_common(DESERT_TOWNS)]
    return charts.heat(
        _("Needs with fewer than two openings in reach"),
        _("Kind of help"),
        [in_language(names.terms[term]) for term in terms],
        [in_language(names.towns[town]) for town in towns],
        [[counts.get((term, town), 0) for town in towns] for term in terms],
    )


def cut_words(cut: dict[str, Any], names: Names) -> str:
    """Return one bottleneck in words."""
    where = _(", ").join(
        in_language(names.towns[town]) if town in names.towns else town for town, _count in cut["towns"][:3]
    )
    if len(cut["towns"]) > 3:
        where = _("%(some)s and elsewhere", some=where)
    people = ngettext("%(num)s person", "%(num)s people", cut["people"])
    return _(
        "%(people)s in %(where)s have only these places to go to, and there are %(places)s: %(short)s go without, "
        "whoever gets them.",
        people=people,
        where=where,
        places=cut["places"],
        short=cut["short"],
    )
