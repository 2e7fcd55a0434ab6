"""Changes of a scenario as they stand in an address (`c=add_places~<key>~5`), so that several are put together
without a script, can be sent to a colleague, and can be asked again."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from matching import BadParams, Params
from referral.actions.rounding.altering import changed_params
from referral.actions.rounding.changing import ABOUT, RANGES, ChangeKind, parameter_values
from referral.i18n import _
from referral.parameter_words import SETTINGS

AREA_DIGITS = 12
MOST = 12
"""Changes of one scenario."""


class BadChange(ValueError):
    """A change that cannot be made; the message says why, in the reader's language."""


def text_of(change: Mapping[str, Any]) -> str:
    """Return a change as it stands in an address."""
    kind = ChangeKind(change["change"])
    parts = [kind.value, change[ABOUT[kind]], change.get("value"), change.get("area")]
    return "~".join(str(part) for part in parts if part is not None)


def parsed(text: str) -> dict[str, Any]:
    """Return the change that a text of an address names; BadChange where it cannot be."""
    name, _tilde, rest = text.partition("~")
    about, *values = rest.split("~")
    if name not in set(ChangeKind):
        raise BadChange(_("This is no change that can be made."))
    kind = ChangeKind(name)
    if kind is ChangeKind.PARAMETER:
        return {"change": kind.value, "parameter": about, "value": _parameter(about, values)}
    change: dict[str, Any] = {"change": kind.value, ABOUT[kind]: _key(about)}
    if kind in RANGES:
        change["value"] = _number(kind, values)
    if kind is ChangeKind.ADD_OPENING and len(values) > 1 and values[1]:
        if not (values[1].isdigit() and len(values[1]) == AREA_DIGITS):
            raise BadChange(_("Please choose one of the list."))
        change["area"] = values[1]
    return change


def _key(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise BadChange(_("Please choose one of the list.")) from None


def _number(kind: ChangeKind, values: Sequence[str]) -> float:
    low, high = RANGES[kind]
    try:
        value = float(values[0]) if kind is ChangeKind.RADIUS else int(values[0])
    except (ValueError, IndexError):
        value = float("nan")
    if not low <= value <= high:
        raise BadChange(_("Please enter a number from %(min)s to %(max)s.", min=f"{low:g}", max=f"{high:,g}"))
    return value


def _parameter(name: str, values: Sequence[str]) -> Any:
    setting = SETTINGS.get(name)
    if setting is None or not values:
        raise BadChange(_("Please choose one of the list."))
    if setting.unit == "group":
        return values[0]
    if setting.unit == "yes":
        return values[0] in {"1", "True", "true", "yes"}
    try:
        value = int(values[0]) if setting.whole else float(values[0])
    except ValueError:
        value = float("nan")
    if not setting.low <= value <= setting.high:
        raise BadChange(
            _("Please enter a number from %(min)s to %(max)s.", min=f"{setting.low:g}", max=f"{setting.high:,g}")
        )
    return value


def several(texts: Iterable[str], params: Params) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the changes that texts name, each once, and what is wrong with the others or with all together."""
    changes: list[dict[str, Any]] = []
    wrong: list[str] = []
    for text in dict.fromkeys(texts):
        try:
            changes.append(parsed(text))
        except BadChange as error:
            wrong.append(str(error))
    if len(changes) > MOST:
        wrong.append(_("At most %(count)s changes at once.", count=MOST))
    try:
        changed_params(params, parameter_values(changes))
    except BadParams:
        wrong.append(
            _("These parameters do not go together: the weights sum to at most 1,000, and what an unknown distance "
              "counts is at most the weight of the distance.")
        )  # fmt: skip
    return changes[:MOST], wrong
