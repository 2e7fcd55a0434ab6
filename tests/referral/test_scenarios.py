"""What if: a round on a copy beside the round as it would run now, and nothing of it on record."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Base,
    Capacity,
    Need,
    NeedStatus,
    Scenario,
    ScenarioKind,
    ScenarioStatus,
    ServiceAtLocation,
    TaxonomyTerm,
    Urgency,
)
from referral.actions import rounds, scenarios
from referral.scenariowork import compute_scenario
from tests.factories import (
    AT,
    COUNTY,
    OTHER_VILLAGE,
    make_area,
    make_capacity,
    make_case,
    make_need,
    make_person,
    make_term,
)

OWN_TABLES = {"scenario", "counter", "round_parameters"}


def district(session: Session, needs: int = 30, services: int = 6) -> list[TaxonomyTerm]:
    """Needs of four urgencies for three terms, and fewer places than needs."""
    terms = [make_term(session, code=f"T{n}") for n in range(3)]
    for n in range(services):
        make_capacity(session, term=terms[n % 3], places=2 + n % 3)
    urgencies = list(Urgency)
    for n in range(needs):
        person = make_person(session, latitude=32.1 + n / 500, longitude=119.6 - n / 700)
        case = make_case(session, person=person, opened_at=AT - timedelta(days=n))
        make_need(session, case=case, term=terms[n % 3], urgency=urgencies[n % 4], at=AT - timedelta(days=n))
    session.commit()
    return terms


def asked(session: Session, changes: Sequence[dict[str, Any]] = (), **more: Any) -> Scenario:
    """A scenario of the county, computed."""
    wanted = scenarios.start_scenario(session, area=COUNTY, at=AT, changes=changes, **more)
    key = wanted.id
    session.commit()
    assert compute_scenario(session, key) is ScenarioStatus.DONE, session.get_one(Scenario, key).failure
    return session.get_one(Scenario, key, populate_existing=True)


def capacities(session: Session) -> list[Capacity]:
    return list(session.scalars(sa.select(Capacity).order_by(Capacity.places.desc(), Capacity.id)))


def organization_of(session: Session, capacity: Capacity) -> Any:
    from models import Service

    return session.scalar(
        sa.select(Service.organization_id)
        .join(ServiceAtLocation, ServiceAtLocation.service_id == Service.id)
        .where(ServiceAtLocation.id == capacity.service_at_location_id)
    )


def dump(session: Session) -> dict[str, list[Any]]:
    """Every row of every table but those of scenarios."""
    tables = [table for table in Base.metadata.sorted_tables if table.name not in OWN_TABLES]
    found = {
        table.name: sorted(map(repr, session.connection().execute(sa.text(f'SELECT * FROM "{table.name}"'))))
        for table in tables
    }
    session.commit()
    return found


def test_without_changes_the_copy_is_today(session: Session) -> None:
    district(session)
    answer = asked(session).result
    assert answer["today"] == answer["copy"]
    assert answer["today"]["served"] == 18
    assert [group["count"] for group in answer["differences"].values()] == [0, 0, 0]
    assert answer["places"] == []


def test_today_is_what_a_round_then_proposes(session: Session) -> None:
    district(session)
    today = asked(session).result["today"]
    made = rounds.run_round(session, area=COUNTY, at=AT)
    assert (made.needs, made.served) == (today["needs"], today["served"])
    assert [line[0] for line in made.served_by_tier] == [got for _, got in today["by_tier"]]
    session.commit()
    again = asked(session).result["today"]
    assert again == today, "needs that a round waiting for decisions holds take part, as in a round begun now"


def test_closing_a_provider_serves_fewer_and_names_who_loses(session: Session) -> None:
    district(session)
    largest = capacities(session)[0]
    key = organization_of(session, largest)
    answer = asked(session, [{"change": "close_organization", "organization": str(key)}]).result
    today, copy, groups = answer["today"], answer["copy"], answer["differences"]
    assert today["served"] - copy["served"] == largest.places
    assert groups["lose"]["count"] - groups["gain"]["count"] == largest.places
    assert all(before and after is None for _, before, after in groups["lose"]["needs"])
    assert sum(groups["lose"]["by_tier"]) == sum(groups["lose"]["by_township"].values()) == groups["lose"]["count"]
    closed = next(one for one in answer["places"] if one["opening"] == str(largest.id))
    assert (closed["today"]["places"], closed["copy"]["places"]) == (largest.places, 0)


def test_closing_a_service_at_a_place_is_closing_its_openings(session: Session) -> None:
    district(session)
    largest = capacities(session)[0]
    place = str(largest.service_at_location_id)
    answer = asked(session, [{"change": "close_service", "service_at_location": place}]).result
    assert answer["today"]["served"] - answer["copy"]["served"] == largest.places


@pytest.mark.parametrize("kind", ["add_places", "add_opening"])
def test_two_more_places_serve_two_more(session: Session, kind: str) -> None:
    district(session)
    scarce = capacities(session)[-1]
    answer = asked(session, [{"change": kind, "capacity": str(scarce.id), "value": 2}]).result
    assert answer["copy"]["served"] == answer["today"]["served"] + 2
    assert answer["differences"]["gain"]["count"] == 2
    changed = [answer["differences"][group]["needs"] for group in ("gain", "move")]
    names = {after for group in changed for _, _, after in group}
    assert (f"+{scarce.id}" in names) == (kind == "add_opening")


def test_an_opening_like_another_somewhere_else_lies_there(session: Session) -> None:
    term = make_term(session)
    far = make_capacity(session, term=term, places=1, at_location={"radius_km": 1})
    area = make_area(session, OTHER_VILLAGE, latitude=33.0, longitude=120.0)
    person = make_person(session, latitude=33.0, longitude=120.0)
    make_need(session, term=term, case=make_case(session, person=person))
    session.commit()
    change = {"change": "add_opening", "capacity": str(far.id), "value": 1}
    assert asked(session, [change]).result["copy"]["served"] == 0
    assert asked(session, [change | {"area": area.code}]).result["copy"]["served"] == 1
    place = {"service_at_location": str(far.service_at_location_id)}
    assert asked(session, [{"change": "radius", **place, "value": 500}]).result["copy"]["served"] == 1


def test_several_changes_in_one(session: Session) -> None:
    district(session)
    first, *_, last = capacities(session)
    changes: list[dict[str, Any]] = [
        {"change": "close_service", "service_at_location": str(first.service_at_location_id)},
        {"change": "add_places", "capacity": str(last.id), "value": 1},
        {"change": "parameter", "parameter": "weight_distance", "value": 0},
        {"change": "parameter", "parameter": "unknown_distance", "value": 0},
    ]
    made = asked(session, changes)
    assert made.params["weight_distance"] == 0
    assert made.result["copy"]["served"] == made.result["today"]["served"] - first.places + 1


def test_a_change_that_touches_nothing_is_named(session: Session) -> None:
    district(session)
    unwanted = make_capacity(session, term=make_term(session, code="T9"))
    session.commit()
    answer = asked(session, [{"change": "add_places", "capacity": str(unwanted.id), "value": 3}]).result
    assert answer["idle"] == [0]
    assert answer["copy"] == answer["today"]


def test_a_preview_is_today_alone(session: Session) -> None:
    district(session)
    answer = asked(session, kind=ScenarioKind.PREVIEW).result
    assert answer["today"]["served"] == 18
    assert "copy" not in answer


def test_a_scenario_leaves_every_other_table_as_it_was(session: Session) -> None:
    district(session)
    rounds.run_round(session, area=COUNTY, at=AT)
    session.commit()
    before = dump(session)
    first = capacities(session)[0]
    changes: list[dict[str, Any]] = [
        {"change": "close_organization", "organization": str(organization_of(session, first))},
        {"change": "add_opening", "capacity": str(first.id), "value": 9},
        {"change": "radius", "service_at_location": str(first.service_at_location_id), "value": 1},
        {"change": "parameter", "parameter": "fair_floor", "value": 500},
    ]
    made = asked(session, changes)
    scenarios.keep(session, made, title="题目")
    again = scenarios.ask_again(session, made, by=None, at=AT)
    key = again.id
    session.commit()
    compute_scenario(session, key)
    scenarios.discard(session, session.get_one(Scenario, key, populate_existing=True))
    session.commit()
    assert dump(session) == before
    assert session.scalar(sa.select(sa.func.count(Need.id)).where(Need.status == NeedStatus.PROPOSED))


def test_a_scenario_is_taken_to_work_once(session: Session) -> None:
    district(session, needs=3)
    wanted = scenarios.start_scenario(session, area=COUNTY, at=AT)
    assert scenarios.begin(session, wanted.id) is True
    assert scenarios.begin(session, wanted.id) is False


def test_what_cannot_be_computed_is_marked_as_failed(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    district(session, needs=3)
    wanted = scenarios.start_scenario(session, area=COUNTY, at=AT)
    key = wanted.id
    session.commit()

    def broken(*_args: Any, **_more: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("referral.actions.rounding.beside.solve", broken)
    assert compute_scenario(session, key) is ScenarioStatus.FAILED
    failed = session.get_one(Scenario, key, populate_existing=True)
    assert (failed.failure, failed.result) == ("MemoryError", {})


def test_states_are_kept_in_order(session: Session) -> None:
    district(session, needs=3)
    waiting = scenarios.start_scenario(session, area=COUNTY, at=AT)
    with pytest.raises(scenarios.ScenarioNotReady):
        scenarios.keep(session, waiting, title="x")
    with pytest.raises(scenarios.ScenarioNotReady):
        scenarios.discard(session, waiting)
    assert scenarios.fail_dead_scenarios(session, AT + timedelta(days=3650)) == {"failed": 1}


def test_progress_is_told(session: Session) -> None:
    district(session, needs=3)
    wanted = scenarios.start_scenario(session, area=COUNTY, at=AT)
    key = wanted.id
    session.commit()
    told: list[tuple[str, int]] = []
    compute_scenario(session, key, progress=lambda stage, share: told.append((stage, share)))
    assert [stage for stage, _ in told] == ["gathering", "solving", "solving_copy", "comparing", "done"]
    shares = [share for _, share in told]
    assert shares == sorted(shares)
    assert shares[-1] == 100


def test_what_is_stored_is_plain_and_names_nobody(session: Session) -> None:
    district(session, needs=8)
    stored = json.dumps(asked(session).result, ensure_ascii=False)
    assert "测试" not in stored
