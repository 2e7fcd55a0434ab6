"""The administrator: accounts, lists, calendar, jobs. No cases."""

from flask import Blueprint

blueprint = Blueprint("admin", __name__)

from referral.admin import accounts, lists, retention, upkeep  # noqa: E402, F401  views need the blueprint
