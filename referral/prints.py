"""Prints of notes: what shows that two notes of one worker are alike, without keeping a word of them.

The key of the fingerprints is the installation's; the worker goes into each print, so that prints of different workers
cannot be held against each other and phrases that many use do not stand out. Of the shingles only the smallest of 128
keyed orders are kept (MinHash), never the shingles themselves.
"""

import hmac
import unicodedata
from functools import cache
from typing import Any

import numpy as np

from models.keyring import Keyring, keyring

SIGNS = 3
"""Signs in a shingle."""
SIZE = 128
PURPOSE = b"visit.note"


@cache
def _seeds() -> Any:
    return np.random.default_rng(20260101).integers(0, 1 << 63, SIZE, dtype=np.uint64)


def _mixed(values: Any) -> Any:
    """Return numbers of 64 bits scattered (the finisher of SplitMix64), so that each seed makes an order of its own."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def normal(note: str) -> str:
    """Return a note without spaces, punctuation and digits, folded: a changed date or dot does not hide a copy."""
    folded = unicodedata.normalize("NFKC", note).casefold()
    return "".join(sign for sign in folded if sign.isalpha())


def note_print(note: str, worker: str, ring: Keyring | None = None) -> tuple[str, str, int]:
    """Return the fingerprint of a worker's note, the sketch of its shingles (hex), and how many signs it has."""
    ring = ring or keyring()
    text = normal(note)
    whole = ring.fingerprint(f"visit.note {worker}", text)
    key = hmac.digest(ring.index_key, PURPOSE + worker.encode(), "sha256")
    shingles = {text[at : at + SIGNS] for at in range(max(len(text) - SIGNS + 1, 1))}
    hashed = np.array(
        [int.from_bytes(hmac.digest(key, one.encode(), "sha256")[:8], "big") for one in shingles], dtype=np.uint64
    )
    smallest = (_mixed(hashed[:, None] ^ _seeds()[None, :]).min(axis=0) & np.uint64(0xFFFF)).astype(">u2")
    return whole, smallest.tobytes().hex(), len(text)


def numbers(sketch: str) -> Any:
    """Return the numbers of a sketch."""
    return np.frombuffer(bytes.fromhex(sketch), dtype=">u2").astype(np.uint16)
