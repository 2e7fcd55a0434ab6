"""How values were sealed when 0005 was written. Frozen: a later change of `models` must not change an old step."""

import base64
import hmac
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from models.keyring import keyring

NONCE = 12
BATCH = 1000
ID_CHECK = "10X98765432"

Change = Callable[[dict[str, Any]], Mapping[str, Any]]


def seal(text: str, place: str) -> str:
    """Return the sealed text."""
    ring = keyring()
    nonce = os.urandom(NONCE)
    data = nonce + AESGCM(ring.data_keys[ring.current]).encrypt(nonce, text.encode(), place.encode())
    return f"{ring.current}:{base64.urlsafe_b64encode(data).rstrip(b'=').decode()}"


def unseal(value: str, place: str) -> str:
    """Return the text of a sealed value."""
    name, _, body = value.partition(":")
    data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    return AESGCM(keyring().data_keys[name]).decrypt(data[:NONCE], data[NONCE:], place.encode()).decode()


def seal_json(value: Any, place: str) -> str:
    """Return JSON, sealed."""
    return seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")), place)


def unseal_json(value: str, place: str) -> Any:
    """Return what was sealed as JSON."""
    return json.loads(unseal(value, place))


def fingerprint(purpose: str, text: str) -> str:
    """Return 64 hex digits that stand for a text."""
    return hmac.digest(keyring().index_key, f"{purpose}\0{text}".encode(), "sha256").hex()


def full_id(code: str) -> str:
    """Return the new form of an ID number of 15 digits, any other as it is, in capitals."""
    code = code.upper()
    if len(code) != 15 or not (code.isascii() and code.isdigit()):
        return code
    longer = f"{code[:6]}19{code[6:]}"
    return longer + ID_CHECK[sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(longer)) % 11]


def digits(text: str) -> str:
    """Return the digits of a text."""
    return "".join(sign for sign in text if sign in "0123456789")


def change_rows(bind: sa.Connection, table: sa.TableClause, read: list[str], change: Change) -> None:
    """Give each row of a table to `change` and write the columns it returns, a thousand rows at a time."""
    key = table.c.id
    last: Any = None
    while True:
        wanted = sa.select(key, *(table.c[name] for name in read)).order_by(key).limit(BATCH)
        rows = bind.execute(wanted if last is None else wanted.where(key > last)).mappings().all()
        if not rows:
            return
        last = rows[-1]["id"]
        changed = [{"row_key": row["id"], **values} for row in rows if (values := change(dict(row)))]
        by_columns: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for line in changed:
            by_columns.setdefault(tuple(sorted(line)), []).append(line)
        for lines in by_columns.values():
            columns: dict[str, Any] = {name: sa.bindparam(name) for name in lines[0] if name != "row_key"}
            bind.execute(table.update().where(key == sa.bindparam("row_key")).values(columns), lines)
