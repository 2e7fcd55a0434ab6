"""Files drawn at random, what was found in them, and the provider's answer; silence accepts, and says so."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, FileSample, Finding, FindingCode, FindingStatus, MessageKind, SampledFile, Strata
from models.errors import WrongStep
from models.sampling import ASKS_NOTHING, FINDING_STEPS
from referral.access import without_scope
from referral.actions.numbering import next_number
from referral.messages import tell
from referral.queries.calendar import work_calendar


def rank(seed: int, person_id: UUID) -> str:
    """Return by what files are put in order: SHA-256 of seed and key, so that anybody can draw the same again."""
    return hashlib.sha256(f"{seed}:{person_id.hex}".encode()).hexdigest()


def shares(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """Return how many to draw from each stratum: in proportion, by largest remainders, one at least where it fits.

    >>> shares({"a": 90, "b": 9, "c": 1}, 10)
    {'a': 8, 'b': 1, 'c': 1}
    """
    whole = sum(sizes.values())
    size = min(size, whole)
    if not size:
        return dict.fromkeys(sizes, 0)
    least = 1 if size >= len(sizes) else 0
    exact = {name: size * count / whole for name, count in sizes.items()}
    drawn = {name: min(sizes[name], max(least, int(exact[name]))) for name in sizes}
    while sum(drawn.values()) != size:
        step = 1 if sum(drawn.values()) < size else -1
        can = [name for name in sizes if (drawn[name] < sizes[name] if step > 0 else drawn[name] > least)]
        name = max(can, key=lambda one: (step * (exact[one] - drawn[one]), one))
        drawn[name] += step
    return drawn


def population_digest(people: Sequence[UUID]) -> str:
    """Return the SHA-256 of the keys in order: the same files give the same digest."""
    return hashlib.sha256("\n".join(sorted(person.hex for person in people)).encode()).hexdigest()


def draw_sample(
    session: Session,
    people: Mapping[UUID, str],
    *,
    start: date,
    end: date,
    area_code: str,
    strata: Strata,
    size: int,
    seed: int,
    answer_days: int,
    by: Account,
    at: datetime,
) -> FileSample:
    """Draw files at random from those of `people` (key → stratum) and keep seed, size and shares."""
    of: dict[str, list[UUID]] = defaultdict(list)
    for person, stratum in people.items():
        of[stratum].append(person)
    wanted = shares({name: len(of[name]) for name in sorted(of)}, size)
    chosen = [
        (rank(seed, person), person, name)
        for name, many in wanted.items()
        for person in sorted(of[name], key=lambda one: rank(seed, one))[:many]
    ]
    sample = FileSample(
        number=next_number(session, FileSample, at),
        starts_on=start,
        ends_on=end,
        area_code=area_code,
        program_id=by.program_id,
        strata=strata,
        size=size,
        drawn=len(chosen),
        population=len(people),
        population_digest=population_digest(list(people)),
        seed=seed,
        shares={name: [len(of[name]), many] for name, many in wanted.items()},
        answer_days=answer_days,
        drawn_by_id=by.id,
        drawn_at=at,
    )
    session.add(sample)
    session.flush()
    for place, (_rank, person, name) in enumerate(sorted(chosen), 1):
        session.add(SampledFile(sample_id=sample.id, person_id=person, place=place, stratum=name))
    session.flush()
    return sample


def find(
    session: Session,
    sample: FileSample,
    file: SampledFile,
    *,
    code: FindingCode,
    organization_id: UUID,
    note: str | None,
    by: Account,
    at: datetime,
) -> Finding:
    """Write what was found in a file; the provider is asked, with a day until which silence does not count."""
    asks = code not in ASKS_NOTHING
    deadline = work_calendar(session).deadline(at, sample.answer_days) if asks else None
    finding = Finding(
        file_id=file.id,
        person_id=file.person_id,
        organization_id=organization_id,
        code=code,
        note=note,
        status=FindingStatus.ASKED if asks else FindingStatus.NOT_ASKED,
        found_by_id=by.id,
        found_at=at,
        answer_by=deadline.at if deadline else None,
        answer_by_is_provisional=deadline.provisional if deadline else False,
    )
    session.add(finding)
    session.flush()
    if deadline:
        tell(
            session,
            MessageKind.FINDING_ASKED,
            once=f"finding:{finding.id.hex}",
            at=at,
            organization_id=organization_id,
            facts={"number": sample.number, "answer_by": deadline.at.isoformat()},
        )
    return finding


def is_open(finding: Finding, at: datetime) -> bool:
    """Say whether the provider may still answer: asked, and its day has not passed."""
    return finding.status is FindingStatus.ASKED and finding.answer_by is not None and at <= finding.answer_by


def _move(session: Session, finding: Finding, status: FindingStatus) -> None:
    # An answer, a word of the evaluator and the clock may meet: the slower one waits here and finds it moved on.
    session.refresh(finding, ["status"], with_for_update=True)
    if status not in FINDING_STEPS[finding.status]:
        raise WrongStep(finding.status, status)
    finding.status = status


def answer(session: Session, finding: Finding, *, accepted: bool, words: str | None, by: Account, at: datetime) -> None:
    """Let the provider accept a finding, or dispute it in words."""
    if finding.answer_by is None or at > finding.answer_by:
        raise WrongStep(finding.status, "answered")
    _move(session, finding, FindingStatus.ACCEPTED if accepted else FindingStatus.DISPUTED)
    finding.answer, finding.answered_by_id, finding.answered_at = words, by.id, at
    finding.closed_at = at if accepted else None
    session.flush()


def decide(session: Session, finding: Finding, *, upheld: bool, at: datetime) -> None:
    """Close a disputed finding: it stands, or it is taken back. An asked one can be taken back too."""
    _move(session, finding, FindingStatus.UPHELD if upheld else FindingStatus.WITHDRAWN)
    finding.closed_at = at
    session.flush()


def accept_by_silence(session: Session, at: datetime) -> dict[str, int]:
    """Take findings as accepted whose provider said nothing by the day set; each is marked so."""
    with without_scope(session, because="findings whose day has passed"):
        silent = session.scalars(
            sa.select(Finding).where(Finding.status == FindingStatus.ASKED, Finding.answer_by < at).limit(200)
        ).all()
    accepted = 0
    for finding in silent:
        try:
            _move(session, finding, FindingStatus.ACCEPTED_BY_SILENCE)
        except WrongStep:
            continue
        finding.closed_at, accepted = at, accepted + 1
    session.flush()
    return {"accepted": accepted}
