"""No kind of query brings what lies outside the scope, and no kind of write reaches it."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, Feature, Person, Referral, Visit
from referral import clock
from referral.access import ScopeMissing, as_installation, looking
from referral.access.fields import FieldNotSeen
from referral.extensions import db
from tests.conftest import BOTH, both
from tests.factories import VILLAGE
from tests.matrix.district import District, fill
from tests.matrix.probes import READS, Keys
from tests.matrix.writing_probes import WRITES

AT_LEAST = 34
"""Kinds of query that leaked when they were first tried."""


@pytest.fixture(scope="module", params=BOTH)
def district(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, District]]:
    """The filled district in an application; what a test writes is rolled back."""
    from tests import databases

    for url in both("migrated", request.param, tmp_path_factory.mktemp("probes")):
        with databases.application(url) as app, app.app_context():
            as_installation(db.session, because="a test")
            made = fill(db.session, clock.now())
            db.session.commit()
            db.session.close()
            yield app, made


def keys(made: District) -> Keys:
    """The keys of a person of another station, and those of the looker's own."""
    own = {f"own_{kind}": key for kind, key in made.keys["own"].items()}
    return own | made.keys["foreign"] | {"term": made.common["term"], "area": VILLAGE, "station": made.station_id}


def tried(app: Flask, made: District, name: str, probe: object) -> str | None:
    """What a probe got hold of, in words; None for nothing."""
    with Session(db.engine, expire_on_commit=False) as session:
        as_installation(session, because="a test")
        worker = session.get_one(Account, made.account_ids["worker"])
        session.commit()
        with app.test_request_context(), looking(session, worker, because="a probe"):
            try:
                found = probe(session, keys(made))  # type: ignore[operator]
            except (ScopeMissing, FieldNotSeen, sa.exc.SQLAlchemyError):
                return None
            if not found:
                return None
            seen = made.canaries.found(str(found))
            return None if isinstance(found, list) and not set(seen) - {"own"} else f"{name}: {found}"


def test_no_kind_of_query_leaks(district: tuple[Flask, District]) -> None:
    app, made = district
    leaks = [leak for name, probe in READS.items() if (leak := tried(app, made, name, probe))]
    print(f"{len(READS)} of {len(READS)} kinds of query leak {len(leaks)}")  # noqa: T201  the counter
    assert not leaks, "\n".join(leaks)
    assert len(READS) >= AT_LEAST


def changed(session: Session, made: District) -> list[str]:
    """What of the foreign person is not as it was, seen by the installation on the same transaction."""
    k = keys(made)
    as_installation(session, because="a test")
    person = session.execute(
        sa.select(Person.relation_to_head).where(Person.id == k["person"]).execution_options(populate_existing=True)
    ).scalar()
    notes = session.scalars(sa.select(Feature.note).where(Feature.person_id == k["person"])).all()
    visits = session.scalars(sa.select(Visit.id).where(Visit.person_id == k["person"])).all()
    mine = session.execute(sa.select(Person.household_id).where(Person.id == k["own_person"])).scalar()
    need = session.execute(sa.select(Referral.need_id).where(Referral.id == k["own_referral"])).scalar()
    signs = {
        "person changed": person != "head",
        "features changed": len(notes) != 1 or "added" in notes,
        "visits changed": len(visits) != 2,
        "household changed": mine != k["own_household"],
        "referral changed": need == k["need"],
    }
    return [sign for sign, there in signs.items() if there]


def written(app: Flask, made: District, name: str, probe: object) -> str | None:
    """What a probe changed; None for nothing."""
    with Session(db.engine, expire_on_commit=False) as session:
        as_installation(session, because="a test")
        worker = session.get_one(Account, made.account_ids["worker"])
        session.commit()
        with app.test_request_context(), looking(session, worker, because="a probe"):
            try:
                probe(session, keys(made))  # type: ignore[operator]
                session.flush()
            except (ScopeMissing, FieldNotSeen, sa.exc.SQLAlchemyError):
                return None
        found = changed(session, made)
        session.rollback()
        return f"{name}: {', '.join(found)}" if found else None


def test_no_kind_of_write_reaches_others(district: tuple[Flask, District]) -> None:
    app, made = district
    leaks = [leak for name, probe in WRITES.items() if (leak := written(app, made, name, probe))]
    print(f"{len(WRITES)} of {len(WRITES)} kinds of write reach {len(leaks)}")  # noqa: T201  the counter
    assert not leaks, "\n".join(leaks)
    with Session(db.engine) as session:
        assert changed(session, made) == []
