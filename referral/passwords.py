"""Passwords: kept as argon2id, compared in the same time whether the name exists or not, refused when easily guessed.

Length counts, not composition (NIST SP 800-63B §5.1.1.2): no rule asks for capitals or signs. Refused is what guessers
try first: words of a shipped list of breached passwords, runs of the keyboard, dates, one's own name.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 128
LEAST_PIECES = 5
UNUSABLE = "!"
"""Stands for the password of somebody who has not chosen one yet; nothing matches it."""

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""OWASP's recommendation: 19 MiB, two passes (about 20 ms)."""

PLATFORM = ("yuanqiao", "yuan-qiao", "援桥")
ROWS = ("abcdefghijklmnopqrstuvwxyz", "1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "147", "258", "369")
COLUMNS = ("1qaz", "2wsx", "3edc", "4rfv", "5tgb", "6yhn", "7ujm", "!qaz", "@wsx", "#edc")
SHIFTED = str.maketrans("!@#$%^&*()", "1234567890")
LOOKALIKES = str.maketrans("@0134$57!", "aoieassti")
DATE = re.compile(r"(?:19|20)\d\d(?:[-./]?(?:0?[1-9]|1[0-2])(?:[-./]?(?:0?[1-9]|[12]\d|3[01]))?)?")
ONLY_DIGITS, ID_NUMBER = re.compile(r"\d{1,13}"), re.compile(r"\d{17}[\dx]")
LONGEST_WORD, SHORTEST_WORD, SHORTEST_RUN = 20, 3, 3


def hash_password(password: str) -> str:
    """Return what is stored of a password."""
    return _hasher.hash(_typed(password))


@cache
def _of_nobody() -> str:
    return _hasher.hash("a password that nobody has")


def matches(stored: str | None, password: str) -> bool:
    """Say whether a password is the stored one; takes as long where there is no account (`stored` is None)."""
    there_is_one = stored not in (None, UNUSABLE)
    try:
        return _hasher.verify(stored if there_is_one and stored else _of_nobody(), _typed(password)) and there_is_one
    except (VerifyMismatchError, InvalidHashError):
        return False


def _typed(password: str) -> str:
    """Return a password as one keyboard writes it: the same sign may reach us in several forms."""
    return unicodedata.normalize("NFKC", password)


@cache
def _listed() -> frozenset[str]:
    text = Path(__file__).with_name("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if not line.startswith("#"))


def easily_guessed(password: str, own: Iterable[str | None] = ()) -> bool:
    """Say whether a password consists of fewer than five pieces that a guesser has to find.

    A letter counts one, a listed word two, a run of the keyboard, a repetition or a date one or two, one's own name
    (`own`) and the platform's one. Digits alone count as a telephone or ID number.
    """
    text = _typed(password).casefold()
    if ONLY_DIGITS.fullmatch(text) or ID_NUMBER.fullmatch(text):
        return True
    names = {part for name in (*own, *PLATFORM) if name for part in _parts(name)}
    return min(_pieces(form, names) for form in {text, text.translate(LOOKALIKES), _unit(text)}) < LEAST_PIECES


def _parts(name: str) -> set[str]:
    """Return a name and its parts, as they could stand in a password."""
    folded = _typed(name).casefold()
    return {part for part in (folded, *re.split(r"[\W_]+", folded)) if len(part) > 1}


def _unit(text: str) -> str:
    """Return what a text repeats, with the number of repetitions as one sign; else the text."""
    found = re.fullmatch(r"(.{1,12}?)\1+", text)
    return f"{found[1]}*" if found else text


def _pieces(text: str, names: set[str]) -> int:
    """Return the least number of pieces a text can be put together of."""
    least = [0]
    for end in range(1, len(text) + 1):
        least.append(
            min(least[start] + _cost(text[start:end], names) for start in range(max(0, end - LONGEST_WORD), end))
        )
    return least[-1]


def _cost(part: str, names: set[str]) -> int:
    """Return how many pieces a part of a password counts."""
    if part in names or len(part) == 1:
        return 1
    if len(part) >= SHORTEST_RUN and _is_run(part):
        return 1
    if DATE.fullmatch(part):
        return 1 if len(part) <= 4 else 2
    return 2 if len(part) >= SHORTEST_WORD and part in _listed() else len(part)


def _is_run(part: str) -> bool:
    """Whether a part is one sign repeated, or lies in a row of the keyboard or of the alphabet, either way round."""
    if len(set(part)) == 1:
        return True
    shown = {part, part[::-1], part.translate(SHIFTED), part.translate(SHIFTED)[::-1]}
    return any(form in row for form in shown for row in (*ROWS, *COLUMNS, "01234567890"))
