"""Plans of help and their visits: for stations and providers alike."""

from flask import Blueprint

blueprint = Blueprint("plans", __name__)

from referral.plans import calendars, carrying_out, making, meals, weeks  # noqa: E402, F401  views need the blueprint
