"""A question "what if" of the demonstration, answered and kept: five more places where a place is worth most."""

from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Scenario, ScenarioStatus
from referral.actions import scenarios
from referral.actions.rounding.beside import copy_of, of_both, of_today, plan_of
from referral.actions.rounding.changing import ChangeKind, altered_by
from referral.actions.seeding.district import DISTRICT
from referral.clock import start_of
from referral.queries.gathering.board import gather_if_begun
from referral.queries.parameters import in_force

TITLE = "最紧缺的一处增加五个名额"
PLACES = 5
ASKED_BY = "coordinator"


def ask_what_if(session: Session, today: date) -> Scenario | None:
    """Write the question with its answer, as of the beginning of a day; None where nobody waits for a place."""
    at = start_of(today)
    board, now = gather_if_begun(session, DISTRICT, at), in_force(session, DISTRICT, at)
    plan = plan_of(board, now.params, seed=0)
    if not (plan.result.gain > 0).any():
        return None
    dearest = max(range(len(board.capacity_ids)), key=lambda row: (plan.result.gain[row], board.capacity_ids[row]))
    change = {"change": ChangeKind.ADD_PLACES, "capacity": str(board.capacity_ids[dearest]), "value": PLACES}
    asker = session.scalars(sa.select(Account).where(Account.login == ASKED_BY)).one_or_none()
    asked = scenarios.start_scenario(session, area=DISTRICT, at=at, changes=[change], title=TITLE, by=asker)
    meant = altered_by(session, board, asked.changes)
    copy = copy_of(board, meant, now.params, seed=0)
    asked.result = of_today(plan, now.params) | of_both(plan, copy, meant) | {"seconds": {}}
    asked.status, asked.stage, asked.progress = ScenarioStatus.DONE, "done", 100
    asked.created_at = asked.finished_at = at
    scenarios.keep(session, asked, title=TITLE)
    return asked
