"""A round over the demonstration district, on both databases, and the coordinator's pages with it."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Need, NeedStatus, Proposal, Role, Round
from referral import clock
from referral.actions import rounds
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.pages import check_page
from tests.queries import sign_in

PAGES = ("", "/needs", "/needs?waiting=30&overdue=y", "/rounds", "/rounds/new", "/openings", "/needs.xlsx")
PASSWORD = "yuanqiao-demo"


def area_of(session: Session) -> tuple[str, str]:
    with transaction(session):
        account = session.scalars(sa.select(Account).where(Account.role == Role.COORDINATOR).limit(1)).one()
        return str(account.area_code), account.login


def one_round(session: Session, area: str, seed: int, at: Any) -> Round:
    with transaction(session):
        return rounds.run_round(session, area=area, seed=seed, at=at)


@pytest.mark.slow
def test_a_round_over_the_demonstration_is_proved_explained_and_repeatable(make_app: MakeApp,
                                                                          demo_on_both: str) -> None:  # fmt: skip
    app = make_app(demo_on_both)
    with app.app_context():
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        area, login = area_of(session)
        at = clock.now()
        with transaction(session):
            open_needs = session.scalar(sa.select(sa.func.count(Need.id)).where(Need.status == NeedStatus.OPEN))
        made = one_round(session, area, 3, at)
        assert made.needs == open_needs > 50
        assert made.certificate["exact"] is True
        assert 0 < made.served < made.needs
        assert all(best >= greedy for best, greedy, _ in made.served_by_tier)
        with transaction(session):
            found = {one.need_id: one for one in session.scalars(sa.select(Proposal))}
        assert len(found) == made.needs
        for one in found.values():
            told = one.explanation
            assert told["code"] in {"matched", "no_service", "no_pair", "priced_out"}
            assert (told["code"] == "matched") == (one.capacity_id is not None)
            if told["code"] == "no_pair":
                assert told["rules"]
            if told["code"] == "priced_out":
                assert sum(told["held"]) > 0
        again = one_round(session, area, 3, at)
        assert again.certificate["digest"] == made.certificate["digest"]
        with transaction(session):
            same = dict(session.execute(sa.select(Proposal.need_id, Proposal.capacity_id)
                                        .where(Proposal.round_id == again.id)).all())  # fmt: skip
        assert same == {key: one.proposed_capacity_id for key, one in found.items()}
    client = sign_in(app.test_client(), login, PASSWORD)
    for page in (*PAGES, f"/rounds/{again.id}", f"/rounds/{again.id}?view=provider", f"/rounds/{again.id}?view=unmet"):
        answer = client.get(f"/coordination{page}")
        assert answer.status_code == 200, page
        if not page.endswith("xlsx"):
            check_page(answer, "zh")
