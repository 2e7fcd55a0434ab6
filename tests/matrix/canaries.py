"""Words that stand for what must not leak: put into every personal field, looked for in every answer."""

import io
import re
import zipfile
from collections import defaultdict
from datetime import date
from typing import Any
from uuid import UUID

from werkzeug.test import TestResponse

GROUPS = {
    "O": "reference numbers and coarse status",
    "I": "name",
    "K": "certificates: ID number, birth date, documents of a status",
    "T": "contact: phone, address, whom to ring",
    "H": "health",
    "F": "finance: bank card",
    "N": "notes about needs, the case and visits",
    "C": "consent: who gave it, who saw it",
    "P": "process: words of the staff on break-glass, rights, emergencies, proposals",
    "R": "rows of a file somebody brought",
}
"""One letter for each group of fields, as the table writes them."""

SUBJECTS = ("own", "shared", "foreign", "opened", "none", "taken_back")
"""The people of the district by what joins them to the accounts: see `district`."""

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def id_number(subject: str) -> str:
    """A resident ID with a right check digit."""
    first = f"321199{born_on(subject):%Y%m%d}{SUBJECTS.index(subject)}24"
    return first + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(first, _WEIGHTS, strict=True)) % 11]


def born_on(subject: str) -> date:
    """A day on which nobody else was born."""
    return date(1931 + SUBJECTS.index(subject), 7, 13 + SUBJECTS.index(subject))


class Canaries:
    """What was put where: text → (group, subject)."""

    def __init__(self) -> None:
        self.known: dict[str, tuple[str, str]] = {}
        self._counts: dict[tuple[str, str], int] = defaultdict(int)
        self._pattern: re.Pattern[str] | None = None

    def word(self, group: str, subject: str) -> str:
        """A new word for a field of text."""
        self._counts[group, subject] += 1
        text = f"CNRY-{group}-{subject}-{self._counts[group, subject]:02}z"
        # What a household is called is typed in capitals.
        return self.keep(text.upper() if group == "O" else text, group, subject)

    def keep(self, text: str, group: str, subject: str) -> str:
        """Remember a value that has a shape of its own: a number of a phone, a day."""
        self.known[text] = (group, subject)
        self._pattern = None
        return text

    def found(self, text: str) -> dict[str, set[str]]:
        """What of it stands in a text: subject → groups."""
        if self._pattern is None:
            self._pattern = re.compile("|".join(sorted(map(re.escape, self.known), key=len, reverse=True)))
        seen: dict[str, set[str]] = defaultdict(set)
        for match in set(self._pattern.findall(text)):
            group, subject = self.known[match]
            seen[subject].add(group)
        return dict(seen)


def everything(answer: TestResponse) -> str:
    """Status, headers and body of an answer as text; spreadsheets unpacked."""
    data = answer.get_data()
    if data.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            data = b"\n".join(packed.read(name) for name in packed.namelist())
    head = "\n".join(f"{name}: {value}" for name, value in answer.headers.items() if name.lower() != "content-length")
    return f"{answer.status}\n{head}\n{data.decode('utf-8', 'replace')}"


KEYS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
NONCE = re.compile(r"(nonce[-=]\"?|csrf_token[^>]*value=\"|csrf-token\" content=\")[\w.+/=-]+")


def same_for_all(answer: TestResponse) -> str:
    """The body of an answer without the key that was asked for."""
    return NONCE.sub(r"\1", KEYS.sub("KEY", answer.get_data().decode("utf-8", "replace")))


Keys = dict[str, Any]
"""By kind of record, its key; see `district`."""
RANDOM = UUID("01999999-9999-7999-8999-999999999999")
