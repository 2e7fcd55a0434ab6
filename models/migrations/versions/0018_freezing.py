"""a report is frozen beside the request

Who wants which period frozen, and how far that is; the frozen report is written whole, or not at all.

Revision: 0018
Follows: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

AT_WORK = sa.text("status IN ('waiting', 'running')")
STATES = ("waiting", "running", "done", "failed")


def upgrade() -> None:
    op.create_table(
        "freezing",
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("area_code", sa.String(), nullable=False),
        sa.Column("program_id", sa.Uuid(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(*STATES, name="freezingstatus", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("asked_by_id", sa.Uuid(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failure", sa.String(length=64), nullable=True),
        sa.Column("snapshot_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_freezing_period")),
        sa.CheckConstraint("(status = 'done') = (snapshot_id IS NOT NULL)", name=op.f("ck_freezing_done_names_it")),
        sa.ForeignKeyConstraint(["area_code"], ["area.code"], name=op.f("fk_freezing_area_code")),
        sa.ForeignKeyConstraint(["program_id"], ["program.id"], name=op.f("fk_freezing_program_id")),
        sa.ForeignKeyConstraint(["asked_by_id"], ["account.id"], name=op.f("fk_freezing_asked_by_id")),
        sa.ForeignKeyConstraint(["snapshot_id"], ["snapshot.id"], name=op.f("fk_freezing_snapshot_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freezing")),
    )
    op.create_index("ix_freezing_status_asked_at", "freezing", ["status", "asked_at"], unique=False)
    for column in ("area_code", "program_id", "snapshot_id"):
        op.create_index(op.f(f"ix_freezing_{column}"), "freezing", [column], unique=False)
    op.create_index(
        "uq_freezing_one_at_work",
        "freezing",
        ["asked_by_id", "starts_on", "ends_on"],
        unique=True,
        sqlite_where=AT_WORK,
        postgresql_where=AT_WORK,
    )


def downgrade() -> None:
    op.drop_table("freezing")
