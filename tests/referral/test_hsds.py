"""Catalogues in HSDS: what can be kept is kept, what cannot is named, and a second import changes nothing."""

import json
from collections import Counter
from datetime import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import (
    Location,
    Organization,
    Phone,
    ProviderKind,
    Schedule,
    Service,
    TaxonomyTerm,
)
from referral.actions.importing import hsds
from referral.actions.importing.files import FileRefused
from referral.actions.importing.hsds import values
from referral.actions.importing.hsds.folder import read_folder
from referral.actions.importing.hsds.report import Fate
from tests.referral.catalogues import bring, rows, table


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """One organization with one service at one place."""
    folder = tmp_path / "small"
    table(folder, "organizations", "id,name,email\no1,Food Bank,a@example.org\n")
    table(folder, "locations", "id,organization_id,name,latitude,longitude\nl1,o1,Hall,38.9,-77.0\n")
    table(folder, "services", "id,organization_id,program_id,name,status\ns1,o1,,Hot meals,active\n")
    return table(folder, "services_at_location", "id,service_id,location_id,description\nx1,s1,l1,\n")


def test_the_catalogue_of_washington_goes_in_and_a_second_time_changes_nothing(
    session_on_both: Session, shared: Path
) -> None:
    session = session_on_both
    first = bring(session, shared / "data/samples/dc", "dc")
    before = rows(session)
    second = bring(session, shared / "data/samples/dc", "dc")

    services = first.of("services")[0]
    assert len(services.fates) == 1134
    assert services.counts[Fate.MADE] == before["Service"] == 1095
    assert len(services.rejections) == services.counts[Fate.REJECTED] == 39
    assert {(finding.column, finding.code) for finding in services.rejections} == {
        ("organization_id", "unknown_reference")
    }
    assert second.total(Fate.MADE) == second.total(Fate.CHANGED) == 0
    assert second.total(Fate.REJECTED) == first.total(Fate.REJECTED) > 0
    assert rows(session) == before
    for file in first.files:
        assert sum(file.counts.values()) == len(file.fates)
        assert file.counts[Fate.REJECTED] == len({finding.row for finding in file.rejections})
    assert set(session.scalars(sa.select(Organization.kind))) == {ProviderKind.SOCIAL_ORGANIZATION}


def test_a_failure_in_the_middle_leaves_nothing(
    make_app: Any, database_url: str, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from referral.extensions import db

    app: Flask = make_app(database_url)

    def fails(*_: Any) -> None:
        seen.append(db.session.scalar(sa.select(sa.func.count()).select_from(Service)))
        raise OSError("the disk is gone")

    seen: list[int | None] = []
    monkeypatch.setitem(hsds.LOADERS, "phones", fails)
    result = app.test_cli_runner().invoke(args=["import", "hsds", str(shared / "data/samples/dc")])
    assert isinstance(result.exception, OSError)
    assert seen == [1095]
    with app.app_context():
        assert sum(rows(db.session).values()) == 0


def test_the_command_tells_each_rejected_row_and_ends_well(app: Flask, shared: Path, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    result = app.test_cli_runner().invoke(
        args=["import", "hsds", str(shared / "data/samples/dc"), "--json", str(file), "--trial"]
    )
    assert result.exit_code == 0, result.output
    report = json.loads(file.read_text("utf-8"))
    services = next(entry for entry in report["files"] if entry["table"] == "services")
    assert services["read"] == 1134
    assert len(services["rejections"]) == services["rejected"] == 39
    assert all({"row", "column", "value", "text"} <= set(found) for found in services["rejections"])
    with app.app_context():
        from referral.extensions import db

        assert sum(rows(db.session).values()) == 0, "a trial keeps nothing"


@pytest.mark.parametrize(("make", "code"), [("missing", "no_folder"), ("empty", "no_catalogue")])
def test_a_folder_without_a_catalogue_is_refused(app: Flask, tmp_path: Path, make: str, code: str) -> None:
    folder = tmp_path / make
    if make == "empty":
        table(folder, "weather", "day,rain\n1,2\n")
    result = app.test_cli_runner().invoke(args=["import", "hsds", str(folder)])
    assert result.exit_code != 0
    assert str(folder) in result.output
    with pytest.raises(FileRefused) as refused:
        read_folder(folder)
    assert refused.value.reason == code


def test_what_differs_is_changed_and_nothing_else(session: Session, small: Path) -> None:
    bring(session, small)
    table(small, "services", "id,organization_id,program_id,name,status\ns1,o1,,Warm meals,inactive\n")
    report = bring(session, small)
    assert (report.total(Fate.CHANGED), report.total(Fate.SAME), report.total(Fate.MADE)) == (1, 3, 0)
    assert session.scalars(sa.select(Service.name)).all() == ["Warm meals"]


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("organizations", "id,name\no1,Food Bank\no1,Other\n", ("id", "duplicate_id")),
        ("organizations", "id,name\no1,Food Bank\n,Nameless\n", ("id", "required")),
        ("organizations", f"id,name\no1,Food Bank\no2,{'x' * 256}\n", ("name", "too_long")),
        ("organizations", "id,name,year_incorporated\no1,Food Bank,\no2,B,MCM\n", ("year_incorporated", "not_whole")),
        ("services", "id,organization_id,name\ns1,o1,Meals\ns2,o9,Lost\n", ("organization_id", "unknown_reference")),
        ("services", "id,organization_id,name,status\ns1,o1,Meals,\ns2,o1,B,sleeping\n", ("status", "unknown_choice")),
        ("services", "id,organization_id,name,minimum_age,maximum_age\ns1,o1,A,1,2\ns2,o1,B,9,2\n",
         ("maximum_age", "ages_reversed")),
        ("services_at_location", "id,service_id,location_id\nx1,s1,l1\nx2,s1,l1\n", ("location_id", "same_pair")),
        ("services_at_location", "id,service_id,location_id\nx1,s1,l9\n", ("location_id", "unknown_reference")),
        ("schedules", "id,service_id,weekday,dtstart,until\nt1,s1,,,\n", ("weekday", "says_nothing")),
        ("schedules", "id,service_id,valid_from,weekday\nt1,s1,1/2/14,Monday\n", ("valid_from", "two_digit_year")),
        ("phones", "id,service_id,number\np1,s9,555\n", ("service_id", "unknown_reference")),
        ("languages", "id,service_id,language\ng1,s1,Klingon\n", ("language", "unknown_language")),
    ],
)  # fmt: skip
def test_each_defect_is_named_with_row_and_column(
    session_on_both: Session, small: Path, name: str, text: str, where: tuple[str, str]
) -> None:
    report = bring(session_on_both, table(small, name, text))
    found = [
        (file.table, finding.row, finding.column, finding.code) for file in report.files for finding in file.rejections
    ]
    assert found == [(name, len(text.splitlines()), *where)]


def test_values_that_cannot_be_kept_are_noted_and_the_row_is(session: Session, small: Path) -> None:
    table(small, "locations", "id,organization_id,name,latitude,longitude\nl1,o9,Hall,0,0\nl2,o1,Barn,100,10\n")
    report = bring(session, small)
    notes = Counter(finding.code for finding in report.of("locations")[0].notes)
    assert notes == {"unknown_reference": 1, "bad_coordinates": 2}
    assert session.scalars(sa.select(Location.latitude)).all() == [None, None]


def test_a_line_that_the_source_joined_to_several_parents_is_kept_for_each(session: Session, small: Path) -> None:
    text = "id,location_id,service_id,number\np1,l1,,555\np1,,s1,555\np1,,s1,555\n"
    for _time in range(2):
        report = bring(session, table(small, "phones", text))
    assert report.of("phones")[0].counts == {Fate.SAME: 2, Fate.SKIPPED: 1}
    assert session.scalar(sa.select(sa.func.count()).select_from(Phone)) == 2


def test_rows_with_too_many_cells_are_read_and_noted(session: Session, small: Path) -> None:
    table(small, "taxonomy_terms", "id,name,parent_id\nt1,Food,,extra\nt2,Bread,t1\n")
    report = bring(session, small)
    assert [(note.row, note.code) for note in report.of("taxonomy_terms")[0].notes] == [(2, "ragged_row")]
    top, below = session.scalars(sa.select(TaxonomyTerm).order_by(TaxonomyTerm.code)).all()
    assert below.parent_id == top.id


def test_two_sources_with_the_same_ids_stand_side_by_side(session: Session, small: Path) -> None:
    assert bring(session, small, "east").total(Fate.MADE) == bring(session, small, "west").total(Fate.MADE) == 4


def test_the_example_of_version_3_is_read(session_on_both: Session, shared: Path) -> None:
    report = bring(session_on_both, shared / "data/hsds/3.2.3/examples/csv", "hsds")
    assert report.version == "HSDS 3"
    kept = session_on_both.scalars(sa.select(Service)).one()
    assert (kept.minimum_age, kept.maximum_age, kept.languages) == (12, 100, "ur")
    hours = session_on_both.scalars(sa.select(Schedule)).one()
    assert (hours.byday, hours.opens_at, hours.closes_at) == ("TH,FR", time(10), time(18))
    capacity = report.of("service_capacity")[0]
    assert [finding.code for finding in capacity.rejections] == ["more_than_maximum"]
    again = bring(session_on_both, shared / "data/hsds/3.2.3/examples/csv", "hsds")
    assert again.total(Fate.MADE) == again.total(Fate.CHANGED) == 0


def test_capacity_of_version_3_becomes_the_places_of_its_month(session: Session, small: Path) -> None:
    from models import Capacity

    head = "id,service_id,available,maximum,updated\n"
    for _time in range(2):
        bring(session, table(small, "service_capacity", f"{head}c1,s1,7,10,2026-09-14T08:00:00+08:00\n"))
    capacity = session.scalars(sa.select(Capacity)).one()
    assert (capacity.places, capacity.starts_on.isoformat(), capacity.ends_on.isoformat()) == (
        7, "2026-09-01", "2026-09-30",
    )  # fmt: skip
    capacity.used = 2
    bring(session, table(small, "service_capacity", f"{head}c1,s1,5,10,2026-09-20T08:00:00+08:00\n"))
    assert (capacity.places, capacity.left) == (7, 5)


@pytest.mark.parametrize(
    ("words", "days"),
    [
        ("Monday-Friday", "MO,TU,WE,TH,FR"),
        ("Mon - Tue & Thur - Fri", "MO,TU,TH,FR"),
        ("Sunday - Monday", "MO,SU"),
        ("Tuesday and Thursday", "TU,TH"),
        ("TH,FR", "TH,FR"),
        ("Second Saturday", None),
        ("24-7", None),
        ("9:00AM", None),
    ],
)
def test_weekdays_are_read_where_they_are_clear(words: str, days: str | None) -> None:
    assert values.weekdays(words) == days


@pytest.mark.parametrize(
    ("words", "hour"),
    [("8:30AM", time(8, 30)), ("12:00PM", time(12)), ("12:15 am", time(0, 15)), ("18:00:00", time(18)),
     ("24:00", time(23, 59)), ("5 PM", time(17)), ("24 hours", None), ("25:00", None), ("By appointment", None)],
)  # fmt: skip
def test_hours_are_read_where_they_are_clear(words: str, hour: time | None) -> None:
    assert values.hour(words) == hour
