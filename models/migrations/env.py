"""How Alembic runs the steps, called by `referral db upgrade`."""

from typing import Literal

import sqlalchemy as sa
from alembic import context
from flask import current_app

target = current_app.extensions["migrate"].db
own_types = {
    "UtcDateTime": "sa.DateTime(timezone=True)",
    "Hundredths": "sa.BigInteger()",
    "Encrypted": "sa.Text()",
    "EncryptedJson": "sa.JSON()",
    "Facts": "sa.Text()",
    "BlindCode": "sa.String(length=32)",
    "RoughDegrees": "sa.Double()",
}


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write plain types, so that no migration imports the records."""
    return (kind == "type" and own_types.get(type(item).__name__)) or False


def run() -> None:
    """Run the steps in one transaction.

    Batch mode makes a table anew and drops the old one; with foreign keys on, SQLite would then delete its children.
    So they are off while the steps run, and checked afterwards.
    """
    with target.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # The pragma does nothing inside a transaction, and our engine begins one with the first statement.
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        else:
            # A step reads and writes all rows; where the owner is no superuser, row security would hide them.
            connection.execute(sa.text("SELECT set_config('yuanqiao.unlimited', 'on', false)"))
            connection.commit()
        context.configure(
            connection=connection,
            target_metadata=target.metadata,
            render_item=render_item,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            context.run_migrations()
            if sqlite and (broken := connection.execute(sa.text("PRAGMA foreign_key_check")).first()):
                raise RuntimeError(f"the migration would leave a row without its parent: {broken}")
        connection.commit()
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


run()
