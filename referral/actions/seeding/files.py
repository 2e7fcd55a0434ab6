"""Reading the lists in `seed/`."""

import csv
from datetime import time
from functools import cache

from referral import resources

Line = dict[str, str]


def lines(name: str) -> list[Line]:
    """Return the lines of a list in `seed/`, such as `reference/need_types.csv`, as dictionaries."""
    with (resources.seed() / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def pool(name: str) -> dict[str, list[str]]:
    """Return texts of a list with the columns `use` and `text`, gathered by use."""
    found: dict[str, list[str]] = {}
    for line in lines(name):
        found.setdefault(line["use"], []).append(line["text"])
    return found


def whole(text: str) -> int | None:
    """Return a whole number, or None for an empty cell."""
    return int(text) if text else None


def clock(text: str) -> time | None:
    """Return a time of the day such as 08:30, or None for an empty cell."""
    return time.fromisoformat(text) if text else None
