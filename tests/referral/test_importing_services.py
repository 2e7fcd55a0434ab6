"""Organizations, services and places from a spreadsheet: each wrong cell named, the same file twice changes nothing."""

from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Capacity,
    CapacityKind,
    ImportKind,
    Organization,
    Phone,
    Service,
    ServiceArea,
    ServiceAtLocation,
    ServiceEligibility,
)
from models.taxonomy import BeneficiaryCategory
from referral.actions.importing import runs
from tests.factories import (
    AT,
    VILLAGE,
    make_account,
    make_area,
    make_capacity,
    make_fund,
    make_station,
    make_term,
)
from tests.referral.brought import CAPACITY, bring, bring_file, count, problems, results
from tests.referral.spreadsheets import workbook


@pytest.fixture
def coordinator(session_on_both: Session) -> Account:
    """A coordinator of the county, with a village, a station and a term."""
    session = session_on_both
    make_area(session, VILLAGE, name="丁岗村", name_en="Dinggang Village")
    make_term(session, "A01", name_zh="助餐", name_en="Meal service", unit="餐")
    make_station(session, area_code=VILLAGE[:9] + "000")
    session.add(
        BeneficiaryCategory(
            code="2.1",
            name_zh="低保家庭",
            name_en="Dibao household",
            category_code="2",
            category_zh="低保",
            origin="national",
        )
    )
    return make_account(session)


OFFER = ["阳光服务中心", "91350100M000100Y43", "0511-88881234", "上门助餐", "A01 助餐", "丁岗村", "2.1"]


def test_organizations_with_services_go_in_and_a_second_time_nothing_changes(
    session_on_both: Session, coordinator: Account
) -> None:
    session, kind = session_on_both, ImportKind.ORGANIZATIONS
    second = ["阳光服务中心", None, None, "送餐", "助餐", None, None]
    before = count(session, Organization)
    run = bring(session, coordinator, kind, OFFER, second)
    assert results(session, run) == ["new", "new"], problems(session, run)
    assert count(session, Organization) == before, "a preview writes nothing"
    runs.apply(session, run, by=coordinator, at=AT)

    made = session.scalars(sa.select(Organization).where(Organization.credit_code == OFFER[1])).one()
    assert made.search_text.startswith("阳光服务中心")
    assert count(session, Organization) == before + 1
    assert set(session.scalars(sa.select(Service.name))) == {"上门助餐", "送餐"}
    assert count(session, ServiceAtLocation) == 2
    assert session.scalars(sa.select(ServiceArea.area_code)).one() == VILLAGE
    assert session.scalars(sa.select(ServiceEligibility.code)).one() == "2.1"
    assert session.scalars(sa.select(Phone.number)).one() == "0511-88881234"

    again = bring(session, coordinator, kind, OFFER, second)
    assert results(session, again) == ["same", "same"]
    changed = bring(session, coordinator, kind, [*OFFER[:2], "0511-88885678", *OFFER[3:]])
    assert results(session, changed) == ["changed"]
    runs.apply(session, changed, by=coordinator, at=AT)
    assert count(session, Phone) == 2


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (["甲中心", "91350100M000100Y44", None, None, None], "统一社会信用代码", "credit_check"),
        (["甲中心", None, None, "助餐", None], "目录项目", "required"),
        (["甲中心", None, None, None, "A01"], "服务名称", "required"),
        (["甲中心", None, None, "助餐", "A0I"], "目录项目", "unknown_choice_near"),
        (["甲中心", None, None, "助餐", "A01", "火星村"], "服务区域", "unknown_name"),
        (["阳光服务中心", None, None, "上门助餐", "A01"], "服务名称", "same_row"),
        (["阳光服务中心", None, "0511-88889999", "别的", "A01"], "联系电话", "contradicts"),
    ],
)
def test_each_wrong_cell_of_an_organization_is_named(session: Session, row: list[Any], column: str, code: str) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    make_term(session, "A01", name_zh="助餐")
    first = ["阳光服务中心", None, "0511-88881234", "上门助餐", "A01"]
    run = bring(session, make_account(session), ImportKind.ORGANIZATIONS, first, row)
    assert problems(session, run) == [(3, column, code)]


def offered(session: Session, **more: Any) -> Capacity:
    capacity = make_capacity(session, places=10, starts_on=date(2026, 9, 1), ends_on=date(2026, 9, 30), **more)
    there = session.get_one(ServiceAtLocation, capacity.service_at_location_id)
    service = session.get_one(Service, there.service_id)
    service.name = "助餐"
    session.get_one(Organization, service.organization_id).name = "阳光服务中心"
    session.flush()
    return capacity


def test_places_are_stated_and_a_second_time_nothing_changes(session_on_both: Session, coordinator: Account) -> None:
    session, kind = session_on_both, ImportKind.CAPACITY
    capacity = offered(session)
    lines = [
        ["阳光服务中心", "助餐", "2026-09-01", "2026-09-30", 12],
        ["阳光服务中心", "助餐", "2026.10.1", "2026.10.31", "20个"],
    ]
    run = bring(session, coordinator, kind, *lines)
    assert results(session, run) == ["changed", "new"], problems(session, run)
    assert session.get_one(Capacity, capacity.id).places == 10, "a preview writes nothing"
    runs.apply(session, run, by=coordinator, at=AT)
    found = session.scalars(sa.select(Capacity).order_by(Capacity.starts_on)).all()
    assert [(one.places, one.starts_on.month, one.stated_by_id) for one in found] == [
        (12, 9, coordinator.id), (20, 10, coordinator.id),
    ]  # fmt: skip
    assert results(session, bring(session, coordinator, kind, *lines)) == ["same", "same"]


def test_hours_and_the_fund_behind_places_are_stated(session_on_both: Session, coordinator: Account) -> None:
    session, kind = session_on_both, ImportKind.CAPACITY
    capacity = offered(session)
    service = session.get_one(Service, session.get_one(ServiceAtLocation, capacity.service_at_location_id).service_id)
    fund = make_fund(session, organization_id=service.organization_id, name="暖冬资金")
    lines = [
        ["阳光服务中心", "助餐", "2026-09-01", "2026-09-30", 10, None, "暖冬资金"],
        ["阳光服务中心", "助餐", "2026-10-01", "2026-10-31", 160, "每月小时数", "暖冬资金"],
    ]
    head = [*CAPACITY, "名额类型", "资金"]
    run = bring_file(session, coordinator, kind, workbook([head, *lines]))
    assert results(session, run) == ["changed", "new"], problems(session, run)
    runs.apply(session, run, by=coordinator, at=AT)
    found = session.scalars(sa.select(Capacity).order_by(Capacity.starts_on)).all()
    assert [one.fund_id for one in found] == [fund.id, fund.id]
    assert (found[1].kind, found[1].places) == (CapacityKind.HOURS, 160)
    assert results(session, bring_file(session, coordinator, kind, workbook([head, *lines]))) == ["same", "same"]
    lines[0][-1] = "暖冬基金"
    unknown = bring_file(session, coordinator, kind, workbook([head, *lines]))
    assert problems(session, unknown) == [(2, "资金", "unknown_choice_near")]


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (["阳光服务中心", "助餐", "2026-09-01", "2026-09-30", 3], "名额", "too_few_places"),
        (["阳光服务中心", "助餐", "2026-09-01", "2026-10-31", 12], "结束日期", "other_end"),
        (["阳光服务中心", "助餐", "2026-09-15", "2026-10-15", 12], "开始日期", "overlaps"),
        (["阳光服务中心", "助餐", "2026-10-15", "2026-10-01", 12], "结束日期", "period_reversed"),
        (["阳光服务中心", "助餐", "2026-07-01", "2026-07-31", 12], "结束日期", "period_over"),
        (["阳光服务中心", "助餐", "2026-10-01", "2026-10-31", -1], "名额", "negative"),
        (["阳光服务中心", "助浴", "2026-10-01", "2026-10-31", 5], "服务名称", "unknown_choice_near"),
        (["月光", "助餐", "2026-10-01", "2026-10-31", 5], "机构名称", "unknown_name"),
    ],
)
def test_each_wrong_cell_of_places_is_named(session: Session, row: list[Any], column: str, code: str) -> None:
    offered(session, reserved=3, used=2)
    run = bring(session, make_account(session), ImportKind.CAPACITY, row)
    assert problems(session, run) == [(2, column, code)]
