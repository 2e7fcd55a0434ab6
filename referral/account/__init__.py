"""One's own way in: sign in, language, messages, account."""

from flask import Blueprint

blueprint = Blueprint("account", __name__)

from referral.account import city, entering, links, safety, views  # noqa: E402, F401  views need the blueprint
