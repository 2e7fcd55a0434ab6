"""What looks implausible about logged visits: gathered once as arrays, judged by rules over all of them."""

from referral.queries.plausible.gather import Gathered, gather
from referral.queries.plausible.rules import Finding, findings
from referral.queries.plausible.which import around, of_period

__all__ = ["Finding", "Gathered", "around", "findings", "gather", "of_period"]
