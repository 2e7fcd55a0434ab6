"""Telling other computers over HTTPS, signed as Standard Webhooks 1.0 wants it, and only those that are allowed.

Whoever may enter an address could otherwise make this computer talk to others inside the house (SSRF). So: HTTPS
only, hosts of a list in the settings only, the name is looked up once and every address it has must be public, the
connection goes to the address that was looked at, nothing is followed elsewhere, and time and size are limited.
"""

import base64
import hmac
import http.client
import ipaddress
import secrets
import socket
import ssl
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

PREFIX = "whsec_"
SECRET_BYTES = 32
TIMEOUT = 5.0
"""Seconds for each step: connecting, one reading."""
LONGEST = 15.0
"""Seconds for the whole talk, however slowly the other side speaks."""
MOST_READ = 4096
"""Bytes of the answer that are read at most; nothing in them is used."""
MOST_SENT = 20_000


class AddressRefused(Exception):
    """The address may not be told anything; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Rules:
    """Which addresses may be told, as the settings say."""

    hosts: frozenset[str]
    """Host names, in small letters. None else."""
    loopback: bool = False
    """Whether this very computer may be told: in tests and in the demonstration only."""
    ca_file: str | None = None
    """Certificates of issuers to trust beside the usual ones."""


def rules_in_force() -> Rules:
    """Return which addresses may be told, from the settings."""
    settings = current_app.config
    hosts = frozenset(settings["WEBHOOK_HOSTS"])
    return Rules(hosts, loopback=settings["WEBHOOK_LOOPBACK"], ca_file=settings["WEBHOOK_CA"] or None)


def new_secret() -> str:
    """Return a new secret as Standard Webhooks writes it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secrets_: Iterable[str], key: str, at: datetime, body: bytes) -> str:
    """Return the header `webhook-signature`: one `v1,…` for each secret, so that secrets can change over."""
    told = f"{key}.{int(at.timestamp())}.".encode() + body
    return " ".join(
        "v1," + base64.b64encode(hmac.digest(base64.b64decode(one.removeprefix(PREFIX)), told, "sha256")).decode()
        for one in secrets_
    )


def check(url: str, rules: Rules) -> None:
    """Raise AddressRefused for what can be seen of an address without looking it up."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("address") from None
    if parts.scheme != "https":
        raise AddressRefused("not_https")
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise AddressRefused("address")
    if any(ord(sign) <= 32 or ord(sign) > 126 for sign in url):
        raise AddressRefused("address")
    if parts.hostname.lower() not in rules.hosts:
        raise AddressRefused("not_allowed")
    if port not in {None, 443} and not rules.loopback:
        raise AddressRefused("port")


def resolve(host: str, port: int, rules: Rules) -> tuple[Any, ...]:
    """Look a name up once and return the address to connect to; raise AddressRefused if any of them is not public."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        raise AddressRefused("no_such_host") from None
    for _family, _kind, _protocol, _name, address in found:
        if not public(str(address[0]), loopback=rules.loopback):
            raise AddressRefused("private_address")
    if not found:
        raise AddressRefused("no_such_host")
    return found[0]


def public(text: str, *, loopback: bool = False) -> bool:
    """Say whether an address is one of the open internet; `loopback` lets this very computer through."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        for inner in (address.ipv4_mapped, address.sixtofour, address.teredo and address.teredo[1], _nat64(address)):
            if inner is not None:
                return public(str(inner), loopback=loopback)
    if address.is_loopback:
        return loopback
    return address.is_global and not address.is_multicast and not address.is_reserved


def _nat64(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    inside = address in ipaddress.ip_network("64:ff9b::/96")
    return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF) if inside else None


class _Pinned(http.client.HTTPSConnection):
    """Connects to the address that was looked at; the certificate must be of the name that was asked for."""

    def __init__(self, host: str, port: int, found: tuple[Any, ...], context: ssl.SSLContext) -> None:
        super().__init__(host, port, timeout=TIMEOUT, context=context)
        self._found, self._tls = found, context

    def connect(self) -> None:
        """Open the connection without asking for the name again."""
        family, kind, protocol, _name, address = self._found
        plain = socket.socket(family, kind, protocol)
        try:
            plain.settimeout(TIMEOUT)
            plain.connect(address)
            self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)
        except BaseException:
            plain.close()
            raise


def post(url: str, body: bytes, *, key: str, at: datetime, secrets_: Sequence[str], rules: Rules) -> int:
    """Send a signed message and return the status that was answered; nothing else of the answer is kept.

    Raises AddressRefused, OSError (also ssl.SSLError, TimeoutError) and http.client.HTTPException.
    """
    check(url, rules)
    if len(body) > MOST_SENT:
        raise AddressRefused("too_long")
    parts = urlsplit(url)
    host, port = str(parts.hostname), parts.port or 443
    found = resolve(host, port, rules)
    context = ssl.create_default_context()
    if rules.ca_file:
        context.load_verify_locations(rules.ca_file)
    connection = _Pinned(host, port, found, context)
    headers = {
        "content-type": "application/json",
        "user-agent": "Yuanqiao",
        "webhook-id": key,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signature(secrets_, key, at, body),
        "connection": "close",
    }
    limit = threading.Timer(LONGEST, _cut, (connection,))
    limit.daemon = True
    limit.start()
    try:
        connection.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        answer.read(MOST_READ)
        return answer.status
    finally:
        limit.cancel()
        connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    """End a talk that takes too long."""
    sock = connection.sock
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
