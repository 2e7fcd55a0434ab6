"""The command line: every command is there, and the report says what the page says."""

import os
import subprocess
import sys
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


def referral(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the command as somebody would in an empty folder, with no settings but these."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("REFERRAL_")}
    program = "from referral.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=settings | {"REFERRAL_INSTANCE": str(folder), "PYTHONPATH": os.pathsep.join(sys.path)} | more,
        capture_output=True,
        text=True,
        check=False,
    )


def test_serving_real_people_without_a_secret_is_refused_in_words(tmp_path: Path) -> None:
    run = referral(tmp_path, "run")
    assert run.returncode != 0
    assert "REFERRAL_SECRET_KEY" in run.stderr
    assert "Traceback" not in run.stderr


def test_work_on_an_empty_database_needs_no_other_step(tmp_path: Path) -> None:
    run = referral(tmp_path, "seed", "reference", REFERRAL_KEYS_JSON=os.environ["REFERRAL_KEYS_JSON"])
    assert run.returncode == 0, run.stderr
    assert (tmp_path / "referral.sqlite").exists()


def test_work_on_the_database_without_keys_is_refused_in_words(tmp_path: Path) -> None:
    for arguments in (("run",), ("seed", "reference")):
        run = referral(tmp_path, *arguments, REFERRAL_SECRET_KEY="x" * 32)
        assert run.returncode != 0
        assert "referral keys new" in run.stderr
        assert "Traceback" not in run.stderr
    assert not (tmp_path / "referral.sqlite").exists()


def test_the_demonstration_makes_its_own_keys_for_its_owner_alone(tmp_path: Path) -> None:
    assert referral(tmp_path, "seed", "accounts", REFERRAL_DEMONSTRATION="1").returncode == 0
    file = tmp_path / "demonstration-keys.json"
    assert file.stat().st_mode & 0o777 == 0o600
    before = file.read_text()
    assert referral(tmp_path, "seed", "accounts", REFERRAL_DEMONSTRATION="1").returncode == 0
    assert file.read_text() == before
