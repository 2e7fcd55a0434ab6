"""Which kinds of data each role sees: kept where records are loaded, whatever a page asks for."""

import time
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from models import Account, Need, Person, Referral, Role, SettlementItem, Visit, field_groups
from models.field_groups import FieldGroup
from referral.access import GROUPS_SEEN, FieldNotSeen, coarse, look_as, sees, without_scope
from referral.access.fields import RECORDS, hidden
from referral.queries.age_bands import age_from
from tests.factories import make_account, make_capacity, make_need, make_person, refer

CERTIFICATES = ("id_number", "id_number_index", "born_on")


@pytest.fixture
def asked(session: Session) -> Referral:
    """A referral of somebody of whom much is known."""
    person = make_person(session, born_on=date(1950, 2, 3), phone="13812345678", bank_card="6222020200112233445")
    need = make_need(session, person=person)
    referral = refer(session, need, make_capacity(session))
    session.commit()
    return referral


@pytest.fixture
def officer(session: Session, asked: Referral) -> Account:
    account = make_account(session, Role.PROVIDER_OFFICER, organization_id=asked.organization_id)
    session.commit()
    return account


def looks(session: Session, account: Account) -> None:
    session.expunge_all()
    look_as(session, account, because="a test")


def test_the_table_of_roles_and_groups() -> None:
    """Written by hand a second time, so that a slip in the code shows."""
    everything = set(FieldGroup) - {FieldGroup.RESTRICTED}
    of_casework = everything - {FieldGroup.MONEY}
    told = {
        Role.VILLAGE_ASSISTANT: {"reference", "identity"},
        Role.STATION_WORKER: of_casework,
        Role.STATION_SUPERVISOR: of_casework,
        Role.PROVIDER_OFFICER: {"reference", "identity", "contact", "health", "notes", "process"},
        Role.COORDINATOR: everything,
        Role.EVALUATOR: {"reference", "process", "money"},
        Role.ADMINISTRATOR: set(),
        Role.AUDITOR: set(),
    }
    assert {role: set(groups) | {"installation"} for role, groups in told.items()} == GROUPS_SEEN
    assert not any(sees(role, FieldGroup.RESTRICTED) for role in Role)


@pytest.mark.parametrize("role", [Role.STATION_WORKER, Role.STATION_SUPERVISOR, Role.COORDINATOR])
def test_casework_sees_every_column(role: Role) -> None:
    """All but prices of contracts, which stand beside what was done in a settlement."""
    unseen = [(record, name) for record in RECORDS for name in hidden(role, record)]
    assert {field_groups.groups_of(record)[name] for record, name in unseen} <= {FieldGroup.MONEY}
    assert {record for record, _name in unseen} <= {SettlementItem}


def test_a_provider_never_loads_a_certificate_or_a_card(session: Session, asked: Referral, officer: Account) -> None:
    key, person_id = asked.id, asked.person_id
    ways = {
        "by key": lambda: session.get_one(Person, person_id),
        "alone": lambda: session.scalars(sa.select(Person)).one(),
        "joined": lambda: session.scalars(
            sa.select(Referral).where(Referral.id == key).options(joinedload(Referral.need).joinedload(Need.person))
        ).one().need.person,
        "one by one": lambda: session.scalars(
            sa.select(Referral).where(Referral.id == key).options(selectinload(Referral.need).selectinload(Need.person))
        ).one().need.person,
        "beside others": lambda: session.execute(
            sa.select(Need, Person).join(Person, Person.id == Need.person_id)
        ).one()[1],
    }  # fmt: skip
    for way, load in ways.items():
        looks(session, officer)
        person = load()
        assert (person.phone, bool(person.name)) == ("13812345678", True), way
        for name in (*CERTIFICATES, "bank_card"):
            with pytest.raises(FieldNotSeen):
                getattr(person, name)
            assert name not in person.__dict__, way
        session.refresh(person)
        for name in CERTIFICATES:
            assert name not in person.__dict__, way


def test_columns_that_are_named_are_refused(session: Session, asked: Referral, officer: Account) -> None:
    looks(session, officer)
    inside = sa.select(Person.id, Person.born_on).subquery()
    refused: list[Any] = [
        sa.select(Person.born_on),
        sa.select(Person.name, Person.bank_card.label("name_of_bank")),
        sa.select(sa.func.max(Person.born_on)),
        sa.select(sa.case((Person.name != "", Person.id_number))),
        sa.select(aliased(Person).born_on),
        sa.select(inside.c.id),
        sa.select(Need.id, sa.select(Person.id_number).where(Person.id == Need.person_id).scalar_subquery()),
        sa.union(sa.select(Person.born_on), sa.select(Person.born_on)),
        sa.select(sa.func.count()).select_from(inside),
    ]
    for statement in refused:
        with pytest.raises(FieldNotSeen):
            session.execute(statement).all()
    with without_scope(session, because="a test"):
        assert session.execute(refused[0]).all()


def test_bands_conditions_and_what_is_seen_pass(session: Session, asked: Referral, officer: Account) -> None:
    looks(session, officer)
    assert session.scalar(sa.select(age_from(Person.born_on, date(2026, 9, 14), (60, 70, 80)))) == 70
    assert session.scalar(sa.select(coarse(sa.func.substr(Need.area_code, 1, 9))))
    assert session.scalar(sa.select(Person.name).where(Person.born_on.is_not(None)))
    assert session.scalar(sa.select(Person.phone)) == "13812345678"


def test_a_band_begins_on_the_birthday(session: Session) -> None:
    make_person(session, born_on=date(1956, 2, 29))
    for day, band in ((date(2026, 2, 28), 60), (date(2026, 3, 1), 70), (date(2028, 2, 29), 70), (date(2020, 2, 28), 60),
                      (date(2016, 2, 28), 0), (date(2016, 2, 29), 60)):  # fmt: skip
        assert session.scalar(sa.select(age_from(Person.born_on, day, (60, 70)))) == band, day


def test_an_evaluator_sees_no_name_no_village_and_no_words(session: Session) -> None:
    assert {"name", "number", "sex", "born_on", "phone", "area_code"} <= hidden(Role.EVALUATOR, Person)
    assert {"area_code", "note"} <= hidden(Role.EVALUATOR, Visit)
    assert not {"minutes", "units", "amount", "contact_result"} & hidden(Role.EVALUATOR, Visit)
    assert {"number", "description", "area_code"} <= hidden(Role.EVALUATOR, Need)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.AUDITOR])
def test_who_looks_after_the_system_sees_keys_only(role: Role) -> None:
    from models.field_groups import groups_of

    for record in RECORDS:
        left = set(groups_of(record)) - hidden(role, record)
        assert {groups_of(record)[name] for name in left} <= {FieldGroup.REFERENCE, FieldGroup.INSTALLATION}


def test_keeping_groups_apart_costs_little(session: Session, asked: Referral, officer: Account) -> None:
    """Per statement, by itself: what `refuse_unseen` and `left_out` take of a select as large as an inbox's."""
    from referral.access.fields import left_out, refuse_unseen

    statement = sa.select(Person, *(getattr(Referral, name) for name in ("id", "status", "answer_by"))).join(
        Referral, Referral.person_id == Person.id
    )
    turns = 300
    begin = time.perf_counter()
    for _turn in range(turns):
        refuse_unseen(Role.PROVIDER_OFFICER, statement)
        left_out(Role.PROVIDER_OFFICER, statement)
    each = (time.perf_counter() - begin) / turns * 1000
    print(f"{each:.3f} ms for a statement")  # noqa: T201
    assert each < 1
