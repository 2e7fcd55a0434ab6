"""Respite by the hour in the demonstration: an offer whose hours cannot be split, and the parameters' history.

Written last, with nothing drawn before it, so that everything else comes out as it would without it.
"""

import random
from datetime import timedelta

from matching import Params
from models import Account, CapacityKind, ParametersStatus, RoundParameters
from referral.actions.seeding.district import DISTRICT, District
from referral.actions.seeding.offers import Offer, make_offer
from referral.actions.seeding.rows import World, key_from
from referral.actions.seeding.terms import Term
from referral.clock import start_of

PROVIDER, TERM, HOURS_A_MONTH = "elder-14", "D01", 48
LINE = {
    "name": "小时制替班照护",
    "description": "护理员上门替班,按小时安排,一人一户到底。",
    "term": TERM,
    "delivery": "at_home",
    "kind": CapacityKind.HOURS.value,
    "places": str(HOURS_A_MONTH),
    "areas": DISTRICT,
}
KEPT = ((90, 250, "先让距离轻一些,试行一个季度"), (20, Params().weight_distance, "路上花的时间太多:恢复距离的分量"))
"""Days ago, weight of distance, reason."""


def make_hours(world: World, district: District, terms: dict[str, Term]) -> Offer:
    """Let one organization offer respite by the hour, to be had from this month on."""
    known = next(one for one in district.offers if one.organization is district.organizations[PROVIDER])
    line = {**known.line, "radius_km": "", "units_per_place": "", "program": "", "minimum_age": "", **LINE}
    offer = make_offer(world, line, terms[TERM], known.provider, None)
    for period in (offer.before, offer.now):
        if period is not None:
            period.places = HOURS_A_MONTH
    return offer


def make_parameters(world: World, proposer: Account, keeper: Account) -> None:
    """Write two kept versions of the district's parameters; the second is in force and has the usual values."""
    before = None
    for number, (days, distance, reason) in enumerate(KEPT, 1):
        at = start_of(world.today - timedelta(days=days)) + timedelta(hours=10)
        last = number == len(KEPT)
        version = RoundParameters(
            area_code=DISTRICT,
            number=number,
            status=ParametersStatus.IN_FORCE if last else ParametersStatus.REPLACED,
            params=Params(weight_distance=distance).as_dict(),
            reason=reason,
            based_on_id=before.id if before else None,
            made_by_id=proposer.id,
            kept_by_id=keeper.id,
            in_force_at=at,
            replaced_at=None if last else start_of(world.today - timedelta(days=KEPT[number][0])),
        )
        version.id, version.created_at = key_from(random.Random(reason), at), at  # noqa: S311  no secret
        before = world.add(version)
