"""The administrator: accounts, lists, calendar, jobs."""

from flask import Blueprint

blueprint = Blueprint("admin", __name__)

from referral.admin import views  # noqa: E402, F401  views need the blueprint
