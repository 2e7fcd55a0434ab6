"""evaluators look at one program, for a time

An evaluator's account that can be used names a program and a last day. Accounts that name none are closed: whoever
looks after accounts opens them again with both.

Revision: 0007
Follows: 0006
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

NAME = "ck_account_evaluator_has_program_and_end"
RULE = "role != 'evaluator' OR (program_id IS NOT NULL AND valid_until IS NOT NULL) OR NOT active"


def upgrade() -> None:
    closed = "false" if op.get_bind().dialect.name == "postgresql" else "0"
    op.execute(f"UPDATE account SET active = {closed} WHERE NOT ({RULE})")
    _set_check("account", NAME, RULE)


def downgrade() -> None:
    _set_check("account", NAME, None)


def _set_check(table: str, name: str, rule: str | None) -> None:
    """Write a rule anew, or drop it where `rule` is None."""
    if op.get_bind().dialect.name == "sqlite":
        _on_sqlite(table, name, rule)
        return
    op.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS {name}')
    if rule is not None:
        op.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT {name} CHECK ({rule})')


def _on_sqlite(table: str, name: str, rule: str | None) -> None:
    """Make the table anew with its other rules, as SQLite's manual describes; foreign keys are off meanwhile."""
    bind = op.get_bind()
    wanted = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL")
    parts = bind.execute(wanted, {"table": table}).all()
    (definition,) = (sql for kind, sql in parts if kind == "table")
    definition = re.sub(rf",?\s*CONSTRAINT {name} CHECK \((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)", "", definition)
    if rule is not None:
        definition = f"{definition.rstrip().removesuffix(')')}, CONSTRAINT {name} CHECK ({rule}))"
    definition, renamed = re.subn(
        rf'^CREATE TABLE "?{table}"?', f'CREATE TABLE "_new_{table}"', definition, count=1, flags=re.IGNORECASE
    )
    if renamed != 1:
        raise RuntimeError(f"the definition of {table} begins in an unknown way")
    columns = ", ".join(f'"{row[1]}"' for row in bind.execute(sa.text(f'PRAGMA table_info("{table}")')))
    op.execute(definition)
    op.execute(f'INSERT INTO "_new_{table}" ({columns}) SELECT {columns} FROM "{table}"')  # noqa: S608  names of our own
    op.execute(f'DROP TABLE "{table}"')
    op.execute(f'ALTER TABLE "_new_{table}" RENAME TO "{table}"')
    for kind, sql in parts:
        if kind in ("index", "trigger"):
            op.execute(sql)
