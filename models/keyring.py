"""The keys that data about people is sealed with. They lie in a file outside the database, or in the environment.

The file is JSON: `current` names the data key that new values are sealed with, `keys` holds the data keys by name,
`index` the key of blind indexes and of token hashes, `log` that of the log's chain, `backup` that of backups. Each
key is 32 random bytes in base64. Only its owner may read the file.
"""

import base64
import binascii
import hmac
import json
import os
import re
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

NONCE = 12
KEY = 32
LOOK_AGAIN = 2.0
"""Seconds after which a process asks whether the file has changed, so that a rotation needs no restart."""


class KeyTrouble(RuntimeError):
    """The keys are missing, unsafe, broken, or not those that a value was sealed with; the words say which."""


def encode(data: bytes) -> str:
    """Return bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of base64url with or without padding; raises KeyTrouble for other text."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise KeyTrouble("A key or a sealed value is not base64.") from None


def new_keys() -> dict[str, Any]:
    """Return the content of a new key file."""
    one = {name: encode(secrets.token_bytes(KEY)) for name in ("index", "log", "backup")}
    return {"current": "k1", "keys": {"k1": encode(secrets.token_bytes(KEY))}} | one


class Keyring:
    """The keys of one installation. `source` is the file they come from, or None if they came with the environment."""

    def __init__(self, content: Mapping[str, Any], source: Path | None = None) -> None:
        self.source = source
        self.code_tables: dict[str, tuple[dict[Any, str], dict[str, Any]]] = {}
        """What `BlindCode` has worked out with these keys."""
        self._looked = time.monotonic()
        self._stamp = source.stat().st_mtime_ns if source else 0
        self._take(content)

    def _take(self, content: Mapping[str, Any]) -> None:
        try:
            data = {str(name): decode(key) for name, key in content["keys"].items()}
            index, log, backup = (decode(content[name]) for name in ("index", "log", "backup"))
            current = content["current"]
        except (KeyError, TypeError, AttributeError) as error:
            raise KeyTrouble(f"The keys lack {error}: make a file with `referral keys new FILE`.") from None
        if any(len(key) != KEY for key in (*data.values(), index, log, backup)):
            raise KeyTrouble(f"Every key must have {KEY} bytes.")
        if current not in data or not all(re.fullmatch(r"[a-z0-9]{1,16}", name) for name in data):
            raise KeyTrouble("`current` must name one of `keys`; names are small letters and digits.")
        self.data_keys, self.index_key, self.log_key, self.backup_key = data, index, log, backup
        self._ciphers = {name: AESGCM(key) for name, key in data.items()}
        self.current = current

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the data keys there are."""
        return tuple(self._ciphers)

    def seal(self, text: str, place: str) -> str:
        """Return `<key name>:<base64url(nonce‖ciphertext‖tag)>`. It opens at this place (table.column) only."""
        if time.monotonic() - self._looked > LOOK_AGAIN:
            self.look_again()
        name, nonce = self.current, os.urandom(NONCE)
        return f"{name}:{encode(nonce + self._ciphers[name].encrypt(nonce, text.encode(), place.encode()))}"

    def open(self, value: str, place: str) -> str:
        """Return the text of a sealed value; raises KeyTrouble if a key is gone or the value was changed or moved."""
        name, _, body = value.partition(":")
        cipher = self._ciphers.get(name)
        if cipher is None and self.look_again():
            cipher = self._ciphers.get(name)
        if cipher is None:
            where = self.source or "REFERRAL_KEYS_JSON"
            raise KeyTrouble(f"A value of {place} was not sealed with any key of {where}.")
        data = decode(body)
        try:
            return cipher.decrypt(data[:NONCE], data[NONCE:], place.encode()).decode()
        except (InvalidTag, ValueError):
            raise KeyTrouble(f"A value of {place} does not open: other keys, or it was changed or moved.") from None

    def fingerprint(self, purpose: str, text: str) -> str:
        """Return 64 hex digits that stand for a text (HMAC-SHA256): equal texts give equal digits, within a purpose."""
        return hmac.digest(self.index_key, f"{purpose}\0{text}".encode(), "sha256").hex()

    def look_again(self) -> bool:
        """Read the file again if it has changed; return whether it had. Another process may have added a key."""
        self._looked = time.monotonic()
        if self.source is None or (stamp := self.source.stat().st_mtime_ns) == self._stamp:
            return False
        newer = Keyring(read(self.source), self.source)
        if not self.agrees_with(newer):
            raise KeyTrouble(f"{self.source} now holds other keys under the same names: restart to use them.")
        self._take(read(self.source))
        self._stamp = stamp
        return True

    def agrees_with(self, other: "Keyring") -> bool:
        """Say whether values and fingerprints of one mean the same for the other."""
        mine, theirs = ((k.index_key, k.log_key, k.backup_key) for k in (self, other))
        both = self.data_keys.keys() & other.data_keys.keys()
        return mine == theirs and bool(both) and all(self.data_keys[n] == other.data_keys[n] for n in both)


def read(file: Path) -> dict[str, Any]:
    """Return the content of a key file; raises KeyTrouble if it is missing, broken or open to others."""
    try:
        mode = file.stat().st_mode & 0o777
        content = json.loads(file.read_text())
    except OSError as error:
        raise KeyTrouble(f"The key file {file} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise KeyTrouble(f"The key file {file} is not JSON.") from None
    if os.name != "nt" and mode & 0o077:
        raise KeyTrouble(f"The key file {file} may be read by others ({mode:o}): chmod 600 {file}")
    if not isinstance(content, dict):
        raise KeyTrouble(f"The key file {file} is not a JSON object.")
    return content


def write(file: Path, content: Mapping[str, Any], *, over: bool = False) -> None:
    """Write a key file for its owner alone, at once or not at all; raises FileExistsError unless `over`."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        with open(beside, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as new:
            new.write(json.dumps(content, indent=1) + "\n")
            new.flush()
            os.fsync(new.fileno())
        if over:
            beside.replace(file)
        else:
            os.link(beside, file)
    finally:
        beside.unlink(missing_ok=True)


_current: Keyring | None = None


def keyring() -> Keyring:
    """Return the keys of this process; raises KeyTrouble before an application has brought them."""
    if _current is None:
        raise KeyTrouble("No keys: an application brings them (create_app).")
    return _current


def use_keyring(ring: Keyring) -> None:
    """Make these the keys of the process. Raises KeyTrouble if it has others: values must not be mixed."""
    global _current  # noqa: PLW0603  one installation, one set of keys
    if _current is not None and not _current.agrees_with(ring):
        raise KeyTrouble("This process already works with other keys.")
    if _current is None or len(ring.names) >= len(_current.names):
        _current = ring
