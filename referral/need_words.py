"""How amounts a month, wanted times and age bands are said."""

from decimal import Decimal
from typing import Any

from flask_babel import get_locale
from markupsafe import Markup

from models.need import ANY_TIME
from referral.filters import units
from referral.i18n import _, lazy

PARTS_OF_DAY = (lazy("mornings"), lazy("afternoons"), lazy("evenings"))
DAYS = 7


def amount(quantity: Decimal, unit: str, frequency: str) -> str:
    """Return 4 次/月, 4 times a month; once needs no period."""
    shown = units(quantity, unit)
    if frequency == "week":
        return _("%(amount)s a week", amount=shown)
    if frequency == "month":
        return _("%(amount)s a month", amount=shown)
    return str(shown)


def times(wanted: int) -> str:
    """Return when help is wanted: any time, or the parts of the day with their weekdays."""
    if wanted == ANY_TIME:
        return _("any time")
    names = get_locale().days["stand-alone"]["abbreviated"]
    said = []
    for part, word in enumerate(PARTS_OF_DAY):
        days = [day for day in range(DAYS) if wanted >> (day * len(PARTS_OF_DAY) + part) & 1]
        if len(days) == DAYS:
            said.append(_("every day, %(part)s", part=word))
        elif days:
            said.append(_("%(days)s, %(part)s", days=_("/").join(names[day] for day in days), part=word))
    return _("; ").join(said)


def age(band: tuple[int | None, int | None] | None) -> str:
    """Return an age band: 70–79, under 7, 80 and over; "age not known" without one."""
    match band:
        case None:
            return _("age not known")
        case (None, int(last)):
            return _("under %(age)s", age=last + 1)
        case (int(first), None):
            return _("%(age)s and over", age=first)
        case (first, last):
            return _("%(first)s to %(last)s", first=first, last=last)


def left_of(value: Decimal, unit: str) -> str | Markup:
    """Return an amount of a contract, in places, households, or units of a term."""
    named: dict[str, Any] = {"place": "人", "household": "户"}
    return units(value, named.get(unit, unit))
