"""The pages of consent: asked for while referring, written down, taken back, printed; emergencies reviewed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import (
    Account,
    Capacity,
    Consent,
    ConsentGiver,
    ConsentWay,
    DataKind,
    EmergencyReview,
    EmergencyVerdict,
    Need,
    Person,
    Referral,
    ReferralStatus,
    Role,
)
from referral import clock
from referral.access import as_installation
from referral.actions import sending
from referral.extensions import db
from tests.factories import (
    agree,
    make_account,
    make_capacity,
    make_case,
    make_need,
    make_notice,
    make_person,
    make_station,
    make_term,
    provider_of,
)
from tests.pages import check_page
from tests.queries import counted, sign_in

SPOKEN = {"way": "spoken", "witness": "李见证", "given_by": "self", "lasts": "12", "kinds": ["identity", "contact"]}


class Desk:
    """A station with a worker and a supervisor, somebody in need, and a provider nobody has agreed to."""

    def __init__(self, session: Session, app: Flask) -> None:
        now = clock.now()
        self.session, self.app, self.now = session, app, now
        station = make_station(session)
        self.worker: Account = make_account(session, Role.STATION_WORKER, organization_id=station.id)
        self.supervisor: Account = make_account(session, Role.STATION_SUPERVISOR, organization_id=station.id)
        self.person: Person = make_person(session, at=now, station_id=station.id)
        term = make_term(session)
        self.case = make_case(session, person=self.person, at=now)
        self.need: Need = make_need(session, case=self.case, term=term, at=now)
        self.capacity: Capacity = make_capacity(session, term=term, at=now, places=5)
        self.provider_id = provider_of(session, self.capacity)
        self.officer = make_account(session, Role.PROVIDER_OFFICER, organization_id=self.provider_id)
        make_notice(session)
        session.commit()
        self.client = self.as_(self.worker)

    def as_(self, account: Account) -> FlaskClient:
        login = account.login
        self.session.commit()  # SQLite has one writer
        client = self.app.test_client()
        sign_in(client, login)
        return client

    def page(self, address: str, language: str = "zh", client: FlaskClient | None = None) -> str:
        answer = (client or self.client).get(address, headers={"Accept-Language": language})
        assert answer.status_code == 200, answer.status_code
        check_page(answer, language)
        return answer.get_data(as_text=True)

    def refer(self, status: int = 302, **data: Any) -> str:
        answer = self.client.post(f"/needs/{self.need.id}/refer", data={"capacity": str(self.capacity.id)} | data)
        assert answer.status_code == status, answer.get_data(as_text=True)
        if status != 302:
            check_page(answer, "zh")
        return answer.get_data(as_text=True)

    def referral(self) -> Referral:
        statement = sa.select(Referral).execution_options(populate_existing=True)
        found = self.session.scalars(statement).one()
        self.session.commit()
        return found

    def draft(self) -> Referral:
        self.refer(consent="later")
        return self.referral()


@pytest.fixture
def desk(app: Flask) -> Iterator[Desk]:
    with app.app_context():
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        as_installation(session, because="a test")
        yield Desk(session, app)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_refer_form_asks_only_where_the_person_has_not_agreed(desk: Desk, language: str) -> None:
    address = f"/needs/{desk.need.id}/refer"
    assert 'name="consent"' in desk.page(address, language)
    agree(desk.session, desk.need, desk.capacity, at=desk.now)
    desk.session.commit()
    assert 'name="consent"' not in desk.page(address, language)
    desk.refer()
    assert desk.referral().status is ReferralStatus.REQUESTED


def test_without_a_word_on_consent_nothing_is_sent(desk: Desk) -> None:
    desk.refer(422)
    desk.refer(422, consent="agreed", way="spoken", given_by="self", kinds=["identity"])
    desk.refer(422, consent="agreed", way="written", given_by="guardian", kinds=["identity"])
    desk.refer(422, consent="agreed", way="written", given_by="self")
    desk.refer(422, consent="emergency")
    assert list(desk.session.scalars(sa.select(Referral))) == []


def test_consent_is_written_down_with_the_referral(desk: Desk) -> None:
    desk.refer(consent="agreed", **SPOKEN)
    consent = desk.session.scalars(sa.select(Consent)).one()
    assert (consent.kinds, consent.way, consent.witness, consent.given_by, consent.recorded_by_id) == (
        [DataKind.IDENTITY, DataKind.CONTACT], ConsentWay.SPOKEN, "李见证", ConsentGiver.SELF, desk.worker.id,
    )  # fmt: skip
    assert desk.referral().status is ReferralStatus.REQUESTED


def test_a_draft_stands_on_the_desk_and_recording_the_consent_sends_it(desk: Desk) -> None:
    draft = desk.draft()
    assert draft.status is ReferralStatus.DRAFT
    form = f"/people/{desk.person.id}/consents/new?receiver={desk.provider_id}"
    for language in ("zh", "en"):
        assert form in desk.page("/desk", language)
        assert form in desk.page(f"/referrals/{draft.id}", language)
        assert form in desk.page(f"/needs/{desk.need.id}", language)
        shown = desk.page(form, language)
        assert re.search(rf'value="{desk.provider_id}" checked', shown)
    provider = desk.as_(desk.officer)
    assert provider.get(f"/inbox/{draft.id}").status_code == 404
    assert draft.number not in desk.page("/inbox", client=provider)
    answer = desk.client.post(form, data=SPOKEN | {"receivers": [str(desk.provider_id)]})
    assert answer.location == f"/referrals/{draft.id}"
    assert desk.referral().status is ReferralStatus.REQUESTED
    assert draft.number in desk.page("/inbox", client=provider)


def test_a_draft_that_was_taken_back_never_shows_at_the_provider(desk: Desk) -> None:
    draft = desk.draft()
    desk.client.post(f"/referrals/{draft.id}/cancel", data={"reason": "person_refused"})
    assert desk.referral().status is ReferralStatus.CANCELLED
    provider = desk.as_(desk.officer)
    assert provider.get(f"/inbox/{draft.id}").status_code == 404
    assert draft.number not in desk.page("/inbox?box=ended", client=provider)


def test_the_form_wants_a_receiver_and_a_day_that_has_come(desk: Desk) -> None:
    form = f"/people/{desk.person.id}/consents/new"
    assert desk.client.post(form, data=SPOKEN).status_code == 422
    late = SPOKEN | {"receivers": [str(desk.provider_id)], "given_on": "2099-01-01"}
    assert desk.client.post(form, data=late).status_code == 422
    assert list(desk.session.scalars(sa.select(Consent))) == []


def test_the_form_of_a_child_wants_a_guardian(desk: Desk) -> None:
    child = make_person(desk.session, at=desk.now, station_id=desk.person.station_id, born_on=clock.today())
    desk.session.commit()
    form = f"/people/{child.id}/consents/new"
    assert "须由监护人同意" in desk.page(form)
    data = SPOKEN | {"other": str(desk.provider_id)}
    assert desk.client.post(form, data=data).status_code == 422
    grown_up = {"given_by": "guardian", "giver_name": "王父", "relation": "parent"}
    assert desk.client.post(form, data=data | grown_up).status_code == 302
    assert desk.session.scalars(sa.select(Consent)).one().giver_name == "王父"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_withdrawal_is_written_down_and_shown_to_both_sides(desk: Desk, language: str) -> None:
    desk.refer(consent="agreed", **SPOKEN)
    desk.client.get("/desk")
    referral = desk.referral()
    provider = desk.as_(desk.officer)
    provider.post(f"/inbox/{referral.id}/accept")
    provider.post(f"/inbox/{referral.id}/start")
    provider.get("/inbox")  # shows what was said in the language of the post
    assert desk.person.name in desk.page(f"/inbox/{referral.id}", language, provider)
    consent = desk.session.scalars(sa.select(Consent)).one()
    desk.session.commit()
    address = f"/consents/{consent.id}/withdraw"
    assert address in desk.page(f"/people/{desk.person.id}", language)
    assert referral.number in desk.page(address, language)
    assert desk.client.post(address, data={"way": "spoken"}, headers={"Accept-Language": language}).status_code == 302
    banner = {"zh": "本人已撤回同意", "en": "took the consent back"}[language]
    shown = desk.page(f"/inbox/{referral.id}", language, provider)
    assert banner in shown
    assert desk.person.name not in shown
    assert banner in desk.page(f"/referrals/{referral.id}", language)
    course = {"zh": "本人撤回了同意", "en": "withdrew the consent"}[language]
    assert course in desk.page(f"/people/{desk.person.id}", language)
    assert desk.client.post(address, data={"way": "spoken"}).status_code == 409


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_emergency_is_reviewed_by_somebody_else(desk: Desk, language: str) -> None:
    desk.refer(consent="emergency", emergency_reason="昏迷不醒")
    referral = desk.referral()
    review = desk.session.scalars(sa.select(EmergencyReview)).one()
    desk.session.commit()
    assert referral.emergency
    assert desk.client.get("/emergencies").status_code == 404
    supervisor = desk.as_(desk.supervisor)
    address = f"/emergencies/{review.id}"
    assert address in desk.page("/desk", language, supervisor)
    assert referral.number in desk.page("/emergencies", language, supervisor)
    assert "昏迷不醒" in desk.page(address, language, supervisor)
    assert supervisor.post(address, data={"verdict": "not_upheld"}).status_code == 422
    data = {"verdict": "not_upheld", "note": "只是感冒"}
    assert supervisor.post(address, data=data, headers={"Accept-Language": language}).status_code == 302
    assert desk.referral().status is ReferralStatus.CANCELLED
    assert "只是感冒" in desk.page(address, language, supervisor)
    verdict = sa.select(EmergencyReview.verdict)
    assert desk.session.scalar(verdict) is EmergencyVerdict.NOT_UPHELD


def test_a_draft_is_sent_in_an_emergency_with_words(desk: Desk) -> None:
    draft = desk.draft()
    address = f"/referrals/{draft.id}/emergency"
    desk.page(address)
    assert desk.client.post(address, data={}).status_code == 422
    assert desk.client.post(address, data={"reason": "昏迷不醒"}).status_code == 302
    assert desk.referral().status is ReferralStatus.REQUESTED
    assert desk.client.post(address, data={"reason": "昏迷不醒"}).status_code == 409


def test_what_belongs_to_others_is_not_there(desk: Desk) -> None:
    agree(desk.session, desk.need, desk.capacity, at=desk.now)
    referral = sending.request(desk.session, desk.need, desk.capacity, by=None, at=desk.now)
    desk.session.commit()
    consent = desk.session.scalars(sa.select(Consent)).one()
    desk.session.commit()
    stranger = desk.as_(make_account(desk.session, Role.STATION_WORKER))
    for address in (
        f"/people/{desk.person.id}/consents/new",
        f"/people/{desk.person.id}/consents/paper",
        f"/consents/{consent.id}/withdraw",
        f"/referrals/{referral.id}/emergency",
    ):
        assert stranger.get(address).status_code == 404
    assert stranger.post(f"/consents/{consent.id}/withdraw", data={"way": "spoken"}).status_code == 404


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_paper_form_says_who_what_and_until_when(desk: Desk, language: str) -> None:
    shown = desk.page(f"/people/{desk.person.id}/consents/paper?receiver={desk.provider_id}&in={language}", language)
    for text in (desk.person.name, desk.person.number, {"zh": "告知书正文", "en": "Text of the notice"}[language]):
        assert text in shown
    empty = desk.page(f"/people/{desk.person.id}/consents/paper?receiver=nonsense", language)
    assert "blank long" in empty


def test_the_pages_ask_a_stated_number_of_questions(desk: Desk) -> None:
    desk.draft()
    for address, most in (
        ("/desk", 20),
        (f"/people/{desk.person.id}", 30),
        (f"/people/{desk.person.id}/consents/new", 12),
    ):
        with desk.app.app_context(), counted() as sent:
            assert desk.client.get(address).status_code == 200
        assert len(sent) <= most, (address, len(sent), "\n".join(sent))
