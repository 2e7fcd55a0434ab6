"""longer code lists

Autogenerate does not see that a list of codes has grown, so the rule of its column is written anew here.

Revision: 0003
Follows: 0002
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

DECLINED = (
    "outside_charter",
    "outside_area",
    "full",
    "no_funds",
    "conditions_not_met",
    "information_missing",
    "duplicate_help",
    "not_reachable",
    "person_refused",
    "safety",
    "other",
)

LISTS = {
    # constraint: (table, column, codes before, codes added)
    "ck_message_messagekind": (
        "message",
        "kind",
        (
            "referral_requested",
            "referral_reminder",
            "referral_accepted",
            "referral_rejected",
            "referral_expired",
            "referral_cancelled",
            "referral_completed",
            "need_overdue",
            "round_finished",
            "check_expires",
        ),
        (
            "glass_opened",
            "glass_reviewed",
            "rights_overdue",
            "retention_proposed",
            "consent_wanted",
            "sharing_stopped",
            "emergency_sent",
            "new_device",
            "password_changed",
            "second_factor_changed",
        ),
    ),
    "ck_account_role": (
        "account",
        "role",
        (
            "village_assistant",
            "station_worker",
            "station_supervisor",
            "provider_officer",
            "coordinator",
            "evaluator",
            "administrator",
        ),
        ("auditor",),
    ),
    "ck_referral_declinereason": ("referral", "reason", DECLINED, ("no_consent", "consent_withdrawn")),
    "ck_referral_event_declinereason": ("referral_event", "reason", DECLINED, ("no_consent", "consent_withdrawn")),
}
INSTEAD = {"referral": "person_refused", "referral_event": "person_refused"}
"""What a shorter list says of rows that must stay; other rows go with the feature that wrote them."""


def upgrade() -> None:
    for name, (table, column, before, added) in LISTS.items():
        _rewrite(table, name, _rule(column, (*before, *added)))


def downgrade() -> None:
    for name, (table, column, before, added) in LISTS.items():
        # What the shorter list cannot say is gone with the feature that said it.
        if table in INSTEAD:
            op.execute(f"UPDATE {table} SET {column} = '{INSTEAD[table]}' WHERE {_rule(column, added)}")
        else:
            op.execute(f"DELETE FROM {table} WHERE {_rule(column, added)}")
        _rewrite(table, name, _rule(column, before))


def _rule(column: str, codes: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(code) for code in codes)})"


def _rewrite(table: str, name: str, rule: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _rewrite_on_sqlite(table, name, rule)
    else:
        op.execute(f'ALTER TABLE "{table}" DROP CONSTRAINT IF EXISTS {name}')
        op.execute(f'ALTER TABLE "{table}" ADD CONSTRAINT {name} CHECK ({rule})')


def _rewrite_on_sqlite(table: str, name: str, rule: str) -> None:
    """Make the table anew with its other rule, as SQLite's manual describes; foreign keys are off meanwhile."""
    bind = op.get_bind()
    wanted = sa.text("SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL")
    parts = bind.execute(wanted, {"table": table}).all()
    (definition,) = (sql for kind, sql in parts if kind == "table")
    new = f"CONSTRAINT {name} CHECK ({rule})"
    definition, found = re.subn(rf"CONSTRAINT {name} CHECK \((?:[^()]|\([^()]*\))*\)", lambda _: new, definition)
    if not found:
        definition = f"{definition.rstrip().removesuffix(')')}, {new})"
    definition, renamed = re.subn(
        rf'^CREATE TABLE "?{table}"?', f'CREATE TABLE "_new_{table}"', definition, count=1, flags=re.IGNORECASE
    )
    if renamed != 1:
        raise RuntimeError(f"the definition of {table} begins in an unknown way")
    columns = ", ".join(f'"{row[1]}"' for row in bind.execute(sa.text(f'PRAGMA table_info("{table}")')))
    op.execute(definition)
    op.execute(f'INSERT INTO "_new_{table}" ({columns}) SELECT {columns} FROM "{table}"')
    op.execute(f'DROP TABLE "{table}"')
    op.execute(f'ALTER TABLE "_new_{table}" RENAME TO "{table}"')
    for kind, sql in parts:
        if kind in ("index", "trigger"):
            op.execute(sql)
