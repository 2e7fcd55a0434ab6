"""Parameters of rounds with their history: which were in force where and when, and two coordinators at once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from matching import BadParams, Params
from models import ParametersStatus, Role, Round, RoundParameters
from models.errors import ChangedMeanwhile, ReasonMissing, WrongStep
from referral.access import scope
from referral.actions import parameters, rounds
from referral.queries.candidates import ranked_candidates
from referral.queries.parameters import in_force
from tests.factories import (
    AT,
    COUNTY,
    OTHER_COUNTY,
    TOWNSHIP,
    VILLAGE,
    make_account,
    make_area,
    make_capacity,
    make_need,
    make_term,
)

LATER = AT + timedelta(days=1)
CITY = "321100000000"


@pytest.fixture
def both(session_on_both: Session) -> Session:
    make_area(session_on_both, VILLAGE)
    make_area(session_on_both, OTHER_COUNTY)
    return session_on_both


def kept(session: Session, area: str = COUNTY, at: object = AT, **params: object) -> RoundParameters:
    made = parameters.draft(session, area=area, params=params, reason="因为", by=None, at=at)  # type: ignore[arg-type]
    parameters.keep(session, made, by=None, at=at)  # type: ignore[arg-type]
    return made


def test_without_any_version_those_of_the_platform_hold(both: Session) -> None:
    now = in_force(both, COUNTY, AT)
    assert (now.params, now.version) == (Params(), None)


def test_a_draft_is_not_in_force_and_a_kept_one_is(both: Session) -> None:
    made = parameters.draft(both, area=COUNTY, params={"weight_distance": 340}, reason="远", by=None, at=AT)
    assert in_force(both, COUNTY, LATER).params == Params()
    parameters.keep(both, made, by=None, at=AT)
    assert in_force(both, COUNTY, LATER).params.weight_distance == 340
    assert in_force(both, COUNTY, AT - timedelta(seconds=1)).version is None


def test_the_next_one_replaces_it_and_what_was_in_force_when_can_be_asked(both: Session) -> None:
    first = kept(both, weight_distance=340)
    second = kept(both, at=LATER, weight_distance=300)
    assert (first.status, second.status) == (ParametersStatus.REPLACED, ParametersStatus.IN_FORCE)
    assert (first.number, second.number, second.based_on_id) == (1, 2, first.id)
    assert in_force(both, COUNTY, AT + timedelta(hours=1)).version is first
    assert in_force(both, COUNTY, LATER).version is second


def test_an_area_takes_its_own_else_those_of_the_division_above(both: Session) -> None:
    kept(both, area=CITY, weight_distance=310)
    assert in_force(both, VILLAGE, LATER).params.weight_distance == 310
    kept(both, area=COUNTY, weight_distance=320)
    kept(both, area=TOWNSHIP, weight_distance=330)
    assert in_force(both, VILLAGE, LATER).params.weight_distance == 330
    assert in_force(both, COUNTY, LATER).params.weight_distance == 320
    assert in_force(both, OTHER_COUNTY, LATER).params.weight_distance == 310


def test_a_round_takes_what_is_in_force_and_says_which(both: Session) -> None:
    version = kept(both, weight_distance=340)
    made = rounds.run_round(both, area=COUNTY, at=LATER)
    assert (made.params["weight_distance"], made.parameters_id) == (340, version.id)
    other = rounds.run_round(both, area=COUNTY, at=LATER, params={"far_km": 7.0})
    assert (other.params["weight_distance"], other.params["far_km"]) == (340, 7.0)
    assert both.scalar(sa.select(sa.func.count(Round.id)).where(Round.parameters_id == version.id)) == 2


def test_the_page_of_a_need_scores_as_a_round_would(both: Session) -> None:
    term = make_term(both)
    make_capacity(both, term=term)
    need = make_need(both, term=term)
    usual = ranked_candidates(both, need, LATER)[0].parts["quality"]
    kept(both, weight_quality=0)
    assert usual > ranked_candidates(both, need, LATER)[0].parts["quality"] == 0


def test_two_coordinators_at_once(both: Session) -> None:
    first = parameters.draft(both, area=COUNTY, params={"weight_distance": 340}, reason="a", by=None, at=AT)
    second = parameters.draft(both, area=COUNTY, params={"weight_distance": 300}, reason="b", by=None, at=AT)
    parameters.keep(both, first, by=None, at=AT)
    with pytest.raises(ChangedMeanwhile):
        parameters.keep(both, second, by=None, at=LATER)
    parameters.base_anew(both, second, at=LATER)
    parameters.keep(both, second, by=None, at=LATER)
    assert in_force(both, COUNTY, LATER).version is second


def test_the_database_itself_keeps_one_in_force_for_an_area(both: Session) -> None:
    kept(both)
    both.add(
        RoundParameters(area_code=COUNTY, number=9, status=ParametersStatus.IN_FORCE, params={}, reason="x",
                        in_force_at=AT)
    )  # fmt: skip
    with pytest.raises(IntegrityError):
        both.flush()
    both.rollback()


def test_a_version_that_was_kept_or_thrown_away_is_never_changed(both: Session) -> None:
    done, gone = kept(both), parameters.draft(both, area=COUNTY, params={}, reason="x", by=None, at=AT)
    parameters.discard(both, gone)
    for version in (done, gone):
        with pytest.raises(WrongStep):
            parameters.revise(both, version, params={}, reason="x", at=AT)
        with pytest.raises(WrongStep):
            parameters.keep(both, version, by=None, at=AT)
        with pytest.raises(WrongStep):
            parameters.discard(both, version)


def test_a_reason_is_asked_for_and_values_must_be_possible(both: Session) -> None:
    with pytest.raises(ReasonMissing):
        parameters.draft(both, area=COUNTY, params={}, reason="  ", by=None, at=AT)
    with pytest.raises(BadParams):
        parameters.draft(both, area=COUNTY, params={"weight_distance": 1001}, reason="x", by=None, at=AT)
    with pytest.raises(BadParams):
        parameters.draft(both, area=COUNTY, params={"unheard_of": 1}, reason="x", by=None, at=AT)


def test_a_draft_can_be_changed(both: Session) -> None:
    made = parameters.draft(both, area=COUNTY, params={}, reason="x", by=None, at=AT)
    parameters.revise(both, made, params={"far_km": 9.0}, reason="y", at=AT)
    assert (made.params["far_km"], made.reason) == (9.0, "y")


def test_whoever_looks_after_a_township_reads_those_of_the_county_too(both: Session) -> None:
    kept(both, area=COUNTY)
    kept(both, area=TOWNSHIP)
    kept(both, area=OTHER_COUNTY)
    seen = {
        code: both.scalars(sa.select(RoundParameters.area_code).where(scope(actor, RoundParameters))).all()
        for code in (TOWNSHIP, COUNTY, OTHER_COUNTY)
        for actor in [make_account(both, Role.COORDINATOR, area_code=code)]
    }
    assert {code: sorted(found) for code, found in seen.items()} == {
        TOWNSHIP: [COUNTY, TOWNSHIP],
        COUNTY: [COUNTY, TOWNSHIP],
        OTHER_COUNTY: [OTHER_COUNTY],
    }
    administrator = make_account(both, Role.ADMINISTRATOR)
    assert len(both.scalars(sa.select(RoundParameters.id).where(scope(administrator, RoundParameters))).all()) == 3
