"""One plan, an assessment that presets nothing, needs from words, referrals with a reason, cases to their end."""

from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import (
    Account,
    Assessment,
    Case,
    CaseExit,
    CaseStatus,
    ClosedReason,
    ContactResult,
    DeclineReason,
    Location,
    Measure,
    Need,
    NeedStatus,
    NeedType,
    Organization,
    Outcome,
    Referral,
    ReferralStatus,
    Role,
    ServiceAtLocation,
    Urgency,
    VisitKind,
)
from models.base import new_key
from models.case import Domain
from models.errors import ReasonMissing, WrongStep
from referral import clock
from referral.actions import cases, referrals
from referral.actions.suggestions import suggest
from referral.actions.visits import log_visit
from referral.queries import households
from referral.queries.suggested_needs import suggested_needs
from tests.factories import (
    TOWNSHIP,
    VILLAGE,
    agree,
    make_account,
    make_area,
    make_capacity,
    make_case,
    make_need,
    make_person,
    make_station,
    make_term,
    refer,
)
from tests.pages import check_page
from tests.queries import counted, sign_in


class Desk:
    """A station, its worker signed in, and one person with an accepted case."""

    def __init__(self, session: Session, client: FlaskClient) -> None:
        self.session, self.client = session, client
        make_area(session, VILLAGE)
        self.station = make_station(session, area_code=TOWNSHIP)
        self.worker: Account = make_account(session, Role.STATION_WORKER, organization_id=self.station.id)
        self.worker.organization = self.station
        self.person = make_person(session, name="王桂英", station_id=self.station.id)
        self.case: Case = make_case(session, person=self.person, at=clock.now())
        self.meals = make_term(session, "A01", unit="餐", name_zh="助餐", name_en="Meal service")
        session.add(
            NeedType(
                code="CAR1", domain=Domain.CARE, name_zh="进食困难", name_en="Meals", usual_answer="A01",
                default_urgency=Urgency.HIGH,
            )
        )  # fmt: skip
        session.commit()
        sign_in(client, self.worker.login)

    def need(self, **extra: object) -> Need:
        need = make_need(self.session, case=self.case, at=clock.now(), term=self.meals, **extra)  # type: ignore[arg-type]
        self.session.commit()
        return need


@pytest.fixture
def desk(session: Session, client: FlaskClient) -> Desk:
    return Desk(session, client)


def test_an_assessment_writes_scores_moves_the_case_and_points_to_needs(desk: Desk) -> None:
    check_page(desk.client.get(f"/cases/{desk.case.id}/assess"), "zh")
    typed = {"assessed_on": clock.today().isoformat(), "act_eat": "0", "act_bathe": "1", "level_health": "2"}
    typed |= {f"who5_{number}": "2" for number in range(5)}
    assert desk.client.post(f"/cases/{desk.case.id}/assess", data=typed).status_code == 302
    desk.session.expire_all()
    assert desk.case.status is CaseStatus.ASSESSED
    scores = {one.measure: (one.score, one.missing_items) for one in desk.session.scalars(sa.select(Outcome))}
    assert scores == {Measure.WHO5: (Decimal(40), 0), Measure.SELF_CARE: (None, 4)}
    assessment = desk.session.scalars(sa.select(Assessment)).one()
    assert assessment.domains == {"health": {"level": 2, "note": None}}
    assert [one.need_type.code for one in suggested_needs(desk.session, desk.case)] == ["CAR1"]
    assert not desk.session.scalars(sa.select(Need)).all()


def test_a_second_assessment_of_a_day_and_an_empty_one_are_refused_with_a_word(desk: Desk) -> None:
    address = f"/cases/{desk.case.id}/assess"
    empty = desk.client.post(address, data={"assessed_on": clock.today().isoformat()})
    assert empty.status_code == 422
    typed = {"assessed_on": clock.today().isoformat(), "level_health": "1", "words_health": "咳嗽三周"}
    assert desk.client.post(address, data=typed).status_code == 302
    again = desk.client.post(address, data=typed)
    assert again.status_code == 422
    assert "咳嗽三周" in again.get_data(as_text=True)


def test_words_suggest_help_and_strange_ones_suggest_nothing(desk: Desk) -> None:
    terms = [desk.meals, make_term(desk.session, "A02"), make_term(desk.session, "M07")]
    assert suggest(desk.session, "自己做不了饭，中午想吃口热的", terms)[0].code == "A01"
    assert suggest(desk.session, "轮椅坏了，没法走路", terms)[0].code == "M07"
    assert suggest(desk.session, "qqqq zzzz", terms) == []
    assert suggest(desk.session, "", terms) == []


def test_the_button_for_suggestions_keeps_what_was_typed_and_records_nothing(desk: Desk) -> None:
    address = f"/cases/{desk.case.id}/needs/new"
    words = "自己做不了饭，中午想吃口热的"
    page = desk.client.post(address, data={"description": words, "quantity": "22", "times": "3", "suggest": "1"})
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert words in text
    assert 'value="22"' in text
    assert 'name="suggested"' in text
    assert not desk.session.scalars(sa.select(Need)).all()
    typed = {"description": words, "suggested": str(desk.meals.id), "quantity": "22", "times": ["3", "4"]}
    assert desk.client.post(address, data=typed | {"need_type": "CAR1"}).status_code == 302
    need = desk.session.scalars(sa.select(Need)).one()
    assert (need.term_id, need.quantity, need.unit, need.urgency) == (desk.meals.id, 22, "餐", Urgency.HIGH)
    assert need.wanted_times == 0b11000


def test_a_need_without_help_or_quantity_is_asked_again(desk: Desk) -> None:
    answer = desk.client.post(f"/cases/{desk.case.id}/needs/new", data={"description": "缺衣"})
    assert answer.status_code == 422
    assert "缺衣" in answer.get_data(as_text=True)


def test_passing_over_the_best_provider_needs_a_reason(desk: Desk) -> None:
    need = desk.need()
    near = make_capacity(desk.session, term=desk.meals, at=clock.now(), places=2)
    far = make_capacity(desk.session, term=desk.meals, at=clock.now(), places=2)
    place = desk.session.get_one(ServiceAtLocation, far.service_at_location_id)
    desk.session.get_one(Location, place.location_id).latitude = 32.3
    agree(desk.session, need, far, at=clock.now())
    desk.session.commit()
    check_page(desk.client.get(f"/needs/{need.id}"), "zh")
    address = f"/needs/{need.id}/refer"
    assert desk.client.post(address, data={}).status_code == 422
    assert desk.client.post(address, data={"capacity": str(far.id), "note": "敲侧门"}).status_code == 422
    assert desk.session.scalars(sa.select(Referral)).all() == []
    answer = desk.client.post(address, data={"capacity": str(far.id), "choice_note": "本人要求"})
    assert answer.status_code == 302
    referral = desk.session.scalars(sa.select(Referral)).one()
    assert (referral.status, referral.choice_note) == (ReferralStatus.REQUESTED, "本人要求")
    desk.session.refresh(near)
    desk.session.refresh(far)
    assert (near.reserved, far.reserved) == (0, 1)
    check_page(desk.client.get(f"/referrals/{referral.id}"), "zh")
    assert desk.client.post(f"/referrals/{referral.id}/cancel", data={"reason": "other"}).status_code == 422
    assert desk.client.post(f"/referrals/{referral.id}/cancel", data={"reason": "full"}).status_code == 302
    desk.session.refresh(need)
    assert need.status is NeedStatus.OPEN


def test_the_plan_holds_both_kinds_with_what_was_given_refused_and_is_open(desk: Desk) -> None:
    cash = make_term(desk.session, "M01", unit="元")
    now = clock.now()
    need = desk.need(estimated_value=Decimal(300))
    money = make_need(
        desk.session, case=desk.case, at=now, term=cash, quantity=Decimal(500), frequency="once",
        estimated_value=Decimal(500),
    )  # fmt: skip
    first = make_capacity(desk.session, term=desk.meals, at=now)
    refused = refer(desk.session, need, first, by=desk.worker, at=now)
    referrals.reject(desk.session, refused, by=desk.worker, at=now, reason=DeclineReason.FULL)
    charity = make_capacity(desk.session, term=cash, at=now)
    giving = refer(desk.session, money, charity, by=desk.worker, at=now)
    referrals.accept(desk.session, giving, by=desk.worker, at=now)
    giver = desk.session.get_one(Organization, giving.organization_id)
    log_visit(
        desk.session, person=desk.person, term=cash, organization=giver,
        by=desk.worker, kind=VisitKind.DELIVERY, contact_result=ContactResult.MET_PERSON, started_at=now, minutes=10,
        units=Decimal(500), amount=Decimal(500), referral=giving,
    )  # fmt: skip
    desk.session.commit()
    plan = households.plan_of(desk.session, desk.worker, desk.person.household_id)
    lines = {line.need.id: line for line in plan.lines}
    assert [one.organization_id for one in lines[need.id].refused] == [refused.organization_id]
    assert (lines[money.id].given_units, lines[money.id].given_value) == (500, 500)
    assert (plan.value(), plan.given(), plan.value(open_only=True)) == (800, 500, 800)
    assert [line.need.id for line in plan.nobody_asked] == [need.id]
    for address in (f"/people/{desk.person.id}", f"/households/{desk.person.household_id}", f"/cases/{desk.case.id}"):
        with counted() as sent:
            page = desk.client.get(address)
        check_page(page, "zh")
        assert len(sent) <= 26, address


def test_what_another_station_looks_after_is_not_there(desk: Desk) -> None:
    other = make_case(desk.session, person=make_person(desk.session, station_id=make_station(desk.session).id))
    need = make_need(desk.session, case=other)
    desk.session.commit()
    for address in (
        f"/people/{other.person_id}",
        f"/people/{other.person_id}/edit",
        f"/people/{other.person_id}/visits/new",
        f"/households/{other.household_id}",
        f"/cases/{other.id}",
        f"/needs/{need.id}",
        f"/needs/{need.id}/refer",
        f"/people/{new_key()}",
    ):
        assert desk.client.get(address).status_code == 404, address


def test_a_case_cannot_be_concluded_while_a_need_is_open(desk: Desk) -> None:
    need = desk.need()
    cases.move(desk.session, desk.case, CaseStatus.ASSESSED, by=desk.worker, at=clock.now())
    desk.session.commit()
    refused = desk.client.post(f"/cases/{desk.case.id}/conclude", data={"note": "都好"})
    assert refused.status_code == 422
    assert "都好" in refused.get_data(as_text=True)
    assert desk.client.post(f"/needs/{need.id}/close", data={"reason": "no_provider"}).status_code == 302
    assert desk.client.post(f"/cases/{desk.case.id}/conclude", data={"note": "都好"}).status_code == 302
    assert desk.client.post(f"/cases/{desk.case.id}/revisit", data={"note": "仍然稳定"}).status_code == 422
    found = {"done_on": clock.today().isoformat(), "way": "at_home", "result": "lasting", "note": "仍然稳定"}
    assert desk.client.post(f"/cases/{desk.case.id}/revisit", data=found).status_code == 302
    assert desk.client.post(f"/cases/{desk.case.id}/reopen", data={"note": "又摔倒"}).status_code == 302
    desk.session.expire_all()
    assert (desk.case.status, desk.case.concluded_at) == (CaseStatus.IN_CIRCULATION, None)


def test_ending_a_case_early_needs_a_reason_and_closes_what_waits(desk: Desk) -> None:
    need = desk.need()
    with pytest.raises(ReasonMissing):
        cases.exit_case(desk.session, desk.case, by=desk.worker, at=clock.now(), reason=None)
    cases.exit_case(desk.session, desk.case, by=desk.worker, at=clock.now(), reason=CaseExit.DIED)
    assert (need.status, need.closed_reason) == (NeedStatus.CLOSED_UNMET, ClosedReason.DIED)
    with pytest.raises(WrongStep):
        cases.conclude(desk.session, desk.case, by=desk.worker, at=clock.now())


def test_a_case_does_not_end_while_somebody_was_asked_to_help(desk: Desk) -> None:
    need = desk.need()
    refer(
        desk.session, need, make_capacity(desk.session, term=desk.meals, at=clock.now()), by=desk.worker, at=clock.now()
    )
    with pytest.raises(cases.NeedsGoOn):
        cases.exit_case(desk.session, desk.case, by=desk.worker, at=clock.now(), reason=CaseExit.WITHDRAWN)
