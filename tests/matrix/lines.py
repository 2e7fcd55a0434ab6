"""The table, read into cells."""

from dataclasses import dataclass

from tests.matrix.table import TABLE, WHO


@dataclass(frozen=True)
class Expected:
    """What one cell must answer."""

    status: int
    groups: str = ""

    @property
    def required(self) -> set[str]:
        """Groups that must be there."""
        return {letter for letter in self.groups if letter.isupper()}

    @property
    def allowed(self) -> set[str]:
        """Groups that may be there."""
        return set(self.groups.upper())


@dataclass(frozen=True)
class Line:
    """One endpoint and method."""

    endpoint: str
    method: str
    kind: str
    cells: dict[tuple[str, str], Expected]
    """(role, subject) → what is answered; subject `*` stands for all that are not named."""
    sent: dict[str, str]

    def expected(self, role: str, subject: str) -> Expected | None:
        """What a cell must answer; None for 404."""
        return self.cells.get((role, subject)) or self.cells.get((role, "*"))


def lines() -> list[Line]:
    """The table, read."""
    found = []
    for text in TABLE.strip().splitlines():
        if not text:
            continue
        rule, _, sent = text.partition("<")
        endpoint, methods, kind, *rest = rule.split(maxsplit=3)
        cells: dict[tuple[str, str], Expected] = {}
        for clause in filter(None, map(str.strip, "".join(rest).split(";"))):
            words = clause.split()
            at = next(number for number, word in enumerate(words) if word.isdigit())
            answer = Expected(int(words[at]), "".join(words[at + 1 :]))
            for who in words[:at]:
                for pair in WHO.get(who, who).split():
                    role, _, subjects = pair.partition(":")
                    cells |= {(role, subject): answer for subject in subjects.split(",")}
        data = dict(pair.split("=") for pair in sent.strip().split("&")) if sent.strip() else {}
        found += [Line(endpoint, {"G": "GET", "P": "POST"}[letter], kind, cells, data) for letter in methods]
    return found
