"""Sheets of the planning pages: the purchase for next year, and the tables behind the network.

They go to other offices, so figures of one to four people by urgency are withheld, with as many others as it takes
(`referral.withheld`). How many places are to be bought is the point of the sheet and is told.
"""

import uuid
from collections.abc import Sequence
from typing import Any

from flask import Response

from models import Account, PlanningStudy
from referral.coordination.network_words import closings, holds
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
        (_("Withheld figures"), _("One to four people are not told, nor what would give them away.")),
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
    network, terms, towns, organizations = study.result["network"], names.terms, names.towns, names.organizations
    service, town, carrier = _("Kind of help"), _("Township"), _("Organization")
    sheets = [
        _counts(
            _("Who carries whom"),
            [carrier, service, town],
            [_("Helped now"), _("Would be proposed")],
            [
                [organizations[one], terms[term], towns[where], *people]
                for one, term, where, *people in network["links"]
            ],
        ),
        _counts(
            _("If it closed"),
            [carrier],
            [_("Helped now"), _("Would be proposed"), _("Left without help")],
            [[one.organization, one.helped, one.planned, one.people] for one in closings(study, names)],
        ),
        *(
            _counts(
                title,
                [head, _("Largest carrier")],
                [_("People"), _("of these by the largest")],
                [
                    [row.thing, row.organization, row.dependence.total, row.dependence.carried]
                    for row in holds(study, names, at)
                ],
            )
            for title, head, at in (
                (_("Dependence by kind of help"), service, 1),
                (_("Dependence by township"), town, 2),
            )
        ),
        _counts(
            _("Only one in reach"),
            [service, town, carrier],
            [_("Waiting")],
            [[terms[term], towns[where], organizations[one], count] for term, where, one, count in network["single"]],
        ),
        _counts(
            _("Deserts"),
            [service, town],
            [_("Waiting"), _("None in reach"), _("One in reach")],
            [[terms[term], towns[where], *people] for term, where, *people in network["deserts"]],
        ),
        _counts(
            _("Where the flow is cut"),
            [service],
            [_("People"), _("Places"), _("Stay unmet")],
            [[terms[cut["term"]], cut["people"], cut["places"], cut["short"]] for cut in network["cut"]],
        ),
    ]
    notes = [
        (_("Computed for"), study.at),
        (_("Withheld figures"), _("One to four people are not told, nor what would give them away.")),
        (_("Exported by"), account.name),
    ]
    return workbook_of(_("Network of help"), sheets, notes=notes)


def _counts(title: str, named: Sequence[str], counted: Sequence[str], rows: Sequence[Sequence[Any]]) -> Sheet:
    """Return a sheet of records (first) and counts of people, the small ones withheld column by column."""
    first = len(named)
    hidden = [withheld([row[first + place] for row in rows]) for place in range(len(counted))]
    told = [
        [
            *(in_language(record) for record in row[:first]),
            *(str(WITHHELD) if number in hidden[place] else count for place, count in enumerate(row[first:])),
        ]
        for number, row in enumerate(rows)
    ]
    return Sheet(title, [*named, *(_number(name) for name in counted)], told)


def _number(title: str) -> Column:
    return Column(title, "number")
