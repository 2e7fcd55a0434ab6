"""hours in the report

What is kept of a month holds approved hours, sources and units too, and says up to when it was counted. Months kept in
the old shape are dropped: the next hour counts them anew.

Revision: 0017
Follows: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM kept_month")
    op.add_column("kept_month", sa.Column("judged", sa.String(255), nullable=True))
    op.add_column("kept_month", sa.Column("keys", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_hours_decision_lapsed_at",
        "hours_decision",
        ["lapsed_at"],
        unique=False,
        sqlite_where=sa.text("lapsed_at IS NOT NULL"),
        postgresql_where=sa.text("lapsed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_planned_visit_report",
        "planned_visit",
        ["due_on", "area_code", "program_id", "status", "unit", "units", "person_id"],
        unique=False,
    )


def downgrade() -> None:
    op.execute("DELETE FROM kept_month")
    op.drop_index("ix_planned_visit_report", table_name="planned_visit")
    op.drop_index("ix_hours_decision_lapsed_at", table_name="hours_decision")
    op.drop_column("kept_month", "keys")
    op.drop_column("kept_month", "judged")
