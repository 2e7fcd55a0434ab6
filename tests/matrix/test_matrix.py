"""Every route × every role × every relation, on both databases, against the table written by hand."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.engine import make_url

from referral import clock
from referral.access import as_installation
from referral.extensions import db
from referral.log.roles import grant
from tests import databases, postgres
from tests.conftest import BOTH, both
from tests.matrix import run
from tests.matrix.asking import Asker
from tests.matrix.district import fill
from tests.matrix.lines import lines
from tests.matrix.table import NOT_HERE

CELLS = 9000
CANARIES = 1200
LOOKS = 300
"""What a run tries and sees at the least."""


def filled(app: Flask) -> Asker:
    """An asker of an application whose database holds the district."""
    with app.app_context():
        as_installation(db.session, because="a test")
        district = fill(db.session, clock.now())
        db.session.commit()
    return Asker(app, district)


def routes(app: Flask) -> set[tuple[str, str]]:
    """Every endpoint with each of its methods."""
    return {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if not rule.endpoint.endswith("static")
    }


def test_every_route_has_a_line_and_every_line_a_route(app: Flask) -> None:
    assert routes(app) == {(line.endpoint, line.method) for line in lines()}


@contextmanager
def served(make: str, folder: Path) -> Iterator[Asker]:
    """An asker of the filled district; on PostgreSQL the application is a role that owns nothing."""
    for url in both("migrated", make, folder):
        with ExitStack() as stack:
            owner = stack.enter_context(databases.application(url))
            asker = filled(owner)
            if make == "postgres":
                role = stack.enter_context(postgres.working_role(databases.run_folder()))
                with owner.app_context(), db.engine.begin() as connection:
                    for statement in grant(connection, role):
                        connection.execute(sa.text(statement))
                as_role = make_url(url).set(username=role).render_as_string(hide_password=False)
                asker = Asker(stack.enter_context(databases.application(as_role)), asker.district)
            yield asker


@pytest.mark.parametrize("make", BOTH)
def test_every_cell_answers_what_the_table_says(make: str, tmp_path: Path) -> None:
    with served(make, tmp_path) as asker:
        before = time.monotonic()
        result = run.go(asker)
    print(  # noqa: T201  the counters
        f"{make}: {result.cells} cells, {result.requests} requests, {result.canaries} canaries seen where they may "
        f"be seen, {result.looks} looks in the log, {time.monotonic() - before:.0f} s"
    )
    assert not result.faults, f"{len(result.faults)} faults\n" + "\n".join(result.faults)
    assert {line.endpoint for line in lines()} - set(result.reached) <= set(NOT_HERE)
    assert result.cells >= CELLS
    assert result.canaries >= CANARIES
    assert result.looks >= LOOKS
