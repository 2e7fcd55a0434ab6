"""The provider: inbox, services, clients."""

from flask import Blueprint

blueprint = Blueprint("providers", __name__)

from referral.providers import (  # noqa: E402, F401  views need the blueprint
    answering,
    clients,
    satisfaction,
    services,
    steps,
    views,
)
