"""How the records behind a figure are shown, on the page and in a workbook."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models import Account, TaxonomyTerm
from models.field_groups import FieldGroup
from referral.access import sees
from referral.evaluation.pseudonyms import pseudonym
from referral.exports import Column
from referral.i18n import in_language, lazy
from referral.words import word


@dataclass(frozen=True)
class RecordColumn:
    """One column: the name it has in the statement, its heading, its kind (as in `exports.Column`)."""

    name: str
    title: Any
    kind: str = "text"
    group: FieldGroup = FieldGroup.PROCESS
    """Whoever does not see this kind of data gets the list without the column."""

    def sheet(self) -> Column:
        """Return the column of a workbook."""
        return Column(str(self.title), "text" if self.kind in {"year", "pseudonym"} else self.kind)


PERSON = RecordColumn("person", lazy("File number"), group=FieldGroup.IDENTITY)
NUMBER = RecordColumn("number", lazy("Number"), group=FieldGroup.IDENTITY)
PSEUDONYM = RecordColumn("person_id", lazy("Pseudonym"), "pseudonym")
TERM = RecordColumn("TaxonomyTerm", lazy("Service"))
ORGANIZATION = RecordColumn("organization", lazy("Organization"))
STATE = RecordColumn("status", lazy("State"), group=FieldGroup.IDENTITY)
"""With it, and with the other columns marked so, rows could be counted by what the tables withhold."""
TOWNSHIP = RecordColumn("township", lazy("Township"), group=FieldGroup.IDENTITY)
"""With it, lists would tell of small townships what the report withholds."""

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
        RecordColumn("sex", lazy("Sex"), group=FieldGroup.IDENTITY),
        RecordColumn("born_on", lazy("Year of birth"), "year", group=FieldGroup.CERTIFICATES),
        TOWNSHIP,
        RecordColumn("person_times", lazy("Person-times"), "number"),
        RecordColumn("minutes", lazy("Minutes"), "number"),
    ],
    "referrals": [
        NUMBER,
        TERM,
        ORGANIZATION,
        RecordColumn("requested_at", lazy("Put to providers"), "moment"),
        RecordColumn("answer_by", lazy("Answer by"), "moment"),
        RecordColumn("answered_at", lazy("Answered"), "moment", FieldGroup.IDENTITY),
        STATE,
        RecordColumn("reason", lazy("Reason"), group=FieldGroup.IDENTITY),
        RecordColumn("outcome", lazy("Outcome"), group=FieldGroup.IDENTITY),
    ],
    "needs": [
        NUMBER,
        TERM,
        RecordColumn("urgency", lazy("Urgency")),
        RecordColumn("opened_at", lazy("Opened"), "moment"),
        RecordColumn("due_at", lazy("Due"), "moment"),
        RecordColumn("first_offer", lazy("First offer"), "moment", FieldGroup.IDENTITY),
        STATE,
        TOWNSHIP,
    ],
    "cases": [
        NUMBER,
        RecordColumn("source", lazy("Source")),
        RecordColumn("urgency", lazy("Urgency")),
        RecordColumn("opened_at", lazy("Opened"), "moment"),
        RecordColumn("first_contact_at", lazy("First contact"), "moment", FieldGroup.IDENTITY),
        STATE,
    ],
}
"""Kind of record → columns. A birth date is shown as its year: the reader needs no more."""


def columns_for(reader: Account, kind: str) -> list[RecordColumn]:
    """Return the columns of a kind of record that a reader sees; people under a pseudonym where no name is seen."""
    seen = [column for column in COLUMNS[kind] if sees(reader.role, column.group)]
    return seen if sees(reader.role, FieldGroup.IDENTITY) else [PSEUDONYM, *seen]


def cells(row: Any, columns: Sequence[RecordColumn], reader: Account) -> list[Any]:
    """Return the cells of one record: words for codes, names for terms, values for the rest."""
    return [_cell(getattr(row, column.name), column, reader) for column in columns]


def _cell(value: Any, column: RecordColumn, reader: Account) -> Any:
    if column.kind == "pseudonym":
        return pseudonym(value, reader)
    if isinstance(value, TaxonomyTerm):
        return in_language(value)
    if isinstance(value, enum.Enum):
        return word(value)
    if column.kind == "year" and value is not None:
        return str(value.year)
    return value
