"""Sealed values open only with their key and in their place, differ at each writing, and cannot be compared in SQL."""

import enum
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from models import encryption, keyring
from models.encryption import BlindCode, Encrypted, EncryptedJson, SealedColumn
from models.keyring import Keyring, KeyTrouble, new_keys, write


class Ground(DeclarativeBase):
    pass


class Fruit(enum.StrEnum):
    APPLE = "apple"
    PEAR = "pear"


class Basket(Ground):
    __tablename__ = "basket"
    id: Mapped[int] = mapped_column(primary_key=True)
    label: Mapped[str | None] = mapped_column(Encrypted("basket.label"))
    facts: Mapped[dict[str, object] | None] = mapped_column(EncryptedJson("basket.facts"))
    fruit: Mapped[Fruit | None] = mapped_column(BlindCode(Fruit, "basket.fruit"))


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    ring = Keyring(new_keys())
    monkeypatch.setattr(keyring, "_current", ring)
    return ring


@pytest.fixture
def session(ring: Keyring) -> Iterator[Session]:
    engine = sa.create_engine("sqlite://")
    Ground.metadata.create_all(engine)
    with Session(engine) as session:
        yield session
    engine.dispose()


def test_what_was_sealed_opens_and_differs_each_time(ring: Keyring) -> None:
    once, again = ring.seal("三代一二", "a.b"), ring.seal("三代一二", "a.b")
    assert once != again
    assert once.startswith("k1:")
    assert ring.open(once, "a.b") == ring.open(again, "a.b") == "三代一二"


def test_a_value_moved_changed_or_under_another_key_does_not_open(ring: Keyring) -> None:
    value = ring.seal("secret", "a.b")
    letter = "A" if value[10] != "A" else "B"
    for other, place in ((value, "a.c"), (value[:10] + letter + value[11:], "a.b"), ("k9:" + value[3:], "a.b")):
        with pytest.raises(KeyTrouble):
            ring.open(other, place)
    with pytest.raises(KeyTrouble):
        Keyring(new_keys()).open(value, "a.b")


def test_fingerprints_are_equal_within_a_purpose_and_a_key_only(ring: Keyring) -> None:
    assert ring.fingerprint("p", "x") == ring.fingerprint("p", "x")
    others = {ring.fingerprint("q", "x"), ring.fingerprint("p", "y"), Keyring(new_keys()).fingerprint("p", "x")}
    assert ring.fingerprint("p", "x") not in others
    assert len(others) == 3


def test_columns_hold_sealed_values_and_give_plain_ones(session: Session) -> None:
    session.add(Basket(id=1, label="桃", facts={"a": ["二", 2]}, fruit=Fruit.PEAR))
    session.add(Basket(id=2))
    session.commit()
    raw = session.execute(sa.text("SELECT label, facts, fruit FROM basket WHERE id = 1")).one()
    assert raw.label.startswith("k1:")
    assert json.loads(raw.facts).startswith("k1:")
    assert len(raw.fruit) == 32
    assert session.execute(sa.text("SELECT facts FROM basket WHERE id = 2")).scalar() is None
    row = session.get_one(Basket, 1)
    assert (row.label, row.facts, row.fruit) == ("桃", {"a": ["二", 2]}, Fruit.PEAR)


def test_writing_the_same_words_again_changes_nothing(session: Session) -> None:
    session.add(Basket(id=1, label="桃", facts={"a": 1}))
    session.commit()
    before = session.execute(sa.text("SELECT label, facts FROM basket")).one()
    row = session.get_one(Basket, 1)
    row.label, row.facts = "桃", {"a": 1}
    session.commit()
    assert session.execute(sa.text("SELECT label, facts FROM basket")).one() == before


def test_sealed_values_cannot_be_compared_or_ordered(session: Session) -> None:
    for attempt in (
        lambda: Basket.label == "桃",
        lambda: Basket.label.like("桃%"),
        lambda: Basket.label.in_(["桃"]),
        Basket.label.desc,
        lambda: Basket.label + "x",
        lambda: "x" + Basket.label,
        lambda: Basket.facts == {"a": 1},
        lambda: Basket.facts["a"],
    ):
        with pytest.raises(SealedColumn):
            attempt()
    session.add_all([Basket(id=1, label="桃"), Basket(id=2)])
    session.commit()
    assert session.scalars(sa.select(Basket.id).where(Basket.label.is_(None))).all() == [2]
    assert session.scalars(sa.select(Basket.id).where(Basket.label != None)).all() == [1]  # noqa: E711


def test_sealed_values_can_be_written_by_one_statement(session: Session) -> None:
    session.add_all([Basket(id=1, label="桃"), Basket(id=2)])
    session.commit()
    rows = session.scalars(sa.select(Basket).order_by(Basket.id)).all()
    session.execute(sa.update(Basket).where(Basket.id == 1).values(label="李", facts={"a": 1}))
    assert [row.label for row in rows] == ["李", None]
    session.commit()
    assert (rows[0].label, rows[0].facts) == ("李", {"a": 1})


def test_codes_can_be_asked_for_and_come_back(session: Session) -> None:
    session.add_all([Basket(id=1, fruit=Fruit.PEAR), Basket(id=2, fruit=Fruit.APPLE), Basket(id=3)])
    session.commit()
    assert session.scalars(sa.select(Basket.id).where(Basket.fruit == Fruit.PEAR)).all() == [1]
    assert session.scalars(sa.select(Basket.id).where(Basket.fruit.in_([Fruit.PEAR, "apple"]))).all() == [1, 2]
    assert session.scalars(sa.select(Basket.fruit).where(Basket.fruit.is_not(None))).all() == [Fruit.PEAR, Fruit.APPLE]


def test_a_process_keeps_to_one_set_of_keys(ring: Keyring) -> None:
    encryption.use_keyring(Keyring({"current": "k1"} | own(ring)))
    with pytest.raises(KeyTrouble):
        encryption.use_keyring(Keyring(new_keys()))
    assert encryption.keyring().fingerprint("p", "x") == ring.fingerprint("p", "x")


def own(ring: Keyring) -> dict[str, object]:
    """The content of a file with a ring's keys."""
    coded = {name: keyring.encode(key) for name, key in ring.data_keys.items()}
    parts = {"index": ring.index_key, "log": ring.log_key, "backup": ring.backup_key}
    return {"keys": coded} | {name: keyring.encode(key) for name, key in parts.items()}


def test_a_key_added_to_the_file_is_found_without_a_restart(tmp_path: Path) -> None:
    content = new_keys()
    write(tmp_path / "keys", content)
    serving = Keyring(keyring.read(tmp_path / "keys"), tmp_path / "keys")
    content["keys"]["k2"] = new_keys()["keys"]["k1"]
    write(tmp_path / "keys", content | {"current": "k2"}, over=True)
    value = Keyring(keyring.read(tmp_path / "keys")).seal("new", "a.b")
    assert value.startswith("k2:")
    assert serving.open(value, "a.b") == "new"
    assert serving.current == "k2"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such mode")
def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write(file, new_keys())
    assert file.stat().st_mode & 0o777 == 0o600
    keyring.read(file)
    file.chmod(0o640)
    with pytest.raises(KeyTrouble, match="chmod 600"):
        keyring.read(file)


def test_a_key_file_is_never_written_over_by_accident(tmp_path: Path) -> None:
    write(tmp_path / "keys", new_keys())
    before = (tmp_path / "keys").read_text()
    with pytest.raises(FileExistsError):
        write(tmp_path / "keys", new_keys())
    assert (tmp_path / "keys").read_text() == before
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


@pytest.mark.parametrize(
    "change", [{"keys": {}}, {"keys": {"k1": "c2hvcnQ"}}, {"index": "***"}, {"current": "k7"}, {"log": None}]
)
def test_broken_keys_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(KeyTrouble):
        Keyring(new_keys() | change)
