"""How the records behind a figure are shown, on the page and in a workbook."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models import TaxonomyTerm
from referral.exports import Column
from referral.i18n import in_language, lazy
from referral.words import word


@dataclass(frozen=True)
class RecordColumn:
    """One column: the name it has in the statement, its heading, its kind (as in `exports.Column`)."""

    name: str
    title: Any
    kind: str = "text"

    def sheet(self) -> Column:
        """Return the column of a workbook."""
        return Column(str(self.title), self.kind)


PERSON = RecordColumn("person", lazy("File number"))
TERM = RecordColumn("TaxonomyTerm", lazy("Service"))
ORGANIZATION = RecordColumn("organization", lazy("Organization"))
TOWNSHIP = RecordColumn("township", lazy("Township"))

COLUMNS: dict[str, list[RecordColumn]] = {
    "visits": [
        RecordColumn("started_at", lazy("When"), "moment"),
        PERSON,
        TERM,
        RecordColumn("kind", lazy("Kind")),
        RecordColumn("contact_result", lazy("Result")),
        RecordColumn("units", lazy("Units"), "number"),
        RecordColumn("unit", lazy("Unit")),
        RecordColumn("minutes", lazy("Minutes"), "number"),
        RecordColumn("amount", lazy("Value in yuan"), "money"),
        ORGANIZATION,
        RecordColumn("program", lazy("Program")),
        TOWNSHIP,
    ],
    "persons": [
        PERSON,
        RecordColumn("sex", lazy("Sex")),
        RecordColumn("born_on", lazy("Year of birth"), "year"),
        TOWNSHIP,
        RecordColumn("person_times", lazy("Person-times"), "number"),
        RecordColumn("minutes", lazy("Minutes"), "number"),
    ],
    "referrals": [
        RecordColumn("number", lazy("Number")),
        TERM,
        ORGANIZATION,
        RecordColumn("requested_at", lazy("Put to providers"), "moment"),
        RecordColumn("answer_by", lazy("Answer by"), "moment"),
        RecordColumn("answered_at", lazy("Answered"), "moment"),
        RecordColumn("status", lazy("State")),
        RecordColumn("reason", lazy("Reason")),
        RecordColumn("outcome", lazy("Outcome")),
    ],
    "needs": [
        RecordColumn("number", lazy("Number")),
        TERM,
        RecordColumn("urgency", lazy("Urgency")),
        RecordColumn("opened_at", lazy("Opened"), "moment"),
        RecordColumn("due_at", lazy("Due"), "moment"),
        RecordColumn("first_offer", lazy("First offer"), "moment"),
        RecordColumn("status", lazy("State")),
        TOWNSHIP,
    ],
    "cases": [
        RecordColumn("number", lazy("Number")),
        RecordColumn("source", lazy("Source")),
        RecordColumn("urgency", lazy("Urgency")),
        RecordColumn("opened_at", lazy("Opened"), "moment"),
        RecordColumn("first_contact_at", lazy("First contact"), "moment"),
        RecordColumn("status", lazy("State")),
    ],
}
"""Kind of record → columns. A birth date is shown as its year: the reader needs no more."""


def cells(row: Any, columns: Sequence[RecordColumn]) -> list[Any]:
    """Return the cells of one record: words for codes, names for terms, values for the rest."""
    return [_cell(getattr(row, column.name), column) for column in columns]


def _cell(value: Any, column: RecordColumn) -> Any:
    if isinstance(value, TaxonomyTerm):
        return in_language(value)
    if isinstance(value, enum.Enum):
        return word(value)
    if column.kind == "year" and value is not None:
        return str(value.year)
    return value
