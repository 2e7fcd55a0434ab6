"""Running numbers for people to say: C2026-00412."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from models import (
    Case,
    Counter,
    FileSample,
    Household,
    Need,
    Person,
    Referral,
    RetentionRun,
    RightsRequest,
    Round,
    Scenario,
    Snapshot,
    Volunteer,
    VolunteerStatement,
)
from referral.clock import local_date

LETTERS: dict[type, str] = {
    Household: "H",
    Person: "P",
    Case: "C",
    Need: "N",
    Referral: "R",
    Round: "M",
    RightsRequest: "Q",
    RetentionRun: "D",
    Scenario: "W",
    Volunteer: "V",
    VolunteerStatement: "Z",
    FileSample: "K",
    Snapshot: "F",
}
"""The letter before the number of each record (M for a round of matching, Q for a request, D for a removal, W for a
question "what if", V for a volunteer, Z for a statement of service)."""


def next_number(session: Session, record: type, at: datetime, *, count: int = 1) -> str:
    """Take the next number of a record in the year of `at` and return it, such as N2026-00412.

    With `count` several are taken at once and the first is returned. One statement, safe between processes.
    """
    year = local_date(at).year
    series = f"{LETTERS[record]}{year}"
    insert = postgresql_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    statement = (
        insert(Counter)
        .values(series=series, last=count)
        .on_conflict_do_update(index_elements=[Counter.series], set_={"last": Counter.last + count})
        .returning(Counter.last)
    )
    last = session.execute(statement).scalar_one()
    return number_text(record, year, last - count + 1)


def number_text(record: type, year: int, value: int) -> str:
    """Return how a number is written."""
    return f"{LETTERS[record]}{year}-{value:05d}"


def reset_counters(session: Session) -> None:
    """Set every counter to the highest number in use, after records were loaded with numbers of their own."""
    for record, letter in LETTERS.items():
        column = record.number  # type: ignore[attr-defined]
        year, value = sa.func.substr(column, 2, 4), sa.cast(sa.func.substr(column, 7), sa.Integer)
        for in_year, last in session.execute(sa.select(year, sa.func.max(value)).group_by(year)).all():
            session.merge(Counter(series=f"{letter}{in_year}", last=last))
    session.flush()
