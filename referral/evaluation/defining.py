"""What a definition says, and the words that many of them share."""

from dataclasses import dataclass
from typing import Any

from referral.i18n import lazy


@dataclass(frozen=True)
class Definition:
    """One figure: its formula, the date that decides whether something falls in the period, and what is left out."""

    title: Any
    formula: Any
    date: Any
    leaves_out: Any
    unit: Any
    numerator: Any = None
    """What stands above the line; None where the formula says it and nothing is divided."""
    denominator: Any = None

    @property
    def above(self) -> Any:
        """What is counted, or stands above the line."""
        return self.numerator or self.formula

    @property
    def below(self) -> Any:
        """What it is divided by; a dash where nothing is."""
        return self.denominator or "–"


VISIT_DATE = lazy("Day of the service, in China")
REQUEST_DATE = lazy("Day on which the provider was asked")
NEED_DATE = lazy("Day on which the need was opened")
CASE_DATE = lazy("Day on which the case was opened")
NOT_REACHED = lazy("Entries in which nobody was met; entries replaced by a correction")
IN_ERROR = lazy("Referrals entered in error")
PERSONS, PERCENT, YUAN = lazy("people"), lazy("percent"), lazy("yuan")
ENTRIES, CASES = lazy("entries"), lazy("cases")
REFERRALS, NEEDS, DAYS = lazy("referrals"), lazy("needs"), lazy("working days")
BOTH_SCORES = lazy("People with both scores")
