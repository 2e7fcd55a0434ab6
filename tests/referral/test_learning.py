"""Training by a job, use in rounds, and retirement."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import JobRun, JobStatus, LearnedKind, LearnedModel, ProviderKind, Referral, Service, ServiceAtLocation
from referral import jobs
from referral.actions import learning
from referral.clock import local_date
from referral.queries import training
from referral.queries.gathering import board, openings, standing
from referral.queries.gathering.needs import open_in
from referral.queries.gathering.rates import Learned
from tests.factories import AT, COUNTY, make_capacity, make_need, make_organization, make_term
from tests.queries import counted
from tests.referral.test_training import LATER, past

ACCEPTANCE, COMPLETION = LearnedKind.ACCEPTANCE, LearnedKind.COMPLETION
SHAPE = {
    "intercept": 0.5,
    "numbers": [],
    "choices": [
        {"name": "provider_kind", "codes": ["charity", "volunteers"], "coefficients": [1.0, -1.0], "usual": "charity"}
    ],
}


def model(kind: LearnedKind = ACCEPTANCE, **extra: Any) -> LearnedModel:
    values: dict[str, Any] = {
        "trained_at": AT,
        "rows": 9,
        "positives": 4,
        "shape": SHAPE,
        "in_use": True,
        "verdict": "better",
    }
    return LearnedModel(kind=kind, **(values | extra))


def simulated(rows: int, *, says: float = 3.0) -> training.Past:
    """Referrals of a year and a half to thirty providers; charities take on far more than volunteers."""
    rng = np.random.default_rng(3)
    requested = np.sort(rng.uniform(1.70e9, 1.75e9, rows))
    provider = rng.integers(0, 30, rows).astype(np.int32)
    kinds = np.array(["charity", "volunteers"])[provider % 2]
    weekday = rng.integers(0, 7, rows)
    # Volunteers are full at weekends: no rate of the provider knows that.
    logit = 0.6 + says * np.where((weekday > 4) & (provider % 2 == 1), -1.0, 0.4)
    accepted = rng.random(rows) < 1 / (1 + np.exp(-logit))
    answered = requested + rng.uniform(0, 5 * 86400, rows)
    return training.Past(
        requested=requested, answered=answered, accepted=accepted, finished=np.full(rows, np.nan),
        completed=np.zeros(rows, np.bool_), over=answered, provider=provider, term=(provider % 3).astype(np.int32),
        provider_kind=kinds, law_class=np.full(rows, "living"), weekday=weekday.astype(np.str_),
        tier=rng.integers(1, 5, rows).astype(np.float64), waiting=rng.uniform(0, 90, rows), km=rng.uniform(0, 20, rows),
        sex=np.where(rng.random(rows) < 0.5, "female", "male"), age_band=np.full(rows, "from_60"),
        township=np.full(rows, "321199001"),
    )  # fmt: skip


def test_what_is_better_is_used_and_says_from_how_many(session: Session) -> None:
    past = simulated(4000)
    [found] = learning.train(past, [ACCEPTANCE], AT)
    assert (found.verdict, found.in_use) == ("better", True)
    assert 2900 < found.rows < 3000
    assert found.cut_at is not None
    assert found.measures["judged"] == 1000
    assert found.measures["model"]["brier"] < found.measures["provider"]["brier"]
    [ended] = learning.train(past, [COMPLETION], AT)
    assert (ended.verdict, ended.in_use, ended.rows, ended.shape) == ("too_few", False, 0, {})
    assert learning.keep(session, [found, ended]) == {"trained": 2, "in_use": 1}
    assert [part["name"] for part in found.shape["choices"]] == ["weekday", "provider_kind"]


def test_a_newer_word_retires_the_model_in_use_also_where_it_is_not_better(session: Session) -> None:
    learning.keep(session, [model(), model(COMPLETION)])
    learning.keep(session, [model(trained_at=LATER)])
    used = sa.select(LearnedModel.kind, LearnedModel.trained_at).where(LearnedModel.in_use)
    assert sorted(tuple(row) for row in session.execute(used)) == [(ACCEPTANCE, LATER), (COMPLETION, AT)]
    learning.keep(session, [model(in_use=False, verdict="no_better", trained_at=LATER + timedelta(days=1))])
    assert list(session.scalars(sa.select(LearnedModel.kind).where(LearnedModel.in_use))) == [COMPLETION]
    session.add_all([model(), model()])
    with pytest.raises(IntegrityError):
        session.flush()


def test_the_job_trains_once_a_week_and_reads_before_it_writes(session: Session) -> None:
    past(session)
    session.commit()
    [job] = [job for job in jobs.JOBS if job.name == "learn_chances"]
    report = jobs.run(session, job, LATER)
    assert (report.result, report.counts) == ("done", {"trained": 2, "in_use": 0})
    assert {one.verdict for one in session.scalars(sa.select(LearnedModel))} == {"too_few"}
    assert jobs.run(session, job, LATER).result == "skipped"
    assert jobs.run(session, job, LATER + timedelta(days=1)).counts == {"trained": 0, "in_use": 0}
    assert jobs.run(session, job, LATER + timedelta(days=7)).counts == {"trained": 2, "in_use": 0}


def test_long_work_that_fails_is_told_and_done_again(session: Session) -> None:
    def broken(_session: Session, _at: datetime) -> jobs.Work:
        raise ValueError("no words of a file here")

    job = jobs.Job("learn_chances", timedelta(days=1), ahead=broken)
    assert jobs.run(session, job, AT).result == "failed"
    run = session.scalars(sa.select(JobRun)).one()
    assert (run.status, run.failure and "words" in run.failure) == (JobStatus.FAILED, False)
    better = jobs.Job("learn_chances", timedelta(days=1), ahead=lambda *_: lambda *_: {"trained": 1})
    assert jobs.run(session, better, AT).counts == {"trained": 1}


def rows(session: Session) -> Any:
    return openings.read(session, open_in(COUNTY), day=local_date(AT)).openings


def test_a_round_asks_the_learned_chance_and_falls_back_to_the_providers_rate(session: Session) -> None:
    term = make_term(session)
    for kind in (ProviderKind.CHARITY, ProviderKind.VOLUNTEERS, ProviderKind.STATION):
        make_capacity(session, term=term, organization=make_organization(session, kind=kind), places=1)
    make_need(session, term=term)
    session.flush()
    with counted() as plain:
        before = board.gather(session, COUNTY, AT).problem.openings
    assert before.p_accept.tolist() == [0.8] * 3
    session.add(model())
    session.flush()
    with counted() as learned:
        after = board.gather(session, COUNTY, AT).problem.openings
    assert len(learned) == len(plain) + 2
    by_kind = dict(zip([str(row.provider_kind) for row in rows(session)], after.p_accept.tolist(), strict=True))
    assert by_kind == pytest.approx({"charity": 0.8176, "volunteers": 0.3775, "station": 0.6225}, abs=1e-4)
    assert after.p_complete.tolist() == [0.9] * 3  # nothing learned of completion: the provider's own rate
    learning.retire(session, ACCEPTANCE)
    assert board.gather(session, COUNTY, AT).problem.openings.p_accept.tolist() == [0.8] * 3


def test_a_round_asks_what_taught(session_on_both: Session) -> None:
    """The counts of the database now are those of the training table at this moment, provider by provider."""
    session = session_on_both
    past(session)
    at = AT - timedelta(days=9, hours=1)
    for n in range(2):
        make_need(session, term=make_term(session, f"T{n}"), at=at - timedelta(days=1))
    session.add_all([model(), model(COMPLETION)])
    session.flush()
    found = standing.read(session, at)
    assert isinstance(found, Learned)
    asked = rows(session)
    known = training.read(session, at)
    organizations = sorted({row.organization_id for row in asked})
    for kind in (ACCEPTANCE, COMPLETION):
        now = found.columns(kind, asked)
        for row, opening in enumerate(asked):
            number = _number_of(session, opening.organization_id, at)
            term = _number_of_term(session, opening.term_id, at)
            then = training.standing(
                known, kind, provider=np.array([number], np.int32), term=np.array([term], np.int32),
                at=np.array([at.timestamp()]),
            )  # fmt: skip
            assert {name: float(now[name][row]) for name in then} == pytest.approx(
                {name: float(column[0]) for name, column in then.items()}
            )
    assert len(organizations) == 3
    assert len(set(found.columns(ACCEPTANCE, asked)["rate"].tolist())) > 1


def _order(session: Session, at: datetime) -> list[tuple[uuid.UUID, uuid.UUID]]:
    statement = (
        sa.select(Referral.organization_id, Service.term_id)
        .join(ServiceAtLocation, ServiceAtLocation.id == Referral.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .where(Referral.requested_at <= at)
        .order_by(Referral.requested_at, Referral.id)
    )
    return [(provider, term) for provider, term in session.execute(statement) if term]


def _number_of(session: Session, provider: uuid.UUID, at: datetime) -> int:
    return list(dict.fromkeys(one for one, _ in _order(session, at))).index(provider)


def _number_of_term(session: Session, term: uuid.UUID, at: datetime) -> int:
    return list(dict.fromkeys(one for _, one in _order(session, at))).index(term)
