"""The coordinator: needs, rounds, catalogue, imports."""

from flask import Blueprint

blueprint = Blueprint("coordination", __name__)

from referral.coordination import views  # noqa: E402, F401  views need the blueprint
