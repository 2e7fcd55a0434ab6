"""What the definition of an instrument may hold, and what is wrong with one.

A definition is data (JSON): `intro` and `licence` (zh, en), `validated`, `choices` (name → list of value, zh, en),
`items` (code, zh, en, choices, perhaps reversed and group), `facts` (yes or no beside the items), `scoring` (rule sum,
mean or given; factor, min, max, better more|less, allowed_missing, missing none|prorate), `bands` (code, from, to, zh,
en, tone, attention), `worse` (fact → grades down, or the worst) and `flags` (code, item, above, advice).
"""

import hashlib
import json
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

Definition = dict[str, Any]
RULES = ("sum", "mean", "given")
MOST_ITEMS = 60


def digest(definition: Definition) -> str:
    """Return the SHA-256 of a definition, whatever the order of its keys."""
    text = json.dumps(definition, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def choices_of(definition: Definition, item: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the choices of an item."""
    found: list[dict[str, Any]] = definition["choices"][item["choices"]]
    return found


def problems(definition: Definition) -> Iterator[str]:
    """Name what is wrong with a definition, as codes with the place: `item 3: no_choices`."""
    yield from _words(definition, ("intro", "licence"))
    scoring = definition.get("scoring") or {}
    if scoring.get("rule") not in RULES:
        yield "scoring: rule"
        return
    items = definition.get("items") or []
    if (scoring["rule"] == "given") != (not items) or len(items) > MOST_ITEMS:
        yield "items: number"
    codes = [item.get("code") for item in items]
    if len(set(codes)) != len(codes):
        yield "items: same_code"
    for number, item in enumerate(items, 1):
        yield from _item(definition, item, number)
    if not Decimal(str(scoring.get("min", 0))) < Decimal(str(scoring.get("max", 0))):
        yield "scoring: range"
    if scoring.get("better") not in {"more", "less"}:
        yield "scoring: better"
    if not 0 <= int(scoring.get("allowed_missing", 0)) < max(len(items), 1):
        yield "scoring: allowed_missing"
    yield from _bands(definition)
    for flag in definition.get("flags", ()):
        if flag.get("item") not in codes or not all(flag.get("advice", {}).get(name) for name in ("zh", "en")):
            yield f"flag {flag.get('code')}: item_or_advice"


def _words(definition: Definition, names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        if not all((definition.get(name) or {}).get(language) for language in ("zh", "en")):
            yield f"{name}: words"


def _item(definition: Definition, item: dict[str, Any], number: int) -> Iterator[str]:
    if not all(item.get(name) for name in ("code", "zh", "en")):
        yield f"item {number}: words"
    offered = definition.get("choices", {}).get(item.get("choices")) or []
    if len(offered) < 2:
        yield f"item {number}: no_choices"
    values = [choice.get("value") for choice in offered]
    if len(set(values)) != len(values):
        yield f"item {number}: same_value"


def _bands(definition: Definition) -> Iterator[str]:
    bands = sorted(definition.get("bands", ()), key=lambda band: band["from"])
    for before, after in pairwise(bands):
        if before["to"] >= after["from"]:
            yield f"band {after['code']}: overlaps"
    for band in bands:
        if band["from"] > band["to"] or not all(band.get(name) for name in ("code", "zh", "en")):
            yield f"band {band.get('code')}: wrong"
