"""The reference lists and the demonstration district: complete, consistent, and the same every time."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Area,
    AreaLevel,
    BeneficiaryCategory,
    CalendarDay,
    Capacity,
    CapacityKind,
    Case,
    CaseStep,
    CheckKind,
    ContactResult,
    Household,
    IdentityStatus,
    Need,
    NeedKind,
    NeedStatus,
    NeedType,
    Organization,
    Outcome,
    Person,
    Program,
    ProviderCheck,
    Referral,
    ReferralEvent,
    ReferralStatus,
    Reservation,
    ReservationStatus,
    Role,
    Service,
    ServiceAtLocation,
    Sex,
    TaxonomyTerm,
    Urgency,
    Visit,
)
from models import case as case_steps
from models.referral import LIVE_STATUSES, NEXT_STEPS
from models.visit import REACHED
from referral.actions import seeding
from referral.actions.numbering import next_number
from referral.actions.search_text import organization_search_text, search_text
from referral.actions.seeding.demonstration import make_world
from referral.actions.seeding.offers import months_later
from referral.actions.seeding.people import id_number
from referral.actions.seeding.rows import as_row
from referral.actions.seeding.waiting import waiting_day
from referral.clock import SHANGHAI, local_date, start_of
from referral.passwords import matches
from referral.queries.calendar import work_calendar
from tests import databases

TODAY = date(2026, 11, 20)
"""A working Friday."""
R = ReferralStatus


def silent(_text: str) -> None:
    """Show no progress."""


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session on the demonstration of TODAY, for tests that only read."""
    engine = sa.create_engine(databases.on_sqlite("migrated", tmp_path_factory.mktemp("district")))
    with Session(engine) as session:
        seeding.load_demonstration(session, today=TODAY, progress=silent)
        session.commit()
        yield session
    engine.dispose()


def everything(session: Session, kind: type[Any]) -> list[Any]:
    return list(session.scalars(sa.select(kind)))


def count(session: Session, kind: type[Any], *conditions: Any) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(kind).where(*conditions)) or 0


# Reference lists


def test_reference_lists_are_loaded_once_and_edits_stay(session_on_both: Session) -> None:
    session = session_on_both
    at = datetime(2026, 11, 20, tzinfo=UTC)
    first = seeding.load_reference(session, at=at, progress=silent)
    term = session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.code == "A01")).one()
    term.name_zh = "长者助餐"
    session.flush()
    assert seeding.load_reference(session, at=at, progress=silent) == dict.fromkeys(first, 0)
    assert session.scalars(sa.select(TaxonomyTerm.name_zh).where(TaxonomyTerm.code == "A01")).one() == "长者助餐"
    assert count(session, TaxonomyTerm) == 42
    assert count(session, NeedType) == 26
    assert count(session, BeneficiaryCategory) == 20
    assert count(session, Area, Area.level == AreaLevel.PROVINCE) == 31
    assert count(session, Area, Area.level == AreaLevel.COUNTY) > 2900


@pytest.mark.parametrize(
    ("start", "following"),
    [
        ("2026-02-13", ("2026-02-14", "2026-02-24", "2026-02-25")),
        ("2026-04-30", ("2026-05-06", "2026-05-07", "2026-05-08")),
        ("2026-06-18", ("2026-06-22", "2026-06-23", "2026-06-24")),
        ("2026-09-18", ("2026-09-20", "2026-09-21", "2026-09-22")),
        ("2026-09-30", ("2026-10-08", "2026-10-09", "2026-10-10")),
        ("2026-01-01", ("2026-01-04", "2026-01-05", "2026-01-06")),
    ],
)
def test_published_calendar_gives_the_working_days_of_the_field(
    district: Session, start: str, following: tuple[str, ...]
) -> None:
    calendar = work_calendar(district)
    days = [calendar.add(date.fromisoformat(start), number).isoformat() for number in (1, 2, 3)]
    assert days == list(following)


def test_every_day_of_the_calendar_differs_from_the_plain_week_and_names_its_notice(district: Session) -> None:
    for day in everything(district, CalendarDay):
        assert (day.day.weekday() >= 5) == (day.kind == "working")
        assert "国办发明电" in day.source


# The district


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


# States agree with each other


def test_every_place_that_is_counted_is_held_by_a_referral(district: Session) -> None:
    held: dict[Any, Counter[str]] = defaultdict(Counter)
    for capacity_id, status in district.execute(sa.select(Reservation.capacity_id, Reservation.status)):
        held[capacity_id][status] += 1
    taken = 0
    for capacity in everything(district, Capacity):
        counts = held[capacity.id]
        assert (capacity.reserved, capacity.used) == (counts[ReservationStatus.HELD], counts[ReservationStatus.USED])
        assert capacity.reserved + capacity.used <= capacity.places
        taken += capacity.reserved + capacity.used
    assert taken > 100


def test_a_referral_holds_its_place_as_long_as_its_state_says(district: Session) -> None:
    rows = district.execute(
        sa.select(Referral, Reservation, Capacity)
        .join(Reservation, Reservation.referral_id == Referral.id)
        .join(Capacity, Capacity.id == Reservation.capacity_id)
    ).all()
    assert len(rows) == count(district, Referral)
    for referral, reservation, capacity in rows:
        assert referral.capacity_id == capacity.id
        if referral.status in LIVE_STATUSES:
            begun = referral.started_at is not None
            assert reservation.status is (ReservationStatus.USED if begun else ReservationStatus.HELD)
            assert capacity.starts_on <= TODAY <= capacity.ends_on
        elif referral.status is R.COMPLETED and capacity.kind is CapacityKind.QUOTA:
            assert reservation.status is ReservationStatus.USED
        else:
            assert reservation.status is ReservationStatus.RELEASED
            assert reservation.released_at == referral.ended_at


def test_needs_stand_where_their_referrals_left_them(district: Session) -> None:
    last: dict[Any, Referral] = {}
    for referral in district.scalars(sa.select(Referral).order_by(Referral.requested_at)):
        assert last.get(referral.need_id) is None or last[referral.need_id].status in (R.REJECTED, R.EXPIRED)
        last[referral.need_id] = referral
    for need in everything(district, Need):
        referral = last.get(need.id)
        if referral is None:
            assert need.status in (NeedStatus.OPEN, NeedStatus.CLOSED_UNMET)
        elif referral.status in LIVE_STATUSES:
            assert need.status is (NeedStatus.BEING_SERVED if referral.started_at else NeedStatus.REFERRED)
        elif referral.status is R.COMPLETED:
            assert need.status in (NeedStatus.MET, NeedStatus.PARTLY_MET)
            assert need.closed_at == referral.ended_at
        else:
            assert need.status is NeedStatus.OPEN


def test_events_tell_each_referral_step_by_step(district: Session) -> None:
    events: dict[Any, list[ReferralEvent]] = defaultdict(list)
    for event in district.scalars(sa.select(ReferralEvent).order_by(ReferralEvent.at)):
        events[event.referral_id].append(event)
    for referral in everything(district, Referral):
        steps = events[referral.id]
        assert (steps[0].from_status, steps[0].to_status) == (None, R.REQUESTED)
        assert steps[-1].to_status is referral.status
        for before, after in pairwise(steps):
            assert after.from_status is before.to_status
            assert after.to_status in NEXT_STEPS[before.to_status]
            assert before.at < after.at
        if referral.answered_at:
            assert referral.answered_at < referral.answer_by
        if referral.status is R.EXPIRED:
            assert referral.ended_at > referral.answer_by


def test_work_is_done_on_working_days(district: Session) -> None:
    calendar = work_calendar(district)
    for at in district.scalars(sa.select(Visit.started_at)):
        assert calendar.is_working(local_date(at))
        assert 8 <= at.astimezone(SHANGHAI).hour < 20
    for at in district.scalars(sa.select(ReferralEvent.at).where(ReferralEvent.by_id.is_not(None))):
        assert calendar.is_working(local_date(at))


def test_cases_took_only_steps_of_the_table(district: Session) -> None:
    last: dict[Any, CaseStep] = {}
    for step in district.scalars(sa.select(CaseStep).order_by(CaseStep.at, CaseStep.id)):
        before = last.get(step.case_id)
        assert step.from_status == (before.to_status if before else None)
        assert before is None or step.to_status in case_steps.NEXT_STEPS[before.to_status]
        last[step.case_id] = step
    for case in everything(district, Case):
        assert case.status is last[case.id].to_status


def test_what_was_delivered_is_what_was_visited(district: Session) -> None:
    given = dict(
        district.execute(sa.select(Visit.referral_id, sa.func.sum(Visit.units)).group_by(Visit.referral_id)).all()
    )
    for referral in district.scalars(sa.select(Referral).where(Referral.status == R.COMPLETED)):
        assert referral.units_delivered == given[referral.id]
        assert referral.units_delivered > 0


def test_who_was_not_reached_was_not_served(district: Session) -> None:
    missed = list(district.scalars(sa.select(Visit).where(Visit.contact_result.not_in(REACHED))))
    assert len(missed) > 200
    assert all(visit.units == 0 and visit.minutes == 0 and visit.amount is None and visit.note for visit in missed)
    assert len({visit.contact_result for visit in missed}) >= 5


def test_nobody_is_at_two_places_at_once(district: Session) -> None:
    days: dict[Any, list[Visit]] = defaultdict(list)
    for visit in district.scalars(sa.select(Visit).order_by(Visit.started_at)):
        if visit.activity_key is None:
            worker = visit.worker_id or (visit.organization_id, visit.worker_name)
            days[worker, local_date(visit.started_at)].append(visit)
    for visits in days.values():
        for before, after in pairwise(visits):
            assert before.started_at + timedelta(minutes=before.minutes) <= after.started_at


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


# The same every time


def digest(session: Session, today: date) -> str:
    """SHA-256 of every row, but for the salted password hashes."""
    world = make_world(session, today)
    total = hashlib.sha256()
    for kind in sorted(world.made, key=lambda kind: kind.__name__):
        for record in world.made[kind]:
            row = as_row(record)
            row.pop("password_hash", None)
            total.update(repr(sorted(row.items(), key=lambda item: item[0])).encode())
    return total.hexdigest()


def test_the_same_day_gives_the_same_district_keys_and_all(district: Session) -> None:
    assert digest(district, TODAY) == digest(district, TODAY)


@pytest.mark.parametrize("today", [date(2026, 10, 4), date(2027, 3, 1)])
def test_on_any_day_the_district_has_its_size(district: Session, today: date) -> None:
    world = make_world(district, today)
    assert sum(visit.contact_result in REACHED for visit in world.all(Visit)) == 8891
    assert len(world.all(Person)) == 147
    assert {one.status for one in world.all(Need)} >= {NeedStatus.OPEN, NeedStatus.BEING_SERVED, NeedStatus.MET}
    for capacity in world.all(Capacity):
        assert capacity.reserved + capacity.used <= capacity.places


def test_the_district_is_whole_on_both_databases(make_app: Any, demo_on_both: str) -> None:
    from referral.extensions import db

    with make_app(demo_on_both).app_context():
        session = db.session()
        assert count(session, Visit, Visit.contact_result.in_(REACHED)) == 8891
        assert count(session, Person) == 147
        for record in (Household, Person, Case, Need, Referral):
            at = datetime(2026, 6, 1, tzinfo=UTC) if record is Household else datetime.now(UTC)
            number = next_number(session, record, at)
            assert count(session, record, record.number == number) == 0


# The command


def test_the_demonstration_goes_only_into_an_empty_database(make_app: Any, sqlite_url: str) -> None:
    app = make_app(sqlite_url)
    run = app.test_cli_runner().invoke
    assert "referral seed demo" in run(args=["seed", "accounts"]).output
    first = run(args=["seed", "demo", "--today", "2026-11-20"])
    assert first.exit_code == 0, first.output
    assert "8891" in first.output
    from referral.extensions import db

    with app.app_context():
        db.session.execute(sa.update(Person).values(contact_note="by hand"))
        db.session.commit()
        again = run(args=["seed", "demo"])
        assert again.exit_code == 0
        assert "8891" not in again.output
        assert count(db.session(), Person, Person.contact_note == "by hand") == 147
        assert run(args=["seed", "reference"]).exit_code == 0
    listed = run(args=["seed", "accounts"]).output
    for login in ("station", "station5", "supervisor", "charity", "elder", "coordinator2", "evaluator", "village"):
        assert login in listed
    assert seeding.PASSWORD in listed


def test_there_is_an_account_of_every_role_and_its_password_works(district: Session) -> None:
    accounts = everything(district, Account)
    assert {account.role for account in accounts} == set(Role)
    assert all(matches(account.password_hash, seeding.PASSWORD) for account in accounts)


# What is searched


def test_people_are_found_by_pinyin_initials_and_phone() -> None:
    text = search_text("顾桂珍", "P2026-00012", "139 0000 0147")
    assert text == "顾桂珍 guguizhen ggz p2026-00012 0147"


def test_organizations_are_found_by_both_names_and_initials() -> None:
    assert organization_search_text("云溪慈善总会", "Yunxi Charity") == (
        "云溪慈善总会 yunxi charity yunxicishanzonghui yxcszh"
    )


def test_months_are_counted_over_the_year() -> None:
    assert months_later(date(2026, 11, 1), 3) == date(2027, 2, 1)
    assert months_later(date(2026, 2, 1), -14) == date(2024, 12, 1)


def test_every_list_in_seed_says_where_it_comes_from() -> None:
    from referral import resources

    folder = resources.seed()
    text = (folder / "README.md").read_text(encoding="utf-8")
    named = [str(Path(path).name) for path in folder.rglob("*.csv")]
    assert named
    assert [name for name in named if name not in text] == []


def test_not_reached_results_have_their_words() -> None:
    from referral.actions.seeding.files import pool
    from referral.actions.seeding.visits import MISSED_RESULTS

    assert all(pool("demonstration/phrases.csv")[f"missed:{result}"] for result in MISSED_RESULTS)
    assert ContactResult.MET_PERSON not in MISSED_RESULTS
