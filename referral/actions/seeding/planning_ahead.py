"""Plans of the demonstration: home help twice a week, meals by a daily round, respite, calls; with what became of them.

They are made of referrals under way, in memory and without chance, so that the same day gives the same rows.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from models import (
    Account,
    DeliveryRound,
    DeliveryStop,
    FreeDays,
    Organization,
    PlanKind,
    PlannedReason,
    PlannedStatus,
    PlannedVisit,
    PlanStatus,
    ReferralStatus,
    RoundSignOff,
    ServicePlan,
    Visit,
)
from models.visit import REACHED
from referral import recurring
from referral.actions.plan_days import AHEAD, values_of
from referral.actions.planned import REASONS
from referral.actions.seeding.referring import Line
from referral.actions.seeding.rows import World
from referral.clock import local_date, start_of

BEHIND = timedelta(days=60)
"""How far back plans reach: what was done before stands in the visits alone."""
MOST_STOPS = 14
LATE = 3
SIGNED = 10
PROMISE = "老人要去医院复查，改期后再来，记得带上量好的裤子。"
CALLS = ("头发长了，请师傅上门理发。", "腿脚不便，请上门修脚。", "下周走亲戚前想理个发。")


@dataclass(frozen=True)
class Pattern:
    """How a kind of help is planned."""

    rule: str | None
    minutes: int
    units: Decimal
    at_time: time | None = None
    kind: PlanKind = PlanKind.RECURRING
    free_days: FreeDays = FreeDays.SKIP
    total: Decimal | None = None


PATTERNS = {
    "A01": Pattern("FREQ=DAILY", 15, Decimal(1), time(11, 0), PlanKind.MEALS, FreeDays.KEEP),
    "A02": Pattern("FREQ=WEEKLY;BYDAY=TU,FR", 120, Decimal(2), time(9, 0), free_days=FreeDays.NEXT_WORKING_DAY),
    "A03": Pattern("FREQ=MONTHLY;BYMONTHDAY=12", 90, Decimal(1), time(14, 0), free_days=FreeDays.NEXT_WORKING_DAY),
    "A04": Pattern(None, 45, Decimal(1), kind=PlanKind.ON_CALL, total=Decimal(12)),
    "A05": Pattern(None, 60, Decimal(1), kind=PlanKind.ON_CALL, total=Decimal(6)),
    "A06": Pattern("FREQ=WEEKLY;INTERVAL=2;BYDAY=WE", 60, Decimal(1), time(15, 0)),
    "D01": Pattern("FREQ=WEEKLY;BYDAY=SA", 180, Decimal(2), time(9, 0)),
    "D02": Pattern("FREQ=DAILY", 480, Decimal(1), time(8, 0), free_days=FreeDays.KEEP, total=Decimal(14)),
}
USUAL = Pattern("FREQ=WEEKLY;BYDAY=WE", 60, Decimal(1), time(14, 30), free_days=FreeDays.NEXT_WORKING_DAY)


def write_plans(world: World, lines: list[Line], accounts: dict[Any, list[Account]]) -> None:
    """Write a plan for each referral that goes on, its visits around today, and the rounds of its meals."""
    visits: dict[Any, list[Visit]] = {}
    for visit in world.all(Visit):
        if visit.referral_id is not None and local_date(visit.started_at) >= world.today - BEHIND:
            visits.setdefault(visit.referral_id, []).append(visit)
    plans: list[ServicePlan] = []
    for line in lines:
        plan = _plan(world, line, accounts)
        if plan is None:
            continue
        found = visits.get(line.referral.id, [])
        done = _past(world, plan, sorted(found, key=lambda one: one.started_at))
        if plan.status is PlanStatus.ACTIVE:
            _coming(world, plan, len(plans), done)
        plans.append(plan)
    _rounds(world, [plan for plan in plans if plan.kind is PlanKind.MEALS], accounts)


def _plan(world: World, line: Line, accounts: dict[Any, list[Account]]) -> ServicePlan | None:
    referral, term = line.referral, line.offer.term
    if referral.status not in (ReferralStatus.IN_PROGRESS, ReferralStatus.ON_HOLD) or referral.started_at is None:
        return None
    if term.once and term.code not in PATTERNS:
        return None
    pattern = PATTERNS.get(term.code, USUAL)
    staff: list[Account | None] = [*accounts.get(referral.organization_id, ())] or [None]
    began = max(local_date(referral.started_at), world.today - BEHIND)
    held = referral.status is ReferralStatus.ON_HOLD
    plan = ServicePlan(
        status=PlanStatus.ON_HOLD if held else PlanStatus.ACTIVE,
        reason=PlannedReason.PLAN_ON_HOLD if held else None,
        referral_id=referral.id,
        person_id=referral.person_id,
        organization_id=referral.organization_id,
        station_id=referral.station_id,
        program_id=line.offer.service.program_id,
        term_id=term.id,
        area_code=referral.area_code,
        worker_id=staff[0].id if staff[0] is not None else None,
        kind=pattern.kind,
        rule=pattern.rule,
        free_days=pattern.free_days,
        starts_on=began,
        ends_on=None,
        at_time=pattern.at_time,
        minutes=pattern.minutes,
        units=pattern.units,
        unit=term.unit or "次",
        units_total=pattern.total,
        made_until=world.today + AHEAD,
        made_with=recurring.fingerprint(world.calendar),
        version=1,
    )
    return world.add(plan, start_of(began))


def _planned(world: World, plan: ServicePlan, day: date, **values: Any) -> PlannedVisit:
    usual: dict[str, Any] = {"due_on": day, "slot": day, "status": PlannedStatus.PLANNED, "provisional": False}
    # Made ahead, but never in the future: nothing in the district is.
    made = min(start_of(max(plan.starts_on, day - AHEAD)), world.now)
    return world.add(PlannedVisit(**values_of(plan) | usual | values), made)


def _past(world: World, plan: ServicePlan, visits: list[Visit]) -> set[date]:
    """Write the planned visits behind what was done, and return their days."""
    days: set[date] = set()
    for visit in visits:
        day = local_date(visit.started_at)
        if day in days or visit.replaced:
            continue
        days.add(day)
        if visit.contact_result in REACHED:
            state: dict[str, Any] = {"status": PlannedStatus.DONE}
        else:
            state = {"status": PlannedStatus.MISSED, "reason": REASONS[visit.contact_result]}
        _planned(world, plan, day, visit_id=visit.id, units=visit.units or plan.units, minutes=visit.minutes,
                 decided_at=visit.started_at, worker_id=visit.worker_id or plan.worker_id, **state)  # fmt: skip
    return days


def _coming(world: World, plan: ServicePlan, number: int, done: set[date]) -> None:
    """Write what is still to come, some of it late, moved or called off."""
    if plan.rule is None:
        day = world.calendar.add(world.today, 1 + number % 3)
        _planned(world, plan, day, slot=None, promise=CALLS[number % len(CALLS)])
        return
    late = world.today - timedelta(days=LATE) if number % 5 == 0 else world.today
    slots = recurring.slots(
        plan.rule, plan.free_days, world.calendar, starts_on=plan.starts_on, ends_on=None, first=late,
        last=world.today + AHEAD,
    )  # fmt: skip
    left = int(plan.units_total / plan.units) - len(done) if plan.units_total else len(slots)
    for place, slot in enumerate([one for one in slots if one.day not in done][: max(left, 0)]):
        values: dict[str, Any] = {"slot": slot.day, "provisional": slot.provisional}
        to_come = slot.due_on > world.today
        if to_come and place == 1 and number % 7 == 0:
            moved = _planned(world, plan, slot.due_on, **values, status=PlannedStatus.MOVED,
                             reason=PlannedReason.PERSON_ASKED, decided_at=world.now)  # fmt: skip
            later = world.calendar.add(slot.due_on, 1)
            _planned(world, plan, later, slot=None, moved_from_id=moved.id, promise=PROMISE)
        elif to_come and place == 2 and number % 9 == 0:
            _planned(world, plan, slot.due_on, **values, status=PlannedStatus.CANCELLED,
                     reason=PlannedReason.AWAY, decided_at=world.now)  # fmt: skip
        else:
            _planned(world, plan, slot.due_on, **values)


def _rounds(world: World, plans: list[ServicePlan], accounts: dict[Any, list[Account]]) -> None:
    """Write a round for each house that brings meals, with its stops by village, and the last signed days."""
    by_house: dict[Any, list[ServicePlan]] = {}
    for plan in sorted(plans, key=lambda one: (one.area_code, one.id)):
        by_house.setdefault(plan.organization_id, []).append(plan)
    houses = {house.id: house for house in world.all(Organization)}
    for house_id, mine in by_house.items():
        staff: list[Account | None] = [*accounts.get(house_id, ())] or [None]
        for number in range(0, len(mine), MOST_STOPS):
            stops = mine[number : number + MOST_STOPS]
            delivery = world.add(
                DeliveryRound(
                    organization_id=house_id,
                    area_code=houses[house_id].area_code or stops[0].area_code,
                    name=f"午餐配送 {number // MOST_STOPS + 1} 线",
                    worker_id=staff[0].id if staff[0] is not None else None,
                    leaves_at=time(10, 40),
                )
            )
            for position, plan in enumerate(stops, 1):
                world.add(DeliveryStop(round_id=delivery.id, plan_id=plan.id, position=position))
            if staff[0] is not None:
                _sign(world, delivery, {plan.id for plan in stops}, staff[0])


def _sign(world: World, delivery: DeliveryRound, plans: set[Any], by: Account) -> None:
    """Sign the last days on which the round brought something."""
    meals: dict[date, list[PlannedVisit]] = {}
    for visit in world.all(PlannedVisit):
        if visit.plan_id in plans and visit.visit_id is not None and visit.due_on < world.today:
            meals.setdefault(visit.due_on, []).append(visit)
    for day in sorted(meals)[-SIGNED:]:
        taken = sum(meal.status is PlannedStatus.DONE for meal in meals[day])
        world.add(
            RoundSignOff(round_id=delivery.id, day=day, taken=taken, not_taken=len(meals[day]) - taken,
                         signed_by_id=by.id, signed_at=start_of(day) + timedelta(hours=13))
        )  # fmt: skip
