"""Rules of the house that a search can hold."""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
BLUEPRINTS = ("account", "admin", "api", "casework", "coordination", "evaluation", "intake", "providers", "public")


def found(pattern: str, *folders: str) -> list[str]:
    """The lines of our code that a pattern hits, as `file:line`."""
    hit = re.compile(pattern)
    files = [file for folder in folders for file in sorted((HERE / folder).rglob("*.py"))]
    return [
        f"{file.relative_to(HERE)}:{number}"
        for file in files
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if hit.search(line)
    ]


def test_only_the_clock_reads_the_clock() -> None:
    lines = found(r"\b(datetime\.now|datetime\.utcnow|date\.today|datetime\.today)\(", "referral", "models", "matching")
    # A row's own stamp of writing is set below the layer of the clock; no rule ever reads it.
    allowed = ("referral/clock.py", "models/base.py")
    assert [line for line in lines if not line.startswith(allowed)] == []


def test_actions_and_queries_never_commit() -> None:
    assert found(r"\.commit\(", "referral/actions", "referral/queries") == []


def test_views_ask_no_questions_of_the_database_themselves() -> None:
    assert found(r"\bselect\(", *(f"referral/{name}" for name in BLUEPRINTS)) == []


def test_no_template_passes_text_through_unescaped_but_what_the_platform_made_itself() -> None:
    lines = [
        f"{file.relative_to(HERE)}:{number}"
        for file in sorted((HERE / "templates").rglob("*.html"))
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1)
        if re.search(r"\|\s*safe\b|autoescape\s+false", line)
    ]
    assert lines == []


def test_migrations_import_none_of_our_code() -> None:
    """But for what is frozen beside the steps: sealing, which SQL cannot do, and SQLite's way to change a rule."""
    ours = r"^\s*(from|import) (models|referral|matching)\b(?!\.migrations(\.| import )(sealing|checks))"
    assert found(ours, "models/migrations/versions") == []
