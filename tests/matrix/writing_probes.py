"""Ways of changing something of a person of another station, or of tying something to the person: none may reach."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import ContactResult, Feature, Person, Referral, Visit, VisitKind
from referral.access import without_scope
from tests.matrix.probes import PERSON, Keys, Probe, known

WRITES: dict[str, Probe] = {}


def writes(name: str) -> Callable[[Probe], Probe]:
    """Keep a probe under a name."""

    def keep(probe: Probe) -> Probe:
        WRITES[name] = probe
        return probe

    return keep


@writes("update in bulk")
def _update(session: Session, k: Keys) -> Any:
    session.execute(sa.update(Person).where(Person.id == k["person"]).values(relation_to_head="changed"))


@writes("update of the table")
def _update_table(session: Session, k: Keys) -> Any:
    session.execute(sa.update(PERSON).where(PERSON.c.id == k["person"]).values(relation_to_head="changed"))


@writes("update by keys")
def _update_keys(session: Session, k: Keys) -> Any:
    session.execute(sa.update(Person), [{"id": k["person"], "relation_to_head": "changed", "version": 1}])


@writes("Query.update")
def _query_update(session: Session, k: Keys) -> Any:
    session.query(Person).filter(Person.id == k["person"]).update({"relation_to_head": "changed"})


@writes("delete in bulk")
def _delete(session: Session, k: Keys) -> Any:
    session.execute(sa.delete(Feature).where(Feature.person_id == k["person"]))


@writes("delete of what is known")
def _deleteknown(session: Session, k: Keys) -> Any:
    with without_scope(session, because="a probe"):
        kept = session.scalars(sa.select(Feature).where(Feature.person_id == k["person"])).one()
    session.delete(kept)
    session.flush()


@writes("change of what is known")
def _changeknown(session: Session, k: Keys) -> Any:
    known(session, k).relation_to_head = "changed"
    session.flush()


@writes("merge of a change")
def _merge_change(session: Session, k: Keys) -> Any:
    session.merge(Person(id=k["person"], relation_to_head="changed"))
    session.flush()


@writes("insert from a select")
def _insert_select(session: Session, k: Keys) -> Any:
    names = sa.select(Person.id, Person.name).where(Person.id == k["person"])
    session.execute(sa.insert(Feature).from_select(["id", "note"], names))


@writes("a visit to a person of others")
def _visit(session: Session, k: Keys) -> Any:
    session.add(
        Visit(
            person_id=k["person"], household_id=k["household"], organization_id=k["station"], station_id=k["station"],
            term_id=k["term"], area_code=k["area"], kind=VisitKind.HOME_VISIT, contact_result=ContactResult.MET_PERSON,
            started_at=datetime.now(UTC), minutes=1, units=Decimal(1), unit="次", note="added",
        )
    )  # fmt: skip
    session.flush()


@writes("a feature of a person of others")
def _feature(session: Session, k: Keys) -> Any:
    session.add(Feature(person_id=k["person"], kind="disabled", note="added"))
    session.flush()


@writes("one's own record given to others")
def _give(session: Session, k: Keys) -> Any:
    visit = session.get_one(Visit, k["own_visit"])
    visit.person_id = k["person"]
    session.flush()


@writes("one's own person taken into a household of others")
def _household(session: Session, k: Keys) -> Any:
    person = session.get_one(Person, k["own_person"])
    person.household_id = k["household"]
    session.flush()


@writes("a referral of a need of others")
def _referral(session: Session, k: Keys) -> Any:
    referral = session.get_one(Referral, k["own_referral"])
    referral.need_id = k["need"]
    session.flush()
