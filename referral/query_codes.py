"""Query codes: 60 random bits in twelve characters and one to check them, easy to read out and to type.

The alphabet is Crockford's: digits and capital letters without I, L, O and U, each worth five bits. The thirteenth
character makes Σ αⁱ·vᵢ = 0 in the field of 32 elements (α a root of x⁵ + x² + 1), so that one wrong character and two
neighbours that changed places are always noticed.
"""

import secrets
import unicodedata

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 13
BITS = 60
LOOKALIKE = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V", "-": "", " ": "", "　": "", "—": "", "–": ""})
_OVERFLOW, _POLYNOMIAL = 0b100000, 0b100101


def make() -> str:
    """Return a new code, thirteen characters."""
    number = secrets.randbits(BITS)
    body = "".join(ALPHABET[number >> 5 * place & 31] for place in range(LENGTH - 1))
    return body + _check(body)


def plain(typed: str) -> str:
    """Return what was typed as a code would stand: capitals, plain digits, no spaces, look-alikes put right."""
    return unicodedata.normalize("NFKC", typed).upper().translate(LOOKALIKE)[: 2 * LENGTH]


def is_sound(text: str) -> bool:
    """Say whether a plain code has its length, its characters and its check character right."""
    return len(text) == LENGTH and all(sign in ALPHABET for sign in text) and _check(text[:-1]) == text[-1]


def grouped(text: str) -> str:
    """Return a code as it is read out: ABCD-EFGH-JKMNP."""
    return f"{text[:4]}-{text[4:8]}-{text[8:]}"


def _check(body: str) -> str:
    total = 0
    for sign in body:
        total = _times_alpha(total ^ ALPHABET.index(sign))
    return ALPHABET[total]


def _times_alpha(value: int) -> int:
    value <<= 1
    return value ^ _POLYNOMIAL if value & _OVERFLOW else value
