"""Bringing in a city's own townships and villages below the counties that are shipped."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Area, AreaKind, AreaLevel
from models.area import CODE_LENGTH, SIGNIFICANT_DIGITS


@dataclass
class DivisionsBrought:
    """What became of the rows of a file; `rejected` holds (row as the spreadsheet counts, code, reason)."""

    read: int = 0
    made: int = 0
    changed: int = 0
    same: int = 0
    rejected: list[tuple[int, str, str]] = field(default_factory=list)


def bring_divisions(session: Session, rows: Iterable[Mapping[str, str | None]]) -> DivisionsBrought:
    """Write divisions with `code` and `name` (and, where given, name_en, kind, latitude, longitude).

    Codes of 2, 4, 6, 9 or 12 digits are understood; the level follows from the code, and the division above must be
    known or stand in the file. Reasons for rejection are `code`, `name`, `parent`, `kind` and `position`.
    """
    result = DivisionsBrought()
    listed = [(number, dict(row)) for number, row in enumerate(rows, start=2)]
    known = {area.code: area for area in session.scalars(sa.select(Area))}
    for number, row in sorted(listed, key=lambda line: _full(line[1].get("code") or "")):
        result.read += 1
        code = _full(row.get("code") or "")
        level = _level(code)
        reason = _wrong(row, code, level, known)
        if level is None or reason:
            result.rejected.append((number, row.get("code") or "", reason or "code"))
            continue
        _write(session, row, code, level, known, result)
    result.rejected.sort()
    session.flush()
    return result


def _full(code: str) -> str:
    digits = code.strip()
    return digits.ljust(CODE_LENGTH, "0") if len(digits) in SIGNIFICANT_DIGITS.values() else digits


def _level(code: str) -> AreaLevel | None:
    """Return how far down a code lies, or None for what is no code."""
    if len(code) != CODE_LENGTH or not code.isdigit() or code.startswith("00"):
        return None
    return next(level for level, digits in SIGNIFICANT_DIGITS.items() if not code[digits:].strip("0"))


def _parent_code(code: str, level: AreaLevel) -> str | None:
    levels = list(SIGNIFICANT_DIGITS)
    above = levels.index(level) - 1
    return None if above < 0 else code[: SIGNIFICANT_DIGITS[levels[above]]].ljust(CODE_LENGTH, "0")


def _wrong(row: Mapping[str, str | None], code: str, level: AreaLevel | None, known: Mapping[str, Area]) -> str | None:
    if level is None:
        return "code"
    if not (row.get("name") or "").strip():
        return "name"
    parent = _parent_code(code, level)
    if parent is not None and parent not in known:
        return "parent"
    if row.get("kind") and row["kind"] not in {kind.value for kind in AreaKind}:
        return "kind"
    try:
        latitude, longitude = float(row.get("latitude") or 0), float(row.get("longitude") or 0)
    except ValueError:
        return "position"
    return None if abs(latitude) <= 90 and abs(longitude) <= 180 else "position"


def _write(  # noqa: PLR0917  one row with all that was found out about it
    session: Session,
    row: Mapping[str, str | None],
    code: str,
    level: AreaLevel,
    known: dict[str, Area],
    result: DivisionsBrought,
) -> None:
    given = {"name": (row.get("name") or "").strip(), "name_en": (row.get("name_en") or "").strip() or None}
    values: dict[str, object] = {key: value for key, value in given.items() if value is not None}
    if row.get("kind"):
        values["kind"] = AreaKind(str(row["kind"]))
    values |= {axis: float(str(row[axis])) for axis in ("latitude", "longitude") if row.get(axis)}
    area = known.get(code)
    if area is None:
        known[code] = Area(code=code, level=level, parent_code=_parent_code(code, level), **values)
        session.add(known[code])
        session.flush()
        result.made += 1
    elif any(getattr(area, key) != value for key, value in values.items()):
        for key, value in values.items():
            setattr(area, key, value)
        result.changed += 1
    else:
        result.same += 1
