"""The administrator looks after accounts, calendar, lists and jobs, and sees no case."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from models import (
    Account,
    BeneficiaryCategory,
    CalendarDay,
    Domain,
    JobRun,
    JobStatus,
    NeedType,
    Program,
    Role,
    TaxonomyTerm,
    Urgency,
)
from referral import clock
from tests.factories import (
    COUNTY,
    TOWNSHIP,
    make_account,
    make_area,
    make_case,
    make_need,
    make_organization,
    make_person,
)
from tests.factories import make_term as term_of
from tests.pages import check_page
from tests.queries import counted, sign_in
from tests.visits import Visitor, outside


@pytest.fixture
def admin(app: Flask) -> Iterator[Visitor]:
    with outside(app) as session:
        make_area(session, TOWNSHIP)
        login = make_account(session, Role.ADMINISTRATOR, login="root").login
        yield Visitor(app, session, login)


PAGES = ["/admin/accounts", "/admin/accounts/new", "/admin/calendar", "/admin/calendar?year=2031", "/admin/lists",
         "/admin/lists?list=material", "/admin/lists?list=need_types", "/admin/lists?list=categories",
         "/admin/lists?list=imported", "/admin/jobs", "/admin/jobs?only=failed"]  # fmt: skip


def test_every_page_of_the_administrator_is_well_formed_and_shows_no_person_in_need(admin: Visitor) -> None:
    person = make_person(admin.session, name="王秘密", phone="13911112222")
    make_need(admin.session, case=make_case(admin.session, person=person), description="机密")
    admin.session.commit()
    shown = "".join(admin.in_both(address) for address in PAGES)
    assert [secret for secret in ("王秘密", "13911112222", "机密") if secret in shown] == []


def test_an_administrator_gets_no_page_of_a_case(admin: Visitor) -> None:
    case = make_case(admin.session)
    admin.session.commit()
    for address in (
        f"/cases/{case.id}",
        f"/people/{case.person_id}",
        "/inbox",
        "/clients",
        "/our-services",
        "/catalogue",
    ):
        assert admin.client.get(address).status_code == 404, address


def invitation(**changed: str) -> dict[str, str]:
    return {
        "login": "liumin",
        "name": "刘敏",
        "role": "coordinator",
        "organization_id": "",
        "area_code": COUNTY,
        "program_id": "",
    } | changed


def link_in(shown: str) -> str:
    found = re.search(r"<code>http://localhost(/sign-in/link/[\w-]{43})</code>", shown)
    assert found, shown
    return found[1]


def test_an_invited_person_chooses_the_password_and_is_in(app: Flask, admin: Visitor) -> None:
    link = link_in(admin.send("/admin/accounts/new", 200, **invitation()))
    account = admin.read(sa.select(Account).where(Account.login == "liumin"))
    assert (account.role, account.area_code, account.organization_id) == (Role.COORDINATOR, COUNTY, None)
    assert account.demonstration is False
    assert link.split("/")[-1] not in admin.page(f"/admin/accounts/{account.id}")
    invited = app.test_client()
    check_page(invited.get(link), "zh")
    chosen = {"new_password": "a sentence of mine", "repeat_password": "a sentence of mine"}
    assert "容易被猜中" in invited.post(link, data=dict.fromkeys(chosen, "woaini1314520")).get_data(as_text=True)
    assert invited.post(link, data=chosen | {"repeat_password": "another one"}).status_code == 422
    assert invited.post(link, data=chosen).status_code == 302
    assert invited.get("/account").status_code == 200
    assert invited.get(link).status_code == 410
    sign_in(app.test_client(), "liumin", "a sentence of mine")


def test_an_evaluator_looks_at_one_program_until_a_day(admin: Visitor) -> None:
    program = Program(organization_id=make_organization(admin.session).id, name="五十户")
    admin.session.add(program)
    admin.session.commit()
    facts = invitation(role="evaluator", valid_until="2027-03-31", program_id=str(program.id))
    assert "请选择" in admin.send("/admin/accounts/new", 422, **facts | {"program_id": ""})
    assert "最后一天" in admin.send("/admin/accounts/new", 422, **facts | {"valid_until": ""})
    admin.send("/admin/accounts/new", 200, **facts)
    account = admin.read(sa.select(Account).where(Account.login == "liumin"))
    assert (account.program_id, account.valid_until) == (program.id, date(2027, 3, 31))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"login": "root"}, "该用户名已被使用"),
        ({"role": "provider_officer"}, "该角色须属于一个机构"),
        ({"area_code": ""}, "该角色须负责一个区域"),
        ({"login": "刘 敏"}, "不含空格"),
        ({"role": "nobody"}, ""),
    ],
)
def test_a_wrong_invitation_says_what_is_wrong_and_makes_nothing(
    admin: Visitor, wrong: dict[str, str], said: str
) -> None:
    assert said in admin.send("/admin/accounts/new", 422, **invitation(**wrong))
    assert admin.read(sa.select(sa.func.count(Account.id))) == 1


def test_who_gets_another_role_is_signed_out(app: Flask, admin: Visitor) -> None:
    account = make_account(admin.session)
    station = make_organization(admin.session)
    admin.session.commit()
    other = sign_in(app.test_client(), account.login)
    assert other.get("/messages").status_code == 200
    address = f"/admin/accounts/{account.id}"
    admin.in_both(address)
    facts = {
        "version": str(account.version),
        "name": "刘敏",
        "area_code": "",
        "program_id": "",
        "organization_id": str(station.id),
    }
    admin.send(address, role="station_worker", **facts)
    changed = admin.read(sa.select(Account).where(Account.id == account.id))
    assert (changed.role, changed.organization_id, changed.area_code) == (Role.STATION_WORKER, station.id, None)
    assert other.get("/messages").status_code == 302
    admin.send(address, 409, role="station_worker", **facts)


def test_a_closed_account_is_out_at_once_and_can_be_opened_again(app: Flask, admin: Visitor) -> None:
    account = make_account(admin.session)
    admin.session.commit()
    other = sign_in(app.test_client(), account.login)
    admin.send(f"/admin/accounts/{account.id}/active", active="no")
    assert other.get("/messages").status_code == 302
    admin.in_both(f"/admin/accounts/{account.id}")
    assert account.login in admin.page("/admin/accounts?closed=y")
    admin.send(f"/admin/accounts/{account.id}/active", active="yes")
    sign_in(app.test_client(), account.login)


def test_sessions_end_and_a_link_replaces_the_password(app: Flask, admin: Visitor) -> None:
    account = make_account(admin.session)
    admin.session.commit()
    other = sign_in(app.test_client(), account.login)
    admin.send(f"/admin/accounts/{account.id}/end-sessions")
    assert other.get("/messages").status_code == 302
    sign_in(other, account.login)
    first = link_in(admin.send(f"/admin/accounts/{account.id}/link", 200))
    second = link_in(admin.send(f"/admin/accounts/{account.id}/link", 200))
    assert other.get("/messages").status_code == 200
    user = app.test_client()
    assert user.get(first).status_code == 410
    chosen = {"new_password": "a sentence of mine", "repeat_password": "a sentence of mine"}
    assert user.post(second, data=chosen).status_code == 302
    assert other.get("/messages").status_code == 302
    sign_in(other, account.login, "a sentence of mine")


def test_the_last_administrator_stays(admin: Visitor) -> None:
    account = admin.read(sa.select(Account).where(Account.login == "root"))
    admin.send(f"/admin/accounts/{account.id}/active", active="no")
    assert admin.read(sa.select(Account.active).where(Account.id == account.id)) is True
    facts = {"name": "管理员", "role": "coordinator", "organization_id": "", "area_code": COUNTY, "program_id": ""}
    shown = admin.send(f"/admin/accounts/{account.id}", 422, version=str(account.version), **facts)
    assert "最后一位管理员" in shown
    make_account(admin.session, Role.ADMINISTRATOR)
    admin.session.commit()
    admin.send(f"/admin/accounts/{account.id}/active", active="no")
    assert admin.read(sa.select(Account.active).where(Account.id == account.id)) is False


def test_holidays_are_written_down_and_a_year_without_any_says_so(admin: Visitor) -> None:
    assert "尚未公布" in admin.in_both("/admin/calendar?year=2027")
    day = {"kind": "holiday", "note": "元旦", "source": "国办发明电〔2026〕1号"}
    admin.send("/admin/calendar", day="2027.1.1", **day)
    assert "尚未公布" not in admin.in_both("/admin/calendar?year=2027")
    admin.send("/admin/calendar", 422, **(day | {"day": "2027-01-05", "kind": "working"}))
    admin.send("/admin/calendar", **(day | {"day": "2027-01-03", "kind": "working", "note": "调休"}))
    admin.send("/admin/calendar/2027-01-03/remove")
    assert admin.read(sa.select(sa.func.count()).select_from(CalendarDay)) == 1
    assert admin.client.post("/admin/calendar/nonsense/remove").status_code == 404


def test_lines_of_the_lists_are_renamed_and_their_origin_stays(admin: Visitor) -> None:
    session = admin.session
    term = term_of(session, "A01", origin="national")
    need_type = NeedType(
        code="ECO1", domain=Domain.ECONOMIC, name_zh="钱", name_en="Money", usual_answer="M01",
        default_urgency=Urgency.HIGH,
    )  # fmt: skip
    category = BeneficiaryCategory(
        code="1.1", name_zh="特困", name_en="Tekun", category_code="1", category_zh="特困人员", origin="national"
    )
    session.add_all([need_type, category])
    session.commit()
    names = {"name_zh": "新名称", "name_en": "New name"}
    for path, key, more in [
        ("terms", term.id, {}),
        ("need-types", need_type.id, {"usual_answer": "M01", "default_urgency": "low"}),
        ("categories", category.id, {}),
    ]:
        admin.in_both(f"/admin/lists/{path}/{key}")
        admin.send(f"/admin/lists/{path}/{key}", 422, name_zh="", name_en="x", **more)
        admin.send(f"/admin/lists/{path}/{key}", **names, **more)
    changed = admin.read(sa.select(TaxonomyTerm).where(TaxonomyTerm.id == term.id))
    assert (changed.name_zh, changed.active, changed.origin) == ("新名称", False, "national")
    assert admin.read(sa.select(NeedType.default_urgency)) is Urgency.LOW
    for chosen in ("service", "need_types", "categories"):
        assert "新名称" in admin.in_both(f"/admin/lists?list={chosen}")
    assert "示范清单" in admin.page("/admin/lists")


def test_jobs_and_health_say_when_nobody_works(admin: Visitor) -> None:
    assert "没有进程在执行任务" in admin.in_both("/admin/jobs")
    now = clock.now()
    admin.session.add_all(
        [
            JobRun(job="expire_referrals", slot="2026-11-22 10:00", status=JobStatus.DONE, started_at=now,
                   finished_at=now + timedelta(seconds=1), counts={"expired": 2, "skipped": 0}),
            JobRun(job="tell_of_checks", slot="2026-11-22 00:00", status=JobStatus.FAILED, started_at=now,
                   finished_at=now, counts={}, failure="ValueError (upkeep.py:1)"),
        ]
    )  # fmt: skip
    admin.session.commit()
    shown = admin.in_both("/admin/jobs")
    assert "没有进程在执行任务" not in shown
    assert "过期 2" in shown
    assert re.search(r"\b00\d\d\b", shown)
    assert "ValueError" in admin.in_both("/admin/jobs?only=failed")


def test_pages_of_the_administrator_ask_a_stated_number_of_questions(app: Flask, admin: Visitor) -> None:
    for number in range(30):
        make_account(admin.session, name=f"人{number}")
    admin.session.commit()
    for address, most in [("/admin/accounts", 5), ("/admin/accounts/new", 6), ("/admin/calendar", 5),
                          ("/admin/lists", 4), ("/admin/jobs", 8)]:  # fmt: skip
        with app.app_context(), counted() as sent:
            assert admin.client.get(address).status_code == 200
        assert len(sent) <= most, f"{address} {len(sent)}\n" + "\n".join(sent)


def test_nobody_else_gets_these_pages(app: Flask, admin: Visitor) -> None:
    for role in Role:
        if role is Role.ADMINISTRATOR:
            continue
        other = Visitor(app, admin.session, make_account(admin.session, role).login)
        assert [other.client.get(address).status_code for address in PAGES] == [404] * len(PAGES), role
