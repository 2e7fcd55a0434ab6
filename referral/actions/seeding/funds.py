"""One fund of the demonstration district, and the offers that draw on it.

Its key is drawn beside the world's own chance, so that everything else comes out as it would without it.
"""

import random
import uuid
from datetime import timedelta
from decimal import ROUND_CEILING, Decimal

from models import Fund, Need, Referral, Reservation, ReservationStatus
from models.organization import Organization
from referral.actions.seeding.district import District
from referral.actions.seeding.offers import year_of_programs
from referral.actions.seeding.rows import World, key_from
from referral.clock import start_of

OWNER, NAME, TERMS = "federation", "急难救助专项资金", ("M01", "M02")
LEFT = Decimal(40_000)
"""Yuan that shall be left, more than the open needs of these offers want."""
WHOLE = 1_000


def make_fund(world: World, district: District) -> Fund:
    """Let the owner's offers of cash and food draw on one fund, with what their referrals hold and have spent of it."""
    owner: Organization = district.organizations[OWNER]
    starts, ends = year_of_programs(world.today)
    at = start_of(starts + timedelta(days=1))
    fund = Fund(
        organization_id=owner.id, name=NAME, starts_on=starts, ends_on=ends, promised=Decimal(0), spent=Decimal(0)
    )
    fund.id, fund.created_at = key_from(random.Random(NAME), at), at  # noqa: S311  no secret
    world.add(fund)
    drawing = set()
    for offer in district.offers:
        if offer.organization is owner and offer.line["term"] in TERMS:
            offer.now.fund_id = fund.id
            drawing.add(offer.now.id)
    _hold(world, fund, drawing)
    fund.amount = ((fund.promised + fund.spent + LEFT) / WHOLE).to_integral_value(ROUND_CEILING) * WHOLE
    return fund


def _hold(world: World, fund: Fund, drawing: set[uuid.UUID]) -> None:
    needs = {need.id: need for need in world.all(Need)}
    referred = {referral.id: needs[referral.need_id] for referral in world.all(Referral)}
    for held in world.all(Reservation):
        if held.capacity_id not in drawing:
            continue
        held.amount, held.fund_id = referred[held.referral_id].yuan, fund.id
        if held.status is ReservationStatus.HELD:
            fund.promised += held.amount or 0
        elif held.status is ReservationStatus.USED:
            fund.spent += held.amount or 0
