"""The station: desk, people, needs, visits."""

from flask import Blueprint

blueprint = Blueprint("casework", __name__)

from referral.casework import assess, cases, desk, glass, looks, needs, people, referrals, rights, visits  # noqa: E402, F401  need the blueprint
