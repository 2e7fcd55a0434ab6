"""What somebody with bad intentions types into fields, put into every record of a database at once."""

from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from models import Base

FORMULAS = ("=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1+1", "＝1+1", "＋1+1", "－1+1", "＠SUM(1)")
SCRIPTS = ("<script>{}</script>", '"><img src=x onerror={}>', "'><svg onload={}>", "{{{{7*7}}}}{}")
FREE = frozenset(
    """name name_zh name_en alternate_name description note notes summary exit_note address contact_note contact_name
    request_note reason_text choice_note words review_note witness giver_name asker_name answer worker_name file_name
    recognised_by transportation funding_source fees_description application_process eligibility_description facility
    document_number phone failure""".split()  # noqa: SIM905  words to read, not a list to keep
)
"""Columns that hold what people have typed."""


@dataclass
class Planted:
    """What was written where."""

    texts: dict[str, str] = field(default_factory=dict)
    """Column, as table.column, to its text."""
    refused: list[str] = field(default_factory=list)
    """Columns in which every row must differ or must have a form."""


def plant(engine: sa.Engine, patterns: tuple[str, ...], turn: int = 0) -> Planted:
    """Write into all rows of each free column a text of its own: a pattern, and CNRY with the column's number."""
    planted = Planted()
    columns = [
        column
        for table in Base.metadata.sorted_tables
        if not table.name.startswith("log_")
        for column in table.columns
        if column.name in FREE
        and not column.foreign_keys
        and not isinstance(column.type, sa.Boolean | sa.Enum | sa.Uuid)
    ]
    for number, column in enumerate(columns):
        pattern, mark = patterns[(number + turn) % len(patterns)], f"CNRY{number:03d}"
        text = pattern.format(mark) if "{}" in pattern else pattern + mark
        try:
            with engine.begin() as connection:
                connection.execute(sa.update(column.table).values({column: text}))
        except IntegrityError:
            planted.refused.append(str(column))
        else:
            planted.texts[str(column)] = text
    return planted
