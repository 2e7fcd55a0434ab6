"""Webhooks: signed as the standard wants it, sent only where the rules let them go."""

import base64
import hashlib
import hmac
import http.client
import http.server
import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from referral import webhooks

AT = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)


@dataclass
class Listener:
    """A real HTTPS server that keeps what it is told, with a certificate of its own."""

    url: str
    ca_file: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """To be answered, one after the other; 200 when there are none."""
    headers: dict[str, str] = field(default_factory=dict)
    pause: float = 0.0

    @property
    def rules(self) -> webhooks.Rules:
        return webhooks.Rules(frozenset({"localhost"}), loopback=True, ca_file=self.ca_file)


def certificate(folder: Path) -> Path:
    """A certificate for localhost with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "listener.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


def listening(folder: Path) -> Iterator[Listener]:
    """Serve until the test is over."""
    pem = certificate(folder)
    found = Listener("", str(pem))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            time.sleep(found.pause)
            self.send_response(found.statuses.pop(0) if found.statuses else 200)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    found.url = f"https://localhost:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    yield from listening(tmp_path)


def verified(headers: dict[str, str], body: bytes, secret: str) -> bool:
    """The standard's own recipe, written apart from ours."""
    told = b".".join([headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body])
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, told, hashlib.sha256).digest()).decode()
    return any(
        version == "v1" and hmac.compare_digest(value, expected)
        for version, _, value in (one.partition(",") for one in headers["webhook-signature"].split())
    )


def test_the_signature_is_that_of_the_standards_example() -> None:
    """The example of the Standard Webhooks specification."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, UTC)
    body = b'{"test": 2432232314}'
    assert webhooks.signature([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body) == (
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_what_is_told_arrives_signed_with_both_secrets(listener: Listener) -> None:
    new, old = webhooks.new_secret(), webhooks.new_secret()
    body = json.dumps({"type": "x"}).encode()
    status = webhooks.post(listener.url, body, key="msg_1", at=AT, secrets_=[new, old], rules=listener.rules)
    assert status == 200
    ((headers, got),) = listener.got
    assert got == body
    assert verified(headers, got, new)
    assert verified(headers, got, old)
    assert not verified(headers, got, webhooks.new_secret())
    assert not verified(headers, got + b" ", new)
    assert not verified(headers | {"webhook-id": "msg_2"}, got, new)
    assert headers["webhook-timestamp"] == str(int(AT.timestamp()))
    assert len(base64.b64decode(new.removeprefix("whsec_"))) == 32


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://hooks.example/x", "not_https"),
        ("ftp://hooks.example/x", "not_https"),
        ("file:///etc/passwd", "not_https"),
        ("https://other.example/x", "not_allowed"),
        ("https://hooks.example.evil.example/x", "not_allowed"),
        ("https://hooks.example@evil.example/x", "address"),
        ("https://user:word@hooks.example/x", "address"),
        ("https://hooks.example:22/x", "port"),
        ("https://hooks.example:99999/x", "address"),
        ("https://hooks.example/x\r\nHost: evil", "address"),
        ("https://127.0.0.1/x", "not_allowed"),
        ("https://[::1]/x", "not_allowed"),
        ("https://2130706433/x", "not_allowed"),
        ("https:///x", "address"),
        ("https://hooks.example/x#y", "address"),
    ],
)
def test_an_address_that_the_settings_do_not_let_through_is_refused_before_it_is_looked_up(url: str, code: str) -> None:
    with pytest.raises(webhooks.AddressRefused) as refused:
        webhooks.check(url, webhooks.Rules(frozenset({"hooks.example"})))
    assert refused.value.code == code


PRIVATE = [
    "127.0.0.1",
    "127.9.9.9",
    "10.0.0.1",
    "172.16.5.5",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104  an address to refuse
    "224.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd12:3456::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_no_private_address_is_told(address: str) -> None:
    assert not webhooks.public(address)


def test_public_addresses_are_told() -> None:
    assert all(webhooks.public(one) for one in ("1.1.1.1", "223.5.5.5", "2400:3200::1", "64:ff9b::101:101"))


def test_one_private_address_among_others_is_enough_to_refuse_and_the_name_is_looked_up_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that answers with a public address first and a private one later (DNS rebinding) gets nowhere."""
    asked = []

    def two(host: str, port: int, **_more: Any) -> list[Any]:
        asked.append(host)
        addresses = ["1.1.1.1", "10.0.0.1"] if len(asked) == 1 else ["127.0.0.1"]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with pytest.raises(webhooks.AddressRefused, match="private_address"):
        webhooks.post(
            "https://hooks.example/x", b"{}", key="m", at=AT, secrets_=[webhooks.new_secret()],
            rules=webhooks.Rules(frozenset({"hooks.example"})),
        )  # fmt: skip
    assert asked == ["hooks.example"]


def test_loopback_needs_its_setting(listener: Listener) -> None:
    port = int(listener.url.split(":")[2].split("/")[0])
    with pytest.raises(webhooks.AddressRefused, match="private_address"):
        webhooks.resolve("localhost", port, webhooks.Rules(frozenset({"localhost"})))
    with pytest.raises(webhooks.AddressRefused, match="port"):
        webhooks.check(listener.url, webhooks.Rules(frozenset({"localhost"})))
    assert listener.got == []


def test_nothing_is_followed_elsewhere(listener: Listener) -> None:
    listener.statuses, listener.headers = [307], {"location": listener.url + "/elsewhere"}
    status = webhooks.post(
        listener.url, b"{}", key="m", at=AT, secrets_=[webhooks.new_secret()], rules=listener.rules
    )  # fmt: skip
    assert status == 307
    assert len(listener.got) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(listener: Listener) -> None:
    rules = webhooks.Rules(frozenset({"localhost"}), loopback=True)
    with pytest.raises(ssl.SSLError):
        webhooks.post(listener.url, b"{}", key="m", at=AT, secrets_=[webhooks.new_secret()], rules=rules)
    assert listener.got == []


def test_a_slow_listener_does_not_hold_the_sender(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "LONGEST", 0.2)
    listener.pause = 3.0
    with pytest.raises((OSError, http.client.HTTPException)):
        webhooks.post(listener.url, b"{}", key="m", at=AT, secrets_=[webhooks.new_secret()], rules=listener.rules)


def test_a_long_message_is_not_sent(listener: Listener) -> None:
    with pytest.raises(webhooks.AddressRefused, match="too_long"):
        webhooks.post(
            listener.url, b"x" * (webhooks.MOST_SENT + 1), key="m", at=AT, secrets_=[webhooks.new_secret()],
            rules=listener.rules,
        )  # fmt: skip
