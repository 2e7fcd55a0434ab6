"""What the three kinds of file have in common: take each line, for trial or for good."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models import Account, Record, RowResult
from models.base import new_key
from referral.actions.importing.cells import WrongCell
from referral.actions.importing.lookups import Areas
from referral.actions.importing.tables import Line


class Sheet(ABC):
    """One file being taken in. In a trial nothing reaches the database, though every rule is asked.

    A subclass reads the records it needs in `begin`, finds in `look_up` what single cells name, and takes one line in
    `take`, which returns what the line does, or writes down what is wrong in it and returns BAD.
    """

    def __init__(self, session: Session, by: Account, at: datetime, *, trial: bool) -> None:
        self.session, self.by, self.at, self.trial = session, by, at, trial
        self.areas = Areas(session, by)
        self.said: dict[tuple[Any, str], tuple[Any, int]] = {}
        self.seen: dict[Any, int] = {}

    @abstractmethod
    def begin(self, lines: Sequence[Line]) -> None:
        """Look up what the lines speak of, in few questions."""

    @abstractmethod
    def look_up(self, line: Line) -> None:
        """Find what the cells of a line name; asked of every line, so that each wrong cell is named at once."""

    @abstractmethod
    def take(self, line: Line) -> RowResult:
        """Take one line of which every cell is good."""

    def run(self, lines: Sequence[Line]) -> list[RowResult]:
        """Take all lines and return what each does."""
        with self.session.no_autoflush:
            self.begin(lines)
            results = [self._result(line) for line in lines]
            if self.trial:
                self._forget()
            else:
                self.session.flush()
        return results

    def _result(self, line: Line) -> RowResult:
        self.look_up(line)
        result = RowResult.BAD if line.problems else self.take(line)
        return RowResult.BAD if line.problems else result

    def _forget(self) -> None:
        """Drop what the trial changed in records that were read."""
        for record in list(self.session.dirty):
            self.session.expire(record)

    def keep(self, record: Record) -> None:
        """Add a new record, unless this is a trial. Its key is set now, so that others can point to it."""
        if record.id is None:
            record.id = new_key()
        if not self.trial:
            self.session.add(record)

    def looked_up(self, line: Line, key: str, find: Any) -> Any:
        """Return what a cell names, by a function of its text; None where it is empty or wrong (then written down)."""
        text = line.get(key)
        if text is None:
            return None
        try:
            return find(text)
        except WrongCell as wrong:
            line.wrong(key, wrong.code, **wrong.facts)
            return None

    def agrees(self, line: Line, about: Any, values: dict[str, Any]) -> None:
        """Write down where a line says something else of the same thing than an earlier good line of the file."""
        for key, value in values.items():
            other, row = self.said.get((about, key), (value, 0))
            if other != value:
                line.wrong(key, "contradicts", row=row)

    def remember(self, line: Line, about: Any, values: dict[str, Any]) -> None:
        """Remember what a good line said of something."""
        for key, value in values.items():
            self.said.setdefault((about, key), (value, line.number))


def set_given(record: Any, values: dict[str, Any]) -> bool:
    """Set what is given and differs, and say whether anything did."""
    different = {name: value for name, value in values.items() if getattr(record, name) != value}
    for name, value in different.items():
        setattr(record, name, value)
    return bool(different)
