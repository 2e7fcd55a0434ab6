"""From a cell as somebody typed it to a value: forgiving where the meaning is clear, precise where it is not.

Each reader takes a cell (text, number, boolean or None) and returns the value, None for an empty cell, or raises
WrongCell with a code and facts that `words.sentence` turns into what to write instead.
"""

import difflib
import enum
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from referral import codes
from referral.actions.importing.words import CODE, NAMED
from referral.i18n import speaking
from referral.words import key, word

Cell = str | int | float | bool | None
T = TypeVar("T")
Reader = Callable[[Cell], Any]
LARGEST_EXACT = 10**15
"""From here on a spreadsheet has lost digits of a number."""
EXCEL_EPOCH = date(1899, 12, 30)
EXCEL_DAYS = range(2_200, 73_051)
"""Serial days that a spreadsheet means by a number: 1906 to 2099. Smaller numbers are years or nothing."""
LIST = re.compile(r"[、,，;；/|\n]+")
EMPTY_WORDS = frozenset({"", "-", "—", "/", "n/a", "null"})


class WrongCell(ValueError):
    """A cell that cannot be understood; `facts` fill the words of `code`."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def typed(cell: Cell) -> str:
    """Return a cell as text, as it looks in a spreadsheet; full-width signs made plain, blanks cut."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and abs(cell) < LARGEST_EXACT:
        return f"{Decimal(repr(cell)):f}"
    return re.sub(r"[\u200b-\u200f\ufeff\0]", "", codes.plain(str(cell))).strip()


def is_empty(cell: Cell) -> bool:
    """Say whether nothing was meant to stand in a cell."""
    return typed(cell).lower() in EMPTY_WORDS


def words(limit: int) -> Reader:
    """Return a reader of text of at most `limit` signs; WrongCell: too_long."""

    def read(cell: Cell) -> str | None:
        text = typed(cell)
        if len(text) > limit:
            raise WrongCell("too_long", most=limit, length=len(text))
        return text or None

    return read


def whole(low: int = 0, high: int = 1_000_000) -> Reader:
    """Return a reader of a whole number; WrongCell: not_whole, negative, out_of_range."""

    def read(cell: Cell) -> int | None:
        value = _number(cell, "not_whole")
        if value is None:
            return None
        if value != value.to_integral_value():
            raise WrongCell("not_whole")
        _in_range(value, low, high)
        return int(value)

    return read


def amount(low: str = "0", high: str = "100000000") -> Reader:
    """Return a reader of a decimal with two places, understanding 1,234.50元; WrongCell: not_amount, negative, …"""

    def read(cell: Cell) -> Decimal | None:
        value = _number(cell, "not_amount")
        if value is None:
            return None
        if value != round(value, 2):
            raise WrongCell("not_amount")
        _in_range(value, low, high)
        return round(value, 2)

    return read


def degrees(high: int) -> Reader:
    """Return a reader of a latitude (90) or longitude (180); WrongCell: not_degrees."""

    def read(cell: Cell) -> float | None:
        try:
            value = _number(cell, "not_degrees")
        except WrongCell:
            raise WrongCell("not_degrees", most=high) from None
        if value is not None and abs(value) > high:
            raise WrongCell("not_degrees", most=high)
        return None if value is None else float(value)

    return read


def _number(cell: Cell, code: str) -> Decimal | None:
    text = re.sub(r"[,\s¥￥$]|元|岁|个|人|名|户|次|km|公里", "", typed(cell))
    if text.lower() in EMPTY_WORDS:
        return None
    if not re.fullmatch(r"[+-]?(\d{1,15}(\.\d{0,9})?|\.\d{1,9})", text, re.ASCII):
        raise WrongCell(code)
    try:
        return Decimal(text)
    except InvalidOperation:
        raise WrongCell(code) from None


def _in_range(value: Decimal, low: int | str, high: int | str) -> None:
    if value < 0 <= Decimal(low):
        raise WrongCell("negative")
    if not Decimal(low) <= value <= Decimal(high):
        raise WrongCell("out_of_range", least=str(low), most=str(high))


def day(cell: Cell) -> date | None:
    """Return a date from 2024-05-01, 2024.5.1, 2024/5/1, 2024年5月1日, 20240501 or a spreadsheet's serial day.

    WrongCell: not_date, no_such_day.
    """
    if isinstance(cell, int | float) and EXCEL_DAYS.start <= cell < EXCEL_DAYS.stop:
        return EXCEL_EPOCH + timedelta(days=int(cell))
    text = typed(cell)
    if text.lower() in EMPTY_WORDS:
        return None
    found = re.fullmatch(
        r"(\d{4})\s*[-./年]\s*(\d{1,2})\s*[-./月]\s*(\d{1,2})\s*[日号]?(?:[ T]00:00(?::00(?:\.0+)?)?)?", text, re.ASCII
    ) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", text, re.ASCII)
    if not found:
        if re.fullmatch(r"\d{5}", text, re.ASCII) and int(text) in EXCEL_DAYS:
            return EXCEL_EPOCH + timedelta(days=int(text))
        raise WrongCell("not_date")
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        raise WrongCell("no_such_day") from None


def code_of(check: Callable[[str], str | None], destroyed: str) -> Reader:
    """Return a reader of a code that a spreadsheet may have turned into a number; WrongCell with the check's code."""

    def read(cell: Cell) -> str | None:
        if isinstance(cell, int | float) and not isinstance(cell, bool) and abs(cell) >= LARGEST_EXACT:
            raise WrongCell(destroyed)
        text = typed(cell)
        if text.lower() in EMPTY_WORDS:
            return None
        try:
            return check(text)
        except codes.WrongCode as wrong:
            raise WrongCell(wrong.code) from None

    return read


id_number = code_of(codes.resident_id, "id_destroyed")
credit_code = code_of(codes.credit_code, "credit_destroyed")
phone = code_of(codes.phone, "phone_destroyed")


def names_of(member: enum.Enum) -> list[str]:
    """Return what a code may be called in a file: its word in both languages, and the code itself."""
    names = []
    for language in ("zh", "en"):
        with speaking(language):
            names.append(word(member))
    return [*names, str(member.value)]


def one_of(members: Iterable[enum.Enum], **more: enum.Enum) -> Reader:
    """Return a reader of one code of a list, by its word in either language; WrongCell: unknown_choice.

    `more` are further words for codes, such as 女性.
    """
    listed = list(members)

    def read(cell: Cell) -> enum.Enum | None:
        known = {folded(name): member for member in listed for name in names_of(member)}
        known |= {folded(name): member for name, member in more.items()}
        return _one(cell, known, {member: f"{CODE}{key(member)}" for member in listed})

    return read


def one_of_words(listed: str) -> Reader:
    """Return a reader of one of a few words, by the name of their list in `words.NAMED`; WrongCell: unknown_choice."""

    def read(cell: Cell) -> str | None:
        known = {folded(code): code for code in NAMED[listed]}
        for language in ("zh", "en"):
            with speaking(language):
                known |= {folded(str(name)): code for code, name in NAMED[listed].items()}
        return _one(cell, known, {code: f"{CODE}{listed}.{code}" for code in NAMED[listed]})

    return read


def _one(cell: Cell, known: Mapping[str, T], marks: Mapping[T, str]) -> T | None:
    """Return what a cell names, or raise WrongCell with the nearest choice, else with all."""
    if is_empty(cell):
        return None
    text = typed(cell)
    found = known.get(folded(text))
    if found is not None:
        return found
    if suggestion := nearest(text, known):
        raise WrongCell("unknown_choice_near", suggestion=marks[known[suggestion]])
    raise WrongCell("unknown_choice", choices=list(marks.values()))


def several_of(read_one: Reader) -> Reader:
    """Return a reader of a list with 、 between its parts."""

    def read(cell: Cell) -> list[Any] | None:
        parts = [part.strip() for part in LIST.split(typed(cell)) if not is_empty(part)]
        return [read_one(part) for part in parts] or None

    return read


def folded(text: str) -> str:
    """Return a name for comparing: plain signs, lower case, without blanks and brackets' kinds."""
    return re.sub(r"[\s_·*]", "", codes.plain(text).lower())


def nearest(text: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like a text, or None where none is."""
    known: dict[str, str] = {}
    for name in names:
        known.setdefault(folded(name), name)
    found = difflib.get_close_matches(folded(text), known, n=1, cutoff=0.5)
    return known[found[0]] if found else None
