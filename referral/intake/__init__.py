"""Finding people and taking them in."""

from flask import Blueprint

blueprint = Blueprint("intake", __name__)

from referral.intake import views  # noqa: E402, F401  views need the blueprint
