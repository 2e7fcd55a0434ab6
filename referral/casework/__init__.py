"""The station: desk, people, needs, visits."""

from flask import Blueprint

blueprint = Blueprint("casework", __name__)

from referral.casework import (  # noqa: E402, F401  need the blueprint
    assess,
    cases,
    consents,
    desk,
    emergencies,
    glass,
    hours,
    looks,
    needs,
    people,
    referrals,
    reveal,
    rights,
    visits,
    volunteers,
)
