"""`referral run`: serve the pages."""

import gc
import sqlite3
import sys
import time
from importlib import import_module
from threading import Thread
from typing import Any

import click
from flask import Flask, current_app
from sqlalchemy.engine import make_url

from models.keyring import keyring
from referral.access import as_installation
from referral.actions.suggestions import suggest
from referral.commands import on_records
from referral.config import DEMONSTRATION_KEYS
from referral.extensions import db
from referral.i18n import _
from referral.log.sealing import Sealer
from referral.transactions import has_faulty_log, reading, risky_settings


@click.command("run")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on.")
@click.option("--port", default=8000, show_default=True, help="Port to serve on.")
@click.option("--workers", default=2, show_default=True, help="Processes.")
@click.option(
    "--threads", default=4, show_default=True, help="Threads in each process, so that slow phones block none."
)
@click.option("--demo", is_flag=True, help="Migrate, load the demonstration where the database is empty, then serve.")
@on_records
def command(host: str, port: int, workers: int, threads: int, demo: bool) -> None:
    """Serve the pages until stopped."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if demo:
        import_module("referral.commands.seed").prepare_demonstration()
    for warning in unsafe(app):
        click.echo(warning, err=True)
    url = make_url(app.config["SQLALCHEMY_DATABASE_URI"])
    version = f", SQLite {sqlite3.sqlite_version}" if url.drivername.startswith("sqlite") else ""
    where = url.database if version else url.render_as_string(hide_password=True)
    click.echo(_("Database: %(where)s", where=f"{where}{version}"))
    source = keyring().source
    if source is not None and source.name == DEMONSTRATION_KEYS:
        click.echo(_("Keys: %(file)s, made by the demonstration itself. Never use them for real people.", file=source))
    click.echo(_("Serving: %(address)s (stop with Ctrl-C)", address=f"http://{host}:{port}/"))
    sys.stdout.flush()
    db.engine.dispose()
    settle()
    serve(app, host=host, port=port, workers=workers, threads=threads)


def unsafe(app: Flask) -> list[str]:
    """Return what is said at the start about a database that may lose writes.

    Raises ClickException where people are real and PostgreSQL would lose acknowledged writes in a power cut, or where
    the installation does not know its own name.
    """
    demonstration = app.config["DEMONSTRATION"]
    if not (demonstration or app.config["TRUSTED_HOSTS"]):
        raise click.ClickException(
            _("Set REFERRAL_HOSTS to the names of this site: without it, it answers to any name.")
        )
    if db.engine.dialect.name == "sqlite":
        text = _("SQLite %(version)s has a rare fault in its write-ahead log (mended in 3.51.3): for many writers use "
                 "PostgreSQL.", version=sqlite3.sqlite_version)  # fmt: skip
        return [text] if has_faulty_log(sqlite3.sqlite_version_info) else []
    with db.engine.connect() as connection:
        risky = risky_settings(connection)
    found = [_("PostgreSQL runs with %(name)s off: a power cut loses acknowledged writes.", name=one) for one in risky]
    if found and not demonstration:
        raise click.ClickException(" ".join(found))
    return found


def settle() -> None:
    """Take what was loaded at the start out of garbage collection.

    It never becomes garbage, and walking through it again and again took most of the time of a page with many rows.
    Frozen before the fork, its memory also stays shared between the workers.
    """
    gc.collect()
    gc.freeze()


def _learn_beside(app: Flask) -> None:
    """Learn what suggestions come from beside the first requests: it takes seconds, and nobody shall wait for them."""

    def learn() -> None:
        # Only reading: on SQLite everybody else would have to wait with writing until it is learnt.
        with app.app_context(), reading():
            as_installation(db.session, because="learning what words mean")
            suggest(db.session, "从前的需求", [])

    Thread(target=learn, name="learn", daemon=True).start()


def _beside(app: Flask) -> None:
    """Start what a process of the server does beside its pages."""
    Sealer(app).start()
    _learn_beside(app)


def serve(app: Flask, *, host: str, port: int, workers: int, threads: int) -> None:
    """Serve with gunicorn, or with waitress where there is no fork."""
    if sys.platform == "win32":
        _beside(app)
        import_module("waitress").serve(app, host=host, port=port, threads=workers * threads)
        return
    base: Any = import_module("gunicorn.app.base").BaseApplication

    class Server(base):  # type: ignore[misc]
        def load_config(self) -> None:
            settings = {
                "bind": f"{host}:{port}",
                "workers": workers,
                "worker_class": "gthread",
                "threads": threads,
                "loglevel": "warning",
                "graceful_timeout": 10,
                "timeout": 120,
                "preload_app": True,
                "control_socket_disable": True,
                "post_worker_init": lambda _worker: _beside(app),
            }
            for name, value in settings.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    started = time.monotonic()
    Server().run()
    click.echo(_("Stopped after %(seconds)s s.", seconds=f"{time.monotonic() - started:.0f}"))
