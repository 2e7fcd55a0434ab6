"""Who could meet one need: what the page of a need shows for a direct referral."""

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import (
    Capacity,
    CapacityKind,
    CheckKind,
    ContactResult,
    DeclineReason,
    EligibilityKind,
    Feature,
    FeatureKind,
    IdentityStatus,
    LawClass,
    Need,
    OrganizationStatus,
    ProviderCheck,
    ProviderKind,
    Schedule,
    ServiceEligibility,
    Visit,
    VisitKind,
    WorkerSex,
)
from referral.actions import referrals
from referral.queries.candidates import Candidate, offers, ranked_candidates
from referral.queries.gathering.openings import time_bits
from tests.factories import (
    AT,
    COUNTY,
    OTHER_COUNTY,
    make_account,
    make_capacity,
    make_case,
    make_need,
    make_organization,
    make_person,
    make_term,
    refer,
)
from tests.queries import counted

MONDAY_MORNING = 1


def offer(session: Session, **stated: Any) -> Capacity:
    """Places with their service, organization and location loaded."""
    capacity = make_capacity(session, **stated)
    return offers(session, [capacity.id])[capacity.id]


def first(session: Session, need: Need) -> Candidate:
    return ranked_candidates(session, need, AT)[0]


def test_the_nearer_place_comes_first_and_says_its_parts(session: Session) -> None:
    term = make_term(session)
    far, near = offer(session, term=term), offer(session, term=term)
    far.service_at_location.location.latitude = 32.25
    session.flush()
    candidates = ranked_candidates(session, make_need(session, term=term), AT)
    assert [one.capacity.id for one in candidates] == [near.id, far.id]
    assert candidates[0].distance_km == 0
    assert candidates[1].distance_km == pytest.approx(16.7, abs=0.1)
    assert all(one.cost == sum(one.parts.values()) for one in candidates)
    assert candidates[1].parts["distance"] > candidates[0].parts["distance"]


def test_full_places_come_after_those_that_fit_and_before_those_that_do_not(session: Session) -> None:
    term = make_term(session)
    barred = offer(session, term=term, area_code=OTHER_COUNTY)
    full = offer(session, term=term, places=0)
    open_ = offer(session, term=term)
    candidates = ranked_candidates(session, make_need(session, term=term), AT)
    assert [(one.capacity.id, one.failed) for one in candidates] == [
        (open_.id, ()),
        (full.id, ("no_places",)),
        (barred.id, ("service_area",)),
    ]
    assert [one.fits for one in candidates] == [True, False, False]


RULES: dict[str, dict[str, Any]] = {
    "radius": {"at_location": {"radius_km": 0.5}},
    "age": {"service": {"maximum_age": 17}},
    "sex": {"service": {"sex": "male"}},
    "accepting": {"at_location": {"accepting": False}},
    "worker_sex": {"service": {"worker_sexes": "male"}},
    "quantity": {"units_per_place": Decimal(2)},
    "service_area": {"area_code": OTHER_COUNTY},
}


@pytest.mark.parametrize("rule", RULES)
def test_a_service_that_states_a_limit_is_not_proposed_beyond_it(session: Session, rule: str) -> None:
    term = make_term(session)
    offer(session, term=term, **RULES[rule])
    person = make_person(session, latitude=32.11)
    need = make_need(session, case=make_case(session, person=person), term=term, worker_sex=WorkerSex.FEMALE)
    assert rule in first(session, need).failed


def test_a_home_beyond_the_radius_is_told_by_how_much(session: Session) -> None:
    term = make_term(session)
    offer(session, term=term, at_location={"radius_km": 0.5})
    need = make_need(session, case=make_case(session, person=make_person(session, latitude=32.11)), term=term)
    assert first(session, need).excess_km == pytest.approx(0.6, abs=0.05)


def test_a_status_counts_only_while_it_is_in_force_and_also_by_its_category(session: Session) -> None:
    term = make_term(session)
    capacity = offer(session, term=term)
    service = capacity.service_at_location.service
    session.add(ServiceEligibility(service_id=service.id, kind=EligibilityKind.STATUS, code="2"))
    case = make_case(session)
    need = make_need(session, case=case, term=term)
    status = IdentityStatus(person_id=case.person_id, category_code="2.1", valid_from=date(2026, 1, 1),
                            valid_to=date(2026, 9, 13))  # fmt: skip
    session.add(status)
    session.flush()
    assert first(session, need).failed == ("status",)
    status.valid_to = date(2026, 9, 14)
    session.flush()
    assert first(session, need).fits


def test_somebody_who_speaks_only_dialect_is_not_sent_where_nobody_does(session: Session) -> None:
    term = make_term(session)
    capacity = offer(session, term=term)
    case = make_case(session)
    need = make_need(session, case=case, term=term)
    session.add(Feature(person_id=case.person_id, kind=FeatureKind.NEEDS_DIALECT))
    session.flush()
    assert first(session, need).failed == ("language",)
    capacity.service_at_location.service.languages = "zh zh-dialect"
    session.flush()
    assert first(session, need).fits


def test_a_minor_is_not_sent_where_the_record_check_has_run_out(session: Session) -> None:
    term = make_term(session)
    organization = make_organization(session)
    offer(session, term=term, organization=organization)
    child = make_person(session, born_on=date(2015, 1, 1))
    need = make_need(session, case=make_case(session, person=child), term=term)
    check = ProviderCheck(organization_id=organization.id, kind=CheckKind.CHILD_SAFETY, valid_from=date(2025, 1, 1),
                          valid_to=date(2026, 9, 13))  # fmt: skip
    session.add(check)
    session.flush()
    assert first(session, need).failed == ("child_safety",)
    check.valid_to = date(2026, 12, 31)
    session.flush()
    assert first(session, need).fits


def test_care_by_a_professional_institution_wants_a_licence_in_date(session: Session) -> None:
    term = make_term(session, law_class=LawClass.CARE)
    home = make_organization(session, kind=ProviderKind.PROFESSIONAL)
    offer(session, term=term, organization=home)
    need = make_need(session, term=term)
    assert first(session, need).failed == ("licence",)
    session.add(ProviderCheck(organization_id=home.id, kind=CheckKind.LICENCE, valid_from=date(2026, 1, 1),
                              valid_to=date(2026, 12, 31)))  # fmt: skip
    session.flush()
    assert first(session, need).fits


def test_times_wanted_must_meet_times_open(session: Session) -> None:
    term = make_term(session)
    capacity = offer(session, term=term)
    session.add(Schedule(service_at_location_id=capacity.service_at_location_id, byday="TU,WE", opens_at=time(9),
                         closes_at=time(17)))  # fmt: skip
    session.flush()
    assert first(session, make_need(session, term=term, wanted_times=MONDAY_MORNING)).failed == ("opening_times",)
    assert first(session, make_need(session, term=term, wanted_times=MONDAY_MORNING << 3)).fits


def test_a_schedule_without_days_or_hours_is_open_all_week() -> None:
    assert time_bits(None, None, None) == 2**21 - 1
    assert time_bits("SU", time(19), time(21)) == 1 << 20
    assert time_bits("MO", time(20), time(2)) == 1 << 2


def test_what_is_wanted_once_is_held_against_the_whole_period_of_a_place(session: Session) -> None:
    term = make_term(session)
    offer(session, term=term, kind=CapacityKind.QUOTA, units_per_place=Decimal(2000),
                  starts_on=date(2026, 1, 1), ends_on=date(2026, 12, 31))  # fmt: skip
    once = make_need(session, term=term, quantity=Decimal(2000), frequency="once")
    too_much = make_need(session, term=term, quantity=Decimal(2001), frequency="once")
    monthly = make_need(session, term=term, quantity=Decimal(2000), frequency="month")
    assert first(session, once).fits
    assert first(session, too_much).failed == ("quantity",)
    assert first(session, monthly).failed == ("quantity",)


def test_who_declined_before_is_not_asked_again_for_the_same_need(session: Session) -> None:
    term = make_term(session)
    capacity = offer(session, term=term)
    need = make_need(session, term=term)
    asked = refer(session, need, capacity, by=None, at=AT)
    referrals.reject(session, asked, by=make_account(session), at=AT, reason=DeclineReason.FULL)
    assert first(session, need).failed == ("rejected_before",)
    assert first(session, make_need(session, term=term)).fits


def test_who_helped_before_fits_better_than_others(session: Session) -> None:
    term = make_term(session)
    known, other = (offer(session, term=term) for _ in range(2))
    case = make_case(session)
    need = make_need(session, case=case, term=term)
    session.add(
        Visit(
            person_id=case.person_id,
            household_id=case.household_id,
            term_id=term.id,
            area_code=case.area_code,
            organization_id=known.service_at_location.service.organization_id,
            kind=VisitKind.HOME_VISIT,
            contact_result=ContactResult.MET_PERSON,
            started_at=AT - timedelta(days=30),
            minutes=60,
            units=Decimal(1),
            unit="次",
        )
    )
    session.flush()
    candidates = ranked_candidates(session, need, AT)
    assert [one.capacity.id for one in candidates] == [known.id, other.id]
    assert [one.parts["continuity"] > 0 for one in candidates] == [False, True]


def test_the_organization_the_person_asked_for_comes_first(session: Session) -> None:
    term = make_term(session)
    capacities = [offer(session, term=term) for _ in range(3)]
    wanted = capacities[1].service_at_location.service.organization_id
    need = make_need(session, term=term, preferred_organization_id=wanted)
    assert first(session, need).organization.id == wanted


def test_suspended_organizations_and_past_periods_are_not_named_at_all(session: Session) -> None:
    term = make_term(session)
    offer(session, term=term, organization=make_organization(session, status=OrganizationStatus.SUSPENDED))
    offer(session, term=term, starts_on=date(2026, 1, 1), ends_on=date(2026, 9, 13))
    assert ranked_candidates(session, make_need(session, term=term), AT) == []


def test_ranking_takes_the_same_queries_for_one_place_and_for_thirty(session: Session) -> None:
    term = make_term(session)
    need = make_need(session, term=term)
    for _ in range(30):
        offer(session, term=term)
    session.expunge_all()
    with counted() as sent:
        assert len(ranked_candidates(session, need, AT)) == 30
    assert len(sent) <= 16


def test_the_county_is_served_by_who_serves_the_county(session: Session) -> None:
    term = make_term(session)
    offer(session, term=term, area_code=COUNTY)
    assert first(session, make_need(session, term=term)).fits
