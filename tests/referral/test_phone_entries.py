"""Entries of the phone: each is taken once; what has changed is shown with both versions, never overwritten."""

import base64
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import (
    Case,
    CaseStatus,
    Person,
    PersonStatus,
    PhoneEntry,
    Role,
    Visit,
    VisitDetail,
    VisitKind,
)
from models.encryption import keyring
from referral import clock
from referral.actions import phone as actions
from referral.phone import sealing
from tests.factories import VILLAGE, make_account, make_person, make_station
from tests.referral.phones import PhoneDesk, moment


@pytest.fixture
def desk(session: Session, client: FlaskClient) -> PhoneDesk:
    return PhoneDesk(session, client)


def visits(desk: PhoneDesk) -> list[Visit]:
    desk.session.expire_all()
    return list(desk.session.scalars(sa.select(Visit).order_by(Visit.id)))


def test_what_is_sealed_opens_here_only_and_under_its_own_key(desk: PhoneDesk) -> None:
    envelope = sealing.seal({"a": "午饭"}, key="k1", operation="visit", account="x")
    assert "午饭" not in envelope.sealed
    assert sealing.open_envelope(envelope) == {"a": "午饭"}
    for other in ({"key": "k2"}, {"operation": "lead"}, {"account": "y"}, {"sealed": envelope.sealed[:-4] + "AAAA"}):
        with pytest.raises(sealing.NotOurs):
            sealing.open_envelope(sealing.Envelope(**(vars(envelope) | other)))
    assert len(base64.urlsafe_b64decode(sealing.public_point() + "=")) == 65
    assert sealing._private(keyring().index_key) != sealing._private(b"x" * 32)


def test_a_visit_from_the_phone_is_written_with_everything_beside_it(desk: PhoneDesk) -> None:
    status, told = desk.send(desk.envelope("one", **desk.fields(checked_in="1", checked_out="1")))
    assert (status, told["state"], told["again"]) == (200, "saved", False)
    visit = visits(desk)[0]
    assert (visit.minutes, visit.note, visit.kind) == (30, "一起吃了午饭", VisitKind.HOME_VISIT)
    detail = desk.session.scalars(sa.select(VisitDetail)).one()
    assert (detail.promise, detail.seen_needs, detail.attitude) == ("下周带药来", ["food", "company"], "welcoming")
    assert detail.arrived_at == visit.started_at


def test_the_same_entry_again_gets_the_same_reply_and_writes_nothing(desk: PhoneDesk) -> None:
    envelope = desk.envelope("one", **desk.fields())
    first = desk.send(envelope)
    again = desk.send(envelope)
    sealed_anew = desk.send(desk.envelope("one", **desk.fields()))
    assert first[1]["reply"] == again[1]["reply"] == sealed_anew[1]["reply"]
    assert (again[0], again[1]["again"]) == (200, True)
    assert len(visits(desk)) == 1


def test_the_same_key_with_another_content_is_refused(desk: PhoneDesk) -> None:
    desk.send(desk.envelope("one", **desk.fields()))
    status, told = desk.send(desk.envelope("one", **desk.fields(units="3")))
    assert (status, told["state"], told["code"]) == (422, "refused", "entry_key_reused")
    assert told["fields"]["units"] == ["3"]
    assert [visit.units for visit in visits(desk)] == [1]


def test_a_key_is_kept_for_90_days_and_then_forgotten(desk: PhoneDesk) -> None:
    desk.send(desk.envelope("one", **desk.fields()))
    kept = actions.forget_old_entries(desk.session, clock.now() + timedelta(days=89))
    gone = actions.forget_old_entries(desk.session, clock.now() + timedelta(days=91))
    assert (kept, gone) == ({"forgotten": 0}, {"forgotten": 1})
    assert not desk.session.scalars(sa.select(PhoneEntry)).all()
    assert len(visits(desk)) == 1


def test_a_colleagues_visit_of_the_day_is_shown_beside_ones_own(desk: PhoneDesk) -> None:
    colleague = make_account(desk.session, Role.STATION_WORKER, organization_id=desk.station.id, name="孙丽")
    desk.session.commit()
    own = desk.account
    desk.change_hands(colleague)
    assert desk.send(desk.envelope("hers", **desk.fields(note="我上午去过")))[0] == 200
    desk.change_hands(own)
    envelope = desk.envelope("mine", **desk.fields())
    status, told = desk.send(envelope)
    assert (status, told["code"], told.get("may_also")) == (409, "phone_clash", True)
    clash = told["clashes"][0]
    assert "一起吃了午饭" in str(clash["mine"])
    assert "我上午去过" in str(clash["theirs"])
    assert "孙丽" in str(clash["theirs"])
    assert len(visits(desk)) == 1
    assert desk.send(envelope, "also")[0] == 200
    assert desk.send(envelope)[1]["again"] is True
    assert len(visits(desk)) == 2


def test_ones_own_visit_of_the_same_time_is_not_written_twice_under_another_key(desk: PhoneDesk) -> None:
    desk.send(desk.envelope("one", **desk.fields()))
    assert desk.send(desk.envelope("two", **desk.fields()))[0] == 409
    earlier = desk.fields(started_at=moment(timedelta(hours=3)), ended_at=moment(timedelta(hours=2)))
    if earlier["started_at"][:10] == desk.fields()["started_at"][:10]:
        assert desk.send(desk.envelope("three", **earlier))[0] == 200


@pytest.mark.parametrize("status", [PersonStatus.DIED, PersonStatus.MOVED_AWAY])
def test_whoever_died_or_moved_meanwhile_is_asked_about(desk: PhoneDesk, status: PersonStatus) -> None:
    envelope = desk.envelope("one", **desk.fields())
    desk.person.status = status
    desk.session.commit()
    answered, told = desk.send(envelope)
    assert (answered, len(told["clashes"])) == (409, 1)
    assert not visits(desk)
    assert desk.send(envelope, "also")[0] == 200


def test_a_file_that_was_corrected_meanwhile_is_shown_as_it_stands_now(desk: PhoneDesk) -> None:
    envelope = desk.envelope("one", **desk.fields())
    desk.person.name = "王桂兰"
    desk.session.commit()
    status, told = desk.send(envelope)
    assert status == 409
    assert "王桂英" in str(told["clashes"][0]["mine"])
    assert "王桂兰" in str(told["clashes"][0]["theirs"])


def test_somebody_whom_another_station_looks_after_by_now_is_not_written_to(desk: PhoneDesk) -> None:
    envelope = desk.envelope("one", **desk.fields())
    other = make_station(desk.session)
    desk.person.station_id = other.id
    desk.session.commit()
    status, told = desk.send(envelope)
    assert (status, told["code"], "clashes" in told) == (409, "person_gone", False)
    assert told["fields"]["note"] == ["一起吃了午饭"]
    assert not visits(desk)


def test_a_typed_name_is_placed_or_asked_about(desk: PhoneDesk) -> None:
    typed = desk.fields(target="", seen="", who="王桂英")
    assert desk.send(desk.envelope("one", **typed))[0] == 200
    double = make_person(desk.session, name="王桂英", station_id=desk.station.id)
    desk.session.commit()
    envelope = desk.envelope("two", **typed | {"note": "另一位"})
    status, told = desk.send(envelope)
    assert (status, told["code"], len(told["choices"])) == (409, "not_clear_who", 2)
    assert desk.send(envelope, f"target=people:{double.id}")[0] == 200
    assert {visit.person_id for visit in visits(desk)} == {desk.person.id, double.id}
    nobody = desk.send(desk.envelope("three", **typed | {"who": "没有这个人"}))
    assert (nobody[0], nobody[1]["choices"]) == (409, [])


def test_an_entry_of_somebody_else_waits_for_them(desk: PhoneDesk) -> None:
    other = make_account(desk.session, Role.STATION_WORKER, organization_id=desk.station.id)
    desk.session.commit()
    status, told = desk.send(desk.envelope("one", account=str(other.id), **desk.fields()))
    assert (status, told["code"]) == (409, "foreign")
    assert not visits(desk)


def test_a_revoked_worker_is_refused_and_may_send_after_the_next_sign_in(desk: PhoneDesk) -> None:
    envelope = desk.envelope("one", **desk.fields())
    desk.account.active = False
    desk.session.commit()
    desk.forget()
    assert desk.client.get("/phone/token").status_code == 302
    assert desk.client.post("/phone/entries", json=envelope).status_code == 302
    assert not visits(desk)
    desk.account.active = True
    desk.session.commit()
    desk.change_hands(desk.account)
    assert desk.send(envelope)[0] == 200


def test_what_does_not_open_or_is_not_complete_comes_back_with_a_word(desk: PhoneDesk) -> None:
    assert desk.send({"key": "x"})[1]["code"] == "unreadable"
    broken = desk.envelope("one", **desk.fields()) | {"key": "two"}
    assert desk.send(broken)[0] == 422
    status, told = desk.send(desk.envelope("one", **desk.fields(units="viele")))
    assert (status, told["code"], told["fields"]["note"]) == (422, "invalid", ["一起吃了午饭"])
    assert not visits(desk)


def test_ten_people_on_one_form_are_ten_person_times_and_one_activity(desk: PhoneDesk) -> None:
    people = [make_person(desk.session, name=f"组员{n}", station_id=desk.station.id) for n in range(10)]
    desk.session.commit()
    usual = desk.fields(people=[f"people:{one.id}" for one in people[:8]], names="组员8、组员9\n王某某")
    for name in ("target", "seen", "contact_result", "kind", "attitude", "needs", "promise"):
        usual.pop(name)
    envelope = desk.envelope("all", "group", **usual)
    status, told = desk.send(envelope)
    assert (status, told["may_also"]) == (409, True)
    assert "王某某" in told["clashes"][0]["title"]
    assert not visits(desk)
    assert desk.send(envelope, "also")[0] == 200
    assert desk.send(envelope)[1]["again"] is True
    written = visits(desk)
    assert len(written) == 10
    assert len({visit.activity_key for visit in written}) == 1
    assert all("王某某" in str(visit.note) for visit in written)


def test_the_red_button_files_a_lead_at_once_and_once(desk: PhoneDesk) -> None:
    lead = {"name": "赵大爷", "area_code": VILLAGE, "summary": "摔倒了", "urgency": "critical", "phone": "13812345678"}
    envelope = desk.envelope("help", "lead", **lead)
    assert [desk.send(envelope)[0] for _ in range(2)] == [200, 200]
    case = desk.session.scalars(sa.select(Case).where(Case.status == CaseStatus.LEAD)).one()
    person = desk.session.get_one(Person, case.person_id)
    assert (person.name, person.phone, case.summary) == ("赵大爷", "13812345678", "摔倒了")
    known = desk.envelope("help2", "lead", **lead | {"name": "王桂英", "area_code": desk.person.area_code})
    assert desk.send(known)[0] == 200
    assert desk.session.scalar(sa.select(sa.func.count(Person.id)).where(Person.name == "王桂英")) == 1
