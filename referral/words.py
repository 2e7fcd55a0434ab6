"""Words, colours and icons for codes: what a state, a kind or a reason is called on a page.

The words stand in `referral.vocabulary`, tones and icons in `referral.looks`; this module looks them up.
"""

import enum
from decimal import Decimal
from typing import Any, NamedTuple

from referral.i18n import lazy, ngettext
from referral.looks import LOOKS
from referral.vocabulary import WORDS


class Look(NamedTuple):
    """How a state is shown beside its word: a tone of ui.css and an icon of static/icons."""

    tone: str
    icon: str


PLAIN = Look("", "circle-dot")


def key(member: enum.Enum) -> str:
    """Return the key of a code in the tables, e.g. ``NeedStatus.open``."""
    return f"{type(member).__name__}.{member.value}"


def word(member: enum.Enum | None) -> str:
    """Return what people call a code, in the reader's language; a dash for None.

    Raises KeyError for a code that nobody has given a word: a test holds the tables against the models.
    """
    return "–" if member is None else str(WORDS[type(member).__name__][member.value])


def look(member: enum.Enum | None) -> Look:
    """Return tone and icon of a state; plain where it has none of its own."""
    return PLAIN if member is None else Look(*LOOKS.get(key(member), PLAIN))


def of_unit(value: Decimal | float, shown: str, unit: str) -> str:  # noqa: PLR0911  one line for each unit
    """Return an amount with its unit; units are those of the taxonomy, kept in Chinese in the database.

    Unknown units (of imported catalogues) are shown as they are.
    """
    many = 1 if value == 1 else 2
    match unit:
        case "次":
            return ngettext("%(n)s time", "%(n)s times", many, n=shown)
        case "小时":
            return ngettext("%(n)s hour", "%(n)s hours", many, n=shown)
        case "餐":
            return ngettext("%(n)s meal", "%(n)s meals", many, n=shown)
        case "天":
            return ngettext("%(n)s day", "%(n)s days", many, n=shown)
        case "课时":
            return ngettext("%(n)s lesson", "%(n)s lessons", many, n=shown)
        case "期":
            return ngettext("%(n)s course", "%(n)s courses", many, n=shown)
        case "件":
            return ngettext("%(n)s item", "%(n)s items", many, n=shown)
        case "户":
            return ngettext("%(n)s household", "%(n)s households", many, n=shown)
        case "份":
            return ngettext("%(n)s portion", "%(n)s portions", many, n=shown)
        case "人":
            return ngettext("%(n)s person", "%(n)s people", many, n=shown)
    return f"{shown} {unit}".strip()


UNITS: dict[str, Any] = {
    "次": lazy("times"), "小时": lazy("hours"), "餐": lazy("meals"), "天": lazy("days"), "课时": lazy("lessons"),
    "期": lazy("courses"), "件": lazy("items"), "户": lazy("households"), "份": lazy("portions"), "元": lazy("yuan"),
}  # fmt: skip


def unit_name(unit: str) -> str:
    """Return what one counts in, in the reader's language."""
    return str(UNITS.get(unit, unit))
