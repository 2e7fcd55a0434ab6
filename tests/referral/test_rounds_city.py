"""A whole round through the database at the size of a district: read and written in bulk, and right afterwards."""

from itertools import groupby, pairwise

import pytest
import sqlalchemy as sa

from models import LogEntry, Need, NeedStatus, Proposal, Round
from referral import clock
from referral.access import as_installation
from referral.bench_city import fill
from referral.bench_database import run_round
from referral.extensions import db
from referral.queries.rounds import counts, placed_by_need, placed_by_provider
from referral.row_security import see_all_rows
from referral.transactions import refresh_statistics
from tests.conftest import MakeApp
from tests.queries import counted

NEEDS = 10_000
MOST_STATEMENTS = 100
"""Of a whole round, sent to the database. A statement for each need would be thousands. How long reading and writing
take beside solving is measured by `referral.bench_database`: a machine that others use too cannot tell."""


@pytest.mark.slow
def test_a_round_is_read_and_written_in_bulk(database_url: str, make_app: MakeApp) -> None:
    app = make_app(database_url)
    with app.app_context():
        with db.engine.begin() as connection:
            see_all_rows(connection)
            fill(connection, NEEDS, at=clock.now())
        session = db.session
        as_installation(session, because="a test")
        refresh_statistics(session)
        session.commit()
        run_round(session)
        with counted() as sent:
            figures = run_round(session)
        assert len(sent) < MOST_STATEMENTS
        assert figures["certified"]
        assert figures["needs"] == NEEDS

        made = session.scalars(sa.select(Round).order_by(Round.id.desc()).limit(1)).one()
        proposed = session.scalar(sa.select(sa.func.count(Need.id)).where(Need.status == NeedStatus.PROPOSED))
        told = counts(session, made)
        assert (proposed, told.placed, told.unmet) == (made.served, made.served, NEEDS - made.served)
        logged = session.scalars(
            sa.select(LogEntry).where(LogEntry.record_type == "need", LogEntry.record_id.is_(None))
        ).all()
        # Both rounds took the same needs, and the second opened them before.
        assert sum(len(entry.facts["records"]) for entry in logged if entry.facts) == 3 * made.served

        shown = session.scalars(placed_by_need(made).limit(200)).all()
        ranks = [one.need.urgency_rank for one in shown]
        assert ranks == sorted(ranks)
        for one, other in pairwise(shown):
            if one.need.urgency_rank == other.need.urgency_rank:
                assert (other.need.opened_at - one.need.opened_at).days >= -1
        providers = [one.capacity_id for one in session.scalars(placed_by_provider(made).limit(200))]
        assert len(list(groupby(providers))) == len(set(providers)) > 1
        assert session.scalar(sa.select(sa.func.count(Proposal.id)).where(Proposal.explanation.is_(None))) == 0
