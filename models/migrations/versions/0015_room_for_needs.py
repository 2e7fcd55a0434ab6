"""room for needs to change where they stand

A round changes the state of most needs of a city at once. PostgreSQL writes no index again where the new row fits into
the page of the old one and no indexed column differs (HOT); half of each page is kept free for that.

Revision: 0015
Follows: 0014
"""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE need SET (fillfactor = 50)")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE need RESET (fillfactor)")
