"""Small figures are not told: whoever counts few people can recognise them.

In a table of groups a figure of 1 to 4 is withheld, and so many more that it cannot be computed from the total and the
rest (complementary suppression; alone, 13 % of small cells were recovered exactly). All withheld figures look alike.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from referral.queries.report.figures import Change, Done, Funnel, Group, Report, ServiceLine
from referral.withheld import FEWEST, WITHHELD, withheld


def is_too_small(report: Report) -> bool:
    """Say whether a whole report speaks of so few that none of it is told."""
    return 0 < report.done.persons < FEWEST


def without_small(report: Report) -> Report:
    """Return a report in which no table of groups tells of few people."""
    return replace(
        report,
        done=_done(report.done),
        funnel=_funnel(report.funnel),
        changes=[_change(change) for change in report.changes],
        townships=_groups(report.townships),
        sexes=_groups(report.sexes),
        ages=_groups(report.ages),
    )


def _done(done: Done) -> Done:
    services = withheld([line.persons for line in done.services])
    months = withheld([persons for _day, _times, persons in done.months])
    results = withheld([times for _result, times in done.not_reached])
    nothing: Any = WITHHELD
    return replace(
        done,
        services=[_service(line) if place in services else line for place, line in enumerate(done.services)],
        months=[
            (day, nothing, nothing) if place in months else (day, times, persons)
            for place, (day, times, persons) in enumerate(done.months)
        ],
        not_reached=[
            (result, nothing if place in results else times) for place, (result, times) in enumerate(done.not_reached)
        ],
    )


def _service(line: ServiceLine) -> ServiceLine:
    nothing: Any = WITHHELD
    return replace(line, persons=nothing, person_times=nothing, hours=nothing, units=nothing, amount=nothing)


def _funnel(funnel: Funnel) -> Funnel:
    hidden = withheld([count for _state, _reason, count in funnel.reasons])
    nothing: Any = WITHHELD
    return replace(
        funnel,
        reasons=[
            (state, reason, nothing if place in hidden else count)
            for place, (state, reason, count) in enumerate(funnel.reasons)
        ],
    )


def _change(change: Change) -> Change:
    """Withhold a change of few pairs: the mean of one pair is one person's score."""
    if not 0 < change.n < FEWEST:
        return change
    nothing: Any = WITHHELD
    return replace(
        change,
        n=nothing,
        baseline=None,
        follow_up=None,
        change=None,
        low=None,
        high=None,
        improved=nothing,
        worse=nothing,
        without_follow_up=nothing,
    )


def _groups(groups: Sequence[Group]) -> list[Group]:
    people = withheld([group.persons for group in groups])
    needs = withheld([group.needs for group in groups])
    met = withheld([group.needs_met for group in groups], needs)
    nothing: Any = WITHHELD
    found = []
    for place, group in enumerate(groups):
        if place in people:
            group = replace(group, persons=nothing, person_times=nothing, hours=nothing)  # noqa: PLW2901
        if place in needs:
            group = replace(group, needs=nothing)  # noqa: PLW2901
        if place in met:
            group = replace(group, needs_met=nothing)  # noqa: PLW2901
        found.append(group)
    return found
