"""Catalogues taken in by tests, and what came of them."""

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Location,
    Organization,
    Phone,
    Program,
    Schedule,
    Service,
    ServiceAtLocation,
    ServiceTerm,
    TaxonomyTerm,
)
from referral.actions.importing import hsds
from referral.actions.importing.hsds.report import Report
from tests.factories import AT

RECORDS = (Organization, Program, Location, Service, ServiceAtLocation, Phone, Schedule, ServiceTerm, TaxonomyTerm)


def bring(session: Session, folder: Path, source: str = "test") -> Report:
    return hsds.import_folder(session, folder, source=source, at=AT)


def rows(session: Session) -> dict[str, int]:
    return {record.__name__: session.scalar(sa.select(sa.func.count()).select_from(record)) or 0 for record in RECORDS}


def table(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.csv").write_text(text, "utf-8")
    return folder
