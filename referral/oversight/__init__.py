"""The auditor: is the log whole, and who looked at what? File numbers, never names of people."""

from flask import Blueprint

blueprint = Blueprint("oversight", __name__)

from referral.oversight import views  # noqa: E402, F401  views need the blueprint
