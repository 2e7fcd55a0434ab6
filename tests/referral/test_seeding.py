"""Seeding: the same every time, on both databases, and only where nothing stands."""

import hashlib
from datetime import UTC, date, datetime
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
    Case,
    Household,
    Need,
    NeedStatus,
    NeedType,
    Person,
    Referral,
    Role,
    TaxonomyTerm,
    Visit,
)
from models.visit import REACHED
from referral.actions import seeding
from referral.actions.numbering import next_number
from referral.actions.search_text import organization_search_text, search_text
from referral.actions.seeding.demonstration import make_world
from referral.actions.seeding.offers import months_later
from referral.actions.seeding.rows import as_row
from referral.passwords import matches
from referral.queries.calendar import work_calendar
from tests.referral.seeded import TODAY, count, everything, silent

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


def test_every_list_in_seed_says_where_it_comes_from() -> None:
    from referral import resources

    folder = resources.seed()
    text = (folder / "README.md").read_text(encoding="utf-8")
    named = [str(Path(path).name) for path in folder.rglob("*.csv")]
    assert named
    assert [name for name in named if name not in text] == []


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
        assert [one.contact_note for one in db.session.scalars(sa.select(Person))] == ["by hand"] * 147
        assert run(args=["seed", "reference"]).exit_code == 0
    listed = run(args=["seed", "accounts"]).output
    for login in ("station", "station5", "supervisor", "charity", "elder", "coordinator2", "evaluator", "village"):
        assert login in listed
    assert seeding.PASSWORD in listed


def test_there_is_an_account_of_every_role_and_its_password_works(district: Session) -> None:
    accounts = everything(district, Account)
    assert {account.role for account in accounts} == set(Role)
    assert all(matches(account.password_hash, seeding.PASSWORD) for account in accounts)


# What is searched, and how months are counted


def test_people_are_found_by_pinyin_initials_and_number() -> None:
    assert search_text("顾桂珍", "P2026-00012") == "顾桂珍 guguizhen ggz p2026-00012"


def test_organizations_are_found_by_both_names_and_initials() -> None:
    assert organization_search_text("云溪慈善总会", "Yunxi Charity") == (
        "云溪慈善总会 yunxi charity yunxicishanzonghui yxcszh"
    )


def test_months_are_counted_over_the_year() -> None:
    assert months_later(date(2026, 11, 1), 3) == date(2027, 2, 1)
    assert months_later(date(2026, 2, 1), -14) == date(2024, 12, 1)
