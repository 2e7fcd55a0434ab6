"""rows for those who may see them

PostgreSQL itself narrows rows of people, cases, needs, referrals and visits to what the application has said of who
looks (`yuanqiao.*`, set for one transaction). A statement that got past every check of the application finds nothing.
The conditions are those of `referral.access.scopes`, a little wider where the application narrows by program.

Revision: 0006
Follows: 0005
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def said(name: str) -> str:
    # In a subquery, so that it is asked once for a statement and not for each row.
    return f"(SELECT NULLIF(current_setting('yuanqiao.{name}', true), ''))"


ALL = f"{said('unlimited')} = 'on'"
STATION = f"{said('role')} IN ('station_worker', 'station_supervisor')"
PROVIDER = f"{said('role')} = 'provider_officer'"
OURS = f"{said('organization')}::uuid"
OPENED = f"(SELECT unnest(string_to_array({said('opened')}, ',')::uuid[]))"


def in_area(*roles: str) -> str:
    names = ", ".join(f"'{role}'" for role in roles)
    return (
        f"({said('role')} IN ({names}) AND area_code >= {said('area_first')} AND area_code <= {said('area_last')})"
    )


AREA = in_area("coordinator", "evaluator")
CORE = {
    "person": (
        f"({STATION} AND station_id = {OURS})",
        in_area("coordinator", "evaluator", "village_assistant"),
        f"({PROVIDER} AND (EXISTS (SELECT 1 FROM referral r WHERE r.person_id = person.id AND "
        f"r.organization_id = {OURS} AND r.requested_at IS NOT NULL AND r.status <> 'draft') OR EXISTS "
        f"(SELECT 1 FROM visit v WHERE v.person_id = person.id AND v.organization_id = {OURS})))",
        f"id IN {OPENED}",
    ),
    "case_file": (
        f"({STATION} AND station_id = {OURS})",
        AREA,
        f"({said('role')} = 'village_assistant' AND EXISTS (SELECT 1 FROM case_step s WHERE s.case_id = case_file.id "
        f"AND s.from_status IS NULL AND s.by_id = {said('account')}::uuid))",
        f"person_id IN {OPENED}",
    ),
    "need": (
        f"({STATION} AND station_id = {OURS})",
        AREA,
        f"({PROVIDER} AND EXISTS (SELECT 1 FROM referral r WHERE r.need_id = need.id AND r.organization_id = {OURS} "
        "AND r.requested_at IS NOT NULL AND r.status <> 'draft'))",
        f"person_id IN {OPENED}",
    ),
    "referral": (
        f"({STATION} AND station_id = {OURS})",
        AREA,
        f"({PROVIDER} AND organization_id = {OURS} AND requested_at IS NOT NULL AND status <> 'draft')",
        f"person_id IN {OPENED}",
    ),
    "visit": (
        f"({STATION} AND (station_id = {OURS} OR organization_id = {OURS}))",
        AREA,
        f"({PROVIDER} AND organization_id = {OURS})",
        f"person_id IN {OPENED}",
    ),
}
# Not `case_step`: the village's way to its own reports asks it, so it cannot ask back.
PARENT = {
    "feature": ("person", "person_id"),
    "identity_status": ("person", "person_id"),
    "person_area": ("person", "person_id"),
    "assessment": ("case_file", "case_id"),
    "outcome": ("case_file", "case_id"),
}


def conditions() -> dict[str, str]:
    found = {table: " OR ".join((ALL, *ways)) for table, ways in CORE.items()}
    for table, (parent, column) in PARENT.items():
        found[table] = f"{ALL} OR EXISTS (SELECT 1 FROM {parent} p WHERE p.id = {table}.{column})"
    return found


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, condition in conditions().items():
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for verb in ("SELECT", "UPDATE", "DELETE"):
            checked = " WITH CHECK (true)" if verb == "UPDATE" else ""
            op.execute(f"CREATE POLICY {table}_{verb.lower()} ON {table} FOR {verb} USING ({condition}){checked}")
        # A new row may lie outside one's own view: a village's report belongs to a station. Pages check parents.
        op.execute(f"CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK (true)")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in reversed(conditions()):
        for verb in ("select", "update", "delete", "insert"):
            op.execute(f"DROP POLICY {table}_{verb} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
