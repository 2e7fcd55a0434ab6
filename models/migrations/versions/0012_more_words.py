"""more words in code lists

Revision: 0012
Follows: 0011
"""

from alembic import op

from models.migrations.checks import one_of, rewrite

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

LISTS: dict[str, tuple[str, str, tuple[str, ...], tuple[str, ...]]] = {
    # constraint: (table, column, codes before, codes added)
}


def upgrade() -> None:
    for name, (table, column, before, added) in LISTS.items():
        rewrite(table, name, one_of(column, (*before, *added)))


def downgrade() -> None:
    for name, (table, column, before, added) in LISTS.items():
        # What the shorter list cannot say is gone with the feature that said it.
        op.execute(f"DELETE FROM {table} WHERE {one_of(column, added)}")  # noqa: S608  names and codes of ours
        rewrite(table, name, one_of(column, before))
