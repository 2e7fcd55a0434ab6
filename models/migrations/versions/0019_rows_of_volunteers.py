"""rows of volunteers for those who may see them

PostgreSQL narrows volunteers, their hours and their statements to the organization they give time to and to its
county, as `referral.access.scopes` does. Not contracts: what is left of one is asked by stations that refer people,
who may not read the contract itself, and a row that is hidden from them would let a used-up quota look unbought.

Revision: 0019
Follows: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def said(name: str) -> str:
    # In a subquery, so that it is asked once for a statement and not for each row.
    return f"(SELECT NULLIF(current_setting('yuanqiao.{name}', true), ''))"


ALL = f"{said('unlimited')} = 'on'"
OWN = "('station_worker', 'station_supervisor', 'provider_officer')"


def of_organization(table: str) -> str:
    return (
        f"({said('role')} IN {OWN} AND organization_id = {said('organization')}::uuid) OR ({said('role')} = "
        f"'coordinator' AND EXISTS (SELECT 1 FROM organization o WHERE o.id = {table}.organization_id "
        f"AND o.area_code >= {said('area_first')} AND o.area_code <= {said('area_last')}))"
    )


CONDITIONS = {
    "volunteer": of_organization("volunteer"),
    "volunteer_statement": of_organization("volunteer_statement"),
    "volunteer_hours": "EXISTS (SELECT 1 FROM volunteer p WHERE p.id = volunteer_hours.volunteer_id)",
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, ways in CONDITIONS.items():
        condition = f"{ALL} OR {ways}"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        for verb in ("SELECT", "UPDATE", "DELETE"):
            checked = " WITH CHECK (true)" if verb == "UPDATE" else ""
            op.execute(f"CREATE POLICY {table}_{verb.lower()} ON {table} FOR {verb} USING ({condition}){checked}")
        op.execute(f"CREATE POLICY {table}_insert ON {table} FOR INSERT WITH CHECK (true)")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in reversed(CONDITIONS):
        for verb in ("select", "update", "delete", "insert"):
            op.execute(f"DROP POLICY {table}_{verb} ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
