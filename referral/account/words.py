"""What the pages of signing in say when something is refused."""

from referral.actions.accounts import TooManyTries
from referral.i18n import _, ngettext


def slow_down(refused: TooManyTries) -> str:
    """Return how long to wait."""
    return ngettext(
        "Too many tries. Please wait %(num)s minute, then try again.",
        "Too many tries. Please wait %(num)s minutes, then try again.",
        refused.minutes,
    )


def too_easy() -> str:
    """Return why a password is not taken, and what to take instead."""
    return _(
        "This password is easy to guess: it consists of common words, dates, rows of keys or your own name. "
        "Take a short sentence that only you would say."
    )
