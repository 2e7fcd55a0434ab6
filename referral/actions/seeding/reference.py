"""Code lists, published holidays and divisions, which every installation begins with."""

import hashlib
import random
import uuid
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Area,
    AreaLevel,
    BeneficiaryCategory,
    CalendarDay,
    ConsentNotice,
    ConsentPurpose,
    DayKind,
    Domain,
    Instrument,
    InstrumentOrigin,
    InstrumentVersion,
    LawClass,
    NeedType,
    Taxonomy,
    TaxonomyTerm,
    Urgency,
    VersionState,
)
from models.area import CODE_LENGTH, SIGNIFICANT_DIGITS
from referral.actions.instruments import packs
from referral.actions.seeding.files import Line, lines
from referral.actions.seeding.rows import BATCH, Progress, key_from
from referral.clock import start_of
from referral.instruments.definition import digest

LISTED_SINCE = start_of(date(2026, 7, 1))
"""Date of the keys of the lists: when the Social Assistance Law came into force."""
LAW_CLASSES = {"照护服务": LawClass.CARE, "生活服务": LawClass.LIVING, "关爱服务": LawClass.COMPANIONSHIP}
URGENCIES = {"紧急": Urgency.CRITICAL, "高": Urgency.HIGH, "中": Urgency.NORMAL, "低": Urgency.LOW}
DOMAINS = {"Legal and policy": Domain.LEGAL}
"""Domains whose English name is not their code."""
PORTION = "份"


def load_reference(session: Session, *, at: datetime, progress: Progress) -> dict[str, int]:
    """Write the lines of the lists that are not there yet; return how many for each table.

    What somebody has edited stays as it is. Keys are the same in every installation.
    """
    added = {}
    for table, identity, rows in (
        (Area, ("code",), _areas()),
        (TaxonomyTerm, ("taxonomy", "code"), _terms()),
        (NeedType, ("code",), _need_types()),
        (BeneficiaryCategory, ("code",), _categories()),
        (CalendarDay, ("day",), _calendar()),
        (ConsentNotice, ("kind", "version"), _notices()),
    ):
        added[table.__tablename__] = _add_missing(session, table, identity, rows, at)
        progress(f"{table.__tablename__}: {added[table.__tablename__]}")
    added[InstrumentVersion.__tablename__] = load_instruments(session, at)
    return added


def _add_missing(
    session: Session, table: type[Any], identity: tuple[str, ...], rows: list[dict[str, Any]], at: datetime
) -> int:
    known = {tuple(row) for row in session.execute(sa.select(*(getattr(table, name) for name in identity)))}
    missing = [row for row in rows if tuple(row[name] for name in identity) not in known]
    if hasattr(table, "id"):
        for row in missing:
            words = [str(row[name]) for name in identity]
            row |= {"id": stable_key(table.__tablename__, *words), "created_at": at}
    for start in range(0, len(missing), BATCH):
        session.execute(sa.insert(table.__table__), missing[start : start + BATCH])
    return len(missing)


def stable_key(*words: str) -> uuid.UUID:
    """Return the key of a line of a list: the same wherever it is loaded."""
    seed = hashlib.sha256(":".join(words).encode()).digest()
    return key_from(random.Random(seed), LISTED_SINCE)  # noqa: S311  a name, not a secret


def _areas() -> list[dict[str, Any]]:
    """Province, city and county of GB/T 2260 as published; parents come first."""
    levels = {SIGNIFICANT_DIGITS[level]: level for level in AreaLevel}
    rows = []
    for line in sorted(lines("divisions/divisions.csv"), key=lambda line: (len(line["code"]), line["code"])):
        code = line["code"]
        rows.append(
            {
                "code": code.ljust(CODE_LENGTH, "0"),
                "parent_code": code[:-2].ljust(CODE_LENGTH, "0") if len(code) > 2 else None,
                "level": levels[len(code)],
                "name": line["name"],
            }
        )
    return rows


def _terms() -> list[dict[str, Any]]:
    services = [
        {
            "taxonomy": Taxonomy.SERVICE,
            "code": line["code"],
            "name_zh": line["zh"],
            "name_en": line["en"],
            "category_code": line["category_code"],
            "category_zh": line["category_zh"],
            "category_en": line["category_en"],
            "law_class": LAW_CLASSES.get(line["law_class"]),
            "unit": line["unit"],
            "origin": line["origin"],
            "active": line["active"] == "yes",
        }
        for line in lines("reference/service_taxonomy.csv")
    ]
    goods = [
        {
            "taxonomy": Taxonomy.MATERIAL,
            "code": line["code"],
            "name_zh": line["zh"],
            "name_en": line["en"],
            "category_code": "M",
            "category_zh": "物质帮扶",
            "category_en": "Material aid",
            "law_class": None,
            "unit": _one_unit(line["unit"]),
            "origin": "proposal",
            "active": True,
        }
        for line in lines("reference/material_aid.csv")
    ]
    return services + goods


def _one_unit(text: str) -> str:
    """Return the unit goods are counted in, where the list names several: portions if it may be, else the first."""
    units = text.split("/")
    return PORTION if PORTION in units else units[0]


def _need_types() -> list[dict[str, Any]]:
    return [
        {
            "code": line["code"],
            "domain": _domain(line),
            "name_zh": line["zh"],
            "name_en": line["en"],
            "usual_answer": line["usual_answer"],
            "default_urgency": URGENCIES[line["default_urgency"]],
        }
        for line in lines("reference/need_types.csv")
    ]


def _domain(line: Line) -> Domain:
    name = line["domain_en"]
    return DOMAINS.get(name) or Domain(name.lower().replace(" ", "_"))


def _categories() -> list[dict[str, Any]]:
    return [
        {
            "code": line["code"],
            "name_zh": line["zh"],
            "name_en": line["en"],
            "category_code": line["category_code"],
            "category_zh": line["category_zh"],
            "origin": line["origin"],
        }
        for line in lines("reference/beneficiary_categories.csv")
    ]


def _calendar() -> list[dict[str, Any]]:
    return [
        {
            "day": date.fromisoformat(line["day"]),
            "kind": DayKind(line["kind"]),
            "note": line["note"],
            "source": line["source"],
        }
        for line in lines("calendar.csv")
    ]


def _notices() -> list[dict[str, Any]]:
    return [
        {
            "kind": ConsentPurpose(line["kind"]),
            "version": int(line["version"]),
            "text_zh": line["zh"],
            "text_en": line["en"],
            "valid_from": start_of(date.fromisoformat(line["valid_from"])),
        }
        for line in lines("consent_notices.csv")
    ]


def load_instruments(session: Session, at: datetime) -> int:
    """Write instruments of the product that are not there, and a new version where a definition differs.

    What was published before stays for the sheets that point to it; what somebody switched on or off stays so.
    """
    known = {row.code: row.id for row in session.execute(sa.select(Instrument.code, Instrument.id))}
    versions = session.execute(
        sa.select(InstrumentVersion.instrument_id, InstrumentVersion.number, InstrumentVersion.digest)
    ).all()
    added = 0
    for pack in packs():
        key = known.get(pack["code"]) or stable_key("instrument", pack["code"])
        if pack["code"] not in known:
            row = {name: pack[name] for name in ("code", "active", "follow_up_days", "position")}
            session.execute(
                sa.insert(Instrument).values(id=key, created_at=at, origin=InstrumentOrigin(pack["origin"]), **row)
            )
        print_ = digest(pack["definition"])
        numbers = [number for owner, number, _digest in versions if owner == key]
        if any(owner == key and found == print_ for owner, _number, found in versions):
            continue
        number = max(numbers, default=0) + 1
        session.execute(
            sa.insert(InstrumentVersion).values(
                id=stable_key("instrument_version", pack["code"], print_),
                created_at=at,
                instrument_id=key,
                number=number,
                state=VersionState.PUBLISHED,
                name_zh=pack["name"]["zh"],
                name_en=pack["name"]["en"],
                definition=pack["definition"],
                digest=print_,
                published_at=at,
            )
        )
        added += 1
    return added
