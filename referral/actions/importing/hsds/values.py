"""Values of catalogues: dates, hours, weekdays, languages, lists of ids."""

import re
from datetime import date, datetime, time

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY_WORDS = {
    "monday": 0, "mon": 0, "mo": 0, "tuesday": 1, "tues": 1, "tue": 1, "tu": 1, "wednesday": 2, "wed": 2, "we": 2,
    "thursday": 3, "thurs": 3, "thur": 3, "thu": 3, "th": 3, "friday": 4, "fri": 4, "fr": 4, "saturday": 5, "sat": 5,
    "sa": 5, "sunday": 6, "sun": 6, "su": 6,
}  # fmt: skip
LANGUAGES = {
    "amharic": "am", "arabic": "ar", "bengali": "bn", "cantonese": "yue", "chinese": "zh", "english": "en",
    "farsi": "fa", "french": "fr", "german": "de", "gujarati": "gu", "hindi": "hi", "italian": "it", "japanese": "ja",
    "khmer": "km", "korean": "ko", "mandarin": "zh", "polish": "pl", "portuguese": "pt", "punjabi": "pa",
    "russian": "ru", "somali": "so", "spanish": "es", "tagalog": "tl", "urdu": "ur", "vietnamese": "vi",
}  # fmt: skip
"""Names of languages as American and British catalogues write them → ISO 639."""
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


class Unreadable(ValueError):
    """A value that cannot be read; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def ids(text: str) -> list[str]:
    """Return the ids in a cell; several stand with commas between them, though HSDS allows one."""
    return [part.strip() for part in text.split(",") if part.strip()]


def day(text: str) -> tuple[date, bool]:
    """Return a date and whether it was written as HSDS wants it (2014-12-24).

    Also reads 12/24/2014 (month first, as American catalogues have it) and December 24, 2014. Raises Unreadable:
    two_digit_year, not_date.
    """
    try:
        return date.fromisoformat(text[:10]), True
    except ValueError:
        pass
    spelled = re.fullmatch(r"([A-Za-z]+)\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})", text, re.ASCII)
    slashed = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{2,4})", text, re.ASCII)
    if slashed and len(slashed[3]) != 4:
        raise Unreadable("two_digit_year")
    try:
        if spelled:
            found = [number for number, name in enumerate(_MONTHS, 1) if name.startswith(spelled[1].lower()[:3])]
            if len(found) == 1 and _MONTHS[found[0] - 1].startswith(spelled[1].lower()):
                return date(int(spelled[3]), found[0], int(spelled[2])), False
        if slashed:
            return date(int(slashed[3]), int(slashed[1]), int(slashed[2])), False
    except ValueError:
        pass
    raise Unreadable("not_date")


def moment(text: str) -> datetime:
    """Return an aware moment from ISO text; Unreadable: not_date."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise Unreadable("not_date") from None
    if value.tzinfo is None:
        raise Unreadable("not_date")
    return value


def hour(text: str) -> time | None:
    """Return a time of day from 8:30AM, 8 am, 08:30, 08:30:00 or 24:00 (as 23:59); None where it is none."""
    found = re.fullmatch(
        r"(\d{1,2})(?::(\d{2}))?(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?\s*([AaPp]\.?[Mm]\.?)?", text
    )
    if not found or (found[2] is None and found[3] is None):
        return None
    hours, minutes = int(found[1]), int(found[2] or 0)
    if found[3]:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if found[3][0] in "Pp" else 0)
    if (hours, minutes) == (24, 0):
        return time(23, 59)
    return time(hours, minutes) if hours < 24 and minutes < 60 else None


def weekdays(text: str) -> str | None:
    """Return RFC 5545 weekdays for "Monday - Friday", "Mon, Wed-Fri" or "Tuesday & Thursday"; None for other words.

    >>> weekdays("Mon, Wed-Fri")
    'MO,WE,TH,FR'
    """
    chosen: set[int] = set()
    for part in re.split(r"[,;&]|\band\b", text.lower()):
        ends = [
            _DAY_WORDS.get(word.strip().rstrip("."))
            for word in re.split(r"\s*(?:-|–|\bto\b|\bthrough\b)\s*", part.strip())
        ]
        if len(ends) > 2 or None in ends:
            return None
        first, last = ends[0], ends[-1]
        if first is None or last is None:
            return None
        chosen.update((first + step) % 7 for step in range((last - first) % 7 + 1))
    return ",".join(DAYS[number] for number in sorted(chosen))


def language_code(text: str) -> str | None:
    """Return the ISO code of a language by its name or its code; None where it is not known."""
    word = text.lower().strip()
    return word if re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})?", word) else LANGUAGES.get(word)
