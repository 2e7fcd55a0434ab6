"""Empty, migrated and seeded databases: each filled once in a run, then copied for every test that asks."""

import base64
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from werkzeug.test import TestResponse

from tests import postgres


def key(name: str) -> str:
    """A key that every run and worker works out alike, since they share databases."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"for tests only: {name}".encode()).digest()).decode()


KEYS = {"current": "k1", "keys": {"k1": key("k1")}} | {name: key(name) for name in ("index", "log", "backup")}
Kind = Literal["empty", "migrated", "demo"]


def compiled_templates() -> FileSystemBytecodeCache:
    """The templates as Python, kept for the run: each application of a test would compile them anew."""
    folder = run_folder() / "templates"
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


class Visitor(FlaskClient):
    """A client that reads each answer to its end, so that files served to it are closed."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return super().open(*args, **{"buffered": True} | kwargs)


@contextmanager
def application(url: str, **config: Any) -> Iterator[Flask]:
    """An application on a database; its connections are closed at the end.

    It is a demonstration, so that accounts of `make_account` need no second factor; tests of signing in say otherwise.
    """
    # Imported here, so that tests of matching and of models need no application.
    from referral import create_app
    from referral.extensions import db

    settings = {"TESTING": True, "DEMONSTRATION": True, "SECRET_KEY": "for tests only", "WTF_CSRF_ENABLED": False}
    app = create_app(settings | {"DATABASE_URL": url} | config)
    app.test_client_class = Visitor
    app.jinja_env.bytecode_cache = compiled_templates()
    try:
        yield app
    finally:
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


def migrate(url: str) -> None:
    """Bring a database to the newest migration."""
    import flask_migrate

    with application(url) as app, app.app_context():
        flask_migrate.upgrade()


def seed(url: str) -> None:
    """Migrate a database and load the demonstration district into it."""
    migrate(url)
    with application(url) as app:
        result = app.test_cli_runner().invoke(args=["seed", "demo"])
        assert result.exit_code == 0, result.output


FILL: dict[Kind, Callable[[str], None]] = {"migrated": migrate, "demo": seed}


def run_folder() -> Path:
    """The folder that all workers of this run share."""
    return Path(os.environ["YUANQIAO_TEST_RUN"])


def on_sqlite(kind: Kind, folder: Path) -> str:
    """The address of a SQLite database of this kind in a folder."""
    target = folder / f"{kind}-{uuid4().hex[:8]}.sqlite"
    if kind in FILL:
        made = run_folder() / f"{kind}.sqlite"
        with postgres.alone(made.with_suffix(".lock")):
            if not made.exists():
                filling = made.with_suffix(".filling")
                filling.unlink(missing_ok=True)
                FILL[kind](f"sqlite:///{filling}")
                filling.rename(made)
        shutil.copyfile(made, target)
    return f"sqlite:///{target}"


@contextmanager
def on_postgres(kind: Kind) -> Iterator[str]:
    """The address of a PostgreSQL database of this kind, dropped at the end."""
    run = run_folder()
    template = postgres.template(run, kind, FILL[kind]) if kind in FILL else "template0"
    name = postgres.create(run, uuid4().hex[:12], template)
    try:
        yield postgres.address(run, name)
    finally:
        postgres.drop(run, name)
