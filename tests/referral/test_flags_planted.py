"""Ten thousand visits with two hundred planted faults of eight kinds: every one is found, and few others."""

import time

import pytest
import sqlalchemy as sa
from flask import Flask

from models import FlagRule, Visit, VisitFlag
from referral.access import as_installation
from referral.actions.flags import look_at_month
from referral.extensions import db
from tests.conftest import MakeApp
from tests.faults import EACH, FULL_DAY, KINDS, LONG_DAYS, MONTH, Month
from tests.queries import counted

VISITS = 10_000
MOST_FALSE = 0.01
"""Share of ordinary visits that may be flagged: each costs somebody a look."""


@pytest.fixture
def filled(make_app: MakeApp, database_url: str) -> Flask:
    return make_app(database_url)


def test_every_planted_fault_is_flagged_and_few_others(filled: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    with filled.app_context():
        as_installation(db.session, because="a test")
        session = db.session()
        month = Month(session, seed=20260901)
        month.innocents(VISITS - len(KINDS) * EACH - LONG_DAYS * (FULL_DAY - 1))
        month.plant()
        planted = month.write()
        at = month.rows[-1]["started_at"]
        assert session.scalar(sa.select(sa.func.count()).select_from(Visit)) >= VISITS
        assert len(planted.all) == EACH * len(KINDS) == 200
        began = time.process_time()
        with counted() as sent:
            counts = look_at_month(session, MONTH, at=at)()
        seconds = time.process_time() - began
        session.commit()
        found: dict[FlagRule, set[object]] = {}
        for rule, visit in session.execute(sa.select(VisitFlag.rule, VisitFlag.visit_id)):
            found.setdefault(rule, set()).add(visit)
        missed = {rule: keys - found.get(rule, set()) for rule, keys in planted.faults.items()}
        false = set().union(*found.values()) & planted.innocent
        with capsys.disabled():
            print(  # noqa: T201  shown with every run
                f"\n{counts['visits']} visits, {len(planted.all)} planted faults of {len(KINDS)} kinds, "
                f"{sum(map(len, missed.values()))} missed; flagged though ordinary: {len(false)} of "
                f"{len(planted.innocent)} ({len(false) / len(planted.innocent):.2%}); {len(sent)} statements, "
                f"{seconds:.1f} s of processor time"
            )
            for rule, keys in sorted(found.items()):
                print(f"  {rule:18} {len(keys):4} flagged, {len(keys & planted.innocent):3} of them ordinary")  # noqa: T201
        assert not any(missed.values()), {rule: len(keys) for rule, keys in missed.items() if keys}
        assert len(false) <= MOST_FALSE * len(planted.innocent)
        # Not one statement for each visit.
        assert len(sent) < VISITS / 50


def test_the_same_month_looked_at_again_changes_nothing(filled: Flask) -> None:
    with filled.app_context():
        as_installation(db.session, because="a test")
        session = db.session()
        month = Month(session, seed=7)
        month.innocents(600)
        month.plant()
        month.write()
        first = look_at_month(session, MONTH, at=month.rows[0]["started_at"])()
        session.commit()
        flags = session.scalar(sa.select(sa.func.count()).select_from(VisitFlag))
        again = look_at_month(session, MONTH, at=month.rows[-1]["started_at"])()
        session.commit()
        assert again == first
        assert session.scalar(sa.select(sa.func.count()).select_from(VisitFlag)) == flags
        assert not session.scalars(sa.select(VisitFlag).where(VisitFlag.gone_at.is_not(None))).all()
