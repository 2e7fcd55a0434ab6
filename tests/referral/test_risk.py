"""The grade of risk on the day's list: the rule of docs/phone.md, case by case, and who sees it."""

from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import (
    Assessment,
    AssessmentOccasion,
    Feature,
    FeatureKind,
    FlagHandling,
    RedFlag,
    RiskGrade,
    Role,
    Urgency,
)
from referral.clock import local_date
from referral.queries import phone, risks
from referral.risk import CIRCUMSTANCES, grade
from tests.factories import AT, make_account, make_case, make_person, make_station
from tests.referral.test_closing import Scene

F, G = FeatureKind, RiskGrade


def of(**given: Any) -> RiskGrade:
    usual: dict[str, Any] = {
        "urgency": Urgency.NORMAL, "features": (), "age": 70, "acts_not_met": 0, "cannot_wait": False,
    }  # fmt: skip
    return grade(**(usual | given))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, G.USUAL),
        ({"urgency": None, "age": None}, G.USUAL),
        ({"cannot_wait": True, "urgency": Urgency.LOW}, G.HIGH),
        ({"urgency": Urgency.CRITICAL}, G.HIGH),
        ({"urgency": Urgency.HIGH}, G.RAISED),
        ({"features": {F.LIVES_ALONE}}, G.USUAL),
        ({"features": {F.LIVES_ALONE}, "acts_not_met": 1}, G.HIGH),
        ({"features": {F.LIVES_ALONE, F.CANNOT_SELF_CARE}}, G.HIGH),
        ({"acts_not_met": 6}, G.USUAL),
        ({"acts_not_met": 1, "age": 80}, G.RAISED),
        ({"acts_not_met": 1, "features": {F.CANNOT_SELF_CARE}}, G.USUAL),
        ({"features": {F.LIVES_ALONE}, "age": 79}, G.USUAL),
        ({"features": {F.LIVES_ALONE}, "age": 80}, G.RAISED),
        ({"features": {F.LEFT_BEHIND, F.SINGLE_PARENT, F.NEEDS_DIALECT}}, G.USUAL),
    ],
)
def test_the_rule_says_what_the_page_of_the_phone_says(given: dict[str, Any], expected: RiskGrade) -> None:
    assert of(**given) is expected


def test_any_two_circumstances_raise_it_and_one_alone_does_not() -> None:
    for one in CIRCUMSTANCES:
        assert of(features={one}) is G.USUAL, one
    for two in combinations(sorted(CIRCUMSTANCES), 2):
        wanted = G.HIGH if set(two) == {F.LIVES_ALONE, F.CANNOT_SELF_CARE} else G.RAISED
        assert of(features=set(two)) is wanted, two


def test_the_newest_assessment_and_open_flags_count_and_other_stations_see_nothing(session_on_both: Session) -> None:
    session = session_on_both
    scene = Scene(session)
    today, key = local_date(AT), scene.case.person_id
    session.add(Feature(person_id=key, kind=F.LIVES_ALONE))
    for days, acts in ((20, {"walk": "unable"}), (10, {"walk": "able"})):
        session.add(
            Assessment(
                case_id=scene.case.id, person_id=key, occasion=AssessmentOccasion.BASELINE, domains={}, self_care=acts,
                assessed_on=today - timedelta(days=days),
            )
        )  # fmt: skip
    session.flush()
    assert risks.of_people(session, scene.worker, [key], today) == {key: G.USUAL}
    scene.take("phq9", *([3] * 9))
    assert risks.of_people(session, scene.worker, [key], today) == {key: G.HIGH}
    for flag in session.query(RedFlag):
        flag.handling, flag.done, flag.handled_at = FlagHandling.STAYED_WITH, "x", AT
    session.flush()
    assert risks.of_people(session, scene.worker, [key], today) == {key: G.USUAL}
    stranger = make_account(session, Role.STATION_WORKER, organization_id=make_station(session).id)
    assert risks.of_people(session, stranger, [key], today) == {}
    assert risks.of_people(session, scene.worker, [], today) == {}


def test_the_list_is_sorted_by_it_and_a_provider_sees_none(session_on_both: Session) -> None:
    session = session_on_both
    scene = Scene(session)
    session.add(Feature(person_id=scene.case.person_id, kind=F.LIVES_ALONE))
    other = make_case(session, person=make_person(session, station_id=scene.station.id, born_on=date(1930, 1, 1)))
    other.worker_id = scene.worker.id
    session.add(Feature(person_id=other.person_id, kind=F.LIVES_ALONE))
    session.flush()
    later = local_date(AT) + timedelta(days=60)
    stops = [stop for hamlet in phone.day(session, scene.worker, later) for stop in hamlet.stops]
    grades = [stop.risk for stop in stops]
    assert grades == sorted(grades, key=lambda one: phone.RISKS[one])  # type: ignore[index]
    assert G.RAISED in grades
    theirs = [stop for hamlet in phone.day(session, scene.officer, local_date(AT)) for stop in hamlet.stops]
    assert theirs
    assert {stop.risk for stop in theirs} == {None}
