"""A subject's sheet, goal, urgent answer and contradiction, each with its canaries."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    AssessmentOccasion,
    Case,
    Confirmation,
    ConfirmationSaid,
    ConfirmationWay,
    Contradiction,
    Goal,
    Instrument,
    InstrumentOrigin,
    InstrumentVersion,
    Mode,
    RedFlag,
    Referral,
    ReferralOutcome,
    Revisit,
    Satisfaction,
    Sheet,
    SpokenBy,
)
from referral.actions.instruments import make_own, packs, publish
from referral.actions.seeding.reference import load_instruments


def make_instruments(session: Session, at: datetime) -> Any:
    """Load the packs, and an own instrument with a draft; return the own one's key."""
    load_instruments(session, at)
    definition = next(pack["definition"] for pack in packs() if pack["code"] == "who5")
    draft = make_own(session, code="own_one", names={"zh": "自建", "en": "Own"}, definition=definition)
    publish(session, draft, by=None, at=at)
    assert session.get_one(Instrument, draft.instrument_id).origin is InstrumentOrigin.OWN
    return draft.instrument_id


def make_outcomes(
    session: Session, note: str, *, case: Case, referral: Referral, author_id: Any, at: datetime
) -> dict[str, Any]:
    """Return the keys of a subject's records by their kind; `note` is a canary of its notes."""
    whose: dict[str, Any] = {"person_id": case.person_id, "case_id": case.id}
    version = session.scalars(
        sa.select(InstrumentVersion).join(Instrument).where(Instrument.code == "phq9")
    ).one()  # fmt: skip
    sheet = Sheet(
        version_id=version.id, occasion=AssessmentOccasion.BASELINE, taken_on=at.date(), mode=Mode.ASKED,
        asked_by_id=author_id, answers={"9": 1}, score=Decimal(1), note=note, **whose,
    )  # fmt: skip
    goal = Goal(
        title=note, levels={str(level): f"{level}" for level in range(-2, 3)}, weight=1,
        baseline_level=-1, set_on=at.date(), target_on=at.date(), set_by_id=author_id, **whose,
    )  # fmt: skip
    session.add_all([sheet, goal])
    session.flush()
    flag = RedFlag(sheet_id=sheet.id, station_id=case.station_id, code="self_harm", raised_at=at, **whose)
    about: dict[str, Any] = {"referral_id": referral.id, "person_id": referral.person_id}
    said = Confirmation(
        way=ConfirmationWay.CALL, said=ConfirmationSaid.NOT_SERVED, spoken_by=SpokenBy.PERSON, at=at,
        taken_by_id=author_id, note=note, **about,
    )  # fmt: skip
    asked = Satisfaction(
        organization_id=referral.organization_id, asked_at=at, asked_way=ConfirmationWay.CALL, answered_at=at,
        answers=[1, 1, 1], score=Decimal(1), **about,
    )  # fmt: skip
    revisit = Revisit(due_on=at.date(), station_id=case.station_id, **whose)
    session.add_all([flag, said, asked, revisit])
    session.flush()
    task = Contradiction(
        station_id=case.station_id, confirmation_id=said.id, provider_said=ReferralOutcome.SERVED, opened_at=at, **about
    )
    session.add(task)
    session.flush()
    return {"sheet": sheet.id, "goal": goal.id, "red_flag": flag.id, "contradiction": task.id}
