"""A figure that is not told, because it speaks of so few people that they could be recognised."""

from referral.i18n import _


class Withheld:
    """Stands in the place of a small figure, or of one from which a small one could be computed."""

    def __str__(self) -> str:
        return str(_("withheld"))


WITHHELD = Withheld()
