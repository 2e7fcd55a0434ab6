"""suggestions for those who may see the need

What was offered for the words of a need is seen by whoever may see the need: PostgreSQL narrows it as it narrows the
other records that hang on one (see 0006).

Revision: 0010
Follows: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLE = "suggestion_shown"
CONDITION = (
    "(SELECT NULLIF(current_setting('yuanqiao.unlimited', true), '')) = 'on' "
    "OR EXISTS (SELECT 1 FROM need p WHERE p.id = suggestion_shown.need_id)"
)


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY")
    for verb in ("SELECT", "UPDATE", "DELETE"):
        checked = " WITH CHECK (true)" if verb == "UPDATE" else ""
        op.execute(f"CREATE POLICY {TABLE}_{verb.lower()} ON {TABLE} FOR {verb} USING ({CONDITION}){checked}")
    op.execute(f"CREATE POLICY {TABLE}_insert ON {TABLE} FOR INSERT WITH CHECK (true)")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for verb in ("select", "update", "delete", "insert"):
        op.execute(f"DROP POLICY {TABLE}_{verb} ON {TABLE}")
    op.execute(f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY")
