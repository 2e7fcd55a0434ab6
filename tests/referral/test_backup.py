"""A backup made while others write holds one moment, restores on either database, and is refused when damaged."""

import io
import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Role
from models.keyring import keyring
from referral import clock
from referral.access import as_installation
from referral.backup import BackupRefused, check_backup, make_backup, making, restore_backup
from referral.backup.sealed import PART, SealedWriter, read_sealed
from referral.evaluation.sheets import report_sheets
from referral.extensions import db
from referral.queries.report.frame import Frame
from referral.queries.report.report import make_report
from tests import databases
from tests.conftest import BOTH, both
from tests.writing import writer

DISTRICT = "321199000000"
KEY = bytes(range(32))
Database = Callable[[str], str]


def figures(connection: sa.Connection) -> list[Any]:
    """Every cell of the report of a year, as a connection sees it."""
    with Session(connection, expire_on_commit=False, join_transaction_mode="create_savepoint") as session:
        as_installation(session, because="figures")
        today = clock.today()
        reader = Account(role=Role.COORDINATOR, area_code=DISTRICT)
        report = make_report(session, Frame(reader, today - timedelta(days=364), today, DISTRICT))
        return [[str(cell) for cell in row] for sheet in report_sheets(report) for row in sheet.rows]


@contextmanager
def engine_of(url: str) -> Iterator[sa.Engine]:
    with databases.application(url) as app, app.test_request_context():
        yield db.engine


def migrate(revision: str) -> None:
    import flask_migrate

    flask_migrate.upgrade(revision=revision)


@pytest.fixture(params=BOTH)
def other_empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    yield from both("empty", request.param, tmp_path)


@pytest.mark.slow
def test_a_backup_under_writers_restores_on_either_database_with_the_same_figures(
    demo_on_both: str, other_empty_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}
    file = tmp_path / "kept.backup"
    with writer(demo_on_both) as writing, engine_of(demo_on_both) as engine:
        writing.wait_for(3)
        write = making._write

        def looked(connection: sa.Connection, *rest: Any) -> Any:
            seen["before"] = figures(connection)
            writing.wait_for(3)
            done = write(connection, *rest)
            writing.wait_for(3)
            seen["after"] = figures(connection)
            return done

        monkeypatch.setattr(making, "_write", looked)
        made = make_backup(engine, file, KEY)
        with engine.connect() as connection:
            seen["now"] = figures(connection)
    assert seen["before"] == seen["after"] != seen["now"]
    assert len(writing.written) >= 9
    with engine_of(other_empty_url) as engine:
        restored = restore_backup(engine, file, KEY, migrate=migrate)
        with engine.connect() as connection:
            assert figures(connection) == seen["before"]
            assert connection.scalar(sa.text("SELECT count(*) FROM visit")) == made.rows["visit"] > 8000
    assert restored.rows == made.rows
    assert sum(made.rows.values()) > 20_000


def test_the_way_there_and_back_keeps_every_row(demo_url: str, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    with engine_of(demo_url) as engine:
        make_backup(engine, first, KEY)
    with databases.on_postgres("empty") as url, engine_of(url) as engine:
        restore_backup(engine, first, KEY, migrate=migrate)
        make_backup(engine, second, KEY)
    assert content(first) == content(second)


def content(file: Path) -> list[bytes]:
    """The rows in a backup, sorted, for databases give them in different orders."""
    from referral.backup.lines import read_lines

    with file.open("rb") as opened:
        return sorted(line for line in read_lines(read_sealed(opened, KEY)) if line.startswith(b"["))


def test_nothing_is_restored_over_records(demo_url: str, tmp_path: Path) -> None:
    with engine_of(demo_url) as engine:
        make_backup(engine, tmp_path / "a", KEY)
        with pytest.raises(BackupRefused, match="not_empty"):
            restore_backup(engine, tmp_path / "a", KEY, migrate=migrate)
        with pytest.raises(BackupRefused, match="exists"):
            make_backup(engine, tmp_path / "a", KEY)


def test_only_its_owner_reads_a_backup_and_a_failed_one_leaves_nothing(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    with engine_of(sqlite_url) as engine:
        make_backup(engine, folder / "a", KEY)
        assert (folder / "a").stat().st_mode & 0o777 == 0o600
        (folder / "a").unlink()
        monkeypatch.setattr(making, "_write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            make_backup(engine, folder / "a", KEY)
    assert list(folder.iterdir()) == []


@pytest.fixture(scope="module")
def demo_backup(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backup")
    with engine_of(databases.on_sqlite("demo", folder)) as engine:
        make_backup(engine, folder / "whole", KEY)
    return folder / "whole"


def test_a_whole_backup_is_proven_without_restoring_it(demo_backup: Path) -> None:
    head, rows = check_backup(demo_backup, KEY)
    assert head["database"] == "sqlite"
    assert rows["visit"] > 8000


def test_no_name_stands_readable_in_a_backup(demo_backup: Path) -> None:
    data = demo_backup.read_bytes()
    assert len(data) > 100_000
    assert not any(word.encode() in data for word in ("taxonomy_term", "revision", "丁岗村", "测试"))


@pytest.mark.parametrize("place", [0.001, 0.1, 0.5, 0.9, 0.9999])
def test_a_flipped_bit_is_named(demo_backup: Path, tmp_path: Path, place: float) -> None:
    data = bytearray(demo_backup.read_bytes())
    data[int(len(data) * place)] ^= 1
    (tmp_path / "bent").write_bytes(data)
    with pytest.raises(BackupRefused, match=r"damaged|other_key|not_a_backup"):
        check_backup(tmp_path / "bent", KEY)


@pytest.mark.parametrize("left", [0, 1, 60, 200, 5000, -1, -1000])
def test_a_cut_backup_is_refused(demo_backup: Path, tmp_path: Path, left: int) -> None:
    (tmp_path / "cut").write_bytes(demo_backup.read_bytes()[:left])
    with pytest.raises(BackupRefused, match=r"cut_off|not_a_backup"):
        check_backup(tmp_path / "cut", KEY)


def test_what_follows_the_end_and_a_foreign_key_are_refused(demo_backup: Path, tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(demo_backup.read_bytes() + b"x")
    with pytest.raises(BackupRefused, match="longer"):
        check_backup(tmp_path / "long", KEY)
    with pytest.raises(BackupRefused, match="other_key"):
        check_backup(demo_backup, bytes(32))
    (tmp_path / "other").write_bytes(b"PK\x03\x04 something else\n" * 100)
    with pytest.raises(BackupRefused, match="not_a_backup"):
        check_backup(tmp_path / "other", KEY)


def sealed(parts: int) -> tuple[bytes, list[bytes]]:
    """The head and the parts of a sealed file."""
    file = io.BytesIO()
    out = SealedWriter(file, KEY)
    for number in range(parts):
        out.write(bytes([number]) * PART)
    out.close()
    head, rest = file.getvalue().split(b"\n", 1)
    found = []
    while rest:
        size = 4 + int.from_bytes(rest[:4], "big")
        found.append(rest[:size])
        rest = rest[size:]
    return head + b"\n", found


def opened(head: bytes, parts: list[bytes]) -> bytes:
    return b"".join(read_sealed(io.BytesIO(head + b"".join(parts)), KEY))


def test_parts_in_another_order_left_out_or_repeated_are_refused() -> None:
    head, parts = sealed(3)
    assert len(parts) == 3
    assert len(opened(head, parts)) == 3 * PART
    tried = 0
    for order in itertools.chain.from_iterable(itertools.product(range(3), repeat=n) for n in (1, 2, 3, 4)):
        if order != (0, 1, 2):
            with pytest.raises(BackupRefused, match=r"damaged|cut_off|longer"):
                opened(head, [parts[n] for n in order])
            tried += 1
    assert tried == 119
    other, _ = sealed(3)
    with pytest.raises(BackupRefused, match=r"damaged|other_key"):
        opened(other, parts)


def test_a_restore_that_fails_halfway_keeps_nothing_and_can_be_tried_again(
    demo_backup: Path, empty_url: str, tmp_path: Path
) -> None:
    shutil.copy(demo_backup, tmp_path / "bent")
    data = bytearray((tmp_path / "bent").read_bytes())
    data[-100] ^= 1
    (tmp_path / "bent").write_bytes(data)
    with engine_of(empty_url) as engine:
        with pytest.raises(BackupRefused, match="damaged"):
            restore_backup(engine, tmp_path / "bent", KEY, migrate=migrate)
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT count(*) FROM area")) == 0
            connection.rollback()
        assert restore_backup(engine, demo_backup, KEY, migrate=migrate).rows["visit"] > 8000


def test_what_a_database_changed_on_the_way_is_found(demo_backup: Path, empty_url: str) -> None:
    """A mutant: a row is lost between the file and the table."""
    with engine_of(empty_url) as engine:
        from referral.backup import restoring

        load = restoring._load

        def losing(connection: sa.Connection, table: Any, rows: Any) -> None:
            load(connection, table, itertools.islice(rows, 1, None) if table.name == "visit" else rows)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(restoring, "_load", losing)
            with pytest.raises(BackupRefused, match="differs"):
                restore_backup(engine, demo_backup, KEY, migrate=migrate)


def test_the_commands_say_what_they_found(demo_url: str, tmp_path: Path) -> None:
    file = str(tmp_path / "kept.backup")
    with databases.application(demo_url) as app:
        run = app.test_cli_runner().invoke(args=["backup", file])
        assert run.exit_code == 0, run.output
        assert "visit" in run.output
        again = app.test_cli_runner().invoke(args=["backup", file])
        assert again.exit_code == 1
        checked = app.test_cli_runner().invoke(args=["restore", "--check", file])
        assert checked.exit_code == 0, checked.output
        full = app.test_cli_runner().invoke(args=["restore", file])
        assert full.exit_code == 1
        assert "Traceback" not in full.output
        assert len(keyring().backup_key) == 32
    with databases.application(databases.on_sqlite("empty", tmp_path)) as app:
        run = app.test_cli_runner().invoke(args=["restore", file])
        assert run.exit_code == 0, run.output
