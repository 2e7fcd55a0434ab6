"""Which values of a record may stand in the log: those that say nothing about somebody's life."""

from functools import cache
from typing import Any

import sqlalchemy as sa

SHOWN = frozenset({"reference", "process", "money"})
"""Field groups (`models.field_groups`) whose old and new values are written; of other columns the name alone is."""


@cache
def shown_columns(record: Any) -> frozenset[str]:
    """Return the attributes of a record whose values may stand in an entry."""
    whole = getattr(record, "field_group", None)
    return frozenset(
        attribute.key
        for attribute in sa.inspect(record).column_attrs
        if str(attribute.columns[0].info.get("group", whole)) in SHOWN
    )
