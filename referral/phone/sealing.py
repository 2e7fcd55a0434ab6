"""The phone's queue is sealed to a key of the server: a stolen phone can write, but not read back what it wrote.

ECDH on P-256 with a key of one use, HKDF-SHA256, AES-256-GCM. What stands outside of the seal (key of the entry,
operation, account) is bound to it. The server's own key follows from the index key of the keyring, which outlives every
rotation of data keys: an entry that waited for weeks still opens.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models.keyring import KeyTrouble, decode, encode, keyring

PURPOSE = "yuanqiao phone queue 1"
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Number of points of P-256 (FIPS 186-5)."""


class NotOurs(ValueError):
    """A sealed entry that does not open: made for another installation, broken, or put under another key."""


@dataclass(frozen=True)
class Envelope:
    """An entry as it lies on the phone."""

    key: str
    operation: str
    account: str
    point: str
    """The public key of one use, uncompressed, base64url."""
    nonce: str
    sealed: str

    @property
    def outside(self) -> bytes:
        """What is readable outside of the seal, and bound to it."""
        return f"{self.key}|{self.operation}|{self.account}".encode()


def private_key() -> ec.EllipticCurvePrivateKey:
    """Return the server's key of this installation."""
    return _private(keyring().index_key)


@cache
def _private(index_key: bytes) -> ec.EllipticCurvePrivateKey:
    drawn = HKDF(hashes.SHA256(), 48, None, PURPOSE.encode()).derive(index_key)
    return ec.derive_private_key(int.from_bytes(drawn, "big") % (ORDER - 1) + 1, ec.SECP256R1())


def public_point() -> str:
    """Return the server's public key as phones take it: uncompressed point, base64url."""
    return encode(private_key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def open_envelope(envelope: Envelope) -> dict[str, Any]:
    """Return what was written; raises NotOurs where the seal does not open or holds no JSON object."""
    try:
        point = decode(envelope.point)
        other = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        shared = private_key().exchange(ec.ECDH(), other)
        key = HKDF(hashes.SHA256(), 32, point, PURPOSE.encode()).derive(shared)
        content = json.loads(AESGCM(key).decrypt(decode(envelope.nonce), decode(envelope.sealed), envelope.outside))
    except (KeyTrouble, InvalidTag, ValueError):
        raise NotOurs("the seal does not open") from None
    if not isinstance(content, dict):
        raise NotOurs("not an entry")
    return content


def seal(content: dict[str, Any], *, key: str, operation: str, account: str) -> Envelope:
    """Return an entry sealed as a phone does it."""
    own = ec.generate_private_key(ec.SECP256R1())
    point = own.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    shared = own.exchange(ec.ECDH(), private_key().public_key())
    secret = HKDF(hashes.SHA256(), 32, point, PURPOSE.encode()).derive(shared)
    nonce = HKDF(hashes.SHA256(), 12, point, b"nonce").derive(shared)
    empty = Envelope(key, operation, account, encode(point), encode(nonce), "")
    body = json.dumps(content, ensure_ascii=False).encode()
    return Envelope(
        key, operation, account, empty.point, empty.nonce, encode(AESGCM(secret).encrypt(nonce, body, empty.outside))
    )
