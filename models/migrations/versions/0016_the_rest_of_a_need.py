"""the rest of a need

Where a provider takes a need on in part, what it does not take stays open as a need of its own that names the first.

Revision: 0016
Follows: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Without making the table anew, which copies every need.
        reference = "CONSTRAINT fk_need_rest_of_id REFERENCES need (id)"
        op.execute(f"ALTER TABLE need ADD COLUMN rest_of_id CHAR(32) {reference}")
    else:
        op.add_column("need", sa.Column("rest_of_id", sa.Uuid(), nullable=True))
        op.create_foreign_key(op.f("fk_need_rest_of_id"), "need", "need", ["rest_of_id"], ["id"])
    op.create_index(op.f("ix_need_rest_of_id"), "need", ["rest_of_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_need_rest_of_id"), table_name="need")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE need DROP COLUMN rest_of_id")
    else:
        op.drop_constraint(op.f("fk_need_rest_of_id"), "need", type_="foreignkey")
        op.drop_column("need", "rest_of_id")
