"""The phone's pages: they work without scripts, keep what was typed, and stay light."""

import io
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Case, CaseStatus, Role, Visit, VisitPicture
from referral import clock, resources
from referral.queries import phone
from tests.factories import VILLAGE, make_account, make_capacity, make_person, provider_of, refer
from tests.pages import check_page
from tests.queries import counted
from tests.referral.phones import PhoneDesk
from tests.referral.test_phone_pictures import taken

PAGES = ("/phone", "/phone/visit", "/phone/group", "/phone/lead", "/phone/shell")


@pytest.fixture
def desk(session: Session, client: FlaskClient) -> PhoneDesk:
    return PhoneDesk(session, client)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_is_whole_in_both_languages(desk: PhoneDesk, language: str) -> None:
    desk.send(desk.envelope("one", **desk.fields()))
    for path in (*PAGES, f"/phone/people/{desk.person.id}", f"/phone/visits/{_first(desk).id}"):
        desk.forget()
        check_page(desk.client.get(path, headers={"Accept-Language": language}), language)


def _first(desk: PhoneDesk) -> Visit:
    return desk.session.scalars(sa.select(Visit)).first()  # type: ignore[return-value]


def typed(desk: PhoneDesk, **extra: object) -> dict[str, object]:
    return desk.fields() | {"entry_key": "one-form"} | extra


def test_without_scripts_a_visit_is_a_form_with_a_photo(desk: PhoneDesk) -> None:
    address = f"/phone/people/{desk.person.id}"
    sent = typed(desk)
    for _ in range(2):
        photo = {"photo": (io.BytesIO(taken(300, 200)), "p.jpg")}
        assert desk.client.post(address, data=sent | photo).status_code == 302
    assert len(desk.session.scalars(sa.select(Visit)).all()) == 1
    assert len(desk.session.scalars(sa.select(VisitPicture)).all()) == 1
    page = desk.client.get("/phone").get_data(as_text=True)
    assert "今天已看" in page
    assert "下周带药来" in page


def test_without_scripts_both_versions_are_shown_and_what_was_typed_stays(desk: PhoneDesk) -> None:
    address = f"/phone/people/{desk.person.id}"
    desk.client.post(address, data=typed(desk))
    again = desk.client.post(address, data=typed(desk, entry_key="other", note="第二次写的"))
    text = again.get_data(as_text=True)
    check_page(again, "zh")
    assert again.status_code == 409
    assert "第二次写的" in text
    assert "一起吃了午饭" in text
    assert 'value="also"' in text
    assert (
        desk.client.post(address, data=typed(desk, entry_key="other", note="第二次写的", resolve="also")).status_code
        == 302
    )
    assert len(desk.session.scalars(sa.select(Visit)).all()) == 2


def test_a_reused_key_gives_the_form_a_new_one(desk: PhoneDesk) -> None:
    address = f"/phone/people/{desk.person.id}"
    desk.client.post(address, data=typed(desk))
    refused = desk.client.post(address, data=typed(desk, units="4"))
    text = refused.get_data(as_text=True)
    assert refused.status_code == 409
    assert 'value="one-form"' not in text
    assert 'value="4"' in text


def test_an_empty_form_says_what_is_missing_and_keeps_the_rest(desk: PhoneDesk) -> None:
    answer = desk.client.post("/phone/visit", data={"note": "只写了这句"})
    check_page(answer, "zh")
    assert answer.status_code == 422
    assert "只写了这句" in answer.get_data(as_text=True)
    assert desk.client.post("/phone/group", data={}).status_code == 422
    assert desk.client.post("/phone/lead", data={}).status_code == 422


def test_without_scripts_the_red_button_is_a_form(desk: PhoneDesk) -> None:
    lead = {"name": "钱奶奶", "area_code": VILLAGE, "summary": "没有吃的", "urgency": "critical"}
    assert desk.client.post("/phone/lead", data=lead).status_code == 302
    assert desk.session.scalars(sa.select(Case).where(Case.status == CaseStatus.LEAD)).one().summary == "没有吃的"


def test_a_provider_logs_for_whom_it_was_asked_and_sees_no_other(desk: PhoneDesk) -> None:
    from referral.actions import referrals

    capacity = make_capacity(desk.session, term=desk.meals, at=clock.now(), places=3)
    need = desk.need()
    referral = refer(desk.session, need, capacity, by=desk.worker, at=clock.now())
    referrals.accept(desk.session, referral, by=desk.worker, at=clock.now())
    stranger = make_person(desk.session, name="别人", station_id=desk.station.id)
    officer = make_account(desk.session, Role.PROVIDER_OFFICER, organization_id=provider_of(desk.session, capacity))
    desk.session.commit()
    desk.change_hands(officer)
    page = desk.client.get("/phone")
    check_page(page, "zh")
    assert f"/phone/referrals/{referral.id}" in page.get_data(as_text=True)
    check_page(desk.client.get(f"/phone/referrals/{referral.id}"), "zh")
    fields = desk.fields(target=f"referrals:{referral.id}", seen="")
    assert desk.send(desk.envelope("one", **fields))[0] == 200
    assert _first(desk).organization_id == officer.organization_id
    for target in (f"people:{stranger.id}", f"people:{desk.person.id}"):
        assert desk.send(desk.envelope(target[-8:], **desk.fields(target=target)))[1]["code"] == "person_gone"
    assert desk.client.get(f"/phone/people/{desk.person.id}").status_code == 404


def test_the_list_is_for_keeping_only_twenty_and_only_where_asked(desk: PhoneDesk) -> None:
    for number in range(30):
        make_person(desk.session, name=f"村民{number}", station_id=desk.station.id)
    desk.session.commit()
    told = desk.client.get("/phone/people")
    assert told.headers["Cache-Control"] == "no-store"
    assert len(told.get_json()["people"]) <= phone.MOST
    shell = desk.client.get("/phone/shell").get_data(as_text=True)
    assert desk.person.name not in shell
    assert str(desk.account.id) not in shell


def test_pages_ask_the_database_a_stated_number_of_times(desk: PhoneDesk) -> None:
    desk.send(desk.envelope("one", **desk.fields()))
    budget = {"/phone": 24, f"/phone/people/{desk.person.id}": 18, "/phone/lead": 12}
    for path, most in budget.items():
        desk.client.get(path)
        with counted() as sent:
            assert desk.client.get(path).status_code == 200
        assert len(sent) <= most, (path, len(sent))


def test_the_pages_can_be_installed(desk: PhoneDesk, app: Flask) -> None:
    manifest = desk.client.get("/phone/manifest.webmanifest")
    told = json.loads(manifest.data)
    assert (told["scope"], told["start_url"], told["display"]) == ("/phone", "/phone", "standalone")
    for icon in told["icons"]:
        assert desk.client.get(icon["src"]).status_code == 200
    worker = app.test_client().get("/phone/worker.js")
    assert worker.headers["Service-Worker-Allowed"] == "/phone"
    assets = re.findall(r'"(/(?:static|phone)/[^"]+\.(?:css|js|svg))"', worker.get_data(as_text=True))
    assert len(assets) >= 10
    for address in assets:
        assert app.test_client().get(address).status_code == 200, address
    policy = desk.client.get("/phone").headers["Content-Security-Policy"]
    assert "worker-src 'self'" in policy
    assert "manifest-src 'self'" in policy


def test_the_icons_of_the_phone_are_those_of_all_pages(app: Flask) -> None:
    folder = resources.templates()
    static = Path(str(app.static_folder)) / "icons"
    shapes = json.loads((static / "tabler.json").read_text("utf-8"))
    sprite = (static / "phone.svg").read_text("utf-8")
    drawn = dict(re.findall(r'<symbol id="([a-z0-9-]+)" viewBox="0 0 24 24">(.*?)</symbol>', sprite))
    assert all(shapes[name] == shape for name, shape in drawn.items())
    wanted = set()
    for page in (folder / "phone").glob("*.html"):
        wanted |= set(re.findall(r'icon\("([a-z0-9-]+)"', page.read_text("utf-8")))
    assert wanted <= set(drawn), wanted - set(drawn)


def test_a_visit_may_not_end_before_it_began_nor_lie_ahead(desk: PhoneDesk) -> None:
    ahead = (clock.now() + timedelta(hours=3)).astimezone(clock.SHANGHAI)
    for wrong in (
        {"ended_at": desk.fields()["started_at"], "started_at": desk.fields()["ended_at"]},
        {"started_at": f"{ahead:%Y-%m-%dT%H:%M}", "ended_at": f"{ahead:%Y-%m-%dT%H:%M}"},
    ):
        assert desk.client.post(f"/phone/people/{desk.person.id}", data=typed(desk, **wrong)).status_code == 422
