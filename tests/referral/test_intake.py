"""Search before taking in, one file for one person, and nothing told of people elsewhere."""

from datetime import date

import pytest
import sqlalchemy as sa
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Account, AreaUse, Case, CaseStatus, Household, Organization, Person, PersonArea, Role, Sex
from referral.actions.search_text import search_text
from referral.queries.people import find_people
from tests.factories import OTHER_VILLAGE, TOWNSHIP, VILLAGE, make_account, make_area, make_person, make_station
from tests.pages import check_page
from tests.queries import counted, sign_in

ID_NUMBER = "11010519491231002X"


class Station:
    """A station of the township with one worker, signed in."""

    def __init__(self, session: Session, client: FlaskClient) -> None:
        self.session, self.client = session, client
        make_area(session, VILLAGE)
        self.organization: Organization = make_station(session, area_code=TOWNSHIP)
        self.worker: Account = make_account(session, Role.STATION_WORKER, organization_id=self.organization.id)
        session.commit()
        sign_in(client, self.worker.login)

    def person(self, name: str = "王桂英", **extra: object) -> Person:
        person = make_person(
            self.session,
            **({"name": name, "station_id": self.organization.id} | extra),  # type: ignore[arg-type]
        )
        person.search_text = search_text(person.name, person.number)
        self.session.commit()
        return person

    def take_in(self, **typed: object) -> object:
        usual = {"name": "李秀兰", "area_code": VILLAGE, "summary": "独居,生活困难", "source": "visit"}
        return self.client.post("/people/new", data=usual | typed)

    def people(self) -> int:
        return self.session.scalar(sa.select(sa.func.count(Person.id))) or 0


@pytest.fixture
def station(session: Session, client: FlaskClient) -> Station:
    return Station(session, client)


@pytest.mark.parametrize("typed", ["桂英", "王", "wgy", "guiying", "wang 英", "8123", "13812348123", "12348123"])
def test_a_person_is_found_by_any_part_of_what_one_remembers(station: Station, typed: str) -> None:
    person = station.person(phone="13812348123")
    station.person("赵大山")
    found = find_people(station.session, station.worker, typed)
    assert [one.id for one in found.items] == [person.id]


def test_a_whole_id_number_finds_its_owner_and_a_part_of_one_finds_nobody(station: Station) -> None:
    person = station.person(id_number=ID_NUMBER)
    assert [one.id for one in find_people(station.session, station.worker, ID_NUMBER.lower()).items] == [person.id]
    assert not find_people(station.session, station.worker, ID_NUMBER[:12]).items


def test_signs_of_a_pattern_are_looked_for_as_they_are(station: Station) -> None:
    station.person()
    assert not find_people(station.session, station.worker, "%").items
    assert not find_people(station.session, station.worker, "_").items


def test_people_of_another_station_are_not_found(station: Station) -> None:
    station.person("外人甲", station_id=make_station(station.session).id)
    assert not find_people(station.session, station.worker, "外人甲").items


def test_a_search_takes_five_queries_and_offers_to_carry_on_what_was_typed(station: Station) -> None:
    station.person()
    with counted() as sent:
        page = station.client.get("/people?q=wgy")
    assert len(sent) <= 5
    check_page(page, "zh")
    nobody = station.client.get("/people?q=无名氏").get_data(as_text=True)
    assert "/people/new?q=" in nobody
    assert 'value="无名氏"' in station.client.get("/people/new?q=无名氏").get_data(as_text=True)


def test_sex_and_birth_date_follow_from_the_id_number_and_a_case_is_opened(station: Station) -> None:
    answer = station.take_in(id_number=ID_NUMBER, sex="male", urgency="high")
    assert answer.status_code == 302
    person = station.session.scalars(sa.select(Person)).one()
    assert (person.sex, person.born_on) == (Sex.FEMALE, date(1949, 12, 31))
    assert person.station_id == station.organization.id
    assert person.search_text.startswith("李秀兰 lixiulan lxl")
    case = station.session.scalars(sa.select(Case)).one()
    assert (case.status, case.urgency.value, case.worker_id) == (CaseStatus.ACCEPTED, "high", station.worker.id)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("3.21181E+17", "Excel"),
        ("321181199001", "18 位"),
        ("110105194912310021", "最后一位"),
        ("11010519491331002X", "出生日期"),
    ],
)
def test_a_wrong_id_number_gets_a_precise_word_and_nothing_is_lost(station: Station, typed: str, told: str) -> None:
    answer = station.take_in(id_number=typed, address="张家村 8 号")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in page
    assert f'value="{typed}"' in page
    assert "张家村 8 号" in page
    assert station.people() == 0


def test_one_more_status_keeps_what_was_typed(station: Station) -> None:
    page = station.take_in(add_status="1", address="张家村 8 号").get_data(as_text=True)
    assert page.count('name="statuses-1-category"') == 1
    assert "张家村 8 号" in page
    assert station.people() == 0


def test_somebody_alike_is_shown_before_a_second_file_is_made(station: Station) -> None:
    known = station.person("李秀兰", phone="13812348123", area_code=VILLAGE)
    answer = station.take_in(phone="13812348123", born_on="1940-01-01")
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert known.number in page
    assert "不同：出生日期" in page
    assert station.people() == 1
    assert station.take_in(phone="13812348123", born_on="1940-01-01", not_the_same="y").status_code == 302
    assert station.people() == 2


def test_the_same_id_number_leads_to_the_known_file_even_when_confirmed(station: Station) -> None:
    known = station.person("李秀英", id_number=ID_NUMBER)
    answer = station.take_in(id_number=ID_NUMBER, not_the_same="y")
    assert answer.status_code == 422
    assert f"/people/{known.id}" in answer.get_data(as_text=True)
    assert station.people() == 1


def test_an_old_number_of_fifteen_digits_is_the_same_as_its_new_form(station: Station) -> None:
    known = station.person("李秀英", id_number="110105491231002")
    answer = station.take_in(id_number=ID_NUMBER)
    assert f"/people/{known.id}" in answer.get_data(as_text=True)


def test_a_number_in_use_elsewhere_tells_nothing_but_whom_to_ask(station: Station) -> None:
    elsewhere = station.person("外人乙", id_number=ID_NUMBER, station_id=None, area_code=OTHER_VILLAGE)
    answer = station.take_in(id_number=ID_NUMBER)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "民政统筹" in page
    assert "外人乙" not in page
    assert elsewhere.number not in page
    assert str(elsewhere.id) not in page


def test_a_person_joins_a_household_that_is_known(station: Station) -> None:
    household = station.session.get_one(Household, station.person().household_id)
    station.take_in(household_number=household.number.lower(), relation_to_head="spouse")
    assert set(station.session.scalars(sa.select(Person.household_id))) == {household.id}
    refused = station.take_in(name="李秀芳", household_number="H2020-99999")
    assert refused.status_code == 422


def test_three_addresses_are_kept(station: Station) -> None:
    make_area(station.session, "321181000000", name="丹阳市")
    station.session.commit()
    station.take_in(hukou_elsewhere="丹阳市", hukou_address="城东路 1 号", emergency_address="镇卫生院")
    kept = {place.use: (place.area_code, place.address) for place in station.session.scalars(sa.select(PersonArea))}
    assert kept == {
        AreaUse.HUKOU: ("321181000000", "城东路 1 号"),
        AreaUse.EMERGENCY: (VILLAGE, "镇卫生院"),
    }


def test_who_edits_an_older_version_is_shown_both_and_overwrites_nothing(station: Station) -> None:
    person = station.person(phone="13800000001")
    typed = {"name": person.name, "area_code": VILLAGE, "version": person.version, "phone": "13800000002"}
    person.phone = "13800000003"
    station.session.commit()
    answer = station.client.post(f"/people/{person.id}/edit", data=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "13800000002" in page
    assert "13800000003" in page
    station.session.refresh(person)
    assert person.phone == "13800000003"
    again = station.client.post(f"/people/{person.id}/edit", data=typed | {"version": person.version})
    assert again.status_code == 302
    station.session.refresh(person)
    assert person.phone == "13800000002"


def test_a_village_report_becomes_a_lead_of_the_station(session: Session, app: Flask, station: Station) -> None:
    assistant = make_account(session, Role.VILLAGE_ASSISTANT, area_code=VILLAGE)
    session.commit()
    visitor = sign_in(app.test_client(), assistant.login)
    check_page(visitor.get("/hardship"), "zh")
    typed = {"name": "孙有福", "summary": "摔倒在家", "urgency": "critical", "phone": "13912345678"}
    assert visitor.post("/hardship", data=typed).status_code == 302
    case = session.scalars(sa.select(Case)).one()
    assert (case.status, case.station_id, case.area_code) == (CaseStatus.LEAD, station.organization.id, VILLAGE)
    assert "等待社工站" in visitor.get("/hardship").get_data(as_text=True)
    asked = visitor.post("/hardship", data=typed)
    assert asked.status_code == 422
    known = session.scalars(sa.select(Person.id)).one()
    visitor.post("/hardship", data=typed | {"known": str(known)})
    assert session.scalar(sa.select(sa.func.count(Person.id))) == 1
    g.pop("_login_user")  # the session's application context outlives the request, and with it who was signed in
    assert station.client.post(f"/cases/{case.id}/accept").status_code == 302
    g.pop("_login_user")
    assert "社工站正在处理" in visitor.get("/hardship").get_data(as_text=True)
