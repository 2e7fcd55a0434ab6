"""Fixtures for every test: databases of both makes, the application, a client, a browser.

Nothing of the developer's own settings reaches a test: REFERRAL_* is cleared, and each run has folders of its own.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, has_request_context
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from tests import browser, databases, postgres

MakeApp = Callable[..., Flask]
BOTH = ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]


def pytest_configure(config: pytest.Config) -> None:
    """Clear the settings of whoever started the run, and make the folder its workers share."""
    for name in [name for name in os.environ if name.startswith(("REFERRAL_", "FLASK_"))]:
        del os.environ[name]
    os.environ["LANG"] = "C.UTF-8"
    if not hasattr(config, "workerinput"):
        os.environ["YUANQIAO_TEST_RUN"] = tempfile.mkdtemp(prefix="yuanqiao-tests-")
        os.environ["YUANQIAO_TEST_PID"] = str(os.getpid())
    os.environ["REFERRAL_INSTANCE"] = str(databases.run_folder() / "instance")
    os.environ["REFERRAL_KEYS_JSON"] = json.dumps(databases.KEYS)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the run's PostgreSQL server and remove the shared folder, once the workers are gone."""
    if not hasattr(config, "workerinput"):
        run = databases.run_folder()
        postgres.end(run)
        shutil.rmtree(run, ignore_errors=True)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Away from the checkout, leave out the tests that read it."""
    if not Path(__file__).resolve().parents[1].joinpath("dev.py").exists():
        away = [item for item in items if item.get_closest_marker("checkout")]
        config.hook.pytest_deselected(items=away)
        items[:] = [item for item in items if item not in away]


@event.listens_for(Session, "do_orm_execute", insert=True)
def look_outside_requests(state: ORMExecuteState) -> None:
    """A test's own session looks as the installation; inside a request the application must say who looks."""
    if not has_request_context() and state.session.info.get("viewer") is None:
        from referral.access import as_installation

        as_installation(state.session, because="a test")


@event.listens_for(Session, "before_flush", insert=True)
def write_outside_requests(session: Session, _context: Any, _instances: Any) -> None:
    """The same for records that a test writes before it asks for any."""
    if not has_request_context() and session.info.get("viewer") is None:
        from referral.access import as_installation

        as_installation(session, because="a test")


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of published data beside the checkout."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    return Path(os.environ.get("YUANQIAO_SHARED", beside))


# Databases: a fresh one for each test, and gone after it.


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A migrated SQLite database."""
    return databases.on_sqlite("migrated", tmp_path)


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A migrated PostgreSQL database."""
    with databases.on_postgres("migrated") as url:
        yield url


def both(kind: databases.Kind, make: str, folder: Path) -> Iterator[str]:
    """A database of a kind, of the make a parametrised fixture asks for."""
    if make == "sqlite":
        yield databases.on_sqlite(kind, folder)
    else:
        with databases.on_postgres(kind) as url:
            yield url


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database; the test runs once on each make."""
    yield from both("migrated", request.param, tmp_path)


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without a table, for tests of migrations; once on each make."""
    yield from both("empty", request.param, tmp_path)


@pytest.fixture
def demo_url(tmp_path: Path) -> str:
    """A SQLite database with the demonstration district in it."""
    return databases.on_sqlite("demo", tmp_path)


@pytest.fixture(params=BOTH)
def demo_on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The demonstration district; once on each make."""
    yield from both("demo", request.param, tmp_path)


# The application.


@pytest.fixture
def make_app() -> Iterator[MakeApp]:
    """A function from a database's address and settings to an application, whose connections end with the test."""
    with ExitStack() as stack:

        def make(url: str, **config: Any) -> Flask:
            return stack.enter_context(databases.application(url, **config))

        yield make


@pytest.fixture
def app(make_app: MakeApp, sqlite_url: str) -> Flask:
    """The application on a migrated SQLite database without records; forms need no token."""
    return make_app(sqlite_url)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor of `app` who has not signed in."""
    return app.test_client()


@pytest.fixture
def demo_app(make_app: MakeApp, demo_url: str) -> Flask:
    """The application with the demonstration district."""
    return make_app(demo_url)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session on a migrated SQLite database; what a test does not commit is gone after it."""
    from referral.extensions import db

    with app.app_context():
        yield db.session()


@pytest.fixture
def session_on_both(make_app: MakeApp, database_url: str) -> Iterator[Session]:
    """A session on a migrated database; the test runs once on each make."""
    from referral.extensions import db

    with make_app(database_url).app_context():
        yield db.session()


# The browser. `page`, `context` and `browser` come from pytest-playwright with these settings.


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """How Playwright starts the machine's own Chromium, since it cannot bring one everywhere."""
    return {"executable_path": browser.chromium(), "args": browser.FLAGS, "headless": True}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    """A reader of Chinese in Shanghai at a desk, until a test says otherwise."""
    return {
        "locale": "zh-CN",
        "timezone_id": "Asia/Shanghai",
        "viewport": {"width": 1280, "height": 800},
        "reduced_motion": "reduce",
    }


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """A function that serves an application until the test ends, and gives its address."""
    with ExitStack() as stack:
        yield lambda app: stack.enter_context(browser.served(app))


@pytest.fixture
def live_url(serve: Callable[[Flask], str], make_app: MakeApp, demo_url: str) -> str:
    """The address of the served demonstration district, tokens and all."""
    return serve(make_app(demo_url, WTF_CSRF_ENABLED=True))
