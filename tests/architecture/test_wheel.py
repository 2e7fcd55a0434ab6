"""What is built holds what is written."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2]
MOVED = {"templates/": "referral/templates/", "seed/": "referral/seed/"}


def place(name: str) -> str:
    """Where a file of the checkout lies in the wheel."""
    return next((new + name.removeprefix(old) for old, new in MOVED.items() if name.startswith(old)), name)


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_five_folders_and_the_compiled_chinese(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    done = subprocess.run(build, cwd=HERE, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = set(wheel.namelist())
    folders = ["referral", "models", "matching", "templates", "seed"]
    listed = subprocess.run(["git", "ls-files", *folders], cwd=HERE, check=True, capture_output=True, text=True)
    missing = {place(name) for name in listed.stdout.splitlines() if (HERE / name).exists()} - held
    assert not missing
    assert "referral/translations/zh_Hans_CN/LC_MESSAGES/messages.mo" in held
    assert not [name for name in held if name.startswith(("tests/", "seed/", "templates/"))]
