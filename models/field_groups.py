"""What each column says of somebody: every mapped column belongs to one group, and roles see groups, not columns.

A record names the group of its columns as `field_group`; a column that differs carries `info={"group": …}`. Keys,
references to other records and the numbers that guard against writing at once say nothing and are references.
"""

import enum
from collections.abc import Iterator
from functools import cache
from typing import Any

import sqlalchemy as sa


class FieldGroup(enum.StrEnum):
    """Kinds of data, from a bare reference to what only few may know."""

    REFERENCE = "reference"
    """Opaque keys and how far something has got."""
    IDENTITY = "identity"
    """Name, sex, village, and the numbers by which staff speak of somebody."""
    CERTIFICATES = "certificates"
    """Numbers of papers, and the birth date, which is half of one."""
    CONTACT = "contact"
    HEALTH = "health"
    FINANCE = "finance"
    NOTES = "notes"
    """What people wrote in their own words."""
    RESTRICTED = "restricted"
    """Protection of minors, violence, HIV, mental health, crime."""
    PROCESS = "process"
    """Referrals, visits, what was given, how it ended."""
    MONEY = "money"
    """Prices and postings of contracts."""
    INSTALLATION = "installation"
    """Nothing about people who are helped: lists, organizations, accounts, the work of the system itself."""


def marked(group: FieldGroup) -> dict[str, Any]:
    """Return the `info` of a column whose group is not its record's."""
    return {"group": group}


def groups_of(record: Any) -> dict[str, FieldGroup | None]:
    """Return the group of each mapped column of a record by the attribute's name; None where nobody has said."""
    return _groups_of(record)


@cache
def _groups_of(record: Any) -> dict[str, FieldGroup | None]:
    mapper = sa.inspect(record)
    usual: FieldGroup | None = getattr(record, "field_group", None)
    found = {}
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        given = column.info.get("group")
        says_nothing = isinstance(column, sa.Column) and (
            column.primary_key
            or any(key.column.name == "id" for key in column.foreign_keys)
            or column is mapper.version_id_col
        )
        found[attribute.key] = given or (FieldGroup.REFERENCE if says_nothing else usual)
    return found


def without_group(base: Any) -> Iterator[str]:
    """Name the mapped columns below a declarative base whose group nobody has said."""
    for mapper in base.registry.mappers:
        for name, group in groups_of(mapper.class_).items():
            if group is None:
                yield f"{mapper.class_.__name__}.{name}"
