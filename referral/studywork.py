"""Computing a study in its own short transactions, while a page shows how far it is."""

import uuid
from time import monotonic

import structlog
from sqlalchemy.orm import Session

from matching import Params
from models import PlanningStudy, StudyStatus
from referral import clock
from referral.actions import studies
from referral.actions.planning.studying import Asked, Study
from referral.queries.gathering.whole import gather_whole
from referral.roundwork import Progress, silently
from referral.transactions import reading, transaction

log = structlog.get_logger()
SECONDS_BETWEEN = 0.5
"""Progress is written down no more often than this."""


def compute(session: Session, key: uuid.UUID, *, progress: Progress = silently) -> StudyStatus:
    """Compute a waiting study and return its state. One that cannot be computed is marked as failed."""
    written = monotonic()

    def told(stage: str, share: int) -> None:
        nonlocal written
        progress(stage, share)
        if monotonic() - written >= SECONDS_BETWEEN:
            written = monotonic()
            with transaction(session):
                studies.note_progress(session, key, stage=stage, progress=share)

    with transaction(session):
        if not studies.begin(session, key, at=clock.now()):
            return session.get_one(PlanningStudy, key).status
    try:
        with reading(), transaction(session):
            wanted = session.get_one(PlanningStudy, key)
            asked, params, area, at = (
                Asked.of(wanted.asked),
                Params.from_dict(wanted.params),
                wanted.area_code,
                wanted.at,
            )
            whole = gather_whole(session, area, at)
        told("solving", 20)
        result = Study(whole, params, asked, told).run()
        with transaction(session):
            studies.finish(session, key, result=result, at=clock.now())
    except Exception as error:
        log.exception("study_failed", study=str(key))
        with transaction(session):
            studies.give_up(session, key, failure=type(error).__name__, at=clock.now())
        return StudyStatus.FAILED
    progress("done", 100)
    return StudyStatus.DONE
