"""The wall inside PostgreSQL: row-level security, told for each transaction who looks (migration 0006).

A statement that gets past every other wall still finds only rows that the database was told of. SQLite has no such
wall. The application's role must not own the tables (`referral audit grant`), for a superuser is not narrowed.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from models.area import code_range
from referral.access.viewer import KEY, Viewer

TOLD = "told"
NAMES = ("unlimited", "role", "organization", "area_first", "area_last", "account", "opened")
TELL = sa.text("SELECT " + ", ".join(f"set_config('yuanqiao.{name}', :{name}, true)" for name in NAMES))
"""`true`: until the transaction ends."""


def settings_of(viewer: Viewer | None) -> dict[str, str]:
    """Return what the database is told of a viewer; all empty for nobody, who then finds no row."""
    settings = dict.fromkeys(NAMES, "")
    if viewer is None:
        return settings
    if viewer.unlimited:
        return settings | {"unlimited": "on"}
    who = viewer.who
    if who is None:
        return settings
    first, last = code_range(who.area_code) if who.area_code else ("", "")
    return settings | {
        "role": who.role.value,
        "organization": str(who.organization_id or ""),
        "area_first": first,
        "area_last": last,
        "account": str(who.id),
        "opened": ",".join(map(str, who.opened_files)),
    }


@event.listens_for(Session, "after_begin")
def _tell_at_begin(session: Session, _transaction: Any, connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        viewer = session.info.get(KEY)
        connection.execute(TELL, settings_of(viewer))
        session.info[TOLD] = viewer


def keep_told(session: Session) -> None:
    """Tell the database of a viewer who was declared since the transaction began. Costs nothing while none was."""
    if session.get_bind().dialect.name != "postgresql":
        return
    connection = session.connection()
    viewer = session.info.get(KEY)
    if session.info.get(TOLD) is not viewer:
        connection.execute(TELL, settings_of(viewer))
        session.info[TOLD] = viewer


@event.listens_for(Session, "before_flush")
def _tell_before_flush(session: Session, _context: Any, _instances: Any) -> None:
    keep_told(session)
