"""The demonstration district: the size of the published report, everybody invented, and something to do in it."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Area,
    Capacity,
    Case,
    CaseStep,
    CheckKind,
    IdentityStatus,
    Need,
    NeedKind,
    NeedStatus,
    Organization,
    Outcome,
    Person,
    Program,
    ProviderCheck,
    Referral,
    ReferralEvent,
    ReferralStatus,
    Service,
    ServiceAtLocation,
    Sex,
    Urgency,
    Visit,
)
from models.visit import REACHED
from referral.actions.seeding.people import id_number
from referral.actions.seeding.waiting import waiting_day
from referral.clock import local_date, start_of
from referral.queries.calendar import work_calendar
from tests.referral.seeded import TODAY, count, everything

R = ReferralStatus


# Its size and its people


def test_district_has_the_size_of_the_published_report(district: Session) -> None:
    facilities = Counter(district.scalars(sa.select(Organization.facility)))
    assert facilities["station"] == 5
    assert facilities["elder_centre"] == 30
    assert facilities["home_for_disabled"] == 16
    child = ("integrated_education_centre", "child_rehabilitation_centre", "child_care_home")
    assert [facilities[name] for name in child] == [2, 2, 2]
    assert count(district, Person) == 147
    assert count(district, Visit, Visit.contact_result.in_(REACHED)) == 8891
    quotas = district.scalars(
        sa.select(Program.quota_households).where(Program.unit_price.in_([Decimal("45"), Decimal("38.5")]))
    )
    assert sorted(filter(None, quotas)) == [18, 50]
    areas = Counter(district.scalars(sa.select(Area.level).where(Area.code.like("321199%"))))
    assert areas == {"county": 1, "township": 5, "village": 60}


@pytest.mark.parametrize("households", [50, 18])
def test_places_of_a_bought_program_add_up_to_its_households(district: Session, households: int) -> None:
    places = (
        sa.select(sa.func.sum(Capacity.places))
        .join(ServiceAtLocation, ServiceAtLocation.id == Capacity.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .join(Program, Program.id == Service.program_id)
        .where(Program.quota_households == households)
    )
    assert district.scalar(places) == households


def test_everybody_in_it_is_invented_and_says_so(district: Session) -> None:
    people = everything(district, Person)
    assert all(person.demonstration for person in people)
    assert all(account.demonstration for account in everything(district, Account))
    phones = [person.phone for person in people if person.phone]
    assert all(phone.startswith("13900000") and len(phone) == 11 for phone in phones)
    assert len(set(phones)) == len(phones)
    assert len({person.name for person in people}) == len(people)


def test_id_numbers_are_valid_and_of_the_invented_district(district: Session) -> None:
    from stdnum.cn import ric

    for person in everything(district, Person):
        number = person.id_number
        assert number.startswith("321199")
        assert ric.calc_check_digit(number) == number[-1]
        assert number[6:14] == f"{person.born_on:%Y%m%d}"
        assert int(number[16]) % 2 == (person.sex is Sex.MALE)


def test_check_sign_of_an_id_number_follows_the_standard() -> None:
    number = id_number(date(1988, 2, 29), Sex.MALE, 7)
    weights = [2 ** (18 - place) % 11 for place in range(1, 19)]
    values = [10 if sign == "X" else int(sign) for sign in number]
    assert sum(weight * value for weight, value in zip(weights, values, strict=True)) % 11 == 1


def test_temporary_statuses_hold_at_most_twelve_months(district: Session) -> None:
    for status in everything(district, IdentityStatus):
        if status.category_code in ("4.1", "9.2"):
            assert status.valid_to is not None
            assert status.valid_to < status.valid_from + timedelta(days=366)


def test_nothing_comes_from_the_future(district: Session) -> None:
    now = start_of(TODAY)
    for column in (Visit.started_at, ReferralEvent.at, Need.opened_at, Case.opened_at, CaseStep.at):
        assert district.scalar(sa.select(sa.func.max(column))) <= now
    assert district.scalar(sa.select(sa.func.max(Outcome.taken_on))) < TODAY
    first = district.scalar(sa.select(sa.func.min(Visit.started_at)))
    assert first is not None
    assert TODAY - timedelta(days=365) <= local_date(first)


# Something to do


def test_open_needs_are_of_both_kinds_and_all_urgencies(district: Session) -> None:
    needs = list(district.scalars(sa.select(Need).where(Need.status == NeedStatus.OPEN)))
    assert 80 <= len(needs) <= 105
    assert {need.urgency for need in needs} == set(Urgency)
    kinds = defaultdict(set)
    for need in needs:
        kinds[need.household_id].add(need.kind)
    assert sum(found == set(NeedKind) for found in kinds.values()) >= 5


def test_a_round_has_something_to_decide(district: Session) -> None:
    from matching import Params, solve
    from matching.result import Reason
    from referral.queries.gathering.board import gather

    board = gather(district, "321199000000", start_of(TODAY))
    result = solve(board.problem, Params(), seed=1)
    reasons = {Reason(code) for code in result.reasons.code}
    assert reasons == set(Reason)
    assert 0.5 * len(board.need_ids) < result.served.sum() < 0.85 * len(board.need_ids)
    assert list(result.served) >= list(result.greedy.served)
    assert result.certificate.exact


def test_some_checks_have_run_out_or_soon_will(district: Session) -> None:
    checks = everything(district, ProviderCheck)
    for kind in CheckKind:
        ends = [check.valid_to for check in checks if check.kind is kind]
        assert any(day < TODAY for day in ends)
        assert any(TODAY <= day <= TODAY + timedelta(days=30) for day in ends)
        assert sum(day > TODAY for day in ends) > 0.8 * len(ends)


def test_the_charity_must_answer_today_tomorrow_and_should_have_answered_before(district: Session) -> None:
    officer = district.scalars(sa.select(Account).where(Account.login == "charity")).one()
    asked = list(district.scalars(sa.select(Referral).where(Referral.organization_id == officer.organization_id)))
    due = {local_date(one.answer_by - timedelta(seconds=1)) for one in asked if one.status is R.REQUESTED}
    assert due >= {date(2026, 11, 19), TODAY, date(2026, 11, 23)}
    assert sum(one.status is R.IN_PROGRESS for one in asked) > 10


@pytest.mark.parametrize("today", [date(2026, 11, 20), date(2026, 11, 22), date(2026, 10, 1), date(2026, 2, 14)])
@pytest.mark.parametrize("due", ["overdue", "today", "tomorrow", "later"])
def test_what_waits_has_a_deadline_by_the_rule(district: Session, today: date, due: str) -> None:
    from referral.actions.referrals import ANSWER_WORKING_DAYS
    from referral.actions.seeding.rows import World

    world = World(today, work_calendar(district), 1)
    urgency, asked = waiting_day(world, due)
    last = local_date(world.calendar.deadline(asked, ANSWER_WORKING_DAYS[urgency]).at - timedelta(seconds=1))
    assert asked <= world.now
    assert (last < today) if due == "overdue" else (last == today) if due == "today" else (last > today)
