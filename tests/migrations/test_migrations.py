"""One set of steps for both databases, and the records stand as the steps leave them."""

import flask_migrate
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

from models import Base
from referral.extensions import db
from tests.conftest import MakeApp
from tests.factories import make_capacity, make_need


@pytest.fixture
def empty_app(make_app: MakeApp, empty_url: str) -> Flask:
    return make_app(empty_url)


def checks(engine: sa.Engine) -> set[tuple[str, str]]:
    inspector = sa.inspect(engine)
    return {
        (table, str(check["name"]))
        for table in inspector.get_table_names()
        for check in inspector.get_check_constraints(table)
    }


def test_the_records_stand_as_the_migrations_leave_them(empty_app: Flask) -> None:
    with empty_app.app_context():
        flask_migrate.upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, Base.metadata) == []


def test_every_check_of_the_records_is_in_the_database(empty_app: Flask) -> None:
    """Autogenerate does not see a new CHECK, so this test does."""
    with empty_app.app_context():
        flask_migrate.upgrade()
        wanted = {
            (table.name, str(rule.name))
            for table in Base.metadata.tables.values()
            for rule in table.constraints
            if isinstance(rule, sa.CheckConstraint)
        }
        assert len(wanted) > 80
        assert wanted - checks(db.engine) == set()


def test_the_migrations_go_down_and_up_again(empty_app: Flask) -> None:
    with empty_app.app_context():
        flask_migrate.upgrade()
        flask_migrate.downgrade(revision="base")
        assert set(sa.inspect(db.engine).get_table_names()) <= {"alembic_version"}
        flask_migrate.upgrade()
        assert "need" in sa.inspect(db.engine).get_table_names()


def rows() -> dict[str, int | None]:
    """How many rows each table has."""
    return {t.name: db.session.scalar(sa.select(sa.func.count()).select_from(t)) for t in Base.metadata.sorted_tables}


def test_upgrading_again_keeps_every_row(empty_app: Flask) -> None:
    with empty_app.app_context():
        flask_migrate.upgrade()
        make_need(db.session)
        make_capacity(db.session)
        db.session.commit()
        before = rows()
        db.session.remove()
        flask_migrate.upgrade()
        assert rows() == before
        assert sum(n or 0 for n in before.values()) > 10
