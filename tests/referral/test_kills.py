"""kill -9 under write load: whatever was acknowledged is there, exactly once, and the log's chain is whole."""

import os
from pathlib import Path

import pytest
import sqlalchemy as sa

from models import Visit
from referral import clock
from referral.extensions import db
from referral.log.sealing import seal
from referral.log.verifying import check
from referral.row_security import see_all_rows
from tests import databases
from tests.killing import Counters, kill_again_and_again

KILLS = int(os.environ.get("YUANQIAO_KILLS", "3"))
"""50 for the bar: `python3 dev.py bench --kills 50`."""


def written(url: str) -> dict[str, int]:
    """How often each entry's key stands in the database."""
    with databases.application(url) as app, app.app_context(), db.engine.connect() as connection:
        see_all_rows(connection)
        question = sa.select(Visit.entry_key, sa.func.count()).where(Visit.entry_key.is_not(None))
        return {str(row[0]): int(row[1]) for row in connection.execute(question.group_by(Visit.entry_key))}


def judged(url: str, counters: Counters) -> tuple[set[str], set[str]]:
    """The entries that were lost and those written more than once; printed with the counters."""
    there = written(url)
    lost = counters.acknowledged - there.keys()
    twice = {key for key, times in there.items() if times > 1}
    print(f"\n{url.split(':', maxsplit=1)[0]}: {counters}; {len(lost)} lost, {len(twice)} twice")  # noqa: T201  the counters
    return lost, twice


@pytest.mark.slow
def test_kill_9_loses_no_acknowledged_write(demo_on_both: str, tmp_path: Path) -> None:
    counters = kill_again_and_again(demo_on_both, tmp_path, kills=KILLS)
    lost, twice = judged(demo_on_both, counters)
    assert (lost, twice) == (set(), set())
    assert counters.kills == KILLS
    assert counters.landed >= KILLS // 2
    assert len(counters.acknowledged) >= 5 * KILLS
    assert counters.refused == []
    with databases.application(demo_on_both) as app, app.app_context():
        seal(db.engine, clock.now())
        proof = check(db.engine, at=clock.now())
    assert proof.faults == []
    assert proof.entries >= len(counters.acknowledged)


@pytest.mark.slow
def test_a_server_that_answers_before_it_writes_loses_some(demo_url: str, tmp_path: Path) -> None:
    """The mutant: without it the test above could not fail."""
    counters = kill_again_and_again(demo_url, tmp_path, kills=3, mutant=True)
    lost, _twice = judged(demo_url, counters)
    assert counters.kills == 3
    assert lost
