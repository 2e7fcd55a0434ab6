"""PostgreSQL's row security (migration 0006), for work that must see and load all rows: backup, restore, proof."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

FORCED = sa.text("SELECT relname FROM pg_class WHERE relforcerowsecurity AND relnamespace = 'public'::regnamespace")


def see_all_rows(connection: sa.Connection) -> None:
    """Tell the database that the installation itself looks, until the transaction ends. Nothing to do on SQLite."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT set_config('yuanqiao.unlimited', 'on', true)"))


@contextmanager
def as_owner(connection: sa.Connection) -> Iterator[None]:
    """Let the owner of the tables load them in bulk, inside one transaction: COPY knows no row security."""
    forced = [] if connection.dialect.name != "postgresql" else list(connection.scalars(FORCED))
    for table in forced:
        connection.execute(sa.text(f'ALTER TABLE "{table}" NO FORCE ROW LEVEL SECURITY'))
    yield
    for table in forced:
        connection.execute(sa.text(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY'))
