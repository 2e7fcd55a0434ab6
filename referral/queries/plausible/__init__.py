"""What looks implausible about logged visits: gathered once as arrays, judged by rules over all of them."""

from referral.queries.plausible.gather import Gathered, around, gather, of_period
from referral.queries.plausible.rules import Finding, findings

__all__ = ["Finding", "Gathered", "around", "findings", "gather", "of_period"]
