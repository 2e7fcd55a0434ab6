"""From rounds with coins to what changed weights would have brought."""

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching import PARTS, Params
from models import (
    Capacity,
    Decision,
    LearnedKind,
    Need,
    Proposal,
    Referral,
    ReferralStatus,
    Role,
    Round,
    RoundParameters,
)
from models.parameters import ParametersStatus
from referral.actions import learning, referrals, rounds
from referral.queries import policy_evidence
from tests.factories import (
    AT,
    COUNTY,
    make_account,
    make_area,
    make_capacity,
    make_case,
    make_need,
    make_person,
    make_term,
    refer,
)
from tests.queries import counted

ACCEPTANCE, COMPLETION = LearnedKind.ACCEPTANCE, LearnedKind.COMPLETION


def change(session: Session, **weights: Any) -> RoundParameters:
    """Weights in force, and others that replaced them."""
    make_area(session, COUNTY)
    first = RoundParameters(
        area_code=COUNTY, number=1, status=ParametersStatus.REPLACED, params=Params().as_dict(), reason="-",
        in_force_at=AT, replaced_at=AT,
    )  # fmt: skip
    session.add(first)
    session.flush()
    second = RoundParameters(
        area_code=COUNTY, number=2, status=ParametersStatus.IN_FORCE, params=Params(**weights).as_dict(), reason="-",
        based_on_id=first.id, in_force_at=AT,
    )  # fmt: skip
    session.add(second)
    session.flush()
    return second


def drawn_round(session: Session, needs: int = 12) -> Round:
    """A round in which coins fall between two providers in two places."""
    term = make_term(session)
    make_account(session)
    for _ in range(2):
        make_capacity(session, term=term, places=needs)
    for n in range(needs):
        person = make_person(session, latitude=32.1 + n / 1000)
        make_need(session, term=term, case=make_case(session, person=person))
    session.flush()
    return rounds.run_round(session, area=COUNTY, at=AT, seed=3, params=Params(draw_within=50).as_dict())


def apply_all(session: Session, made: Round) -> list[Proposal]:
    """Referrals as the round proposed them."""
    found = list(session.scalars(sa.select(Proposal).where(Proposal.round_id == made.id)))
    for one in found:
        need = session.get_one(Need, one.need_id)
        referral = refer(session, need, session.get_one(Capacity, one.capacity_id), at=AT)
        referral.proposal_id, one.decision = one.id, Decision.APPLIED
    session.flush()
    return found


def test_a_round_keeps_the_place_the_coin_could_have_given_with_its_points(session: Session) -> None:
    made = drawn_round(session)
    found = list(session.scalars(sa.select(Proposal).where(Proposal.round_id == made.id)))
    drawn = [one for one in found if (one.propensity or 1) < 1]
    assert drawn
    for one in drawn:
        other = one.explanation["drawn"]
        assert other["capacity"] != str(one.capacity_id)
        assert set(other["parts"]) == set(PARTS)
        assert abs(sum(other["parts"].values()) - (one.cost or 0)) <= 50
    assert all("drawn" not in one.explanation for one in found if one not in drawn)


def test_changed_weights_are_held_against_what_came_of_the_coins(session: Session) -> None:
    made = drawn_round(session)
    applied = apply_all(session, made)
    worker = make_account(session, Role.COORDINATOR)
    at = AT + timedelta(days=1)
    asked = {one.proposal_id: one for one in session.scalars(sa.select(Referral))}
    for n, one in enumerate(applied):
        if n % 3 == 0:
            referrals.accept(session, asked[one.id], by=worker, at=at)
        elif n % 3 == 1:
            referrals.expire(session, asked[one.id], at=at)
    session.flush()
    newer = change(session, weight_distance=200, weight_quality=300)
    with counted() as queries:
        logged = policy_evidence.read(session, ACCEPTANCE, newer)
    assert len(queries) == 1
    drawn = [one for one in applied if (one.propensity or 1) < 1]
    answered = [one for one in drawn if asked[one.id].status is not ReferralStatus.REQUESTED]
    assert len(logged) == len(answered) > 0
    assert set(logged.propensity) == {0.5}
    assert logged.reward.sum() == sum(asked[one.id].status is ReferralStatus.ACCEPTED for one in answered)
    assert set(logged.target) <= {0.0, 0.5, 1.0}
    assert ((logged.guess >= 0) & (logged.guess <= 1)).all()
    assert policy_evidence.of_last_change(session, ACCEPTANCE)["why"] == "too_few"
    answered[0].proposed_capacity_id = None  # somebody chose otherwise
    session.flush()
    assert len(policy_evidence.read(session, ACCEPTANCE, newer)) == len(answered) - 1
    made.parameters_id = newer.id
    session.flush()
    assert len(policy_evidence.read(session, ACCEPTANCE, newer)) == 0  # a round under the new weights says nothing new


def test_without_a_changed_weight_there_is_nothing_to_judge(session: Session) -> None:
    assert policy_evidence.of_last_change(session, ACCEPTANCE) == {"why": "no_change"}
    change(session, nearest_per_class=50)
    assert policy_evidence.of_last_change(session, ACCEPTANCE) == {"why": "no_change"}
    [model] = learning.learn_models(session, [COMPLETION], AT)
    assert model.measures["policy"] == {"why": "no_change"}


@pytest.mark.parametrize(
    ("status", "answered", "ended", "accepted", "completed"),
    [
        (ReferralStatus.REQUESTED, None, None, None, None),
        (ReferralStatus.REJECTED, AT, AT, 0.0, 0.0),
        (ReferralStatus.EXPIRED, None, AT, 0.0, 0.0),
        (ReferralStatus.CANCELLED, None, AT, None, None),
        (ReferralStatus.CANCELLED, AT, AT, 1.0, None),
        (ReferralStatus.IN_PROGRESS, AT, None, 1.0, None),
        (ReferralStatus.COMPLETED, AT, AT, 1.0, 1.0),
        (ReferralStatus.FAILED, AT, AT, 1.0, 0.0),
    ],
)
def test_what_came_of_a_request(status: Any, answered: Any, ended: Any, accepted: Any, completed: Any) -> None:
    assert policy_evidence.reward(ACCEPTANCE, status, answered, ended) == accepted
    assert policy_evidence.reward(COMPLETION, status, answered, ended) == completed


def test_weights_are_in_the_order_of_the_parts() -> None:
    found = np.array(policy_evidence.weights(Params(weight_quality=7).as_dict()))
    assert found[PARTS.index("quality")] == 7
    assert len(found) == len(PARTS)
