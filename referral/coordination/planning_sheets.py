"""Sheets of the planning pages: the purchase for next year, and the tables behind the network.

They go to other offices, so figures of one to four people by urgency are withheld, with as many others as it takes
(`referral.withheld`). How many places are to be bought is the point of the sheet and is told.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Response

from models import Account, PlanningStudy
from referral.coordination.network_words import closings, cut_words, holds
from referral.coordination.planning_words import TIERS, Line, proof_words, purchase, purchase_words, totals
from referral.exports import Column, Sheet, workbook_of
from referral.filters import number
from referral.i18n import _, in_language
from referral.queries.needs_board import TIER_URGENCIES
from referral.queries.planning import Names
from referral.withheld import WITHHELD, withheld
from referral.words import word


def as_uuid(text: str | None) -> uuid.UUID | None:
    """Return a key that was stored as text."""
    return uuid.UUID(text) if text else None


def notes_of(form: Any, account: Account) -> list[tuple[str, Any]]:
    """Return what a file shows: the filters chosen and who asked."""
    chosen = [
        (
            field.label.text,
            next((label for value, label, *_rest in field.iter_choices() if value == field.data), field.data),
        )
        for field in form
        if field.data and hasattr(field, "iter_choices")
    ]
    return [*chosen, (_("Exported by"), account.name)]


def places_workbook(study: PlanningStudy, names: Names, account: Account) -> Response:
    """Return the purchase of a study."""
    lines = purchase(study, names)
    urgencies = [word(TIER_URGENCIES[tier]) for tier in TIERS]
    columns: list[Column | str] = [
        _("Township"),
        _("Kind of help"),
        Column(_("Places to buy"), "number"),
        Column(_("People newly served"), "number"),
        *(Column(_("of these: %(urgency)s", urgency=name), "number") for name in urgencies),
        Column(_("Yuan a place and year"), "money"),
        Column(_("Yuan a year"), "money"),
        Column(_("Yuan a person"), "money"),
    ]
    places, people, cost = totals(lines)
    total = [_("All"), None, places, sum(people), *without_few(people), None, cost, _each(cost, sum(people))]
    notes: list[tuple[str, Any]] = [
        (_("In one sentence"), purchase_words(study, lines)),
        (_("How good the list is"), proof_words(study, lines)),
        *_asked(study),
        (_("Computed for"), study.at),
        (_("Withheld figures"), _("One to four people of an urgency are not told, nor what would give them away.")),
        (_("Exported by"), account.name),
    ]
    rows = [*told_lines(lines), total]
    return workbook_of(_("Places to buy"), [Sheet(_("Places to buy"), columns, rows)], notes=notes)


def told_lines(lines: Sequence[Line]) -> list[list[Any]]:
    """Return the lines of the purchase with small figures withheld, column by column."""
    hidden = [withheld([line.by_tier[place] for line in lines]) for place in range(len(TIERS))]
    return [
        [
            in_language(line.town),
            in_language(line.term),
            line.places,
            line.people,
            *(str(WITHHELD) if row in hidden[place] else line.by_tier[place] for place in range(len(TIERS))),
            line.price,
            line.cost,
            _each(line.cost, line.people),
        ]
        for row, line in enumerate(lines)
    ]


def without_few(people: Sequence[int]) -> list[Any]:
    """Return the figures of one row, the small ones and what would give them away withheld."""
    hidden = withheld(people)
    return [str(WITHHELD) if place in hidden else count for place, count in enumerate(people)]


def _each(cost: int | None, people: int) -> float | None:
    return None if cost is None or not people else round(cost / people, 2)


def _asked(study: PlanningStudy) -> list[tuple[str, Any]]:
    asked = study.asked
    told = [(_("Places asked for"), asked.get("places"))]
    if asked.get("budget") is not None:
        told.append((_("Budget in yuan a year"), asked["budget"]))
    if asked.get("price") is not None:
        told.append((_("Yuan for a place and year where no price is known"), asked["price"]))
    reach = asked.get("radius_km")
    told.append((_("Reach of a new place"), _("%(km)s km", km=number(reach)) if reach else _("its township")))
    return told


def network_workbook(study: PlanningStudy, names: Names, account: Account) -> Response:
    """Return the tables behind the network of a study, one a sheet."""
    network = study.result["network"]
    sheets = [
        Sheet(
            _("Who carries whom"),
            [
                _("Organization"), _("Kind of help"), _("Township"), _number(_("Helped now")),
                _number(_("Would be proposed")),
            ],
            [
                [
                    in_language(names.organizations[one]), in_language(names.terms[term]),
                    in_language(names.towns[town]), helped, planned,
                ]
                for one, term, town, helped, planned in network["links"]
            ],
        ),
        Sheet(
            _("If it closed"),
            [
                _("Organization"), _number(_("Helped now")), _number(_("Would be proposed")),
                _number(_("Left without help")),
                *(_number(word(TIER_URGENCIES[tier])) for tier in TIERS),
            ],
            [
                [in_language(one.organization), one.helped, one.planned, one.people, *one.lost]
                for one in closings(study, names)
            ],
        ),
        *(
            Sheet(
                title,
                [head, _number(_("People")), _("Largest carrier"), Column(_("Its share"), "percent")],
                [
                    [in_language(row.thing), row.dependence.total, in_language(row.organization), row.share]
                    for row in holds(study, names, at)
                ],
            )
            for title, head, at in (
                (_("Dependence by kind of help"), _("Kind of help"), 1),
                (_("Dependence by township"), _("Township"), 2),
            )
        ),
        Sheet(
            _("Only one in reach"),
            [_("Kind of help"), _("Township"), _("Organization"), _number(_("Waiting"))],
            [
                [
                    in_language(names.terms[term]), in_language(names.towns[town]),
                    in_language(names.organizations[one]), count,
                ]
                for term, town, one, count in network["single"]
            ],
        ),
        Sheet(
            _("Deserts"),
            [
                _("Kind of help"), _("Township"), _number(_("Waiting")), _number(_("None in reach")),
                _number(_("One in reach")),
            ],
            [
                [in_language(names.terms[term]), in_language(names.towns[town]), waiting, none, one]
                for term, town, waiting, none, one in network["deserts"]
            ],
        ),
        Sheet(
            _("Where the flow is cut"),
            [_("Kind of help"), Column(_("What that means"), width=80), _number(_("Stay unmet"))],
            [[in_language(names.terms[cut["term"]]), cut_words(cut, names), cut["short"]] for cut in network["cut"]],
        ),
    ]  # fmt: skip
    notes = [
        (_("Computed for"), study.at),
        (_("For use in the office"), _("Small figures are told. Withhold one to four before a table is passed on.")),
        (_("Exported by"), account.name),
    ]
    return workbook_of(_("Network of help"), sheets, notes=notes)


def _number(title: str) -> Column:
    return Column(title, "number")
