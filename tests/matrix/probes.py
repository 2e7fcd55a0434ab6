"""Ways of asking SQLAlchemy for a record: each made for a person of another station, and each must bring nothing.

A probe gets the session of whoever looks and the keys of the person's records; it returns whatever it got hold of.
Not among them: to get, by its key, a record that the same session holds already because code had a reason to load it.
"""

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import (
    Bundle,
    Session,
    aliased,
    contains_eager,
    joinedload,
    selectinload,
    subqueryload,
    undefer,
    with_polymorphic,
)

from models import (
    Case,
    Household,
    Need,
    Person,
    RightsRequest,
)
from referral.access import without_scope

Keys = dict[str, Any]
Probe = Callable[[Session, Keys], Any]
READS: dict[str, Probe] = {}
PERSON: Any = Person.__table__


def reads(name: str) -> Callable[[Probe], Probe]:
    def keep(probe: Probe) -> Probe:
        READS[name] = probe
        return probe

    return keep


def known(session: Session, k: Keys) -> Person:
    """The record, brought into the identity map by code that had a reason to look further."""
    with without_scope(session, because="a probe"):
        return session.get_one(Person, k["person"])


def _named(found: Any) -> list[Any]:
    return [(one.id, one.name, one.phone) for one in found if one is not None]


def _simple() -> Iterator[tuple[str, Callable[[Keys], Any]]]:
    other = aliased(Person)
    yield "entity", lambda k: sa.select(Person).where(Person.id == k["person"])
    yield "columns", lambda k: sa.select(Person.name, Person.phone).where(Person.id == k["person"])
    yield "aliased", lambda k: sa.select(other.name).where(other.id == k["person"])
    yield (
        "join to it",
        lambda k: sa.select(Person.name).join(Case, Case.person_id == Person.id).where(Case.id == k["case"]),
    )
    yield (
        "join from it",
        lambda k: (
            sa.select(Case.number)
            .select_from(Person)
            .join(Case, Case.person_id == Person.id)
            .where(Person.id == k["person"])
        ),
    )
    yield (
        "outer join",
        lambda k: sa.select(Person.name).outerjoin(Case, Case.person_id == Person.id).where(Person.id == k["person"]),
    )
    yield (
        "outer join from a household",
        lambda k: (
            sa.select(Household.number, Person.name).outerjoin(Household.members).where(Household.id == k["household"])
        ),
    )
    yield "subquery", lambda k: sa.select(sa.select(Person.name).where(Person.id == k["person"]).subquery())
    yield (
        "scalar subquery",
        lambda k: sa.select(sa.select(Person.name).where(Person.id == k["person"]).scalar_subquery()),
    )
    yield "common table expression", lambda k: sa.select(sa.select(Person.name).where(Person.id == k["person"]).cte())
    yield (
        "union",
        lambda k: sa.union_all(
            sa.select(Person.name).where(Person.id == k["person"]), sa.select(Case.number).where(Case.id == k["case"])
        ),
    )
    yield (
        "in a list of keys",
        lambda k: sa.select(Person.name).where(Person.id.in_(sa.select(Case.person_id).where(Case.id == k["case"]))),
    )
    yield "bundle", lambda k: sa.select(Bundle("b", Person.name, Person.phone)).where(Person.id == k["person"])
    yield "polymorphic", lambda k: sa.select(with_polymorphic(Person, "*")).where(PERSON.c.id == k["person"])
    yield "core table", lambda k: sa.select(PERSON).where(PERSON.c.id == k["person"])
    yield "core column", lambda k: sa.select(PERSON.c.name)
    yield "aliased core table", lambda k: sa.select(PERSON.alias().c.name)
    yield (
        "core column in a condition",
        lambda k: sa.select(sa.literal("there")).where(sa.exists().where(PERSON.c.id == k["person"])),
    )
    yield "light table by name", lambda k: sa.select(sa.table("person", sa.column("name")))
    yield "column by its text", lambda k: sa.select(sa.literal_column("name")).select_from(sa.text("person"))
    yield "part of a text", lambda k: sa.select(sa.literal_column("(SELECT max(name) FROM person)"))
    yield "text", lambda k: sa.text("SELECT name FROM person")
    yield "text with columns", lambda k: sa.text("SELECT name FROM person").columns(sa.column("name"))
    yield "from_statement", lambda k: sa.select(Person).from_statement(sa.text("SELECT * FROM person"))
    yield "computed", lambda k: sa.select(sa.func.upper(Person.name)).where(Person.id == k["person"])
    yield "case expression", lambda k: sa.select(sa.case((Person.id == k["person"], Person.name), else_=None))
    yield "greatest", lambda k: sa.select(sa.func.max(Person.name)).where(Person.id == k["person"])
    yield "window", lambda k: sa.select(sa.func.first_value(Person.name).over(order_by=Person.id.desc()))
    yield "grouped", lambda k: sa.select(Person.name, sa.func.count()).group_by(Person.name)
    yield "distinct values", lambda k: sa.select(Need.description).distinct()
    yield "a request about it", lambda k: sa.select(RightsRequest).where(RightsRequest.id == k["rights"])
    yield (
        "joined from a request",
        lambda k: sa.select(Person.name).join(RightsRequest, RightsRequest.person_id == Person.id),
    )


def _statement(make: Callable[[Keys], Any]) -> Probe:
    def probe(session: Session, k: Keys) -> Any:
        found = []
        for row in session.execute(make(k)):
            for value in row:
                record = isinstance(value, Person | RightsRequest)
                found.append(str({**value.__dict__}) if record else str(value))
        return [one for one in found if one != "None"]

    return probe


READS |= {name: _statement(make) for name, make in _simple()}


@reads("exists")
def _exists(session: Session, k: Keys) -> Any:
    return session.scalar(sa.select(sa.exists().where(Person.id == k["person"]))) or None


@reads("count")
def _count(session: Session, k: Keys) -> Any:
    return session.scalar(sa.select(sa.func.count(Person.id)).where(Person.id == k["person"])) or None


@reads("count of everything")
def _count_all(session: Session, _k: Keys) -> Any:
    found = session.scalar(sa.select(sa.func.count()).select_from(Person))
    return None if found == 1 else found


@reads("count through a subquery")
def _count_subquery(session: Session, _k: Keys) -> Any:
    found = session.scalar(sa.select(sa.func.count()).select_from(sa.select(Need.id).subquery()))
    own = session.scalar(sa.select(sa.func.count(Need.id)))
    return None if found == own else found


@reads("get, missing")
def _get(session: Session, k: Keys) -> Any:
    return session.get(Person, k["person"])


@reads("get_one")
def _get_one(session: Session, k: Keys) -> Any:
    return session.get_one(Person, k["person"])


@reads("refresh")
def _refresh(session: Session, k: Keys) -> Any:
    kept = known(session, k)
    kept.__dict__.pop("name")
    session.refresh(kept)
    return kept.name


@reads("expired attribute")
def _expired(session: Session, k: Keys) -> Any:
    kept = known(session, k)
    session.expire(kept, ["name"])
    return kept.name


@reads("deferred attribute")
def _deferred(session: Session, k: Keys) -> Any:
    from sqlalchemy.orm import defer

    with without_scope(session, because="a probe"):
        kept = session.scalars(sa.select(Person).where(Person.id == k["person"]).options(defer(Person.name))).one()
    return kept.name


@reads("populate_existing")
def _populate(session: Session, k: Keys) -> Any:
    kept = known(session, k)
    kept.__dict__.pop("name")
    session.scalars(sa.select(Person).where(Person.id == k["person"]).execution_options(populate_existing=True)).all()
    return kept.__dict__.get("name")


@reads("merge")
def _merge(session: Session, k: Keys) -> Any:
    merged = session.merge(Person(id=k["person"]))
    return merged.__dict__.get("name")


@reads("query")
def _query(session: Session, k: Keys) -> Any:
    return _named(session.query(Person).filter(Person.id == k["person"]).all())


@reads("query of columns")
def _query_columns(session: Session, k: Keys) -> Any:
    return session.query(Person.name).filter(Person.id == k["person"]).all()


@reads("Query.get")
def _query_get(session: Session, k: Keys) -> Any:
    with warnings.catch_warnings(action="ignore", category=sa.exc.LegacyAPIWarning):
        return session.query(Person).get(k["person"])


@reads("streamed")
def _streamed(session: Session, k: Keys) -> Any:
    statement = sa.select(Person).where(Person.id == k["person"]).execution_options(yield_per=10)
    return _named(session.scalars(statement))


def _through_loading(load: Any) -> Probe:
    def probe(session: Session, k: Keys) -> Any:
        found = session.scalars(
            sa.select(RightsRequest).where(RightsRequest.id == k["rights"]).options(load(RightsRequest.person))
        ).all()
        return _named(one.person for one in found)

    return probe


READS |= {
    f"{load.__name__} from another record": _through_loading(load) for load in (joinedload, selectinload, subqueryload)
}


@reads("contains_eager")
def _contains(session: Session, k: Keys) -> Any:
    statement = (
        sa.select(RightsRequest)
        .join(RightsRequest.person)
        .where(RightsRequest.id == k["rights"])
        .options(contains_eager(RightsRequest.person))
    )
    return _named(one.person for one in session.scalars(statement))


@reads("collection of what is known")
def _collection(session: Session, k: Keys) -> Any:
    kept = known(session, k)
    session.scalars(
        sa.select(Person)
        .where(Person.id == k["person"])
        .options(selectinload(Person.features), undefer("*"))
        .execution_options(populate_existing=True)
    ).all()
    return [one.note for one in kept.__dict__.get("features", ())]


@reads("members of a household that both know")
def _members(session: Session, k: Keys) -> Any:
    found = session.scalars(
        sa.select(Household).where(Household.id == k["household"]).options(selectinload(Household.members))
    ).all()
    return [_named(one.members) for one in found]


@reads("connection of the session")
def _connection(session: Session, _k: Keys) -> Any:
    return session.connection().execute(sa.select(PERSON.c.name)).all()


@reads("connection of the session, of records")
def _connection_records(session: Session, _k: Keys) -> Any:
    return session.connection().execute(sa.select(Person.name)).all()


@reads("connection of the session, text")
def _connection_text(session: Session, _k: Keys) -> Any:
    return session.connection().execute(sa.text("SELECT name FROM person")).all()


@reads("connection of the session, driver's text")
def _driver(session: Session, _k: Keys) -> Any:
    return session.connection().exec_driver_sql("SELECT name FROM person").all()


@reads("connection of its own")
def _bare(session: Session, _k: Keys) -> Any:
    engine = session.get_bind()
    assert isinstance(engine, sa.Engine)
    with engine.connect() as connection:
        return connection.execute(sa.select(PERSON.c.name)).all()


@reads("connection of its own, driver's text")
def _bare_driver(session: Session, _k: Keys) -> Any:
    engine = session.get_bind()
    assert isinstance(engine, sa.Engine)
    with engine.connect() as connection:
        return connection.exec_driver_sql("SELECT name FROM person").all()


@reads("another session")
def _other_session(session: Session, k: Keys) -> Any:
    with Session(session.get_bind()) as other:
        other.info["viewer"] = None
        return _named(other.scalars(sa.select(Person).where(Person.id == k["person"])))


@reads("returning of an update")
def _returning(session: Session, k: Keys) -> Any:
    return session.execute(
        sa.update(Person).where(Person.id == k["person"]).values(language="en").returning(Person.name)
    ).all()
