"""reports that take long to count are kept

Revision: 0021
Follows: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "kept_report",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("tables", sa.Boolean(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=True),
        sa.Column("program_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("took", sa.Double(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_kept_report_period")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_kept_report_account_id")),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_kept_report_area_code")),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name=op.f("fk_kept_report_program_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kept_report")),
        sa.UniqueConstraint("name", name=op.f("uq_kept_report_name")),
    )
    for column in ("account_id", "area_code", "program_id", "counted_at"):
        op.create_index(op.f(f"ix_kept_report_{column}"), "kept_report", [column], unique=False)


def downgrade() -> None:
    op.drop_table("kept_report")
