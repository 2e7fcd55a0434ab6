"""The command `referral`: serve, migrate, seed, import, run a round, report, work through the jobs."""

import os
import sys
from importlib import import_module

from flask import Flask
from flask.cli import FlaskGroup

COMMANDS = ("imports", "jobs", "report", "rounds", "seed", "serve")
"""Modules of `referral.commands`, each with one `command`."""


def init_app(app: Flask) -> None:
    """Attach our commands to the application."""
    for name in COMMANDS:
        app.cli.add_command(import_module(f"referral.commands.{name}").command)


def main() -> None:
    """Run the command line. `referral run --demo` stands for the demonstration with invented people."""
    from referral import create_app

    if "--demo" in sys.argv:
        os.environ["REFERRAL_DEMONSTRATION"] = "1"
    FlaskGroup(
        name="referral",
        help="Yuanqiao: joins people in need to the organizations that can help them.",
        create_app=create_app,
        add_default_commands=False,
        add_version_option=False,
    ).main(prog_name="referral")
