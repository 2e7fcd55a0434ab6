"""The answer of a scenario as a page shows it: one sentence, today beside the copy, and who gains, loses or moves."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from sqlalchemy.orm import Session

from models import Capacity, Scenario
from referral import charts
from referral.explanations import URGENCIES
from referral.i18n import _, in_language, ngettext
from referral.queries import rounds, scenarios
from referral.queries.paging import Page
from referral.words import word

GROUPS = ("gain", "lose", "move")
DRAWN = 14
"""Townships or kinds of help that a chart shows; the table shows all."""


@dataclass(frozen=True)
class Row:
    """One line of a table side by side."""

    label: str
    wanted: int
    today: int
    copy: int

    @property
    def more(self) -> int:
        """How many more the copy serves."""
        return self.copy - self.today


@dataclass(frozen=True)
class Comparison:
    """Everything the page of an answer needs."""

    sentence: str
    tiers: Sequence[Row]
    townships: Sequence[Row]
    services: Sequence[Row]
    charts: Sequence[charts.Chart]
    group: str
    counts: Mapping[str, int]
    gainers: Mapping[str, Sequence[int]]
    """For each group, how many of each tier."""
    page: Page
    openings: Mapping[str | None, Capacity]
    """Those whose worth differs."""


def comparison(session: Session, scenario: Scenario) -> Comparison | None:
    """Return what a page shows of an answer, None while there is none. At most six queries."""
    answer = scenario.result
    if not answer.get("copy"):
        return None
    today, copy, groups = answer["today"], answer["copy"], answer["differences"]
    counts = {name: int(groups[name]["count"]) for name in GROUPS}
    asked = request.args.get("group", "")
    group = asked if asked in GROUPS else next((name for name in GROUPS if counts[name]), "gain")
    named = rounds.terms(session, (uuid.UUID(key) for key in today["by_service"]))
    areas = scenarios.areas_named(session, today["by_township"])
    tiers = [
        Row(word(URGENCIES[tier]) if tier in URGENCIES else str(tier), old[0], old[1], new[1])
        for tier, (old, new) in enumerate(zip(today["by_tier"], copy["by_tier"], strict=False), 1)
        if old[0]
    ]
    townships = _rows(
        today["by_township"], copy["by_township"], {code: in_language(area) for code, area in areas.items()}
    )
    services = _rows(
        today["by_service"], copy["by_service"], {str(key): in_language(term) for key, term in named.items()}
    )
    return Comparison(
        sentence(today, copy, counts),
        tiers,
        townships,
        services,
        [
            _chart(_("Served by urgency, today and in the copy"), _("Urgency"), tiers),
            _chart(_("Served by township, today and in the copy"), _("Township"), townships[:DRAWN]),
        ],
        group,
        counts,
        {name: groups[name]["by_tier"] for name in GROUPS},
        scenarios.lines(session, groups[group]["needs"], request.args.get("page", 1, type=int)),
        scenarios.named_openings(session, (one["opening"] for one in answer["places"])),
    )


def _rows(today: Mapping[str, Any], copy: Mapping[str, Any], names: Mapping[str, str]) -> list[Row]:
    """What differs most first, then by name."""
    rows = [Row(names.get(key, key), wanted, got, copy[key][1]) for key, (wanted, got) in today.items()]
    return sorted(rows, key=lambda row: (-abs(row.more), row.label))


def _chart(title: str, head: str, rows: Sequence[Row]) -> charts.Chart:
    series = [(_("Today"), [row.today for row in rows]), (_("The copy"), [row.copy for row in rows])]
    return charts.columns(title, head, [row.label for row in rows], series)


def sentence(today: Mapping[str, Any], copy: Mapping[str, Any], counts: Mapping[str, int]) -> str:
    """Return such as: 65 of 71 needs can be served, 2 more than today. 3 gain a proposal, 1 loses it, 5 move."""
    if not today["needs"]:
        return _("There was no open need in the area.")
    more = copy["served"] - today["served"]
    first = ngettext(
        "%(served)s of %(num)s need could be served",
        "%(served)s of %(num)s needs could be served",
        today["needs"],
        served=copy["served"],
    )
    if more > 0:
        first += ngettext(", %(num)s more than today.", ", %(num)s more than today.", more)
    elif more < 0:
        first += ngettext(", %(num)s fewer than today.", ", %(num)s fewer than today.", -more)
    else:
        first += _(", as many as today.")
    if not any(counts.values()):
        return _("%(first)s Nobody’s proposal would change.", first=first)
    told = [
        ngettext("%(num)s gains a proposal", "%(num)s gain a proposal", counts["gain"]) if counts["gain"] else "",
        ngettext("%(num)s loses the proposal", "%(num)s lose the proposal", counts["lose"]) if counts["lose"] else "",
        ngettext("%(num)s goes elsewhere", "%(num)s go elsewhere", counts["move"]) if counts["move"] else "",
    ]
    return _("%(first)s %(told)s.", first=first, told=_(", ").join(one for one in told if one))
