"""The provider's inbox: answering, carrying out, and seeing only the extract."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import (
    Account,
    Capacity,
    DeclineReason,
    Feature,
    FeatureKind,
    LawClass,
    Need,
    NeedStatus,
    Person,
    Referral,
    ReferralEvent,
    ReferralStatus,
    Role,
    Service,
    ServiceAtLocation,
    Urgency,
    Visit,
)
from referral import clock
from referral.extensions import db
from tests.factories import make_account, make_capacity, make_case, make_need, make_person, make_term, refer
from tests.pages import check_page
from tests.queries import counted, sign_in

SECRETS = {
    "name": "王秘密",
    "id_number": "11010519491231002X",
    "phone": "13911112222",
    "address": "桂花巷机密7号",
    "contact_note": "找邻居张机密",
}
HEALTH_NOTE = "透析机密病史"
OTHER_NEED = "另一机密需求"


@dataclass
class Scene:
    """A referral waiting in a charity's inbox."""

    session: Session
    client: FlaskClient
    officer: Account
    coordinator: Account
    person: Person
    need: Need
    capacity: Capacity
    referral: Referral

    def read(self, statement: Any) -> Any:
        """The first column of the first row, as it stands now; no transaction stays open, for SQLite has one writer."""
        found = self.session.scalar(statement.execution_options(populate_existing=True))
        self.session.commit()
        return found

    def reload(self) -> Referral:
        return self.read(sa.select(Referral).where(Referral.id == self.referral.id))  # type: ignore[no-any-return]

    def need_status(self) -> NeedStatus:
        return self.read(sa.select(Need.status).where(Need.id == self.need.id))  # type: ignore[no-any-return]

    def page(self, address: str, language: str = "zh") -> str:
        answer = self.client.get(address, headers={"Accept-Language": language})
        assert answer.status_code == 200, answer.status_code
        check_page(answer, language)
        return answer.get_data(as_text=True)

    @property
    def address(self) -> str:
        return f"/inbox/{self.referral.id}"


@pytest.fixture
def scene(app: Flask, client: FlaskClient) -> Iterator[Scene]:
    with app.app_context():
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        yield make_scene(client, session)


def make_scene(client: FlaskClient, session: Session) -> Scene:
    now = clock.now()
    coordinator = make_account(session)
    term = make_term(session, "A02", law_class=LawClass.LIVING)
    capacity = make_capacity(session, term=term, places=3, at=now)
    organization_id = session.scalar(
        sa.select(Service.organization_id)
        .join(ServiceAtLocation)
        .where(ServiceAtLocation.id == capacity.service_at_location_id)
    )
    officer = make_account(session, Role.PROVIDER_OFFICER, organization_id=organization_id)
    person = make_person(session, at=now, **SECRETS)
    session.add_all(
        [
            Feature(person_id=person.id, kind=FeatureKind.LIVES_ALONE, note=HEALTH_NOTE),
            Feature(person_id=person.id, kind=FeatureKind.GRAVELY_ILL, note=HEALTH_NOTE),
        ]
    )
    case = make_case(session, person=person, at=now, summary=HEALTH_NOTE)
    need = make_need(session, case=case, at=now, term=term, description=HEALTH_NOTE)
    make_need(session, case=case, at=now, term=make_term(session, "E01", name_zh=OTHER_NEED), description=OTHER_NEED)
    referral = refer(session, need, capacity, by=coordinator, at=now, note="周二下午方便")
    session.commit()
    sign_in(client, officer.login)
    session.commit()
    return Scene(session, client, officer, coordinator, person, need, capacity, referral)


def pages(scene: Scene, language: str) -> str:
    addresses = ["/inbox", "/inbox?box=going", "/inbox?box=ended", scene.address, "/clients", "/our-services"]
    return "".join(scene.page(address, language) for address in addresses)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_before_acceptance_a_provider_sees_the_request_and_nobodys_identity(scene: Scene, language: str) -> None:
    shown = pages(scene, language) + scene.page(f"{scene.address}/reject", language)
    assert "周二下午方便" in shown
    leaked = [secret for secret in (*SECRETS.values(), HEALTH_NOTE, OTHER_NEED) if secret in shown]
    assert leaked == []
    assert "1956" not in shown  # the birth year; the page shows a band


def test_before_acceptance_only_features_that_matter_for_the_service_are_shown(scene: Scene) -> None:
    shown = scene.page(scene.address)
    assert "独居" in shown
    assert "重病" not in shown


@pytest.mark.parametrize("language", ["zh", "en"])
def test_after_acceptance_a_provider_sees_how_to_reach_the_person_and_no_more(scene: Scene, language: str) -> None:
    scene.client.post(f"{scene.address}/accept")
    scene.page(scene.address)  # shows the flash
    shown = scene.page(scene.address, language)
    assert all(SECRETS[name] in shown for name in ("name", "phone", "address", "contact_note"))
    leaked = [s for s in (SECRETS["id_number"], HEALTH_NOTE, OTHER_NEED) if s in shown + pages(scene, language)]
    assert leaked == []


def test_after_the_end_the_address_is_no_longer_shown(scene: Scene) -> None:
    scene.client.post(f"{scene.address}/accept")
    scene.client.post(
        f"{scene.address}/complete", data={"outcome": "served", "units_delivered": "4", "outcome_reason": "as_planned"}
    )
    shown = scene.page(scene.address)
    assert SECRETS["name"] in shown
    assert SECRETS["phone"] not in shown
    assert SECRETS["address"] not in shown


def test_a_rejected_referral_never_told_who_it_was(scene: Scene) -> None:
    answer = scene.client.post(f"{scene.address}/reject", data={"reason": "full"})
    assert answer.status_code == 302
    referral = scene.reload()
    assert (referral.status, referral.reason) == (ReferralStatus.REJECTED, DeclineReason.FULL)
    assert scene.need_status() is NeedStatus.OPEN
    shown = scene.page(scene.address) + scene.page("/inbox?box=ended")
    assert all(secret not in shown for secret in SECRETS.values())


def test_another_reason_wants_words(scene: Scene) -> None:
    answer = scene.client.post(f"{scene.address}/reject", data={"reason": "other", "reason_text": " "})
    assert answer.status_code == 422
    check_page(answer, "zh")
    assert scene.reload().status is ReferralStatus.REQUESTED
    scene.client.post(f"{scene.address}/reject", data={"reason": "other", "reason_text": "本周装修"})
    assert scene.reload().reason_text == "本周装修"


def test_a_referral_of_another_organization_is_not_there(scene: Scene) -> None:
    stranger = make_account(scene.session, Role.PROVIDER_OFFICER)
    scene.session.commit()
    other = scene.client.application.test_client()
    sign_in(other, stranger.login)
    for method, path in [("get", ""), ("post", "/accept"), ("get", "/reject"), ("post", "/reject"), ("post", "/start"),
                         ("get", "/hold"), ("get", "/fail"), ("get", "/complete"), ("get", "/visit")]:  # fmt: skip
        assert getattr(other, method)(scene.address + path).status_code == 404, path
    assert scene.reload().status is ReferralStatus.REQUESTED


def test_accepting_twice_says_where_it_stands(scene: Scene) -> None:
    assert scene.client.post(f"{scene.address}/accept").status_code == 302
    again = scene.client.post(f"{scene.address}/accept")
    assert again.status_code == 409


def visit(**changed: Any) -> dict[str, Any]:
    started = clock.now().astimezone(clock.SHANGHAI) - timedelta(hours=2)
    return {
        "entry_key": "a" * 32,
        "contact_result": "met_person",
        "kind": "home_visit",
        "started_at": f"{started:%Y-%m-%dT%H:%M}",
        "minutes": "60",
        "units": "1",
        "note": "一切正常",
    } | changed


def test_the_first_visit_begins_the_help_and_the_same_form_sent_twice_is_one_visit(scene: Scene) -> None:
    scene.client.post(f"{scene.address}/accept")
    entry = visit()
    for _time in range(2):
        assert scene.client.post(f"{scene.address}/visit", data=entry).status_code == 302
    assert scene.reload().status is ReferralStatus.IN_PROGRESS
    assert scene.read(sa.select(sa.func.count(Visit.id))) == 1
    assert scene.client.post(f"{scene.address}/visit", data=entry | {"minutes": "30"}).status_code == 409


def test_a_visit_that_met_nobody_begins_nothing(scene: Scene) -> None:
    scene.client.post(f"{scene.address}/accept")
    scene.client.post(f"{scene.address}/visit", data=visit(contact_result="nobody_home"))
    assert scene.reload().status is ReferralStatus.ACCEPTED
    assert scene.read(sa.select(Visit.units)) == 0


def test_a_visit_in_the_future_is_refused_and_what_was_typed_is_kept(scene: Scene) -> None:
    scene.client.post(f"{scene.address}/accept")
    later = clock.now().astimezone(clock.SHANGHAI) + timedelta(days=1)
    answer = scene.client.post(f"{scene.address}/visit", data=visit(started_at=f"{later:%Y-%m-%dT%H:%M}"))
    assert answer.status_code == 422
    check_page(answer, "zh")
    assert "一切正常" in answer.get_data(as_text=True)


def test_the_whole_course_from_acceptance_to_completion(scene: Scene) -> None:
    client, address = scene.client, scene.address
    client.post(f"{address}/accept")
    client.post(f"{address}/start")
    assert client.post(f"{address}/hold", data={"reason": "not_reachable"}).status_code == 302
    assert scene.reload().status is ReferralStatus.ON_HOLD
    scene.page(address)
    client.post(f"{address}/resume")
    client.post(f"{address}/visit", data=visit(units="3"))
    for path in ("hold", "fail", "complete", "visit"):
        for language in ("zh", "en"):
            scene.page(f"{address}/{path}", language)
    assert re.search(r'name="units_delivered"[^>]*value="3(\.00)?"', scene.page(f"{address}/complete"))
    client.post(
        f"{address}/complete",
        data={"outcome": "partly_served", "units_delivered": "3", "outcome_reason": "funds_ended", "note": "下月再来"},
    )
    referral = scene.reload()
    assert (referral.status, referral.units_delivered) == (ReferralStatus.COMPLETED, Decimal(3))
    assert scene.need_status() is NeedStatus.PARTLY_MET
    assert "下月再来" in scene.page(address)
    scene.page(address, "en")


def test_breaking_off_needs_a_reason_and_opens_the_need_again(scene: Scene) -> None:
    scene.client.post(f"{scene.address}/accept")
    assert scene.client.post(f"{scene.address}/fail", data={}).status_code == 422
    assert scene.client.post(f"{scene.address}/fail", data={"reason": "other"}).status_code == 422
    assert (
        scene.client.post(
            f"{scene.address}/fail", data={"reason": "person_refused", "units_delivered": "0"}
        ).status_code
        == 302
    )
    assert scene.reload().status is ReferralStatus.FAILED
    assert scene.need_status() is NeedStatus.OPEN


def test_the_inbox_begins_with_what_must_be_answered_first(scene: Scene) -> None:
    urgent = make_need(scene.session, at=clock.now(), urgency=Urgency.CRITICAL, term=make_term(scene.session))
    first = refer(scene.session, urgent, scene.capacity, by=scene.coordinator, at=clock.now())
    scene.session.commit()
    shown = scene.page("/inbox")
    assert shown.index(first.number) < shown.index(scene.referral.number)


def test_a_coordinators_note_to_others_is_not_the_providers(scene: Scene) -> None:
    scene.client.post(f"{scene.address}/accept")
    asked = ReferralEvent.to_status == ReferralStatus.REQUESTED
    scene.session.execute(sa.update(ReferralEvent).where(asked).values(note="内部机密说明"))
    scene.session.commit()
    assert "内部机密说明" not in scene.page(scene.address)


@pytest.mark.parametrize(("address", "most"), [("/inbox", 6), ("REFERRAL", 13), ("/clients", 9), ("/our-services", 5)])
def test_pages_of_the_provider_ask_a_stated_number_of_questions(scene: Scene, address: str, most: int) -> None:
    scene.client.post(f"{scene.address}/accept")
    address = scene.address if address == "REFERRAL" else address
    with scene.client.application.app_context(), counted() as sent:
        assert scene.client.get(address).status_code == 200
    assert len(sent) <= most, "\n".join(sent)


def test_who_only_looks_waits_for_no_writer(scene: Scene) -> None:
    """SQLite has one writer; a page that shows nobody need not wait for it (whose files were read must be logged)."""
    scene.session.execute(sa.update(Referral).values(request_note="周三也可以"))
    try:
        assert scene.client.get("/our-services").status_code == 200
    finally:
        scene.session.rollback()
