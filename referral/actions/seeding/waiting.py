"""What waits on the day the demonstration is looked at: referrals without an answer, and open needs."""

from datetime import datetime, timedelta
from decimal import Decimal

from models import DeclineReason, Need, NeedKind, NeedStatus, ReferralStatus, Urgency
from referral.actions.referrals import ANSWER_WORKING_DAYS
from referral.actions.seeding.cases import Matter
from referral.actions.seeding.district import FOLDER
from referral.actions.seeding.files import Line as Entry
from referral.actions.seeding.files import lines
from referral.actions.seeding.needs import Needs
from referral.actions.seeding.offers import Offer
from referral.actions.seeding.rows import World
from referral.actions.seeding.terms import Term

R = ReferralStatus
WAITED_DAYS = {
    Urgency.CRITICAL: (0.0, 2.0),
    Urgency.HIGH: (0.0, 14.0),
    Urgency.NORMAL: (2.0, 45.0),
    Urgency.LOW: (4.0, 80.0),
}
"""How long open needs have waited, by urgency."""
OLD_FIRST_SHARE = 0.25
FITTING_SHARE = 0.8
"""Most people ask for what is offered to people like them; the others fail at a rule, which a round then says."""
SAME_HOUSEHOLD_SHARE = 0.6
WANTED_TIMES_SHARE = 0.12
EVENINGS = sum(1 << (weekday * 3 + 2) for weekday in range(5))
WEEKEND = sum(1 << (weekday * 3 + part) for weekday in (5, 6) for part in (0, 1))
TOO_MUCH = {"D01": Decimal(40)}
"""More than one place gives: of such a need of the list, the last one asks for so much."""
FOR_ALL = {"B04": "escort", "M02": "federation"}
"""Help with one provider for the whole district beside one for a part of it. People with both (story `near`) live
closer to the one for all and have waited longest: going down the list gives them its places, and leaves people who
have only that one (story `far`) with nobody."""
FAR_TOWNSHIPS = ("321199101", "321199102", "321199103")
"""Where the only provider of home teaching has let its check for work with children run out."""


def write_waiting(needs: Needs, matters: list[Matter]) -> None:
    """Write the referrals of `waiting.csv`: asked and not answered, or accepted and not begun."""
    offers = {(offer.line["provider"], offer.term.code): offer for found in needs.offers.values() for offer in found}
    for entry in lines(FOLDER + "waiting.csv"):
        offer = offers[entry["provider"], entry["term"]]
        matter = next(
            (matter for matter in needs.lacking(matters, offer.term) if offer in needs.fitting(matter, offer.term)),
            None,
        )
        if matter is not None:
            _wait(needs, matter, offer, entry)


def _wait(needs: Needs, matter: Matter, offer: Offer, entry: Entry) -> None:
    world, referring = needs.world, needs.referring
    if entry["status"] == R.ACCEPTED:
        asked = world.moment(world.day(world.rng.uniform(3, 6)))
        line = referring.request(
            matter, needs.need(matter, offer.term, asked - _shortly(world), Urgency.HIGH), offer, asked
        )
        tomorrow = world.after(asked, 1)
        referring.step(line, R.ACCEPTED, tomorrow if tomorrow < world.now else world.after(asked, 0))
    else:
        urgency, asked = waiting_day(world, entry["due"])
        line = referring.request(matter, needs.need(matter, offer.term, asked - _shortly(world), urgency), offer, asked)
    referring.settle(line)


def _shortly(world: World) -> timedelta:
    return timedelta(minutes=5 * world.rng.randint(2, 12))


def waiting_day(world: World, due: str) -> tuple[Urgency, datetime]:
    """Return an urgency and a moment of asking whose deadline falls on the day meant, by the rule.

    On a day that is not worked only what cannot wait is due: that was asked for at midnight.
    """
    working = world.calendar
    later = working.add(world.today - timedelta(days=1), 1)
    wanted = {
        "overdue": world.day(1),
        "today": world.today,
        "tomorrow": working.add(later, 1) if later == world.today else later,
        "later": working.add(later, 2),
    }[due]
    for urgency in (Urgency.HIGH, Urgency.NORMAL, Urgency.LOW):
        for back in range(1, 20):
            day = world.today - timedelta(days=back)
            if working.is_working(day) and working.add(day, ANSWER_WORKING_DAYS[urgency]) == wanted:
                return urgency, world.moment(day)
    return Urgency.CRITICAL, world.now


def write_open(needs: Needs, matters: list[Matter]) -> None:
    """Write the open needs of `open_needs.csv`."""
    entries = sorted(lines(FOLDER + "open_needs.csv"), key=lambda entry: entry["term"].startswith("M"))
    for entry in entries:
        term = needs.terms[entry["term"]]
        for number in range(int(entry["number"])):
            matter = _who(needs, matters, term, entry)
            if matter is None:
                continue
            need = _open(needs, matter, term, entry)
            if entry["story"] == "rejected":
                _refused_before(needs, matter, need, term)
            elif term.code in TOO_MUCH and number == int(entry["number"]) - 1:
                need.quantity = TOO_MUCH[term.code]


def _who(needs: Needs, matters: list[Matter], term: Term, entry: Entry) -> Matter | None:
    """Return somebody who fits the line and has not asked for this; for goods preferably where services are open."""
    fits = [matter for matter in needs.lacking(matters, term) if matter.client.profile in entry["profiles"].split()]
    if entry["story"] == "child_safety":
        fits = [matter for matter in fits if matter.client.person.area_code.startswith(FAR_TOWNSHIPS)]
    if entry["story"] in {"near", "far"}:
        fits = [matter for matter in fits if _choice(needs, matter, term) == entry["story"]]
    if entry["story"] == "rejected" or needs.world.chance(FITTING_SHARE):
        fits = [matter for matter in fits if needs.fitting(matter, term)] or fits
    if term.material and needs.world.chance(SAME_HOUSEHOLD_SHARE):
        waiting = {
            need.household_id
            for matter in matters
            for need in matter.needs
            if need.status is NeedStatus.OPEN and need.kind is NeedKind.SERVICE
        }
        fits = [matter for matter in fits if matter.case.household_id in waiting] or fits
    return fits[0] if fits else None


def _choice(needs: Needs, matter: Matter, term: Term) -> str | None:
    """Say whether somebody has only the provider for all (far), or a choice with that one nearer (near)."""
    providers = [offer.line["provider"] for offer in needs.fitting(matter, term)]
    if not providers or providers[0] != FOR_ALL[term.code]:
        return None
    return "far" if len(providers) == 1 else "near"


def _open(needs: Needs, matter: Matter, term: Term, entry: Entry) -> Need:
    world = needs.world
    urgency = Urgency(entry["urgency"]) if entry["urgency"] else world.weighted(term.urgencies)
    shortest, longest = WAITED_DAYS[urgency]
    if world.chance(1 - OLD_FIRST_SHARE):
        longest = (shortest + longest) / 2
    waited = world.rng.uniform(shortest, longest)
    if entry["story"] in {"near", "far"}:
        waited = longest if entry["story"] == "near" else shortest + 1
    at = world.moment(world.day(waited))
    need = needs.need(matter, term, at, urgency)
    if not term.once and entry["story"] not in {"near", "far"} and world.chance(WANTED_TIMES_SHARE):
        need.wanted_times = world.rng.choice([EVENINGS, WEEKEND])
    return need


def _refused_before(needs: Needs, matter: Matter, need: Need, term: Term) -> None:
    """Let the nearest provider have said that it is full."""
    asked = need.opened_at + timedelta(minutes=30)
    referring = needs.referring
    line = referring.request(matter, need, needs.fitting(matter, term)[0], asked)
    referring.step(line, R.REJECTED, asked + timedelta(minutes=55), reason=DeclineReason.FULL, phrase="reject:full")
    referring.settle(line)
