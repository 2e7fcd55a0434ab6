"""PostgreSQL: what the application's role may do. It owns nothing, and the log it can only read and add to."""

from collections.abc import Iterator

import sqlalchemy as sa

LOG = ("log_entry", "log_seal")


class BadName(ValueError):
    """There is no such role, or it could get round what it is not granted."""


def grant(connection: sa.Connection, role: str) -> Iterator[str]:
    """Yield the statements that give a role what the application needs. The owner of the tables runs them.

    Raises BadName for a role that is not there, is a superuser, or owns the tables.
    """
    found = connection.execute(
        sa.text("SELECT rolsuper, pg_has_role(rolname, current_user, 'member') FROM pg_roles WHERE rolname = :role"),
        {"role": role},
    ).one_or_none()
    if found is None:
        raise BadName(f"There is no role {role}: CREATE ROLE {role} LOGIN PASSWORD '…'")
    if found[0] or found[1]:
        raise BadName(f"{role} is a superuser, or has the rights of the tables' owner: take another role")
    quoted = connection.dialect.identifier_preparer.quote(role)
    database = connection.dialect.identifier_preparer.quote(str(connection.engine.url.database))
    yield f"GRANT CONNECT ON DATABASE {database} TO {quoted}"
    yield f"GRANT USAGE ON SCHEMA public TO {quoted}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}"
    yield f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {quoted}"
    for table in LOG:
        yield f"REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON {table} FROM {quoted}"
    yield f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}"
