"""What the planning pages say: purchases, curves and the network of a study as lines, sentences and drawings."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from models import Area, Need, NeedStatus, PlanningStudy, Proposal
from models.case import URGENCY_TIERS
from referral import charts
from referral.explanations import why_nobody
from referral.i18n import _, in_language, ngettext
from referral.queries.needs_board import TIER_URGENCIES
from referral.queries.planning import Names
from referral.words import word

CURVES_SHOWN = 10
TIERS = tuple(sorted(URGENCY_TIERS.values()))


@dataclass(frozen=True)
class Line:
    """What is to be bought of one kind of help in one township."""

    cell: int
    town: Area
    term: Any
    places: int
    by_tier: tuple[int, ...]
    """People newly served, for each tier."""
    price: int | None
    """Yuan a place and year."""

    @property
    def people(self) -> int:
        """All of them."""
        return sum(self.by_tier)

    @property
    def cost(self) -> int | None:
        """Yuan a year."""
        return None if self.price is None else self.price * self.places


def purchase(study: PlanningStudy, names: Names) -> list[Line]:
    """Return what a study would buy, most urgent people first, then by township."""
    cells = study.result["cells"]
    bought: dict[int, Counter[int]] = {}
    for cell, tier in study.result["bought"]:
        bought.setdefault(cell, Counter())[tier] += 1
    lines = [
        Line(
            cell,
            names.towns[cells[cell]["town"]],
            names.terms[cells[cell]["term"]],
            sum(tiers.values()),
            tuple(tiers[tier] for tier in TIERS),
            cells[cell]["price"],
        )
        for cell, tiers in bought.items()
    ]
    return sorted(lines, key=lambda line: ([-count for count in line.by_tier], line.town.code, line.cell))


def totals(lines: Sequence[Line]) -> tuple[int, tuple[int, ...], int | None]:
    """Return places, people by tier, and yuan (None where a price is missing)."""
    people = tuple(sum(line.by_tier[place] for line in lines) for place in range(len(TIERS)))
    costs = [line.cost for line in lines]
    cost = None if None in costs or not costs else sum(one for one in costs if one is not None)
    return sum(line.places for line in lines), people, cost


def people_words(by_tier: Sequence[int]) -> str:
    """Return people by urgency in words: 3 critical, 5 high."""
    return _(", ").join(
        _("%(count)s %(urgency)s", count=count, urgency=word(TIER_URGENCIES[tier]).lower())
        for tier, count in zip(TIERS, by_tier, strict=False)
        if count
    )


def purchase_words(study: PlanningStudy, lines: Sequence[Line]) -> str:
    """Return the sentence above the table."""
    places, people, _cost = totals(lines)
    if not places:
        return _("No place that could be bought would serve anybody more.")
    said = ngettext("%(num)s place would serve", "%(num)s places would serve", places)
    more = ngettext("%(num)s person more", "%(num)s people more", sum(people))
    return _("%(places)s %(people)s: %(tiers)s.", places=said, people=more, tiers=people_words(people))


def proof_words(study: PlanningStudy, lines: Sequence[Line]) -> str:
    """Return how good the list is, and how that is known."""
    asked, bounds = study.asked, study.result["bounds"]
    if asked.get("budget") is None:
        if sum(line.places for line in lines) < asked["places"]:
            return _("More places of any kind would serve nobody else: for the rest, see the register.")
        return _(
            "No other way to spread these places serves more people of the highest urgency, or more in all: proved."
        )
    if bounds is None:
        return _("There are too many townships and kinds of help to say how far this list is from the best.")
    _places, people, _cost = totals(lines)
    reached = list(accumulate(people))
    if reached == bounds:
        return _("No other list within the budget serves more: proved.")
    return _(
        "The most urgent are served first, at the lowest price. No list within the budget serves more than %(most)s "
        "people; this one serves %(people)s.",
        most=bounds[-1],
        people=reached[-1],
    )


def curve_of(study: PlanningStudy, names: Names, cell: int) -> charts.Chart:
    """Return the curve of one cell by urgency: people newly served by the first, the first two … places."""
    one = study.result["cells"][cell]
    steps = one["curve"] or []
    shown = sorted(set(steps))
    series = [
        (
            word(TIER_URGENCIES[tier]),
            [sum(step == tier for step in steps[:count]) for count in range(1, len(steps) + 1)],
        )
        for tier in shown
    ]
    return charts.columns(
        _("%(service)s in %(township)s: people more, by places", service=in_language(names.terms[one["term"]]),
          township=in_language(names.towns[one["town"]])),
        _("Places"),
        [str(count) for count in range(1, len(steps) + 1)],
        series,
        stacked=True,
    )  # fmt: skip


def curves(study: PlanningStudy, names: Names, lines: Sequence[Line]) -> charts.Chart:
    """Return the curves of what would be bought, the longest first: whom the first, the second … place serves."""
    cells = study.result["cells"]
    drawn = sorted(
        {line.cell for line in lines if cells[line.cell]["curve"]},
        key=lambda cell: (-len(cells[cell]["curve"]), cells[cell]["curve"], cell),
    )[:CURVES_SHOWN]
    rows = [
        (
            f"{in_language(names.terms[cells[cell]['term']])} · {in_language(names.towns[cells[cell]['town']])}",
            cells[cell]["curve"],
        )
        for cell in drawn
    ]
    kinds = [word(TIER_URGENCIES[tier]) for tier in TIERS]
    return charts.steps(_("Whom each further place would serve, by urgency"), _("People more"), rows, kinds)


def why_words(need: Need, proposal: Proposal | None) -> str:
    """Return why a need stands in the register."""
    if proposal is not None and proposal.capacity_id is None:
        return why_nobody(proposal.explanation)
    if need.status is NeedStatus.PROPOSED:
        return _("A place is proposed; nobody has decided yet.")
    return _("It took no part in the last round, or the place proposed was not taken.")


def township_map(townships: Sequence[Area], cells: Mapping[tuple[str, Any], int]) -> charts.Chart:
    """Return the map of the register."""
    counts: Counter[str] = Counter()
    for (code, _urgency), count in cells.items():
        counts[code] += count
    known = {area.code[:9] for area in townships}
    places = [
        charts.Tile(in_language(area), counts[area.code[:9]], area.latitude, area.longitude) for area in townships
    ]
    if other := sum(count for code, count in counts.items() if code not in known):
        places.append(charts.Tile(_("elsewhere"), other))
    return charts.tiles(_("Unmet needs by township"), (_("Township"), _("Needs")), places)
