"""Pages for people without an account: answering a referral with a link from a message."""

from flask import Blueprint
from flask.wrappers import Response

blueprint = Blueprint("public", __name__)

PRIVATE = {
    "Referrer-Policy": "strict-origin",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""Addresses here are secrets: browsers tell nobody more than the name of this site, keep nothing, and no search engine
lists them. (`no-referrer` would make older browsers send forms without an origin, which are refused.)"""


@blueprint.after_request
def keep_private(answer: Response) -> Response:
    """Tell browsers and search engines to forget the page and its address."""
    answer.headers.update(PRIVATE)
    return answer


from referral.public import (  # noqa: E402, F401  views need the blueprint
    answers,
    confirming,
)
