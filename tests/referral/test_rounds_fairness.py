"""Fairness of a round: groups from the records, what is kept, and what the page says."""

import uuid
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from matching import BadParams, Params
from models import BeneficiaryCategory, IdentityStatus, Need, Proposal, Round, Sex, TaxonomyTerm, Urgency
from referral import clock
from referral.actions import rounds
from referral.extensions import db
from referral.queries.gathering.board import gather
from referral.queries.gathering.groups import WAYS, grouped
from referral.transactions import transaction
from tests.factories import COUNTY, make_account, make_capacity, make_case, make_need, make_person, make_term
from tests.pages import check_page
from tests.queries import counted, sign_in

VILLAGES = ("321199001001", "321199002001")


def unequal(session: Session, at: Any) -> None:
    """Eight needs: in the first township six of men, who are more urgent and have all four places; in the second two
    of women, one of them old and poor. They fit the same places."""
    term = make_term(session, code="T0", name_zh="助餐", name_en="Meals")
    make_capacity(session, term=term, places=4, at=at)
    for n in range(8):
        first = n < 6
        person = make_person(
            session,
            area_code=VILLAGES[0 if first else 1],
            sex=Sex.MALE if first else Sex.FEMALE,
            born_on=date(1940, 3, 1) if n == 7 else date(1970, 3, 1) if n else None,
        )
        if n == 7:
            for code in ("2.2", "2.1"):
                session.add(IdentityStatus(person_id=person.id, category_code=code, valid_from=date(2020, 1, 1)))
        since = at - timedelta(days=20 * n)
        case = make_case(session, person=person, opened_at=since)
        make_need(session, case=case, term=term, urgency=Urgency.HIGH if first else Urgency.NORMAL, at=since)


@pytest.fixture
def county(app: Flask) -> Iterator[Session]:
    with app.app_context():
        engine = db.engine
    with Session(engine, expire_on_commit=False) as session:
        with transaction(session):
            unequal(session, clock.now())
            session.add(
                BeneficiaryCategory(
                    code="2.1", name_zh="低保家庭", name_en="Dibao household", category_code="2", category_zh="低保",
                    origin="national",
                )
            )  # fmt: skip
            make_account(session, login="coordinator")
        yield session


@pytest.fixture
def coordinator(client: FlaskClient, county: Session) -> FlaskClient:
    return sign_in(client, "coordinator")


def made(session: Session, **params: Any) -> Round:
    with transaction(session):
        return rounds.run_round(session, area=COUNTY, params=params, at=clock.now())


def lines(round_: Round) -> dict[str, tuple[int, int, int]]:
    return {group["code"]: (group["wanted"], group["without"], group["served"]) for group in round_.fairness["groups"]}


@pytest.mark.parametrize(
    ("by", "codes"),
    [
        ("district", {"321199001000": (6, 4, 3), "321199002000": (2, 0, 1)}),
        ("sex", {"male": (6, 4, 3), "female": (2, 0, 1)}),
        ("age", {"18": (6, 4, 3), "80": (1, 0, 1)}),
        ("status", {"none": (7, 4, 3), "2.1": (1, 0, 1)}),
    ],
)
def test_a_floor_by_any_group_lifts_those_left_out(county: Session, by: str, codes: dict[str, Any]) -> None:
    round_ = made(county, fair_by=by, fair_floor=334)
    assert {code: counts[0] for code, counts in lines(round_).items()} == {code: c[0] for code, c in codes.items()}
    told = round_.fairness
    assert told["by"] == by
    assert round_.params["fair_by"] == by
    assert round_.params["fair_floor"] == 334
    assert all(group["served"] >= group["floor"] for group in told["groups"])
    assert all(group["served"] > 0 for group in told["groups"])
    assert sum(told["served"]) == sum(told["served_without"]) == 4
    assert told["given_up"]["count"] == 1
    assert round_.certificate["exact"]
    if by != "age":  # the one without a birth date is in no group
        assert lines(round_) == codes


def test_the_groups_know_every_way_and_no_other(county: Session) -> None:
    with transaction(county):
        board = gather(county, COUNTY, clock.now())
    for way in WAYS:
        problem, codes = grouped(board, way)
        assert problem.groups == len(codes)
        assert problem.needs.group.max() == len(codes) - 1
    assert grouped(board, "")[0] is board.problem
    with pytest.raises(BadParams, match="district"):
        grouped(board, "height")


def test_who_is_worse_off_than_down_the_list_is_named_with_and_without_floors(county: Session) -> None:
    plain = made(county)
    assert plain.fairness["groups"] == []
    assert plain.fairness["worse"] == {"count": 0, "needs": []}
    fair = made(county, fair_by="sex", fair_share=True)
    worse = fair.fairness["worse"]
    assert worse["count"] == 1 == fair.fairness["better"]
    need = county.get_one(Need, uuid.UUID(worse["needs"][0]))
    assert need.urgency is Urgency.HIGH
    assert fair.fairness["share"] == 500


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("by", ["", *WAYS])
def test_the_page_says_in_both_languages_how_groups_came_out(
    coordinator: FlaskClient, county: Session, by: str, language: str
) -> None:
    round_ = made(county, fair_by=by, fair_floor=334 if by else 0)
    answer = coordinator.get(f"/coordination/rounds/{round_.id}", headers={"Accept-Language": language})
    check_page(answer, language)
    text = answer.get_data(as_text=True)
    if language == "en":
        said = {
            "": "Nobody is worse off than by going down the list.",
            "district": "Area 321199002000",
            "sex": "Women",
            "age": "80 years and older",
            "status": "Dibao household",
        }[by]
        assert said in text
        if by:
            assert "1 need would be served by going down the list, and is not here" in text
            assert "None: as many are served in all. 1 need takes the place of another." in text


def test_the_page_links_to_the_needs_and_stays_within_its_queries(
    app: Flask, coordinator: FlaskClient, county: Session
) -> None:
    round_ = made(county, fair_by="district", fair_floor=334)
    key = round_.fairness["worse"]["needs"][0]
    with app.app_context(), counted() as sent:
        text = coordinator.get(f"/coordination/rounds/{round_.id}").get_data(as_text=True)
    assert f"/needs/{key}" in text
    assert len(sent) <= 16, "\n".join(sent)


def test_what_chance_drew_is_kept_with_each_proposal_and_told(coordinator: FlaskClient, county: Session) -> None:
    with transaction(county):
        term = county.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.code == "T0")).one()
        make_capacity(county, term=term, places=4, at=clock.now())
    assert all(proposal.propensity == 1 for proposal in _placed(county, made(county)))
    drawn = made(county, draw_within=200)
    chances = [proposal.propensity for proposal in _placed(county, drawn)]
    assert 0.5 in chances
    assert set(chances) <= {0.5, 1.0}
    assert drawn.fairness["drawn"]["exchanges"] >= 1
    page = coordinator.get(f"/coordination/rounds/{drawn.id}", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert "chance decided" in page


def _placed(session: Session, round_: Round) -> list[Proposal]:
    with transaction(session):
        placed = sa.select(Proposal).where(Proposal.round_id == round_.id, Proposal.capacity_id.is_not(None))
        return list(session.scalars(placed))


def test_off_means_the_parameters_of_a_round_are_what_they_were() -> None:
    assert (Params().fair_by, Params().fair_floor, Params().fair_share, Params().draw_within) == ("", 0, False, 0)
