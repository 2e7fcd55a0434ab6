"""From answers to a score, by the rules that an instrument's definition holds. Nothing here knows of a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from referral.instruments.definition import Definition, choices_of

PLACES = Decimal("0.01")
Answers = Mapping[str, Decimal | int | bool | None]


class NotAChoice(ValueError):
    """An answer is none of the item's choices, or a total lies outside its range."""


@dataclass(frozen=True)
class Scored:
    """What a sheet says: score and missing items, the band, and the codes of answers that cannot wait."""

    score: Decimal | None
    missing: int
    band: str | None
    flags: tuple[str, ...]


def score(definition: Definition, answers: Answers) -> Scored:
    """Score answers (item → value of a choice; facts → true; `total` where the rule is `given`).

    Missing items: none are allowed unless `allowed_missing` says how many; with `missing: prorate` a sum is scaled up
    to all items (mean of the given ones times their number). Too many missing: no score and no band; a red flag is
    found all the same. Raises NotAChoice.
    """
    scoring = definition["scoring"]
    if scoring["rule"] == "given":
        found, missing = _given(scoring, answers), int(answers.get("total") is None)
    else:
        values = [_value(definition, item, answers.get(item["code"])) for item in definition["items"]]
        given = [value for value in values if value is not None]
        missing = len(values) - len(given)
        enough = given and missing <= int(scoring.get("allowed_missing", 0))
        found = _reckon(scoring, given, len(values)) if enough else None
    return Scored(found, missing, band(definition, found, answers), flags(definition, answers))


def _given(scoring: dict[str, Any], answers: Answers) -> Decimal | None:
    total = answers.get("total")
    if total is None:
        return None
    if not scoring["min"] <= total <= scoring["max"]:
        raise NotAChoice(f"a total of {total} lies outside {scoring['min']}–{scoring['max']}")
    return Decimal(total).quantize(PLACES, ROUND_HALF_UP)


def _value(definition: Definition, item: dict[str, Any], answer: Decimal | int | bool | None) -> Decimal | None:
    if answer is None:
        return None
    values = [choice["value"] for choice in choices_of(definition, item)]
    if answer not in values:
        raise NotAChoice(f"{answer} is no choice of item {item['code']}")
    turned = max(values) + min(values) - answer if item.get("reversed") else answer
    return Decimal(str(turned))


def _reckon(scoring: dict[str, Any], given: list[Decimal], items: int) -> Decimal:
    total = sum(given, Decimal(0))
    if scoring["rule"] == "mean":
        total = total / len(given)
    elif len(given) < items and scoring.get("missing") == "prorate":
        total = (total * items / len(given)).quantize(Decimal(1), ROUND_HALF_UP)
    return (total * Decimal(str(scoring.get("factor", 1)))).quantize(PLACES, ROUND_HALF_UP)


def band(definition: Definition, found: Decimal | None, answers: Answers) -> str | None:
    """Return the code of the band of a score, after the facts that make it worse; None without a score or bands.

    Bands are ordered from best to worst by the score's direction; a fact moves down by its grades or to the worst one,
    and a coma needs no score at all. Source: the rules of GB/T 42195-2022.
    """
    better_more = definition["scoring"]["better"] == "more"
    ordered = sorted(definition.get("bands", ()), key=lambda one: one["from"], reverse=better_more)
    if not ordered:
        return None
    rules = [rule for rule in definition.get("worse", ()) if answers.get(rule["fact"])]
    if any(rule.get("worst") for rule in rules):
        return str(ordered[-1]["code"])
    if found is None:
        return None
    # A score between two bands, such as 50.5 of whole-numbered ones, falls into the one that begins below it.
    below = [index for index, one in enumerate(ordered) if one["from"] <= found]
    if not below:
        return None
    place = min(below) if better_more else max(below)
    place += sum(int(rule.get("grades", 0)) for rule in rules)
    return str(ordered[min(place, len(ordered) - 1)]["code"])


def flags(definition: Definition, answers: Answers) -> tuple[str, ...]:
    """Return the codes of answers that cannot wait, whether or not there is a score."""
    return tuple(
        str(flag["code"])
        for flag in definition.get("flags", ())
        if (answer := answers.get(flag["item"])) is not None and answer > flag["above"]
    )
