"""A small province, and workers that die in the middle of a city; a spawned worker finds these by name."""

import os
import signal
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Area, Need, NeedStatus, Proposal, Round, Urgency
from referral import citywork
from referral.actions import rounds
from referral.actions.rounding.solving import Solved
from tests.factories import make_area, make_capacity, make_case, make_need, make_person, make_term

PROVINCE = "340000000000"
CITIES = ["340100000000", "340200000000", "340300000000", "340400000000"]
NEEDS, PLACES = 12, 8


def province(session: Session, at: datetime) -> None:
    """Four cities with more needs than places each."""
    term = make_term(session)
    urgencies = list(Urgency)
    for city in CITIES:
        village = make_area(session, f"{city[:4]}01001001").code
        for n in range(PLACES // 2):
            make_capacity(session, term=term, places=2, at=at, area_code=city, service={"minimum_age": 60 + n})
        for n in range(NEEDS):
            person = make_person(session, at=at, area_code=village, latitude=32.1 + n / 500)
            opened = at - timedelta(days=n)
            case = make_case(session, person=person, at=opened)
            make_need(session, case=case, term=term, urgency=urgencies[n % 4], at=opened)
    session.get_one(Area, CITIES[0]).name = "合肥市"
    session.commit()


def made(session: Session) -> dict[str, Round]:
    """The latest round of each city."""
    found = session.scalars(sa.select(Round).order_by(Round.number).execution_options(populate_existing=True)).all()
    return {one.area_code: one for one in found}


def outcome(session: Session) -> dict[str, tuple[Any, ...]]:
    """What each city's latest round found, without its own number and times."""
    return {
        code: (one.status, one.needs, one.served, one.certificate["primal"], one.certificate["exact"], one.seed)
        for code, one in made(session).items()
    }


def written(session: Session, one: Round) -> int:
    """How many proposals a round has written."""
    return session.scalar(sa.select(sa.func.count()).where(Proposal.round_id == one.id)) or 0


def taken(session: Session, city: str) -> int:
    """How many needs of a city are proposed."""
    mine = Need.area_code.startswith(city[:4])
    return session.scalar(sa.select(sa.func.count()).where(mine, Need.status == NeedStatus.PROPOSED)) or 0


def die_while_writing(city: str, mark: Path) -> None:
    """Let this process be killed once, when everything of this city is written and nothing is committed."""
    propose = rounds.propose

    def die(session: Session, running: Round, found: Solved, **more: Any) -> None:
        propose(session, running, found, **more)
        session.flush()
        if running.area_code == city and not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)

    rounds.propose = die


do_a_city = citywork.do_elsewhere


def do_and_die(key: UUID, settings: tuple[tuple[str, Any], ...], applies: bool) -> str:
    """What a worker does, whose process is killed once over the third city."""
    die_while_writing(CITIES[2], Path(os.environ["YUANQIAO_TEST_MARK"]))
    return do_a_city(key, settings, applies)
