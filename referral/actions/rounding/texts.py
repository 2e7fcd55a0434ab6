"""Small pieces of JSON, put together by hand: a hundred thousand rows pass through here."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from numpy.typing import NDArray


def number(value: float, digits: int) -> str:
    """Return a figure rounded for storing, null where it is not known."""
    return "null" if math.isnan(value) else repr(round(value, digits))


def objects(texts: Iterable[str]) -> str:
    """Return a JSON list of what is JSON already."""
    return f"[{','.join(texts)}]"


def key_text(digits: str) -> str:
    """Return a key of 32 hex digits as people and JSON write it."""
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def filled(form: str, rows: NDArray[Any]) -> Iterator[str]:
    """Return the form with the numbers of each row in it; no list is made for a row."""
    return map(form.__mod__, zip(*rows.T.tolist(), strict=True))
