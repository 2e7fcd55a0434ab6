"""The layout the project was given, held by a machine."""

import re
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parents[2]

TOP = {
    # given
    "referral", "models", "matching", "templates", "seed", "tests", "pyproject.toml", "README.md",
    # what tools demand
    ".ci", ".gitignore", ".pre-commit-config.yaml", "dev.py", "docs", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md",
    "SECURITY.md", "requirements-run.txt", "requirements-dev.txt",
}  # fmt: skip

LONG = {
    "referral/static/css/ui.css": "the whole design system but its tokens, in one request, as the design asks",
    "dev.py": "it runs on a bare Python before anything is installed, so it cannot be a package",
    "referral/report_again.py": "every figure of the report counted once more in plain SQL, read beside each other",
    "referral/errors.py": "one table of what every error says to a person and what they can do next",
    "referral/explanations.py": "one table of the engine's codes in words, read beside each other",
    "tests/referral/test_planning.py": "three tabs of one study, asked once and read in order",
    "tests/referral/test_scenario_pages.py": "one question from the form to the comparison, told in order",
    "tests/matrix/table.py": "the one table of every route, role and relation, meant to be read in one go",
    "tests/matrix/probes.py": "the list of all kinds of query and write that a careless page could make",
    "tests/matrix/district.py": "one district with a record of each relation, whose parts refer to each other",
    "tests/factories.py": "one factory for each record, looked up by name",
    "tests/referral/test_coordination.py": "the coordinator's pages in the order of a morning's work",
    "tests/referral/test_sign_in.py": "one way in, from password to session, told in order",
    "models/__init__.py": "one list of names: every record, so that all tables are known once it is imported",
    "referral/access/scopes.py": "one list of who may see which rows of each record, read beside each other",
    "referral/static/js/phone.js": "the phone off-line in one request; its parts share the form, queue and list",
    "tests/faults.py": "one made-up month with eight kinds of fault, which must know of each other to stay apart",
    "tests/journeys/test_phone.py": "one phone through flight mode, killed tabs and lost answers, told in order",
    "tests/referral/test_answers.py": "one link: each answer, and the list of every way to abuse it held to one answer",
    "tests/referral/test_closing.py": "one case from the end of help to the re-visit, told in order",
    "tests/referral/test_following.py": "what may come between a refusal and its new proposal, on one street",
    "tests/referral/test_outbox.py": "one message from being written to being sent, given up or sent again",
    "tests/referral/test_providers.py": "the provider's side of one referral, from the request to its end",
}
"""Files allowed more than 300 lines, each with its reason."""

MACHINE_PATH = re.compile(r"(?<![\w.>$])/(?:root|work|farm|home/\w+|Users/\w+|tmp/[a-z])\b")


def tracked() -> list[str]:
    """The files of the repository."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name and (HERE / name).is_file()]


def text(name: str) -> str:
    """A file's text; nothing for a file that is not text."""
    try:
        return (HERE / name).read_text("utf-8")
    except UnicodeDecodeError:
        return ""


def test_nothing_stands_at_the_top_but_the_given_folders_and_what_tools_demand() -> None:
    assert {name.split("/")[0] for name in tracked()} <= TOP


def test_each_given_folder_is_there() -> None:
    assert all((HERE / name).exists() for name in ("referral", "models", "matching", "templates", "seed"))


@pytest.mark.parametrize("ending", [".py", ".html", ".js", ".css"])
def test_a_file_of_over_300_lines_has_a_reason(ending: str) -> None:
    ours = [
        n
        for n in tracked()
        if n.endswith(ending) and not n.startswith(("models/migrations/versions/", "tests/static/"))
    ]
    long = {n: lines for n in ours if (lines := len(text(n).splitlines())) > 300 and n not in LONG}
    assert not long, f"is each of these one module? {long}"


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    found = {n: m[0] for n in tracked() if "architecture" not in n and (m := MACHINE_PATH.search(text(n)))}
    assert not found


def test_the_locks_hold_hashes_and_name_no_index() -> None:
    for name in ("requirements-run.txt", "requirements-dev.txt"):
        lock = text(name)
        pins = re.findall(r"^[a-z0-9].*==.*(?:\n +--hash=\S+(?: \\)?)*", lock, re.MULTILINE)
        assert len(pins) > 40
        assert all("--hash=sha256:" in pin for pin in pins), name
        assert "://" not in lock, name


def test_both_locks_pin_the_same_versions() -> None:
    pin = re.compile(r"^([a-z0-9-]+)(?:\[.*?\])?==(\S+)", re.MULTILINE)
    run, dev = (dict(pin.findall(text(f"requirements-{kind}.txt"))) for kind in ("run", "dev"))
    assert run.items() <= dev.items()
