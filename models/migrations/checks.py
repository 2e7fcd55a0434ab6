"""Rules of columns written anew, in migrations: what autogenerate does not see."""

import re
from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op


def one_of(column: str, codes: Sequence[str]) -> str:
    """Return the rule of a code list."""
    return f"{column} IN ({', '.join(repr(code) for code in codes)})"


def rewrite(table: str, name: str, rule: str | None) -> None:
    """Give a check of a table another rule, or none at all (None), on PostgreSQL and SQLite."""
    if op.get_bind().dialect.name == "sqlite":
        _rewrite_on_sqlite(table, name, rule)
        return
    op.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS {name}')
    if rule is not None:
        op.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT {name} CHECK ({rule})')


def _rewrite_on_sqlite(table: str, name: str, rule: str | None) -> None:
    """Make the table anew with its other rule, as SQLite's manual describes; foreign keys are off meanwhile."""
    bind = op.get_bind()
    wanted = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL")
    parts = bind.execute(wanted, {"table": table}).all()
    (definition,) = (sql for kind, sql in parts if kind == "table")
    definition = re.sub(rf",?\s*CONSTRAINT {name} CHECK \((?:[^()]|\([^()]*\))*\)", "", definition)
    if rule is not None:
        definition = f"{definition.rstrip().removesuffix(')')}, CONSTRAINT {name} CHECK ({rule}))"
    definition, renamed = re.subn(
        rf'^CREATE TABLE "?{table}"?', f'CREATE TABLE "_new_{table}"', definition, count=1, flags=re.IGNORECASE
    )
    if renamed != 1:
        raise RuntimeError(f"the definition of {table} begins in an unknown way")
    columns = ", ".join(f'"{row[1]}"' for row in bind.execute(sa.text(f'PRAGMA table_info("{table}")')))
    op.execute(definition)
    op.execute(f'INSERT INTO "_new_{table}" ({columns}) SELECT {columns} FROM "{table}"')  # noqa: S608  names of ours
    op.execute(f'DROP TABLE "{table}"')
    op.execute(f'ALTER TABLE "_new_{table}" RENAME TO "{table}"')
    for kind, sql in parts:
        if kind in ("index", "trigger"):
            op.execute(sql)
