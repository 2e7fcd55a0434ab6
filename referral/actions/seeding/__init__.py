"""Loading the code lists and the demonstration district."""

from referral.actions.seeding.accounts import PASSWORD
from referral.actions.seeding.demonstration import Loaded, is_empty, load_demonstration
from referral.actions.seeding.reference import load_reference

__all__ = ["PASSWORD", "Loaded", "is_empty", "load_demonstration", "load_reference"]
