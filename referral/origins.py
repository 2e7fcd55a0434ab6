"""Where a request comes from: changes only from our own pages, and only under a name that is ours.

Beside the token in each form (CSRF) the browser's own word is asked: Fetch Metadata (W3C), which no page can forge, and
`Origin` from browsers that are older. A client that sends neither has no cookies to abuse but those it was given.
"""

from urllib.parse import urlsplit

import structlog
from flask import Flask, request
from werkzeug.exceptions import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OUR_OWN = frozenset({"same-origin", "none"})
"""`none` is somebody who reloads or opens an address; a sister site (`same-site`) is not us."""
log = structlog.get_logger()


class ForeignRequest(Forbidden):
    """A page of somebody else's sent a change here."""


def refuse_foreign() -> None:
    """Raise ForeignRequest for a change that a foreign page sends, and 400 for a host that is not ours."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        foreign = site not in OUR_OWN
    else:
        foreign = origin is not None and urlsplit(origin).netloc != request.host
    if foreign:
        log.warning("foreign_request", endpoint=request.endpoint, site=site)
        raise ForeignRequest


def init_app(app: Flask) -> None:
    """Look at each request before anything else does."""
    app.before_request_funcs.setdefault(None, []).insert(0, refuse_foreign)
