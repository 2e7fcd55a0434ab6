"""Keys are changed while the platform works: every value moves over, is not lost on the way, and the old key can go."""

import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from models import Feature, FeatureKind, ImportKind, ImportRow, ImportRun, Person, RowResult, keyring
from models.fingerprints import id_number_index
from models.keyring import Keyring, KeyTrouble, new_keys, read, write
from referral import clock, log, resealing
from referral.access import as_installation
from referral.commands import keys
from referral.extensions import db
from referral.log.sealing import seal
from referral.log.verifying import check
from tests.conftest import MakeApp
from tests.factories import make_person

PEOPLE = 1200
"""More than two batches."""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keys of this test alone."""
    file = tmp_path / "keys.json"
    write(file, new_keys())
    monkeypatch.setenv("REFERRAL_KEYS", str(file))
    monkeypatch.setattr(keyring, "_current", None)
    monkeypatch.setattr(resealing, "LOOK_AGAIN", 0)
    return file


@pytest.fixture
def filled(file: Path, make_app: MakeApp, database_url: str) -> Flask:
    """A database with people whose fields are sealed."""
    app = make_app(database_url)
    with app.app_context():
        session = db.session()
        as_installation(session, because="test")
        one = make_person(session, name="李秀兰", phone="13812348123", address="后巷 4 号")
        row = {column.key: getattr(one, column.key) for column in sa.inspect(Person).column_attrs} | {
            "id_number_index": None
        }
        session.execute(
            sa.insert(Person.__table__),
            [row | {"id": uuid.UUID(int=n + 1), "number": f"X-{n}", "phone": f"139{n:08}"} for n in range(PEOPLE)],
        )
        log.restate(session, Person, [uuid.UUID(int=n + 1) for n in range(PEOPLE)])
        run = ImportRun(kind=ImportKind.PEOPLE, file_name="a.xlsx", digest="0", columns=[])
        session.add(run)
        session.flush()
        session.add(ImportRow(run_id=run.id, row_number=2, cells={"电话": "1"}, result=RowResult.NEW, problems=[]))
        session.commit()
        db.session.remove()
    return app


def run(app: Flask, *arguments: str) -> str:
    result = app.test_cli_runner().invoke(args=["keys", *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def counts(app: Flask) -> dict[str, int]:
    with app.app_context():
        as_installation(db.session, because="test")
        return resealing.count_by_key(db.session(), keyring.keyring().names)


def stands(app: Flask) -> None:
    with app.app_context():
        as_installation(db.session, because="test")
        person = db.session.scalars(
            sa.select(Person).where(Person.name == "李秀兰", Person.number.notlike("X-%"))
        ).one()
        assert (person.phone, person.address) == ("13812348123", "后巷 4 号")
        assert len({one.phone for one in db.session.scalars(sa.select(Person))}) == PEOPLE + 1
        assert db.session.scalars(sa.select(ImportRow)).one().cells == {"电话": "1"}


def test_rotation_moves_every_value_and_the_old_key_can_go(filled: Flask, file: Path) -> None:
    before = counts(filled)
    assert before["k1"] > 2 * PEOPLE
    refused = filled.test_cli_runner().invoke(args=["keys", "retire", "k1"])
    assert refused.exit_code == 1  # it is the current one
    run(filled, "rotate")
    assert counts(filled) == {"k1": 0, "k2": before["k1"], "": 0}
    stands(filled)
    with filled.app_context():
        seal(db.engine, clock.now())
        proof = check(db.engine, at=clock.now())
        assert proof.records > PEOPLE
        assert not proof.faults
    run(filled, "retire", "k1")
    assert list(read(file)["keys"]) == ["k2"]
    keyring.keyring().look_again()
    stands(filled)


def test_a_rotation_that_was_ended_goes_on(filled: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    before = counts(filled)
    write_one: Callable[..., int] = resealing._write
    done = []

    def killed(*arguments: Any) -> int:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(1)
        return write_one(*arguments)

    monkeypatch.setattr(resealing, "_write", killed)
    with pytest.raises((KeyboardInterrupt, click.Abort)):
        filled.test_cli_runner().invoke(args=["keys", "rotate"], catch_exceptions=False, standalone_mode=False)
    with filled.app_context():
        db.session.remove()
    half = counts(filled)
    assert half["k2"] > 0
    assert half["k1"] > 0
    stands(filled)
    refused = filled.test_cli_runner().invoke(args=["keys", "retire", "k1"])
    assert refused.exit_code == 1
    monkeypatch.setattr(resealing, "_write", write_one)
    run(filled, "rotate", "--resume")
    assert counts(filled) == {"k1": 0, "k2": before["k1"], "": 0}
    stands(filled)


def test_a_value_saved_meanwhile_stays_as_saved(filled: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between reading a batch and writing it somebody saves another phone; SQLite would let them in at that moment."""
    some = resealing._some
    saved = []

    def and_saved(session: Any, ring: Keyring, sealed: resealing.Sealed, last: Any) -> list[Any]:
        rows = some(session, ring, sealed, last)
        if sealed.place == "person.phone" and not saved:
            saved.append(rows[0].id)
            session.rollback()
            session.get_one(Person, rows[0].id).phone = "15500000000"
            session.commit()
        return rows

    monkeypatch.setattr(resealing, "_some", and_saved)
    run(filled, "rotate")
    with filled.app_context():
        as_installation(db.session, because="test")
        assert db.session.get_one(Person, saved[0]).phone == "15500000000"
    assert counts(filled)["k1"] == 0


def test_a_key_file_is_made_before_there_is_an_application(tmp_path: Path) -> None:
    file = tmp_path / "safe" / "keys.json"
    made = CliRunner().invoke(keys.command, ["new", str(file)])
    assert made.exit_code == 0, made.output
    Keyring(json.loads(file.read_text()), file)
    if os.name != "nt":
        assert file.stat().st_mode & 0o777 == 0o600
    again = CliRunner().invoke(keys.command, ["new", str(file)])
    assert again.exit_code == 1


def test_keys_of_the_environment_cannot_be_changed(make_app: MakeApp, sqlite_url: str) -> None:
    app = make_app(sqlite_url)
    with pytest.raises(KeyTrouble, match="REFERRAL_KEYS"):
        app.test_cli_runner().invoke(args=["keys", "rotate"], catch_exceptions=False)


def test_a_new_index_key_finds_people_and_features_as_before(
    filled: Flask, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled.app_context():
        as_installation(db.session, because="test")
        person = db.session.scalars(sa.select(Person).where(Person.number.notlike("X-%"))).one()
        person.id_number = "110105491231002"
        db.session.add(Feature(person_id=person.id, kind=FeatureKind.GRAVELY_ILL))
        db.session.commit()
        before = (person.id_number_index, person.phone_index, person.phone_end_index)
        db.session.remove()
    old = read(file)
    for time in ("once", "again after it was ended before the file was put in its place"):
        if time != "once":
            write(file.with_name("keys.json.next"), read(file))
            write(file, old, over=True)
            monkeypatch.setattr(keyring, "_current", Keyring(old, file))
        run(filled, "reindex")
        assert read(file)["index"] != old["index"]
        assert not file.with_name("keys.json.next").exists()
        monkeypatch.setattr(keyring, "_current", Keyring(read(file), file))
        with filled.app_context():
            as_installation(db.session, because="test")
            found = Person.id_number_index == id_number_index("11010519491231002X")
            person = db.session.scalars(sa.select(Person).where(found)).one()
            assert not set(before) & {person.id_number_index, person.phone_index, person.phone_end_index}
            held = sa.select(Feature.person_id).where(Feature.kind == FeatureKind.GRAVELY_ILL)
            assert db.session.scalars(held).all() == [person.id]
            db.session.remove()
            seal(db.engine, clock.now())
            assert not check(db.engine, at=clock.now()).faults
