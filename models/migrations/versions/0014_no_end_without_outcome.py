"""no end without an outcome, and no change of what is in use

The database itself refuses to end a referral that had begun without saying what was served, and to change the words of
an instrument that was published. What ended before this step stays as it is.

Revision: 0014
Follows: 0013
"""

from alembic import op

from models.migrations.checks import one_of, rewrite

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MEASURES = ("self_care", "who5", "satisfaction")
ENDS = (
    "NEW.status IN ('completed', 'failed', 'cancelled') AND OLD.status IN ('accepted', 'in_progress', 'on_hold') AND "
    "(NEW.status = 'completed' OR NEW.started_at IS NOT NULL) AND "
    "(NEW.outcome IS NULL OR NEW.units_delivered IS NULL OR (NEW.status = 'completed' AND NEW.outcome_reason IS NULL))"
)
"""A step that ends help that had begun, or says that it is completed, and does not say how it ended."""
CHANGES = (
    "OLD.state = 'published' AND (NEW.state <> 'published' OR NEW.digest <> OLD.digest "
    "OR NEW.number <> OLD.number OR {definition})"
)
RULES = {
    # table: (trigger, when, what the database says)
    "referral": ("referral_ends_with_outcome", ENDS, "a referral ends with an outcome, units and a reason"),
    "instrument_version": ("instrument_version_stays", CHANGES, "a published version is never changed"),
}


def upgrade() -> None:
    rewrite("outcome", "ck_outcome_measure", "measure <> ''")
    postgresql = op.get_bind().dialect.name == "postgresql"
    compared = "NEW.definition::text <> OLD.definition::text" if postgresql else "NEW.definition <> OLD.definition"
    for table, (name, when, says) in RULES.items():
        condition = when.replace("{definition}", compared)
        if postgresql:
            op.execute(
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN RAISE EXCEPTION '{says}' USING ERRCODE = 'check_violation'; END $$"
            )
            op.execute(
                f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({condition}) "
                f"EXECUTE FUNCTION {name}()"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN {condition} "
                f"BEGIN SELECT RAISE(ABORT, '{says}'); END"
            )


def downgrade() -> None:
    postgresql = op.get_bind().dialect.name == "postgresql"
    for table, (name, _when, _says) in RULES.items():
        op.execute(f"DROP TRIGGER {name} ON {table}" if postgresql else f"DROP TRIGGER {name}")
        if postgresql:
            op.execute(f"DROP FUNCTION {name}()")
    # What the shorter list cannot say is gone with the feature that said it.
    op.execute("UPDATE sheet SET outcome_id = NULL")
    op.execute(f"DELETE FROM outcome WHERE NOT ({one_of('measure', MEASURES)})")  # noqa: S608  codes of ours
    rewrite("outcome", "ck_outcome_measure", one_of("measure", MEASURES))
    # A column with a rule of its own could not be dropped by the step before.
    rewrite("referral", "ck_referral_outcomereason", None)
