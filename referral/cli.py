"""The command `referral`: serve, migrate, seed, import, run a round, report, work through the jobs."""

import os
import secrets
import sys
from importlib import import_module

import flask_migrate
import sqlalchemy as sa
from flask import Flask
from flask.cli import FlaskGroup

from referral.extensions import db

COMMANDS = (
    "audit",
    "backup",
    "bench_report",
    "imports",
    "jobs",
    "keys",
    "report",
    "retention",
    "restore",
    "rounds",
    "seed",
    "serve",
)
"""Modules of `referral.commands`, each with one `command`."""


def init_app(app: Flask) -> None:
    """Attach our commands to the application."""
    for name in COMMANDS:
        app.cli.add_command(import_module(f"referral.commands.{name}").command)


def main() -> None:
    """Run the command line. `referral run --demo` stands for the demonstration with invented people."""
    from models.keyring import KeyTrouble
    from referral import create_app
    from referral.config import SecretMissing

    if "--demo" in sys.argv:
        os.environ["REFERRAL_DEMONSTRATION"] = "1"
    if "run" not in sys.argv[1:2]:
        # Only pages are signed; what works on the database alone needs no secret that lasts.
        os.environ.setdefault("REFERRAL_SECRET_KEY", secrets.token_hex(32))
    try:
        group = FlaskGroup(
            name="referral",
            help="Yuanqiao: joins people in need to the organizations that can help them.",
            create_app=lambda: with_tables(create_app()),
            add_default_commands=False,
            add_version_option=False,
        )
        # Known before there is an application, which does not start without the keys that this makes.
        group.add_command(import_module("referral.commands.keys").command)
        group.main(prog_name="referral")
    except (SecretMissing, KeyTrouble) as missing:
        sys.exit(str(missing))


def with_tables(app: Flask) -> Flask:
    """Give a database without any tables the newest shape; one that has some is left to `referral db upgrade`."""
    with app.app_context():
        if sys.argv[1:2] not in (["db"], ["restore"]) and not sa.inspect(db.engine).get_table_names():
            flask_migrate.upgrade()
    return app
