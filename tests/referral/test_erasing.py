"""Emptying a file: by two people, never while help goes on, nothing personal left, every count kept."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import (
    Account,
    Assessment,
    Base,
    CaseStatus,
    Goal,
    Household,
    ImportRow,
    Need,
    NeedStatus,
    Person,
    PersonArea,
    RightsKind,
    RightsRequest,
    VisitPicture,
    VolunteerHours,
)
from models.field_groups import FieldGroup, groups_of
from models.need import ClosedReason
from referral.access import as_installation
from referral.actions import rights as acts
from referral.actions.erasing import WIPED
from referral.actions.needs import close_unmet
from referral.extensions import db
from referral.queries import rights as queries
from tests.conftest import MakeApp
from tests.factories import (
    AT,
    make_capacity,
    make_case,
    make_need,
    make_term,
)
from tests.referral.office import TOLD, ask, live_referral, office, some_visit
from tests.referral.test_applying_races import race, roomy, say


def test_a_file_is_emptied_by_a_leader_who_did_not_write_the_request_down(session: Session) -> None:
    o = office(session)
    request = ask(session, o, RightsKind.DELETION, by=o.supervisor)
    session.commit()
    for by, error in ((o.worker, acts.LeaderNeeded), (o.supervisor, acts.SecondPersonNeeded)):
        with pytest.raises(error):
            acts.do(session, request, by=by, at=AT)
        session.rollback()
    acts.do(session, request, by=o.second, at=AT)
    assert o.person.erased_at == AT


def test_a_file_in_which_help_goes_on_is_kept_and_the_reason_said(session: Session) -> None:
    o = office(session)
    need = make_need(session, case=make_case(session, person=o.person))
    with pytest.raises(acts.KeptForNow) as refused:
        acts.do(session, ask(session, o, RightsKind.DELETION), by=o.supervisor, at=AT)
    assert (refused.value.found.cases, refused.value.found.needs) == (1, 1)
    assert need.status is NeedStatus.OPEN


def test_records_of_help_are_kept_for_three_years(session: Session) -> None:
    o = office(session)
    visit = some_visit(session, o)
    later = visit.started_at + timedelta(days=3 * 365)
    assert queries.obstacles(session, o.person.id, later).kept_until is not None
    assert queries.obstacles(session, o.person.id, later + timedelta(days=2)).none


def everything(session: Session) -> str:
    """Every value of every row of every table, as the application reads it."""
    session.expire_all()
    rows = [
        str(getattr(row, column.key))
        for mapper in Base.registry.mappers
        for row in session.scalars(sa.select(mapper.class_))
        for column in mapper.column_attrs
    ]
    return "\n".join(rows)


def test_an_emptied_file_holds_no_name_contact_or_note_and_still_counts(session: Session) -> None:
    o = office(session)
    visit = some_visit(session, o)
    case = make_case(session, person=o.person, summary="在家摔伤")
    need = make_need(session, case=case, description="要人做饭")
    close_unmet(session, need, at=AT, reason=ClosedReason.NO_LONGER_NEEDED)
    case.status = CaseStatus.CONCLUDED
    session.flush()
    before = everything(session)
    assert [word for word in TOLD if word not in before] == []
    number = o.person.number
    later = AT + timedelta(days=4 * 365)
    request = ask(session, o, RightsKind.DELETION, note="王桂英要求删除", at=later)
    acts.do(session, request, by=o.supervisor, at=later)
    session.commit()
    after = everything(session)
    assert [word for word in TOLD if word in after] == []
    kept = session.scalars(sa.select(Person)).one()
    assert (kept.number, kept.born_on, kept.sex is not None) == (number, date(1956, 1, 1), True)
    session.refresh(visit)
    assert (visit.minutes, visit.units) == (30, 1)
    assert session.scalar(sa.select(Need.status)) is NeedStatus.CLOSED_UNMET


def one_turn(app: Flask) -> list[object]:
    """What came of emptying a file and of referring its need, let go at once."""
    with app.app_context(), Session(db.engine, expire_on_commit=False) as session:
        as_installation(session, because="a test")
        o = office(session, id_number=None)
        case = make_case(session, person=o.person)
        need = make_need(session, case=case)
        place = make_capacity(session, term=make_term(session))
        request = ask(session, o, RightsKind.DELETION)
        case.status, need.status = CaseStatus.CONCLUDED, NeedStatus.MET
        session.commit()

    def work(session: Session, number: int) -> object:
        as_installation(session, because="a test")
        by = session.get_one(Account, o.supervisor.id)
        if number % 2:
            acts.do(session, session.get_one(RightsRequest, request.id), by=by, at=AT)
        else:
            session.add(live_referral(session, session.get_one(Need, need.id), place.id))
            session.flush()
        session.commit()
        return "emptied" if number % 2 else "referred"

    return race(app, 2, work)


def test_deletion_and_a_referral_at_once_leave_one_of_them(make_app: MakeApp, database_url: str) -> None:
    """Whoever comes second finds what the first has done: never a live referral in an emptied file."""
    app = roomy(make_app, database_url)
    turns = [one_turn(app) for _turn in range(6)]
    won = [[result for result in turn if isinstance(result, str)] for turn in turns]
    say(f"turns: {len(turns)}, emptied: {won.count(['emptied'])}, referred: {won.count(['referred'])}")
    assert {len(winners) for winners in won} == {1}, turns


def test_every_column_that_says_something_of_somebody_is_emptied_or_has_a_reason_to_stay() -> None:
    emptied = {(record, name) for record, left, neutral in WIPED for name in (*left, *neutral)}
    emptied |= {(Person, name) for name in ("id_number", "phone", "bank_card", "contact_note", "address")}
    emptied |= {(Person, name) for name in ("id_number_index", "phone_index", "phone_end_index")}
    emptied |= {(Assessment, "note"), (Goal, "levels"), (Household, "note"), (PersonArea, "address")}
    coarse = {(Person, name) for name in ("born_on", "latitude", "longitude", "contact_preference")}
    emptied.add((VisitPicture, "image"))  # the whole row goes
    of_others = {(VolunteerHours, "why")}  # says something of the hours of a volunteer, who has no file here
    own_period = {(ImportRow, "cells"), (ImportRow, "problems")}
    telling = {FieldGroup.NOTES, FieldGroup.CONTACT, FieldGroup.CERTIFICATES}
    found = {
        (mapper.class_, name)
        for mapper in Base.registry.mappers
        for name, group in groups_of(mapper.class_).items()
        if group in telling
    }
    assert len(found) > 30
    assert found - emptied - coarse - own_period - of_others == set()
