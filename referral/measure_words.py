"""What a measure is called: the words of the default pack, of goals, and of instruments by their newest version."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from models import InstrumentVersion, Measure
from models.outcome import GOALS
from referral.actions.instruments import packs
from referral.i18n import _, in_language, language
from referral.words import word


def measure_word(code: str, versions: Mapping[str, InstrumentVersion] | None = None) -> str:
    """Return the name of a measure in the reader's language; its code where nobody knows a name."""
    if isinstance(code, Measure):
        return word(code)
    if code == GOALS:
        return _("Goals (T score)")
    if versions and code in versions:
        return in_language(versions[code])
    return said(_pack_names().get(code)) or code


def said(words: Mapping[str, Any] | None) -> str:
    """Return the words of a definition in the reader's language."""
    return str(words.get(language().code) or words.get("zh", "")) if words else ""


@cache
def _pack_names() -> dict[str, dict[str, str]]:
    return {pack["code"]: pack["name"] for pack in packs()}
