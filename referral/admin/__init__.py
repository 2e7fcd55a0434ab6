"""The administrator: accounts, lists, calendar, jobs. No cases."""

from flask import Blueprint

blueprint = Blueprint("admin", __name__)

from referral.admin import (  # noqa: E402, F401  views need the blueprint
    accounts,
    instruments,
    lists,
    outbox,
    retention,
    upkeep,
)
