"""Sign-in at the city's own door: OpenID Connect, authorization code with PKCE, nonce and state (authlib).

Everything that is fetched lies at the issuer that the settings name, or where its discovery says over the same kind of
connection; no redirect is followed, nothing waits longer than five seconds.
"""

from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.flask_client.apps import FlaskOAuth2App
from authlib.integrations.requests_client import OAuth2Session
from flask import Flask, current_app
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from referral.mail import base_address

log = structlog.get_logger()

NAME = "city"
TIMEOUT = 5
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
TROUBLE = (AuthlibBaseError, JoseError, requests.RequestException, ValueError, KeyError)
"""What goes wrong when the provider is away, or answers what cannot be trusted."""


class DoorClosed(RuntimeError):
    """The city's sign-in cannot be used: it is not set up, does not answer, or answers what cannot be trusted."""


class _Session(OAuth2Session):  # type: ignore[misc]
    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        return super().request(method, url, **kwargs | {"timeout": TIMEOUT, "allow_redirects": False})


class _City(FlaskOAuth2App):  # type: ignore[misc]
    client_cls = _Session

    def load_server_metadata(self) -> Any:
        """Return the provider's discovery once it is known to be the issuer's own."""
        metadata = super().load_server_metadata()
        issuer = current_app.config["OIDC_ISSUER"]
        if metadata.get("issuer", "").rstrip("/") != issuer:
            raise ValueError("the discovery speaks for another issuer")
        if any(urlsplit(metadata[name]).scheme != urlsplit(issuer).scheme for name in ENDPOINTS):
            raise ValueError("the discovery leads away from the issuer's kind of connection")
        return metadata


def init_app(app: Flask) -> None:
    """Make the city's door known, where the settings name one."""
    if not app.config["OIDC_ISSUER"]:
        return
    app.extensions["city"] = OAuth(app).register(
        NAME,
        client_cls=_City,
        client_id=app.config["OIDC_CLIENT_ID"],
        client_secret=app.config["OIDC_CLIENT_SECRET"],
        server_metadata_url=app.config["OIDC_ISSUER"] + "/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
    )


def there_is_one() -> bool:
    """Say whether the city has a sign-in of its own."""
    return "city" in current_app.extensions


def go(back_to: str) -> Response:
    """Return the way to the city's sign-in, which will send the person back to a path of ours; raise DoorClosed."""
    try:
        away: Response = _door().authorize_redirect(base_address() + back_to)
    except TROUBLE as error:
        raise _closed(error) from error
    return away


def come_back() -> dict[str, Any]:
    """Return what the city says of whoever comes back: iss, sub, email, email_verified; raise DoorClosed."""
    try:
        token = _door().authorize_access_token(claims_options=_expected())
        claims = dict(token["userinfo"])
    except TROUBLE as error:
        raise _closed(error) from error
    return claims


def _expected() -> dict[str, Any]:
    """Return what an identity token must say beside nonce and times: by whom, and for us."""
    metadata = _door().load_server_metadata()
    audience = current_app.config["OIDC_CLIENT_ID"]
    return {
        "iss": {"essential": True, "values": [metadata["issuer"]]},
        "aud": {"essential": True, "value": audience},
        "sub": {"essential": True},
    }


def _door() -> _City:
    try:
        door: _City = current_app.extensions["city"]
    except KeyError:
        raise DoorClosed("not set up") from None
    return door


def _closed(error: Exception) -> DoorClosed:
    log.warning("city_door", error=type(error).__name__, why=str(getattr(error, "error", ""))[:64])
    return DoorClosed(type(error).__name__)
