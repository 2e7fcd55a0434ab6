"""The station: desk, people, needs, visits."""

from flask import Blueprint

blueprint = Blueprint("casework", __name__)

from referral.casework import (  # noqa: E402, F401  views need the blueprint
    answers,
    assess,
    cases,
    closing,
    consents,
    desk,
    emergencies,
    glass,
    goals,
    hours,
    limits,
    looks,
    measures,
    needs,
    people,
    referrals,
    reveal,
    rights,
    visits,
    volunteers,
)
