"""The Chinese catalogue: built from the fragments of each part, and checked against the words in the code."""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(__file__).resolve().parent / "translations"
BUILT = FOLDER / "zh_Hans_CN" / "LC_MESSAGES" / "messages.mo"
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%")
HALF = re.compile(r"(?<=[\u4e00-\u9fff”）》])[,:;?!(]|[,:;?!)](?=[\u4e00-\u9fff“（《])")
"""Half-width punctuation beside a Chinese sign, where print has it full."""
CONTEXT = re.compile(r"\[([^\]]+)\] (.+)", re.DOTALL)
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "lazy": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
}
METHODS = [("**/migrations/**", "ignore"), ("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]


def fragments() -> Iterator[tuple[str, str, str]]:
    """Yield (file, key, Chinese). A key is the English text, with ``[context]`` before it where needed."""
    for file in sorted((FOLDER / "zh").glob("*.json")):
        for key, text in json.loads(file.read_text("utf-8")).items():
            yield file.name, key, text


def chinese() -> dict[str, str]:
    """Return all keys with their Chinese, merged; the first fragment (by file name) wins."""
    words: dict[str, str] = {}
    for _file, key, text in fragments():
        words.setdefault(key, text)
    return words


def build() -> Path:
    """Write messages.po and messages.mo and return the latter's path. The same fragments give the same bytes.

    Chinese has one plural form, so each text is stored for its plural too and answers both gettext and ngettext.
    """
    catalog = Catalog(locale="zh_Hans_CN", domain="messages", header_comment="# Built from translations/zh")
    for key, text in sorted(chinese().items()):
        found = CONTEXT.fullmatch(key)
        if found:
            catalog.add(found[2], text, context=found[1])
        else:
            catalog.add((key, key), (text,))
    BUILT.parent.mkdir(parents=True, exist_ok=True)
    for path, write in ((BUILT.with_suffix(".po"), write_po), (BUILT, write_mo)):
        fresh = path.with_suffix(f"{path.suffix}.{os.getpid()}")
        with fresh.open("wb") as out:
            if write is write_po:
                write_po(out, catalog, omit_header=True, width=110)
            else:
                write_mo(out, catalog)
        fresh.replace(path)
    return BUILT


def refresh() -> None:
    """Build the catalogue where a fragment is newer. A wheel carries the built one and has no business here."""
    if not (ROOT / "pyproject.toml").exists():
        return
    newest = max((file.stat().st_mtime for file in (FOLDER / "zh").glob("*.json")), default=0.0)
    if not BUILT.exists() or BUILT.stat().st_mtime < newest:
        build()


def in_code() -> dict[str, list[str]]:
    """Return every key that code and templates use, with the places of its use (``file:line``)."""
    used: dict[str, list[str]] = {}
    options = {"**.html": {"trimmed": "true"}, "**.txt": {"trimmed": "true"}}
    for name in ("referral", "models", "templates"):
        for file, line, message, _comments, context in extract_from_dir(
            ROOT / name, METHODS, options, keywords=KEYWORDS
        ):
            text = message if isinstance(message, str) else message[0]
            key = f"[{context}] {text}" if context else text
            used.setdefault(key, []).append(f"{name}/{file}:{line}")
    return used


def placeholders(text: str) -> Counter[str]:
    """Return the named placeholders of a text with the number of times each stands in it."""
    return Counter(found[1] for found in PLACEHOLDER.finditer(text) if found[1])


def problems() -> list[str]:
    """Return one sentence for each text without Chinese, unused line, doubtful placeholder and contradiction."""
    used, seen, found = in_code(), dict[str, tuple[str, str]](), list[str]()
    for file, key, text in fragments():
        first = seen.setdefault(key, (file, text))
        if first[1] != text:
            found.append(f"{file}: {key!r} is {text!r} here and {first[1]!r} in {first[0]}")
        if key not in used:
            found.append(f"{file}: {key!r} is used nowhere")
        if set(placeholders(key)) != set(placeholders(text)):
            found.append(f"{file}: {key!r} and {text!r} have different placeholders")
        if HALF.search(text):
            found.append(f"{file}: {text!r} has half-width punctuation")
        if not text.strip():
            found.append(f"{file}: {key!r} is empty")
    found += [f"{places[0]}: no Chinese for {key!r}" for key, places in used.items() if key not in seen]
    found += [
        f"{places[0]}: {key!r} has a lone %, write %%"
        for key, places in used.items()
        if "%" in PLACEHOLDER.sub("", key) and any(place.startswith("templates/") for place in places)
    ]
    return found


@click.command()
@click.option("--check", is_flag=True, help="Say what is missing or left over, and fail if anything is.")
def main(check: bool) -> None:
    """Build the Chinese catalogue, or check it."""
    if not check:
        click.echo(f"{build()}: {len(chinese())} texts")
        return
    found = problems()
    for line in found:
        click.echo(line)
    click.echo(f"{len(in_code())} texts, {len(found)} problems")
    sys.exit(1 if found else 0)
