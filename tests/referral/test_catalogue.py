"""The catalogue: finding, what is doubtful, and the coordinator's forms."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from python_calamine import CalamineWorkbook

from models import (
    CheckKind,
    Location,
    Organization,
    ProviderCheck,
    ProviderKind,
    Role,
    Service,
    ServiceArea,
    ServiceAtLocation,
)
from referral import clock
from referral.actions.search_text import organization_search_text
from tests.factories import TOWNSHIP, VILLAGE, make_account, make_area, make_capacity, make_organization, make_term
from tests.queries import counted
from tests.visits import Visitor, outside


class Catalogue:
    """Two charities with a service each, and a coordinator who looks at them."""

    def __init__(self, app: Flask, session: Any) -> None:
        self.session, self.app = session, app
        make_area(session, VILLAGE)
        self.bathing = make_term(session, "A03", name_zh="助浴", name_en="Bathing help")
        self.sun = self.organization("阳光社", kind=ProviderKind.CHARITY)
        self.moon = self.organization("月亮社")
        self.bath = self.service(self.sun, "上门助浴", term=self.bathing, area_code=TOWNSHIP)
        self.meal = self.service(self.moon, "老年餐桌", places=0)
        self.coordinator = Visitor(app, session, make_account(session).login)

    def organization(self, name: str, **extra: Any) -> Organization:
        return make_organization(self.session, name=name, search_text=organization_search_text(name), **extra)

    def service(self, organization: Organization, name: str, **extra: Any) -> Service:
        values = {"name": name, "assured_on": clock.today()} | extra.pop("facts", {})
        capacity = make_capacity(self.session, organization=organization, at=clock.now(), service={}, **extra)
        entry = self.session.get_one(ServiceAtLocation, capacity.service_at_location_id)
        service: Service = self.session.get_one(Service, entry.service_id)
        for column, value in values.items():
            setattr(service, column, value)
        self.session.flush()
        return service

    def named(self, address: str) -> set[str]:
        shown = self.coordinator.in_both(f"/catalogue?{address}")
        return {name for name in ("上门助浴", "老年餐桌") if name in shown}


@pytest.fixture
def catalogue(app: Flask) -> Iterator[Catalogue]:
    with outside(app) as session:
        yield Catalogue(app, session)


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("", {"上门助浴", "老年餐桌"}),
        ("words=助浴", {"上门助浴"}),
        ("words=yueliang", {"老年餐桌"}),
        ("words=阳光 上门", {"上门助浴"}),
        ("words=阳光 餐桌", set()),
        ("words=%25", set()),
        ("kind=charity", {"上门助浴"}),
        (f"township={TOWNSHIP}", {"上门助浴"}),
        ("free=y", {"上门助浴"}),
        ("kind=nonsense", {"上门助浴", "老年餐桌"}),
        ("term=nonsense", {"上门助浴", "老年餐桌"}),
    ],
)
def test_services_are_found_by_what_they_are(catalogue: Catalogue, asked: str, names: set[str]) -> None:
    assert catalogue.named(asked) == names


def test_services_are_found_by_term(catalogue: Catalogue) -> None:
    assert catalogue.named(f"term={catalogue.bathing.id}") == {"上门助浴"}


def test_an_entry_nobody_confirmed_for_ninety_days_is_stale(catalogue: Catalogue) -> None:
    assert catalogue.named("doubt=stale") == set()
    catalogue.bath.assured_on = clock.today() - timedelta(days=91)
    catalogue.session.commit()
    assert catalogue.named("doubt=stale") == {"上门助浴"}


def test_the_same_service_of_namesakes_is_perhaps_a_duplicate(catalogue: Catalogue) -> None:
    assert catalogue.named("doubt=duplicate") == set()
    twin = catalogue.organization("阳光社")
    catalogue.service(twin, "上门助浴")
    catalogue.session.commit()
    assert catalogue.named("doubt=duplicate") == {"上门助浴"}
    assert "可能重复录入" in catalogue.coordinator.in_both(f"/organizations/{twin.id}")


def test_only_the_newest_check_of_a_kind_counts(catalogue: Catalogue) -> None:
    today = clock.today()

    def check(ends: int, kind: CheckKind = CheckKind.LICENCE) -> ProviderCheck:
        begins = today + timedelta(days=ends - 365)
        ends_on = today + timedelta(days=ends)
        return ProviderCheck(organization_id=catalogue.sun.id, kind=kind, valid_from=begins, valid_to=ends_on)

    catalogue.session.add_all([check(10), check(200)])
    catalogue.session.commit()
    assert catalogue.named("doubt=check") == set()
    catalogue.session.add(check(30, CheckKind.CHILD_SAFETY))
    catalogue.session.commit()
    assert catalogue.named("doubt=check") == {"上门助浴"}


def test_a_service_without_a_term_is_marked(catalogue: Catalogue) -> None:
    catalogue.meal.term_id = None
    catalogue.session.commit()
    assert catalogue.named("doubt=no_term") == {"老年餐桌"}
    catalogue.coordinator.in_both(f"/services/{catalogue.meal.id}")


def test_the_export_holds_what_the_list_shows(catalogue: Catalogue) -> None:
    answer = catalogue.coordinator.client.get("/catalogue.xlsx?words=助浴")
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in sheet[1:]] == ["上门助浴"]


def test_a_provider_sees_its_own_entries_and_edits_nothing(catalogue: Catalogue) -> None:
    login = make_account(catalogue.session, Role.PROVIDER_OFFICER, organization_id=catalogue.sun.id).login
    officer = Visitor(catalogue.app, catalogue.session, login)
    shown = officer.in_both("/catalogue")
    assert "上门助浴" in shown
    assert "老年餐桌" not in shown
    assert officer.client.get(f"/organizations/{catalogue.moon.id}").status_code == 404
    assert officer.client.get(f"/services/{catalogue.meal.id}").status_code == 404
    assert officer.client.get(f"/services/{catalogue.bath.id}/edit").status_code == 404
    officer.in_both(f"/organizations/{catalogue.sun.id}")


def test_an_organization_with_place_phone_check_and_service_is_entered(catalogue: Catalogue) -> None:
    visitor, read = catalogue.coordinator, catalogue.coordinator.read
    visitor.in_both("/organizations/new")
    visitor.send(
        "/organizations/new",
        422,
        name="星星社",
        kind="charity",
        status="active",
        area_code="",
        credit_code="91110000600037341X",
    )
    facts = {"name": "星星社", "kind": "charity", "status": "active", "area_code": TOWNSHIP}
    visitor.send("/organizations/new", credit_code="91110000600037341L", **facts)
    key = read(sa.select(Organization.id).where(Organization.name == "星星社"))
    assert "xingxingshe" in read(sa.select(Organization.search_text).where(Organization.id == key))
    base = f"/organizations/{key}"
    for part in ("places", "phones", "checks", "services"):
        visitor.in_both(f"{base}/{part}/new")
    visitor.send(f"{base}/places/new", name="星星站", area_code=VILLAGE, address="桥头")
    visitor.send(f"{base}/phones/new", number="0511-88886666")
    day = clock.today()
    check = {"kind": "child_safety", "valid_from": day.isoformat(), "valid_to": (day + timedelta(days=365)).isoformat()}
    visitor.send(f"{base}/checks/new", **check)
    visitor.send(f"{base}/checks/new", 422, **check)
    there = read(sa.select(Location.id).where(Location.name == "星星站"))
    visitor.send(
        f"{base}/services/new", name="陪诊", term_id=str(catalogue.bathing.id), status="active", program_id="",
        supply_mode="", locations=[str(there)], delivery="at_home", radius_km="5", areas=[TOWNSHIP], sex="",
        minimum_age="60",
    )  # fmt: skip
    service = read(sa.select(Service).where(Service.name == "陪诊"))
    entry = read(sa.select(ServiceAtLocation).where(ServiceAtLocation.service_id == service.id))
    assert (service.minimum_age, entry.location_id, entry.radius_km) == (60, there, 5)
    assert read(sa.select(ServiceArea.area_code).where(ServiceArea.service_id == service.id)) == TOWNSHIP
    shown = visitor.in_both(base) + visitor.in_both(f"/services/{service.id}")
    assert all(word in shown for word in ("星星站", "0511-88886666", "陪诊", "有效"))


def test_a_credit_code_belongs_to_one_organization(catalogue: Catalogue) -> None:
    catalogue.sun.credit_code = "91110000600037341L"
    catalogue.session.commit()
    facts = {
        "name": "星星社",
        "kind": "charity",
        "status": "active",
        "area_code": "",
        "credit_code": "91110000600037341L",
    }
    assert "阳光社" in catalogue.coordinator.send("/organizations/new", 422, **facts)


def service_form(catalogue: Catalogue, **changed: Any) -> dict[str, Any]:
    return {
        "version": "1", "name": "上门助浴", "term_id": str(catalogue.bathing.id), "status": "active", "program_id": "",
        "supply_mode": "", "delivery": "", "areas": [TOWNSHIP], "sex": "",
    } | changed  # fmt: skip


def test_a_service_changed_meanwhile_is_not_overwritten(catalogue: Catalogue) -> None:
    version = catalogue.coordinator.read(sa.select(Service.version).where(Service.id == catalogue.bath.id))
    address = f"/services/{catalogue.bath.id}/edit"
    catalogue.coordinator.in_both(address)
    catalogue.coordinator.send(address, **service_form(catalogue, version=str(version), name="助浴到家"))
    answer = catalogue.coordinator.send(address, 409, **service_form(catalogue, version=str(version), name="别的名字"))
    assert "别的名字" in answer
    assert catalogue.coordinator.read(sa.select(Service.name).where(Service.id == catalogue.bath.id)) == "助浴到家"


def test_areas_are_set_and_places_with_referrals_stay(catalogue: Catalogue) -> None:
    version = catalogue.coordinator.read(sa.select(Service.version).where(Service.id == catalogue.bath.id))
    address = f"/services/{catalogue.bath.id}/edit"
    catalogue.coordinator.send(address, **service_form(catalogue, version=str(version), areas=[], locations=[]))
    areas = sa.select(sa.func.count(ServiceArea.id)).where(ServiceArea.service_id == catalogue.bath.id)
    assert catalogue.coordinator.read(areas) == 0
    there = sa.select(sa.func.count(ServiceAtLocation.id)).where(ServiceAtLocation.service_id == catalogue.bath.id)
    assert catalogue.coordinator.read(there) == 1


def test_an_organization_is_edited_and_found_under_its_new_name(catalogue: Catalogue) -> None:
    address = f"/organizations/{catalogue.moon.id}/edit"
    catalogue.coordinator.in_both(address)
    facts = {"name": "明月社", "kind": "volunteers", "status": "suspended", "area_code": "321199000000"}
    catalogue.coordinator.send(address, version="1", **facts)
    assert catalogue.named("words=mingyue") == {"老年餐桌"}
    catalogue.coordinator.send(address, 409, version="1", **facts)


def test_pages_of_the_catalogue_ask_a_stated_number_of_questions(catalogue: Catalogue) -> None:
    for number in range(30):
        catalogue.service(catalogue.sun, f"服务{number}")
    catalogue.session.commit()
    for address, most in [
        ("/catalogue", 9),
        (f"/organizations/{catalogue.sun.id}", 10),
        (f"/services/{catalogue.bath.id}", 9),
        (f"/services/{catalogue.bath.id}/edit", 16),
    ]:
        with catalogue.app.app_context(), counted() as sent:
            assert catalogue.coordinator.client.get(address).status_code == 200
        assert len(sent) <= most, f"{address} {len(sent)}\n" + "\n".join(sent)


def test_the_list_reads_no_long_texts(catalogue: Catalogue) -> None:
    with catalogue.app.app_context(), counted() as sent:
        catalogue.coordinator.client.get("/catalogue")
    assert [one for one in sent if "service.description" in one or "application_process" in one] == []
