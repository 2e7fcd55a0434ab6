"""What rules of scope are made of: columns of a record or of a plain alias of its table, and areas."""

from collections.abc import Callable
from functools import cache
from typing import Any

import sqlalchemy as sa

from models.area import code_range
from referral.access.viewer import Who

Condition = sa.ColumnElement[bool]
Rule = Callable[[Who, Any], Condition]


def in_area(column: Any, code: str | None) -> Condition:
    """Return the condition that a division code lies in the subtree of another; false for no code."""
    if code is None:
        return sa.false()
    first, last = code_range(code)
    return sa.and_(column >= first, column <= last)


def column(entity: Any, name: str) -> Any:
    """Return a column of a record, or of the plain alias of its table."""
    return entity.c[name] if isinstance(entity, sa.FromClause) else getattr(entity, name)


class RuleTable(sa.TableClause):
    """The bare table of a record inside a rule, by which `walls` knows that it is meant."""

    inherit_cache = True


def alias(record: type[Any]) -> sa.FromClause:
    """Return the table of a record for the subquery of a rule, with its columns and their types."""
    return _aliased(record.__table__)


@cache
def _aliased(table: sa.Table) -> sa.FromClause:
    bare = RuleTable(table.name, *(sa.column(one.name, one.type) for one in table.columns))
    return bare.alias(f"scope_{table.name}")
