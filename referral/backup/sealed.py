"""A file of encrypted parts: none can be changed, left out, repeated, moved or cut off at the end unseen.

AES-256-GCM on parts of a megabyte, with the number of the part and whether it is the last one in the nonce (the STREAM
construction of Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015). Every file has a key of its own, derived from the
installation's backup key and a random salt, so that no nonce is ever used twice. Memory stays at a few parts.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from referral.backup.errors import BackupRefused

MAGIC = b"YUANQIAO BACKUP "
FORMAT = 1
PART = 1024 * 1024
TAG = 16
LONGEST_HEAD = 4096


def _keys(backup_key: bytes, salt: bytes) -> tuple[AESGCM, str]:
    """Return the cipher of one file and the sign by which its key is known."""
    derived = HKDF(SHA256(), 64, salt, b"yuanqiao backup 1").derive(backup_key)
    return AESGCM(derived[:32]), hmac.new(derived[32:], b"key", hashlib.sha256).hexdigest()[:16]


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


class SealedWriter:
    """Writes such a file; `close` ends it, and a file that was not closed is refused as cut off."""

    def __init__(self, file: BinaryIO, backup_key: bytes) -> None:
        salt = secrets.token_bytes(32)
        self._cipher, sign = _keys(backup_key, salt)
        head = json.dumps({"salt": salt.hex(), "key": sign}).encode()
        self._head = MAGIC + str(FORMAT).encode() + b" " + head + b"\n"
        self._file, self._waiting, self._number = file, bytearray(), 0
        file.write(self._head)

    def write(self, data: bytes) -> None:
        """Take more bytes."""
        self._waiting += data
        while len(self._waiting) > PART:
            self._put(bytes(self._waiting[:PART]), last=False)
            del self._waiting[:PART]

    def close(self) -> None:
        """Write the last part."""
        self._put(bytes(self._waiting), last=True)

    def _put(self, part: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, last), part, self._head)
        self._file.write(len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1


def read_sealed(file: BinaryIO, backup_key: bytes) -> Iterator[bytes]:
    """Yield the parts of such a file, each proven before it is given out.

    Raises BackupRefused: not_a_backup, newer_format, other_key, damaged (with `part`), cut_off, longer.
    """
    head = file.readline(LONGEST_HEAD)
    cipher = _opened(head, backup_key)
    number, last = 0, False
    while not last:
        size = int.from_bytes(_exactly(file, 4), "big")
        if not TAG <= size <= PART + TAG:
            raise BackupRefused("damaged", part=number + 1)
        sealed = _exactly(file, size)
        part, last = _unsealed(cipher, number, sealed, head)
        number += 1
        yield part
    if file.read(1):
        raise BackupRefused("longer")


def _opened(head: bytes, backup_key: bytes) -> AESGCM:
    """Return the cipher of a file that begins with this line."""
    try:
        if not head.startswith(MAGIC) or not head.endswith(b"\n"):
            raise BackupRefused("not_a_backup")
        version, facts = head.removeprefix(MAGIC).split(b" ", 1)
        if int(version) != FORMAT:
            raise BackupRefused("newer_format", format=int(version))
        told: dict[str, Any] = json.loads(facts)
        cipher, sign = _keys(backup_key, bytes.fromhex(told["salt"]))
    except (ValueError, KeyError, TypeError):
        raise BackupRefused("not_a_backup") from None
    if not hmac.compare_digest(sign, str(told.get("key"))):
        raise BackupRefused("other_key")
    return cipher


def _exactly(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise BackupRefused("cut_off")
    return data


def _unsealed(cipher: AESGCM, number: int, sealed: bytes, head: bytes) -> tuple[bytes, bool]:
    for last in (False, True):
        try:
            return cipher.decrypt(_nonce(number, last), sealed, head), last
        except InvalidTag:
            continue
    raise BackupRefused("damaged", part=number + 1)
