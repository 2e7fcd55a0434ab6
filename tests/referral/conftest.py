"""Fixtures for the tests of the application's parts."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from referral.actions import seeding
from tests import databases
from tests.referral.seeded import TODAY, silent


@pytest.fixture(scope="session")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session on the demonstration of TODAY, for tests that only read."""
    engine = sa.create_engine(databases.on_sqlite("migrated", tmp_path_factory.mktemp("district")))
    with Session(engine) as session:
        seeding.load_demonstration(session, today=TODAY, progress=silent)
        session.commit()
        yield session
    engine.dispose()
