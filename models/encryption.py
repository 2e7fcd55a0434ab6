"""Columns whose values nobody reads without the keys: sealed text, sealed JSON, and codes that only the keys explain.

A sealed value is AES-256-GCM with the name of its key in front, bound to its table and column. It differs at each
writing, so the database can neither compare nor order it: search goes by a fingerprint beside it.
"""

import enum
import json
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

from models.keyring import Keyring, KeyTrouble, keyring, use_keyring

__all__ = ["BlindCode", "Encrypted", "EncryptedJson", "KeyTrouble", "Keyring", "keyring", "use_keyring"]

Dialect = sa.engine.Dialect
E = TypeVar("E", bound=enum.StrEnum)

EMPTY = (operators.is_, operators.is_not)
EQUAL = (operators.eq, operators.ne)


class SealedColumn(TypeError):
    """A statement tried to compare or order sealed values, which differ at each writing."""


class _Sealed(TypeDecorator.Comparator[Any]):
    """Lets a statement ask whether there is a value, and nothing else."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        # SQLAlchemy itself asks whether a column equals a column, when it looks one up among others.
        harmless = len(other) == 1 and (other[0] is None or isinstance(other[0], sa.Null | sa.ColumnClause))
        if op in EMPTY or (op in EQUAL and harmless):
            return super().operate(op, *other, **kwargs)
        raise SealedColumn(f"{self.expr} is sealed: ask its fingerprint column, or compare in Python")

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        raise SealedColumn(f"{self.expr} is sealed: ask its fingerprint column, or compare in Python")


class Encrypted(TypeDecorator[str]):
    """Text, sealed. `place` is "table.column" and is part of the seal: a value copied elsewhere does not open."""

    impl = sa.Text
    cache_ok = True
    comparator_factory = _Sealed

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the sealed text."""
        return None if value is None else keyring().seal(value, self.place)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Return the text; raises KeyTrouble if it does not open."""
        return None if value is None else keyring().open(value, self.place)


class EncryptedJson(TypeDecorator[Any]):
    """Anything JSON can say, sealed into one string of a JSON column, so that the column's type stays."""

    impl = sa.JSON
    cache_ok = True
    comparator_factory = _Sealed

    def __init__(self, place: str) -> None:
        super().__init__(none_as_null=True)
        self.place = place

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Return the sealed JSON."""
        if value is None:
            return None
        return keyring().seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")), self.place)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Return what was written; raises KeyTrouble if it does not open."""
        return None if value is None else json.loads(keyring().open(value, self.place))


class BlindCode(TypeDecorator[E]):
    """A code of a list, kept as 32 hex digits that only the index key explains. Equality and `in_` work in SQL.

    Equal codes look equal in the database: who holds it learns how often each occurs, not which it is, unless the
    numbers themselves give it away. `place` keeps equal codes of two columns apart.
    """

    impl = sa.String(32)
    cache_ok = True

    def __init__(self, codes: type[E], place: str) -> None:
        super().__init__(32)
        self.codes = codes
        self.place = place

    def blind(self, code: str) -> str:
        """Return what stands in the database for a code."""
        return keyring().fingerprint(self.place, code)[:32]

    def process_bind_param(self, value: E | str | None, dialect: Dialect) -> str | None:
        """Return the digits; raises ValueError for what is not in the list."""
        return None if value is None else _tables(keyring(), self.codes, self.place)[0][self.codes(value)]

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        """Return the code; raises KeyTrouble for digits of other keys."""
        if value is None:
            return None
        try:
            code: E = _tables(keyring(), self.codes, self.place)[1][value]
        except KeyError:
            raise KeyTrouble(f"A code of {self.place} was written with another index key.") from None
        return code


def _tables(ring: Keyring, codes: type[enum.StrEnum], place: str) -> tuple[dict[Any, str], dict[str, Any]]:
    """Return code → digits and back, made once: a row must not cost a fingerprint."""
    if place not in ring.code_tables:
        digits = {code: ring.fingerprint(place, code.value)[:32] for code in codes}
        ring.code_tables[place] = digits, {value: code for code, value in digits.items()}
    return ring.code_tables[place]
