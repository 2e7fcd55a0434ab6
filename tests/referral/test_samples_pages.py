"""Pages of samples and findings: walls, pseudonyms, and what was typed is kept."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from models import (
    Account,
    FileSample,
    Finding,
    FindingStatus,
    Person,
    Role,
)
from referral import clock
from referral.access import as_installation
from referral.extensions import db
from tests.factories import COUNTY, make_account, make_organization
from tests.queries import sign_in
from tests.referral.test_samples import ENGLISH, a_finding, officer


@pytest.fixture
def asked(app: Flask) -> dict[str, Any]:
    """A finding with its evaluator, its provider, and others who have no business with it."""
    with app.app_context():
        as_installation(db.session, because="a test")
        finding = a_finding(db.session, at=clock.now())
        sample = db.session.scalars(sa.select(FileSample)).one()
        person = db.session.get_one(Person, finding.person_id)
        found = {
            "finding": finding.id, "file": finding.file_id, "sample": sample.id, "name": person.name,
            "evaluator": db.session.get_one(Account, sample.drawn_by_id).login,
            "provider": officer(db.session, finding).login,
            "foreign": make_account(
                db.session, Role.PROVIDER_OFFICER, organization_id=make_organization(db.session).id
            ).login,
            "other_evaluator": make_account(
                db.session, Role.EVALUATOR, area_code=COUNTY, program_id=sample.program_id
            ).login,
        }  # fmt: skip
        db.session.commit()
    return found


def test_a_foreign_organization_and_another_evaluator_find_no_trace_of_it(app: Flask, asked: dict[str, Any]) -> None:
    foreign, other = (sign_in(app.test_client(), asked[login]) for login in ("foreign", "other_evaluator"))
    answer = f"/findings/{asked['finding']}/answer"
    assert foreign.get(answer).status_code == 404
    assert foreign.post(answer, data={"verdict": "accepted", "words": "w"}).status_code == 404
    assert str(asked["finding"]) not in foreign.get("/findings").text
    for address in (f"/samples/{asked['sample']}", f"/samples/files/{asked['file']}"):
        assert other.get(address).status_code == 404
    assert other.post(f"/findings/{asked['finding']}/decide", data={"verdict": "withdrawn"}).status_code == 404


def test_the_evaluator_reads_no_name_and_the_provider_disputes_in_words(app: Flask, asked: dict[str, Any]) -> None:
    reader = sign_in(app.test_client(), asked["evaluator"])
    assert asked["name"] not in reader.get(f"/samples/files/{asked['file']}").text
    provider = sign_in(app.test_client(), asked["provider"])
    address = f"/findings/{asked['finding']}/answer"
    empty = provider.post(address, data={"words": "Was typed here."}, headers=ENGLISH)
    assert empty.status_code == 422
    assert "Was typed here." in empty.text
    assert provider.post(address, data={"verdict": "disputed", "words": "There is a plan."}).status_code == 302
    assert "There is a plan." in reader.get(f"/samples/files/{asked['file']}", headers=ENGLISH).text


def test_a_decision_that_says_nothing_decides_nothing_and_keeps_the_page(app: Flask, asked: dict[str, Any]) -> None:
    reader = sign_in(app.test_client(), asked["evaluator"])
    for said in ({}, {"verdict": "maybe"}):
        answer = reader.post(f"/findings/{asked['finding']}/decide", data=said, headers=ENGLISH)
        assert answer.status_code == 422
        assert "Nothing was decided" in answer.text
    with app.app_context():
        as_installation(db.session, because="a test")
        assert db.session.get_one(Finding, asked["finding"]).status is FindingStatus.ASKED


def test_a_finding_that_is_not_whole_keeps_what_was_typed(app: Flask, asked: dict[str, Any]) -> None:
    reader = sign_in(app.test_client(), asked["evaluator"])
    answer = reader.post(
        f"/samples/files/{asked['file']}", data={"code": "no_plan", "note": "Typed before."}, headers=ENGLISH
    )
    assert answer.status_code == 422
    assert "Typed before." in answer.text


def test_no_field_that_is_wanted_is_called_optional(app: Flask, asked: dict[str, Any]) -> None:
    reader = sign_in(app.test_client(), asked["evaluator"])
    assert "(optional)" not in reader.get("/samples", headers=ENGLISH).text
    page = reader.get(f"/samples/files/{asked['file']}", headers=ENGLISH).text
    assert page.count("(optional)") == 1  # the words of a finding
