"""A provider corrects a visit: a new entry takes the place of the wrong one, and nothing is changed silently."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models import (
    ConsentWay,
    FlagRule,
    HoursDecision,
    HoursVerdict,
    Role,
    Visit,
    VisitFlag,
    VisitKind,
)
from referral import clock
from referral.actions import consents, hours
from referral.queries.consents import live_consent
from tests.factories import make_account
from tests.pages import check_page
from tests.queries import sign_in
from tests.referral.test_providers import SECRETS, Scene, make_scene
from tests.visits import outside

KEY = "a-key-of-the-form"


@pytest.fixture
def scene(app: Flask, client: FlaskClient) -> Iterator[Scene]:
    with outside(app) as session:
        made = make_scene(client, session)
        client.post(f"{made.address}/accept")
        assert client.post(f"{made.address}/visit", data=typed(minutes="60", entry_key="first")).status_code == 302
        yield made


def typed(**other: str) -> dict[str, str]:
    began = clock.now() - timedelta(hours=5)
    usual = {
        "contact_result": "met_person", "kind": "home_visit", "minutes": "60", "units": "1", "note": "打扫",
        "started_at": began.astimezone(clock.SHANGHAI).strftime("%Y-%m-%dT%H:%M"), "entry_key": KEY,
    }  # fmt: skip
    return usual | other


def entries(scene: Scene) -> list[Visit]:
    again = sa.select(Visit).order_by(Visit.id).execution_options(populate_existing=True)
    found = list(scene.session.scalars(again))
    scene.session.commit()
    return found


def of(visit: Visit) -> str:
    return f"/inbox/visits/{visit.id}/correct"


def test_a_correction_is_a_new_entry_and_the_old_one_stays_as_it_was(scene: Scene) -> None:
    (wrong,) = entries(scene)
    for language in ("zh", "en"):
        page = scene.page(of(wrong), language)
        assert 'value="60"' in page
    assert scene.client.post(of(wrong), data=typed(minutes="", units="2")).status_code == 422
    assert scene.client.post(of(wrong), data=typed(minutes="30", units="0.5")).status_code == 302
    old, new = entries(scene)
    assert (old.minutes, old.units, old.replaced) == (60, Decimal(1), True)
    assert (new.minutes, new.units, new.corrects_id, new.replaced) == (30, Decimal("0.5"), old.id, False)
    for language in ("zh", "en"):
        page = scene.page(scene.address, language)
        assert of(new) in page
        assert of(old) not in page


def test_the_same_correction_sent_twice_is_one_and_another_is_refused(scene: Scene) -> None:
    (wrong,) = entries(scene)
    for _ in range(2):
        assert scene.client.post(of(wrong), data=typed(minutes="30")).status_code == 302
    assert len(entries(scene)) == 2
    assert scene.client.post(of(wrong), data=typed(minutes="20", entry_key="another")).status_code == 409
    assert scene.client.get(of(wrong)).status_code == 302, "it has been corrected already"
    assert len(entries(scene)) == 2


def test_approved_hours_lapse_in_sight_and_are_approved_anew(scene: Scene) -> None:
    (wrong,) = entries(scene)
    with scene.client.application.app_context():
        done = hours.approve(scene.session, [wrong.id], by=scene.coordinator, at=clock.now())
        scene.session.commit()
    assert done.approved == [wrong.id]
    assert "已核准" in scene.page(of(wrong)), "who corrects is told that the approval lapses"
    scene.client.post(of(wrong), data=typed(units="9", minutes="300"))
    _old, new = entries(scene)
    decisions = scene.session.scalars(sa.select(HoursDecision)).all()
    scene.session.commit()
    assert [(one.visit_id, one.verdict, one.units) for one in decisions] == [
        (wrong.id, HoursVerdict.APPROVED, Decimal(1))
    ], "no word is moved to the correction"
    assert decisions[0].lapsed_at is not None
    flags = scene.session.scalars(sa.select(VisitFlag).where(VisitFlag.visit_id == new.id)).all()
    scene.session.commit()
    assert FlagRule.TOO_LONG in {one.rule for one in flags}, "the rules look at the correction too"
    other = scene.client.application.test_client()
    sign_in(other, scene.coordinator.login)
    for language in ("zh", "en"):
        answer = other.get(f"/hours/visits/{new.id}", headers={"Accept-Language": language})
        check_page(answer, language)
    assert other.get(f"/hours/visits/{new.id}").get_data(as_text=True).count("已失效") >= 1


def test_who_went_stays_who_went_whoever_corrects(scene: Scene) -> None:
    (wrong,) = entries(scene)
    colleague = make_account(scene.session, Role.PROVIDER_OFFICER, organization_id=scene.officer.organization_id)
    scene.session.commit()
    other = scene.client.application.test_client()
    sign_in(other, colleague.login)
    assert other.post(of(wrong), data=typed(minutes="45")).status_code == 302
    _old, new = entries(scene)
    assert new.worker_id == scene.officer.id
    assert other.post(of(new), data=typed(minutes="40", entry_key="second")).status_code == 302
    assert [one.replaced for one in entries(scene)] == [True, True, False]


def test_a_group_session_stays_one(scene: Scene) -> None:
    (wrong,) = entries(scene)
    activity = wrong.id
    scene.session.execute(sa.update(Visit).values(kind=VisitKind.GROUP, activity_key=activity))
    scene.session.commit()
    assert 'type="hidden" name="kind"' in scene.page(of(wrong))
    assert scene.client.post(of(wrong), data=typed(kind="on_site", minutes="45")).status_code == 302
    _old, new = entries(scene)
    assert (new.kind, new.activity_key) == (VisitKind.GROUP, activity)


def taken_back(scene: Scene) -> Any:
    receiver = scene.officer.organization_id
    consent = receiver and live_consent(scene.session, scene.person.id, receiver, clock.now())
    assert consent
    consents.withdraw(scene.session, consent, way=ConsentWay.SPOKEN, by=scene.coordinator, at=clock.now())
    return scene.client


def of_a_stranger(scene: Scene) -> Any:
    stranger = make_account(scene.session, Role.PROVIDER_OFFICER)
    scene.session.commit()
    return sign_in(scene.client.application.test_client(), stranger.login)


@pytest.mark.parametrize("case", [taken_back, of_a_stranger], ids=lambda one: one.__name__)
def test_nobody_corrects_what_they_may_not_see(scene: Scene, case: Any) -> None:
    (wrong,) = entries(scene)
    with scene.client.application.app_context():
        client = case(scene)
        scene.session.commit()
    answer = client.get(of(wrong))
    assert answer.status_code == 404
    assert SECRETS["name"] not in answer.get_data(as_text=True)
    assert client.post(of(wrong), data=typed(minutes="5")).status_code == 404
    assert len(entries(scene)) == 1
