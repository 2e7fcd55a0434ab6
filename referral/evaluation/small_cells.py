"""Small figures are not told: whoever counts few people can recognise them.

Which figures are withheld besides, so that the small ones cannot be computed, is planned over all tables together
(`suppression`, `shared`).
"""

from referral.queries.report.figures import Report
from referral.withheld import FEWEST, Withheld


def is_too_small(report: Report) -> bool:
    """Say whether a whole report speaks of so few that none of it is told."""
    return isinstance(report.done.persons, Withheld) or 0 < report.done.persons < FEWEST
