"""The command line: every command is there, and the report says what the page says."""

from pathlib import Path

from flask import Flask

from referral import commands
from referral.cli import COMMANDS

DISTRICT = "321199000000"


def test_every_module_of_commands_is_a_command(app: Flask) -> None:
    modules = {path.stem for path in Path(str(commands.__file__)).parent.glob("[a-z]*.py")}
    assert modules <= set(COMMANDS)
    names = {"run", "seed", "import", "round", "report", "jobs", "db"}
    assert names <= set(app.cli.commands)


def test_the_report_is_printed_and_written(demo_app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "report.xlsx"
    run = demo_app.test_cli_runner().invoke(args=["report", "--area", DISTRICT, "--xlsx", str(file)])
    assert run.exit_code == 0, run.output
    assert "147" in run.output
    assert "8891" in run.output
    assert file.read_bytes().startswith(b"PK")


def test_a_period_that_ends_before_it_begins_is_refused(demo_app: Flask) -> None:
    arguments = ["report", "--area", DISTRICT, "--from", "2026-02-01", "--to", "2026-01-01"]
    assert demo_app.test_cli_runner().invoke(args=arguments).exit_code == 2
