"""Figures of a report as bytes and back: plain JSON with a mark on whatever JSON does not know.

Only classes that a report is made of are made again from bytes, by their names in `CLASSES` and `ENUMS`.
Records of the catalogue are kept by their keys and loaded anew, so that their names are those of today.
"""

import enum
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

import models
from models.base import Base
from referral.evaluation import shared
from referral.queries.report import figures, measured
from referral.queries.report.kept_reports import key_of, records_of
from referral.withheld import WITHHELD, Withheld

CLASSES: dict[str, Any] = {
    name: one
    for module in (figures, measured, shared)
    for name, one in vars(module).items()
    if isinstance(one, type) and is_dataclass(one)
}
ENUMS: dict[str, type[enum.Enum]] = {
    name: one for name, one in vars(models).items() if isinstance(one, type) and issubclass(one, enum.Enum)
}


class Unreadable(Exception):
    """The bytes are not figures of this version, or name a record that is gone: count anew."""


def pack(value: Any) -> bytes:
    """Return figures as bytes. Raises TypeError for what no report is made of."""
    return zlib.compress(json.dumps(_plain(value), ensure_ascii=False, separators=(",", ":")).encode(), 6)


def unpack(session: Session, body: bytes) -> Any:
    """Return figures from their bytes; records are loaded with a statement for each table. Raises Unreadable."""
    try:
        plain = json.loads(zlib.decompress(body))
        wanted: dict[str, set[str]] = {}
        for name, key in _records(plain):
            wanted.setdefault(name, set()).add(key)
        known = records_of(session, wanted)
        return _whole(plain, known)
    except (ValueError, KeyError, TypeError, zlib.error) as error:
        raise Unreadable from error


def _plain(value: Any) -> Any:  # noqa: PLR0911, PLR0912  one line for each kind
    match value:
        case Withheld():
            return {"withheld": 1}
        case enum.Enum():
            return {"code": [type(value).__name__, value.value]}
        case None | bool() | int() | float() | str():
            return value
        case np.generic():
            return _plain(value.item())
        case Decimal():
            return {"decimal": str(value)}
        case date() if not isinstance(value, datetime):
            return {"day": value.isoformat()}
        case UUID():
            return {"key": value.hex}
        case Base():
            return {"record": [type(value).__name__, key_of(value)]}
        case list():
            return [_plain(one) for one in value]
        case tuple():
            return {"tuple": [_plain(one) for one in value]}
        case set() | frozenset():
            return {"set": [_plain(one) for one in value]}
        case dict():
            return {"dict": [[_plain(key), _plain(one)] for key, one in value.items()]}
        case _ if is_dataclass(value) and CLASSES.get(type(value).__name__) is type(value):
            return {
                "of": type(value).__name__,
                "has": {one.name: _plain(getattr(value, one.name)) for one in fields(value)},
            }
        case _:
            raise TypeError(f"no figure: {type(value).__name__}")


def _records(plain: Any) -> Iterator[tuple[str, str]]:
    if isinstance(plain, list):
        for one in plain:
            yield from _records(one)
    elif isinstance(plain, dict):
        if "record" in plain:
            name, key = plain["record"]
            yield name, key
        else:
            for one in plain.values():
                yield from _records(one)


def _whole(plain: Any, known: dict[tuple[str, str], Any]) -> Any:
    if isinstance(plain, list):
        return [_whole(one, known) for one in plain]
    if not isinstance(plain, dict):
        return plain
    if "of" in plain:
        return CLASSES[plain["of"]](**{name: _whole(one, known) for name, one in plain["has"].items()})
    ((mark, value),) = plain.items()
    make: dict[str, Callable[[], Any]] = {
        "withheld": lambda: WITHHELD,
        "code": lambda: ENUMS[value[0]](value[1]),
        "decimal": lambda: Decimal(value),
        "day": lambda: date.fromisoformat(value),
        "key": lambda: UUID(hex=value),
        "record": lambda: known[value[0], value[1]],
        "tuple": lambda: tuple(_whole(one, known) for one in value),
        "set": lambda: frozenset(_whole(one, known) for one in value),
        "dict": lambda: {_whole(key, known): _whole(one, known) for key, one in value},
    }
    return make[mark]()
