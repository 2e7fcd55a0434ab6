"""What a person is found by without anybody reading it: fingerprints of the ID number and of the telephone."""

from models.keyring import Keyring, keyring

ID_CHECK = "10X98765432"
PHONE_TAIL = 4
"""Digits of a telephone that people remember."""


def weighted_sum(code: str) -> int:
    """Return Σ digit · 2^(18−i) mod 11 over the first 17 digits of a resident ID (GB 11643)."""
    return sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(code[:17])) % 11


def full_id(code: str) -> str:
    """Return the number of 18 signs for a checked one of 15 or 18: both stand for one person."""
    if len(code) == 18:
        return code
    longer = f"{code[:6]}19{code[6:]}"
    return longer + ID_CHECK[weighted_sum(longer)]


def digits(text: str) -> str:
    """Return the digits of a text."""
    return "".join(sign for sign in text if sign in "0123456789")


def id_number_index(code: str, ring: Keyring | None = None) -> str:
    """Return the fingerprint of a resident ID; one of 15 digits has that of its new form."""
    code = code.upper()
    whole = full_id(code) if len(code) == 15 and code == digits(code) else code
    return (ring or keyring()).fingerprint("person.id_number", whole)


def phone_index(phone: str, ring: Keyring | None = None) -> str:
    """Return the fingerprint of all digits of a telephone."""
    return (ring or keyring()).fingerprint("person.phone", digits(phone))


def phone_end_index(phone: str, ring: Keyring | None = None) -> str | None:
    """Return the fingerprint of the last four digits; None where there are fewer."""
    tail = digits(phone)[-PHONE_TAIL:]
    return (ring or keyring()).fingerprint("person.phone end", tail) if len(tail) == PHONE_TAIL else None


def indexes(column: str, value: str | None, ring: Keyring | None = None) -> dict[str, str | None]:
    """Return the index columns of a person's `id_number` or `phone`, by name, with other keys where given."""
    if column == "id_number":
        return {"id_number_index": id_number_index(value, ring) if value else None}
    return {
        "phone_index": phone_index(value, ring) if value else None,
        "phone_end_index": phone_end_index(value, ring) if value else None,
    }
