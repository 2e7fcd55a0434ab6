"""Samples of files: anybody draws the same again; findings go only where they may; silence counts from a day on."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from models import (
    Account,
    CalendarDay,
    DayKind,
    FileSample,
    Finding,
    FindingCode,
    FindingStatus,
    Message,
    MessageKind,
    Role,
    SampledFile,
    Strata,
)
from models.errors import WrongStep
from models.sampling import ASKS_NOTHING, FINDING_STEPS
from referral import clock, jobs
from referral.access import as_installation
from referral.actions import findings
from referral.clock import local_date
from referral.extensions import db
from referral.transactions import transaction
from tests.conftest import MakeApp
from tests.factories import AT, COUNTY, make_account, make_area, make_organization, make_person, make_program
from tests.referral.clockwork import job
from tests.referral.test_applying_races import race, roomy

START, END = date(2026, 7, 1), date(2026, 9, 30)
SIZES = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=3), st.integers(1, 400), min_size=1, max_size=12)
ENGLISH = {"Accept-Language": "en"}


def drawn(session: Session, people: dict[uuid.UUID, str], *, by: Account, seed: int = 7, size: int = 4) -> FileSample:
    return findings.draw_sample(
        session, people, start=START, end=END, area_code=COUNTY, strata=Strata.TOWNSHIP, size=size, seed=seed,
        answer_days=5, by=by, at=AT,
    )  # fmt: skip


def evaluator(session: Session) -> Account:
    make_area(session, COUNTY)
    return make_account(session, Role.EVALUATOR, area_code=COUNTY, program_id=make_program(session).id)


def files(session: Session, sample: FileSample) -> list[SampledFile]:
    return list(
        session.scalars(sa.select(SampledFile).where(SampledFile.sample_id == sample.id).order_by(SampledFile.place))
    )


def a_finding(session: Session, *, code: FindingCode = FindingCode.NO_PLAN, at: datetime = AT) -> Finding:
    by, organization = evaluator(session), make_organization(session)
    sample = drawn(session, {make_person(session).id: "all"}, by=by)
    (file,) = files(session, sample)
    return findings.find(session, sample, file, code=code, organization_id=organization.id, note="n", by=by, at=at)


def officer(session: Session, finding: Finding) -> Account:
    return make_account(session, Role.PROVIDER_OFFICER, organization_id=finding.organization_id)


# Drawing


def test_the_same_seed_draws_the_same_files_in_the_same_order_and_another_seed_others(session_on_both: Session) -> None:
    session = session_on_both
    people = {make_person(session).id: "ab"[number % 2] for number in range(40)}
    by = evaluator(session)
    first, again, other = (drawn(session, people, by=by, seed=seed, size=10) for seed in (7, 7, 8))
    keys = [[file.person_id for file in files(session, sample)] for sample in (first, again, other)]
    assert keys[0] == keys[1] != keys[2]
    assert first.population_digest == again.population_digest == findings.population_digest(list(people))
    assert len({*keys[0]}) == first.drawn == 10


def test_what_is_kept_is_enough_to_draw_again_without_the_program(session_on_both: Session) -> None:
    """By hand, as docs/report.md says it: SHA-256 of seed and key, the smallest of each part."""
    import hashlib

    session = session_on_both
    people = {make_person(session).id: "abc"[number % 3] for number in range(30)}
    sample = drawn(session, people, by=evaluator(session), size=9)
    session.expire(sample)
    wanted = []
    for part, (count, share) in sample.shares.items():
        own = [key for key, name in people.items() if name == part]
        assert len(own) == count
        order = sorted((hashlib.sha256(f"{sample.seed}:{key.hex}".encode()).hexdigest(), key) for key in own)
        wanted += order[:share]
    assert [file.person_id for file in files(session, sample)] == [key for _rank, key in sorted(wanted)]
    listed = "\n".join(sorted(key.hex for key in people))
    assert hashlib.sha256(listed.encode()).hexdigest() == sample.population_digest
    assert findings.population_digest([*people, uuid.uuid4()]) != sample.population_digest


@given(SIZES, st.integers(1, 500))
def test_each_part_gives_its_share_and_never_more_than_it_has(sizes: dict[str, int], size: int) -> None:
    shares = findings.shares(sizes, size)
    assert sum(shares.values()) == min(size, sum(sizes.values()))
    assert all(0 <= shares[name] <= sizes[name] for name in sizes)
    if size >= len(sizes):
        assert all(shares.values())


@given(SIZES, st.integers(1, 500))
def test_shares_are_the_largest_remainders_where_every_part_is_large_enough(sizes: dict[str, int], size: int) -> None:
    whole = sum(sizes.values())
    size = min(size, whole)
    exact = {name: size * count / whole for name, count in sizes.items()}
    if size >= len(sizes) and min(exact.values()) < 1:
        return  # then the smallest parts are given one each, at the cost of the others
    floors = {name: int(exact[name]) for name in sizes}
    left = size - sum(floors.values())
    shares = findings.shares(sizes, size)
    assert all(shares[name] - floors[name] in (0, 1) for name in sizes)
    up = sorted(exact[name] - floors[name] for name in sizes if shares[name] > floors[name])
    down = sorted(exact[name] - floors[name] for name in sizes if shares[name] == floors[name])
    assert len(up) == left
    assert not up or not down or up[0] >= down[-1] - 1e-9


# Findings


PAIRS = [(one, two) for one in FindingStatus for two in FindingStatus]


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_a_finding_goes_only_where_it_may(session: Session, before: FindingStatus, after: FindingStatus) -> None:
    finding = a_finding(session)
    finding.status = before
    session.flush()
    by = officer(session, finding)
    ways: dict[FindingStatus, Any] = {
        FindingStatus.ACCEPTED: lambda: findings.answer(session, finding, accepted=True, words="w", by=by, at=AT),
        FindingStatus.DISPUTED: lambda: findings.answer(session, finding, accepted=False, words="w", by=by, at=AT),
        FindingStatus.UPHELD: lambda: findings.decide(session, finding, upheld=True, at=AT),
        FindingStatus.WITHDRAWN: lambda: findings.decide(session, finding, upheld=False, at=AT),
        FindingStatus.ACCEPTED_BY_SILENCE: lambda: findings.accept_by_silence(session, AT + timedelta(days=60)),
    }
    if after in FINDING_STEPS[before]:
        ways[after]()
        assert finding.status is after
    elif after is FindingStatus.ACCEPTED_BY_SILENCE:
        ways[after]()
        assert finding.status is before
    elif after in ways:
        with pytest.raises(WrongStep):
            ways[after]()
        assert finding.status is before
    else:
        assert after in {FindingStatus.ASKED, FindingStatus.NOT_ASKED}, "there is no verb that leads back"


@pytest.mark.parametrize("code", FindingCode)
def test_praise_asks_nobody_and_everything_else_asks_the_provider_once(session: Session, code: FindingCode) -> None:
    finding = a_finding(session, code=code)
    told = session.scalars(sa.select(Message).where(Message.kind == MessageKind.FINDING_ASKED)).all()
    if code in ASKS_NOTHING:
        assert (finding.status, finding.answer_by, told) == (FindingStatus.NOT_ASKED, None, [])
    else:
        assert finding.status is FindingStatus.ASKED
        assert [message.organization_id for message in told] == [finding.organization_id]


def test_the_day_to_answer_by_is_counted_in_working_days(session_on_both: Session) -> None:
    """From a Friday five working days are the Friday after; with a holiday among them, the Monday."""
    session = session_on_both
    friday = clock.start_of(date(2026, 9, 4)) + timedelta(hours=10)
    plain = a_finding(session, at=friday)
    assert plain.answer_by is not None
    assert local_date(plain.answer_by - timedelta(seconds=1)) == date(2026, 9, 11)
    session.merge(CalendarDay(day=date(2026, 9, 9), kind=DayKind.HOLIDAY, note="测试", source="test"))
    session.flush()
    later = a_finding(session, at=friday)
    assert later.answer_by is not None
    assert local_date(later.answer_by - timedelta(seconds=1)) == date(2026, 9, 14)


def test_silence_accepts_only_when_the_day_has_passed_and_is_marked_so(session_on_both: Session) -> None:
    session = session_on_both
    finding = a_finding(session)
    session.commit()
    assert finding.answer_by is not None
    assert jobs.run(session, job("accept_by_silence"), finding.answer_by).counts == {"accepted": 0}
    late = finding.answer_by + timedelta(hours=1)
    assert jobs.run(session, job("accept_by_silence"), late).counts == {"accepted": 1}
    session.expire_all()
    assert (finding.status, finding.answer, finding.answered_at) == (FindingStatus.ACCEPTED_BY_SILENCE, None, None)
    assert finding.closed_at == late


def test_an_answer_after_the_day_is_refused_though_the_clock_was_not_there_yet(session: Session) -> None:
    finding = a_finding(session)
    assert finding.answer_by is not None
    by = officer(session, finding)
    assert not findings.is_open(finding, finding.answer_by + timedelta(seconds=1))
    with pytest.raises(WrongStep):
        findings.answer(session, finding, accepted=False, words="w", by=by, at=finding.answer_by + timedelta(seconds=1))
    findings.answer(session, finding, accepted=False, words="w", by=by, at=finding.answer_by)
    assert finding.status is FindingStatus.DISPUTED


def test_of_an_answer_a_withdrawal_and_silence_at_once_one_holds(make_app: MakeApp, database_url: str) -> None:
    app = roomy(make_app, database_url)
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session, transaction(session):
        as_installation(session, because="a test")
        finding = a_finding(session)
        key, by, answer_by = finding.id, officer(session, finding).id, finding.answer_by
    assert answer_by is not None

    def act(session: Session, number: int) -> str:
        as_installation(session, because="a test")
        with transaction(session):
            one = session.get_one(Finding, key)
            if number % 3 == 0:
                account = session.get_one(Account, by)
                findings.answer(session, one, accepted=True, words="w", by=account, at=answer_by)
            elif number % 3 == 1:
                findings.decide(session, one, upheld=False, at=answer_by)
            elif not findings.accept_by_silence(session, answer_by + timedelta(hours=1))["accepted"]:
                raise WrongStep("asked", "accepted_by_silence")
        return "held"

    found = race(app, 6, act)
    assert found.count("held") == 1, found
    with app.app_context(), Session(db.engine) as session:
        as_installation(session, because="a test")
        one = session.get_one(Finding, key)
        assert (one.status is FindingStatus.ACCEPTED) == (one.answered_by_id is not None)
