"""The station: desk, people, needs, visits."""

from flask import Blueprint

blueprint = Blueprint("casework", __name__)

from referral.casework import views  # noqa: E402, F401  views need the blueprint
