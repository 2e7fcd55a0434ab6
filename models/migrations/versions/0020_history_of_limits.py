"""the history of limits

A limit that is set otherwise is a new row; the ones before stay, so that it can be said which held when.

Revision: 0020
Follows: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("hours_threshold") as batch:
        batch.drop_constraint("uq_hours_threshold_name", type_="unique")
        batch.create_index("ix_hours_threshold_name_set_at", ["name", "set_at"], unique=False)


def downgrade() -> None:
    older = "SELECT 1 FROM hours_threshold n WHERE n.name = hours_threshold.name AND n.id > hours_threshold.id"
    op.execute(sa.text(f"DELETE FROM hours_threshold WHERE EXISTS ({older})"))  # noqa: S608  no outside text
    with op.batch_alter_table("hours_threshold") as batch:
        batch.drop_index("ix_hours_threshold_name_set_at")
        batch.create_unique_constraint("uq_hours_threshold_name", ["name"])
