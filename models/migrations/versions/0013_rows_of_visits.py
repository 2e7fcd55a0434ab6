"""rows about people's plans, hours, answers and outcomes for those who may see them

PostgreSQL narrows what hangs on a person, a case, a referral or a visit as it narrows that parent (see 0006).

Revision: 0013
Follows: 0012
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ALL = "(SELECT NULLIF(current_setting('yuanqiao.unlimited', true), '')) = 'on'"
PARENT: dict[str, tuple[str, str]] = {
    "sampled_file": ("person", "person_id"),
    "finding": ("person", "person_id"),
    # table: (parent, its column)
    "answer_link": ("referral", "referral_id"),
    "referral_answer": ("referral", "referral_id"),
    "referral_question": ("referral", "referral_id"),
    "sheet": ("case_file", "case_id"),
    "measure_due": ("case_file", "case_id"),
    "red_flag": ("case_file", "case_id"),
    "goal": ("case_file", "case_id"),
    "goal_rating": ("case_file", "case_id"),
    "revisit": ("case_file", "case_id"),
    "query_code": ("referral", "referral_id"),
    "confirmation": ("referral", "referral_id"),
    "contradiction": ("referral", "referral_id"),
    "satisfaction": ("referral", "referral_id"),
    "service_plan": ("referral", "referral_id"),
    "planned_visit": ("service_plan", "plan_id"),
    "delivery_stop": ("service_plan", "plan_id"),
    "visit_detail": ("visit", "visit_id"),
    "visit_picture": ("visit", "visit_id"),
    "visit_flag": ("visit", "visit_id"),
    "note_print": ("visit", "visit_id"),
    "hours_decision": ("visit", "visit_id"),
    "settlement_item": ("visit", "visit_id"),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, (parent, column) in PARENT.items():
        condition = f"{ALL} OR EXISTS (SELECT 1 FROM {parent} p WHERE p.id = {table}.{column})"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for verb in ("SELECT", "UPDATE", "DELETE"):
            checked = " WITH CHECK (true)" if verb == "UPDATE" else ""
            op.execute(f"CREATE POLICY {table}_{verb.lower()} ON {table} FOR {verb} USING ({condition}){checked}")
        op.execute(f"CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK (true)")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in reversed(PARENT):
        for verb in ("select", "update", "delete", "insert"):
            op.execute(f"DROP POLICY {table}_{verb} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
