"""longer code lists

Revision: 0009
Follows: 0008
"""

from alembic import op

from models.migrations.checks import one_of, rewrite

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

LISTS = {
    # constraint: (table, column, codes before, codes added)
    "ck_capacity_capacitykind": ("capacity", "kind", ("concurrent", "quota"), ("hours",)),
    "ck_proposal_decision": (
        "proposal",
        "decision",
        ("undecided", "accepted", "changed", "left", "applied", "failed"),
        ("moved",),
    ),
}


def upgrade() -> None:
    for name, (table, column, before, added) in LISTS.items():
        rewrite(table, name, one_of(column, (*before, *added)))
    rewrite("reservation", "ck_reservation_places", "places >= 1")


def downgrade() -> None:
    for name, (table, column, before, added) in LISTS.items():
        # What the shorter list cannot say is gone with the feature that said it.
        op.execute(f"DELETE FROM {table} WHERE {one_of(column, added)}")  # noqa: S608  names and codes of ours
        rewrite(table, name, one_of(column, before))
    # Columns with a rule of their own could not be dropped by the step before.
    rewrite("reservation", "ck_reservation_places", None)
    rewrite("round", "ck_round_roundkind", None)
