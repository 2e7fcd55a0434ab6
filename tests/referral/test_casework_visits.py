"""Visits: counted as the field counts, written once, corrected by a new entry; desk and lists in few queries."""

import io
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from python_calamine import CalamineWorkbook

from models import ContactResult, Person, ReferralStatus, Visit, VisitKind
from referral import clock
from referral.actions import referrals
from referral.actions.visits import log_visit
from tests.factories import make_capacity, make_case, make_person, refer
from tests.pages import check_page
from tests.queries import counted
from tests.referral.test_casework import Desk


@pytest.fixture
def desk(session, client: FlaskClient) -> Desk:  # type: ignore[no-untyped-def]
    return Desk(session, client)


def typed(desk: Desk, **extra: object) -> dict[str, object]:
    usual = {
        "entry_key": "one-form",
        "contact_result": "met_person",
        "kind": "home_visit",
        "term": str(desk.meals.id),
        "started_at": f"{clock.now().astimezone(clock.SHANGHAI) - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "minutes": "30",
        "units": "2",
        "note": "送午餐",
    }
    return usual | extra


def entries(desk: Desk) -> list[Visit]:
    return list(desk.session.scalars(sa.select(Visit).order_by(Visit.id)))


def test_a_form_sent_twice_writes_one_visit_and_another_content_is_refused(desk: Desk) -> None:
    address = f"/people/{desk.person.id}/visits/new"
    sent = typed(desk)
    assert desk.client.post(address, data=sent).status_code == 302
    assert desk.client.post(address, data=sent).status_code == 302
    assert len(entries(desk)) == 1
    refused = desk.client.post(address, data=sent | {"units": "3"})
    assert refused.status_code == 422
    assert "已保存过" in refused.get_data(as_text=True)
    assert 'value="3"' in refused.get_data(as_text=True)
    assert [visit.units for visit in entries(desk)] == [2]


def test_whoever_was_not_reached_was_not_served(desk: Desk) -> None:
    desk.client.post(f"/people/{desk.person.id}/visits/new", data=typed(desk, contact_result="nobody_home"))
    visit = entries(desk)[0]
    assert (visit.units, visit.minutes, visit.contact_result) == (0, 0, ContactResult.NOBODY_HOME)
    assert desk.session.get_one(type(desk.case), desk.case.id).first_contact_at is None


def test_a_visit_starts_like_the_last_one(desk: Desk) -> None:
    desk.client.post(f"/people/{desk.person.id}/visits/new", data=typed(desk, minutes="45", kind="on_site"))
    page = desk.client.get(f"/people/{desk.person.id}/visits/new")
    root = check_page(page, "zh")
    values = {one.get("name"): one.get("value") for one in root.iter("input")}
    assert (values["minutes"], values["units"]) == ("45", "2")
    chosen = [one.get("value") for one in root.iter("input") if one.get("checked") is not None]
    assert {"on_site", "met_person"} <= set(chosen)


def test_a_visit_for_a_referral_takes_its_help(desk: Desk) -> None:
    now = clock.now()
    need = desk.need()
    referral = refer(desk.session, need, make_capacity(desk.session, term=desk.meals, at=now), by=desk.worker, at=now)
    referrals.accept(desk.session, referral, by=desk.worker, at=now)
    desk.session.commit()
    address = f"/referrals/{referral.id}/visits/new"
    check_page(desk.client.get(address), "zh")
    assert desk.client.post(address, data=typed(desk, referral=str(referral.id))).status_code == 302
    visit = entries(desk)[0]
    assert (visit.referral_id, visit.case_id) == (referral.id, desk.case.id)
    desk.session.refresh(referral)
    assert referral.status is ReferralStatus.ACCEPTED, "only the provider's own visit begins its help"


def test_a_correction_is_a_new_entry_and_the_old_one_no_longer_counts(desk: Desk) -> None:
    desk.client.post(f"/people/{desk.person.id}/visits/new", data=typed(desk))
    wrong = entries(desk)[0]
    address = f"/visits/{wrong.id}/correct"
    check_page(desk.client.get(address), "zh")
    sent = typed(desk, entry_key="correction", units="1")
    assert desk.client.post(address, data=sent).status_code == 302
    assert desk.client.post(address, data=sent).status_code == 302
    desk.session.expire_all()
    old, new = entries(desk)
    assert (old.units, old.replaced, new.units, new.corrects_id) == (2, True, 1, old.id)
    assert desk.client.get(address).status_code == 302
    book = CalamineWorkbook.from_filelike(io.BytesIO(desk.client.get("/visits.xlsx?purpose=checking").get_data()))
    assert len(book.get_sheet_by_index(0).to_python()[:-2]) == 2


def test_ten_people_in_a_group_are_ten_person_times_and_one_activity(desk: Desk) -> None:
    people: list[Person] = [make_person(desk.session, station_id=desk.station.id) for _number in range(10)]
    desk.session.commit()
    sent = typed(desk, people=[str(person.id) for person in people], units="1")
    check_page(desk.client.get("/visits/group?q=x"), "zh")
    assert desk.client.post("/visits/group", data=sent).status_code == 302
    assert desk.client.post("/visits/group", data=sent).status_code == 302
    made = entries(desk)
    assert len(made) == 10
    assert len({visit.activity_key for visit in made}) == 1
    assert {visit.kind for visit in made} == {VisitKind.GROUP}
    fewer = desk.client.post("/visits/group", data=sent | {"people": [str(people[0].id)]})
    assert fewer.status_code == 422
    assert len(entries(desk)) == 10


def test_looking_for_more_people_keeps_who_is_ticked(desk: Desk) -> None:
    other = make_person(desk.session, name="赵大山", search_text="赵大山 zds", station_id=desk.station.id)
    desk.session.commit()
    page = desk.client.post(
        "/visits/group", data=typed(desk, people=[str(desk.person.id)], q="zds", look="1")
    ).get_data(as_text=True)
    assert f'value="{desk.person.id}" checked' in page
    assert f'value="{other.id}"' in page
    assert not entries(desk)


def test_the_desk_names_who_must_be_seen_and_asks_the_same_number_of_questions_for_many(desk: Desk) -> None:
    now = clock.now()
    desk.case.opened_at = now - timedelta(days=40)
    desk.session.commit()
    with counted() as few:
        page = desk.client.get("/desk")
    check_page(page, "zh")
    assert desk.person.number in page.get_data(as_text=True)
    for _number in range(12):
        person = make_person(desk.session, station_id=desk.station.id)
        make_case(desk.session, person=person, at=now - timedelta(days=40))
    desk.session.commit()
    with counted() as many:
        desk.client.get("/desk")
    assert len(many) == len(few) <= 20
    log_visit(
        desk.session, person=desk.person, term=desk.meals, organization=desk.station, by=desk.worker,
        kind=VisitKind.HOME_VISIT, contact_result=ContactResult.MET_PERSON, started_at=now, minutes=10,
        units=Decimal(1),
    )  # fmt: skip
    desk.session.commit()
    assert desk.person.number not in desk.client.get("/desk").get_data(as_text=True)


def test_the_caseload_keeps_its_filter_in_the_address_and_exports_what_is_shown(desk: Desk) -> None:
    other = make_person(desk.session, name="赵大山", search_text="赵大山 zds", station_id=desk.station.id)
    make_case(desk.session, person=other, at=clock.now())
    desk.session.commit()
    with counted() as sent:
        page = desk.client.get("/cases?q=zds&sort=person")
    root = check_page(page, "zh")
    assert len(sent) <= 9
    text = page.get_data(as_text=True)
    assert "赵大山" in text
    assert desk.person.name not in text
    assert any("/cases.xlsx?q=zds" in (one.get("href") or "") for one in root.iter("a"))
    book = CalamineWorkbook.from_filelike(io.BytesIO(desk.client.get("/cases.xlsx?q=zds&purpose=service").get_data()))
    rows = book.get_sheet_by_index(0).to_python()[:-2]
    assert [row[1] for row in rows[1:]] == ["赵大山"]
    assert ["姓名或编号", "zds"] in book.get_sheet_by_index(1).to_python()


def test_the_list_of_visits_adds_up_what_reached_somebody(desk: Desk) -> None:
    for number, result in enumerate(("met_person", "met_family", "nobody_home")):
        desk.client.post(
            f"/people/{desk.person.id}/visits/new", data=typed(desk, entry_key=f"k{number}", contact_result=result)
        )
    with counted() as sent:
        page = desk.client.get("/visits")
    check_page(page, "zh")
    assert len(sent) <= 9
    text = page.get_data(as_text=True)
    assert "共 3 条记录" in text
    assert "<strong>2</strong>" in text
