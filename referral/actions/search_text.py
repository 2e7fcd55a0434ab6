"""What people and organizations are found by: any part of the name, its pinyin, initials, numbers."""

from referral.queries.people import fold


def search_text(name: str, number: str) -> str:
    """Return what a person is found by: name, pinyin, initials and file number.

    Folded to lower case, at most 255 characters. Telephones have an index of their own, which nobody can read.
    """
    return fold(f"{name} {_pinyin(name)} {number}")[:255]


def organization_search_text(name: str, alternate_name: str | None = None) -> str:
    """Return what an organization is found by: its names, pinyin and initials. At most 512 characters."""
    return fold(f"{name} {alternate_name or ''} {_pinyin(name)}")[:512]


def _pinyin(name: str) -> str:
    """Return the pinyin in one word and the initials in another."""
    from pypinyin import lazy_pinyin

    syllables = lazy_pinyin(name)
    return f"{''.join(syllables)} {''.join(syllable[:1] for syllable in syllables)}"
