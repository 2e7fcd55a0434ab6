"""The report's figures: on a small year, each is what it says."""

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
import sqlalchemy as sa
from scipy import stats
from sqlalchemy.orm import Session

from models import (
    Account,
    AssessmentOccasion,
    ContactResult,
    DeclineReason,
    Measure,
    Outcome,
    Person,
    Role,
    Visit,
    VisitKind,
)
from referral.access import look_as
from referral.actions import referrals
from referral.actions.visits import log_visit
from referral.queries.report.figures import Report
from referral.queries.report.frame import Frame
from referral.queries.report.outcomes import mean_interval
from referral.queries.report.report import make_report
from tests.factories import (
    AT,
    COUNTY,
    OTHER_COUNTY,
    make_account,
    make_area,
    make_capacity,
    make_case,
    make_need,
    make_organization,
    make_person,
    make_program,
    make_term,
    refer,
)

DAY = date(2026, 9, 14)


class Year:
    """A small year: who was helped, with what."""

    def __init__(self, session: Session) -> None:
        self.session = session
        make_area(session, COUNTY)
        self.reader = make_account(session)
        self.worker = make_account(session, Role.STATION_WORKER)
        self.organization = make_organization(session)
        self.meals, self.cash = make_term(session, "A01", unit="餐"), make_term(session, "M01", unit="元")
        self.people = [make_person(session) for _ in range(4)]

    def visit(self, person: int = 0, **extra: object) -> Visit:
        values: dict[str, object] = {
            "term": self.meals,
            "organization": self.organization,
            "kind": VisitKind.HOME_VISIT,
            "contact_result": ContactResult.MET_PERSON,
            "started_at": AT,
            "minutes": 30,
            "units": Decimal(1),
        }
        return log_visit(self.session, person=self.people[person], by=self.worker, **(values | extra))  # type: ignore[arg-type]

    def score(self, person: int, before: int | None, after: int | None) -> None:
        case = make_case(self.session, person=self.people[person])
        for value, occasion, day in (
            (before, AssessmentOccasion.BASELINE, DAY - timedelta(days=90)),
            (after, AssessmentOccasion.FOLLOW_UP, DAY),
        ):
            if value is not None:
                self.session.add(
                    Outcome(
                        person_id=self.people[person].id,
                        case_id=case.id,
                        measure=Measure.WHO5,
                        occasion=occasion,
                        taken_on=day,
                        score=Decimal(value),
                    )
                )
        self.session.flush()

    def report(self, **frame: object) -> Report:
        values: dict[str, object] = {"start": DAY - timedelta(days=30), "end": DAY + timedelta(days=30)}
        return make_report(self.session, Frame(self.reader, **(values | frame)))  # type: ignore[arg-type]


@pytest.fixture
def year(session_on_both: Session) -> Year:
    return Year(session_on_both)


def test_a_group_of_ten_is_ten_person_times_and_one_activity(year: Year) -> None:
    from models.base import new_key

    session = new_key()
    for person in range(4):
        year.visit(person, kind=VisitKind.GROUP, activity_key=session)
    done = year.report().done
    assert (done.persons, done.person_times, done.activities) == (4, 4, 1)


def test_who_was_not_met_counts_nothing_and_is_shown_with_the_reason(year: Year) -> None:
    year.visit()
    year.visit(1, contact_result=ContactResult.NOBODY_HOME)
    done = year.report().done
    assert (done.persons, done.person_times, done.hours) == (1, 1, Decimal("0.50"))
    assert list(done.not_reached) == [(ContactResult.NOBODY_HOME, 1)]


def test_a_corrected_entry_counts_once(year: Year) -> None:
    from models import Visit

    year.visit(minutes=300)
    wrong = year.session.scalars(sa.select(Visit)).one()
    year.visit(minutes=30, corrects=wrong)
    done = year.report().done
    assert (done.person_times, done.hours) == (1, Decimal("0.50"))


def test_days_are_days_in_china(year: Year) -> None:
    midnight = AT.replace(hour=15, minute=59)
    year.visit(started_at=midnight)
    year.visit(1, started_at=midnight + timedelta(minutes=1))
    assert year.report(start=DAY, end=DAY).done.person_times == 1
    assert year.report(start=DAY + timedelta(days=1), end=DAY + timedelta(days=1)).done.person_times == 1


def test_money_and_goods_are_summed_to_the_fen(year: Year) -> None:
    for amount in ("0.10", "0.20", "1999.99"):
        year.visit(term=year.cash, kind=VisitKind.DELIVERY, minutes=0, amount=Decimal(amount))
    report = year.report()
    assert report.done.amount == Decimal("2000.29")
    assert report.done.without_minutes == 0


def test_change_is_told_of_pairs_only_and_the_missing_are_counted(year: Year) -> None:
    for person in range(4):
        year.visit(person)
    year.score(0, 40, 60)
    year.score(1, 50, 52)
    year.score(2, 30, None)
    change = next(one for one in year.report().changes if one.measure is Measure.WHO5)
    assert (change.n, change.cohort, change.missing) == (2, 4, 2)
    assert (change.without_baseline, change.without_follow_up) == (1, 1)
    assert change.change == pytest.approx(11)
    assert (change.low, change.high) == (None, None)
    year.score(3, 44, 44)
    change = next(one for one in year.report().changes if one.measure is Measure.WHO5)
    low, high = stats.t.interval(0.95, 2, loc=np.mean([20, 2, 0]), scale=stats.sem([20, 2, 0]))
    assert (change.low, change.high) == (pytest.approx(low), pytest.approx(high))


def test_the_interval_is_students() -> None:
    values = np.array([3.0, 5.0, 8.0, 1.0, 2.5])
    expected = stats.t.interval(0.95, 4, loc=values.mean(), scale=stats.sem(values))
    assert mean_interval(values) == (pytest.approx(expected[0]), pytest.approx(expected[1]))


def test_the_funnel_and_its_reasons_come_from_the_referrals(year: Year) -> None:
    session = year.session
    capacity = make_capacity(session, places=9)
    coordinator = make_account(session)
    officer = make_account(session, Role.PROVIDER_OFFICER)
    asked = [refer(session, make_need(session), capacity, by=coordinator, at=AT) for _ in range(5)]
    referrals.accept(session, asked[0], by=officer, at=AT + timedelta(hours=12))
    referrals.accept(session, asked[1], by=officer, at=AT + timedelta(hours=36))
    referrals.reject(session, asked[2], by=officer, at=AT, reason=DeclineReason.FULL)
    referrals.expire(session, asked[3], at=AT + timedelta(days=5))
    report = year.report()
    funnel = report.funnel
    assert (funnel.requested, funnel.accepted, funnel.rejected, funnel.expired, funnel.waiting) == (5, 2, 1, 1, 1)
    assert funnel.acceptance == pytest.approx(0.5)
    assert [(reason, n) for _, reason, n in funnel.reasons] == [(DeclineReason.FULL, 1)]
    answer = next(speed for speed in report.speeds if speed.code == "answer")
    assert answer.n == 3
    assert answer.median == pytest.approx(0.5)


@pytest.mark.parametrize("role", [Role.STATION_SUPERVISOR, Role.COORDINATOR])
def test_a_report_holds_only_what_its_reader_may_see(year: Year, role: Role) -> None:
    year.visit()
    other = {"area_code": make_area(year.session, "321198000000").code} if role is Role.COORDINATOR else {}
    stranger: Account = make_account(year.session, role, **other)
    assert make_report(year.session, Frame(stranger, DAY, DAY)).done.person_times == 0


def test_an_evaluators_report_is_of_one_program_in_the_area(year: Year) -> None:
    session = year.session
    mine, other = make_program(session), make_program(session)
    evaluator = make_account(session, Role.EVALUATOR, program_id=mine.id)
    for person, program in ((0, mine), (0, mine), (1, mine), (2, other), (3, None)):
        year.visit(person).program_id = program.id if program else None
    session.flush()
    look_as(session, evaluator, because="read_report")
    report = make_report(session, Frame(evaluator, DAY, DAY))
    assert (report.done.persons, report.done.person_times) == (2, 3)
    assert [line.program.id for line in report.programs] == [mine.id]
    assert sum(group.persons for group in report.ages) == sum(group.persons for group in report.sexes) == 2
    assert len(session.scalars(sa.select(Person.id)).all()) == 2
    far = make_account(session, Role.EVALUATOR, program_id=mine.id, area_code=make_area(session, OTHER_COUNTY).code)
    look_as(session, far, because="read_report")
    assert make_report(session, Frame(far, DAY, DAY)).done.person_times == 0
