"""python -m tests.provider CLIENT_ID CLIENT_SECRET REDIRECT_URI: serve on a free port, print the issuer's address.

It holds the whole of the code flow: discovery, keys, authorization with PKCE (S256), codes that work once, client
authentication, identity tokens signed RS256. POST /behave with a JSON object makes it say other things: `claims`
replace those of the identity token, `key` signs with a key nobody knows, `algorithm` none leaves the signature away.
"""

import base64
import hashlib
import json
import secrets
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET, REDIRECT = sys.argv[1:4]
KEY = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
OTHER = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
CODES: dict[str, dict[str, str]] = {}
BEHAVIOUR: dict[str, Any] = {}
SEEN: list[str] = []


def unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


class Provider(BaseHTTPRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def answer(self, content: Any, status: int = 200) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        SEEN.append(parts.path)
        if parts.path == "/.well-known/openid-configuration":
            if BEHAVIOUR.get("redirect_discovery"):
                self.send_response(302)
                self.send_header("Location", BEHAVIOUR["redirect_discovery"])
                self.end_headers()
                return
            self.answer(
                {
                    "issuer": self.issuer,
                    "authorization_endpoint": f"{self.issuer}/authorize",
                    "token_endpoint": f"{self.issuer}/token",
                    "jwks_uri": f"{self.issuer}/keys",
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "code_challenge_methods_supported": ["S256"],
                    "token_endpoint_auth_methods_supported": ["client_secret_basic"],
                }
                | BEHAVIOUR.get("discovery", {})
            )
        elif parts.path == "/keys":
            self.answer({"keys": [KEY.as_dict(private=False)]})
        elif parts.path == "/authorize":
            self.authorize({name: values[0] for name, values in parse_qs(parts.query).items()})
        elif parts.path == "/seen":
            self.answer(SEEN)
        else:
            self.answer({}, 404)

    def authorize(self, asked: dict[str, str]) -> None:
        right = (
            asked.get("client_id") == CLIENT
            and asked.get("redirect_uri") == REDIRECT
            and asked.get("response_type") == "code"
            and "openid" in asked.get("scope", "").split()
            and asked.get("code_challenge_method") == "S256"
            and asked.get("state")
            and asked.get("nonce")
        )
        if not right:
            self.answer({"error": "invalid_request", "asked": asked}, 400)
            return
        code = secrets.token_urlsafe(16)
        CODES[code] = asked
        self.send_response(302)
        self.send_header("Location", f"{REDIRECT}?{urlencode({'code': code, 'state': asked['state']})}")
        self.end_headers()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == "/behave":
            BEHAVIOUR.clear()
            BEHAVIOUR.update(json.loads(body))
            self.answer({})
        elif self.path == "/token":
            self.token({name: values[0] for name, values in parse_qs(body).items()})
        else:
            self.answer({}, 404)

    def token(self, sent: dict[str, str]) -> None:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        asked = CODES.pop(sent.get("code", ""), None)
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if self.headers.get("Authorization") != f"Basic {basic}":
            self.answer({"error": "invalid_client"}, 401)
        elif not asked or sent.get("redirect_uri") != REDIRECT or challenge != asked["code_challenge"]:
            self.answer({"error": "invalid_grant"}, 400)
        else:
            now = int(time.time())
            claims = {"iss": self.issuer, "aud": CLIENT, "sub": "citizen-7", "iat": now, "exp": now + 300}
            claims |= {"nonce": asked["nonce"], "email": "Worker@example.org", "email_verified": True}
            claims |= BEHAVIOUR.get("claims", {})
            key = OTHER if BEHAVIOUR.get("key") else KEY
            none = BEHAVIOUR.get("algorithm") == "none"
            identity = unsigned(claims) if none else jwt.encode({"alg": "RS256", "kid": "first"}, claims, key)
            self.answer(
                {
                    "access_token": secrets.token_urlsafe(),
                    "token_type": "Bearer",
                    "expires_in": 60,
                    "id_token": identity,
                }
            )


server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
sys.stdout.write(f"http://127.0.0.1:{server.server_address[1]}\n")
sys.stdout.flush()
server.serve_forever()
