"""The worker's phone: today's people, what was done, a group, a call for help; with a network and without one."""

from flask import Blueprint

blueprint = Blueprint("phone", __name__, url_prefix="/phone")

from referral.phone import app, entries, pages, pictures  # noqa: E402, F401  views need the blueprint
