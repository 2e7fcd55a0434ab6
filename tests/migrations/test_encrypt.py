"""Sealing what stands in a database, and opening it again, keeps every value on both databases."""

from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from models import (
    Account,
    Assessment,
    AssessmentOccasion,
    Feature,
    FeatureKind,
    ImportKind,
    ImportRow,
    ImportRun,
    Person,
    RowResult,
)
from referral.access import as_installation
from referral.actions.search_text import search_text
from referral.extensions import db
from referral.queries.people import find_people
from tests.conftest import MakeApp
from tests.factories import AT, make_account, make_case, make_person

OLD_NUMBER, NEW_NUMBER, PHONE = "110105491231002", "11010519491231002X", "0511-88881234"


@pytest.fixture
def empty_app(make_app: MakeApp, empty_url: str) -> Flask:
    return make_app(empty_url)


def raw(sql: str) -> list[tuple[Any, ...]]:
    with db.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(sql))]


def write() -> None:
    """One record of each kind the step touches."""
    session = db.session()
    as_installation(session, because="test")
    person = make_person(
        session, name="李秀兰", id_number=OLD_NUMBER, phone=PHONE, address="后巷 4 号", contact_note="敲窗",
        latitude=32.12349, longitude=119.98761,
    )  # fmt: skip
    make_person(session, name="王无话")
    person.search_text = search_text(person.name, person.number)
    session.add(Feature(person_id=person.id, kind=FeatureKind.GRAVELY_ILL, note="胃癌"))
    said = {"domains": {"health": {"level": 2, "note": "糖尿病"}}, "self_care": {"eat": "able"}}
    case = make_case(session, person=person)
    session.add(
        Assessment(
            case_id=case.id, person_id=person.id, occasion=AssessmentOccasion.BASELINE, assessed_on=AT.date(), **said
        )
    )
    run = ImportRun(kind=ImportKind.PEOPLE, file_name="people.xlsx", digest="0", columns=[])
    session.add(run)
    session.flush()
    session.add(ImportRow(run_id=run.id, row_number=2, cells={"姓名": "李秀兰"}, result=RowResult.NEW, problems=[]))
    make_account(session)
    session.commit()
    db.session.remove()


SEALED = "SELECT id_number, phone, address, contact_note FROM person WHERE name = '李秀兰'"


def test_rows_go_down_to_plain_words_and_up_to_sealed_ones(empty_app: Flask) -> None:
    with empty_app.app_context():
        flask_migrate.upgrade()
        write()
        ((number, *others),) = raw(SEALED)
        assert all(value.startswith("k1:") for value in (number, *others))

        flask_migrate.downgrade(revision="0004")
        assert raw(SEALED) == [(OLD_NUMBER, PHONE, "后巷 4 号", "敲窗")]
        assert raw("SELECT kind, note FROM feature") == [("gravely_ill", "胃癌")]
        assert plain_json() == {"health": {"level": 2, "note": "糖尿病"}}
        assert raw("SELECT search_text FROM person WHERE name = '李秀兰'")[0][0].endswith(" 1234")
        with pytest.raises(sa.exc.IntegrityError), db.engine.begin() as connection:
            connection.execute(sa.text("UPDATE feature SET kind = 'else'"))

        # As the step meets a database that never had the columns filled.
        with db.engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE person SET id_number_index = NULL, phone_index = NULL, phone_end_index = NULL")
            )
        flask_migrate.upgrade()
        ((number, *others),) = raw(SEALED)
        assert all(value.startswith("k1:") for value in (number, *others))
        stands()


def plain_json() -> Any:
    table = sa.table("assessment", sa.column("domains", sa.JSON))
    with db.engine.connect() as connection:
        return connection.scalar(sa.select(table.c.domains))


def stands() -> None:
    """Every value is as it was written, and the person is found by the number's other form and the phone."""
    session = db.session()
    as_installation(session, because="test")
    person = session.scalars(sa.select(Person).where(Person.name == "李秀兰")).one()
    assert (person.id_number, person.phone) == (OLD_NUMBER, PHONE)
    assert (person.address, person.contact_note) == ("后巷 4 号", "敲窗")
    assert (person.latitude, person.longitude) == (32.123, 119.988)
    assert "1234" not in person.search_text
    feature = session.scalars(sa.select(Feature)).one()
    assert (feature.kind, feature.note) == (FeatureKind.GRAVELY_ILL, "胃癌")
    assessment = session.scalars(sa.select(Assessment)).one()
    assert assessment.domains == {"health": {"level": 2, "note": "糖尿病"}}
    assert assessment.self_care == {"eat": "able"}
    row = session.scalars(sa.select(ImportRow)).one()
    assert (row.cells, row.problems) == ({"姓名": "李秀兰"}, [])
    actor = session.scalars(sa.select(Account)).one()
    for typed in (NEW_NUMBER, OLD_NUMBER, "1234", "881234", PHONE):
        assert [one.id for one in find_people(session, actor, typed).items] == [person.id], typed
    assert not find_people(session, actor, "991234").items
