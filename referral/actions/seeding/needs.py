"""What the invented people lack: the year's needs with their referrals, those that wait, and those that are open."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

from models import (
    ClosedReason,
    DeclineReason,
    Need,
    NeedStatus,
    ReferralOutcome,
    ReferralStatus,
    Sex,
    Urgency,
    WorkerSex,
)
from models.capacity import CapacityKind
from models.case import URGENCY_TIERS, URGENCY_WORKING_DAYS
from referral.actions.referrals import ANSWER_WORKING_DAYS
from referral.actions.seeding.cases import Matter
from referral.actions.seeding.district import FOLDER, District
from referral.actions.seeding.files import lines, pool
from referral.actions.seeding.offers import Offer
from referral.actions.seeding.people import PHRASES
from referral.actions.seeding.referring import Line, Referring
from referral.actions.seeding.rows import World
from referral.actions.seeding.terms import Term
from referral.clock import local_date

R = ReferralStatus
OLDEST_DAYS = 355
"""The history begins so long ago: everything lies within a year."""
RECENT_DAYS = 26
"""The history ends so long ago; what came later waits or is open."""
PROGRAM_DAYS = 230
"""The programs' year began at least so long ago."""
QUOTA_FILLED = 0.85
"""Share of a fixed number of places that is filled at most."""
BOUGHT_FIRST = 0.4
"""How much nearer a bought program seems than it is: what is paid for is used first."""
REQUEST_DAYS = {Urgency.CRITICAL: (0, 0), Urgency.HIGH: (0, 1), Urgency.NORMAL: (0, 3), Urgency.LOW: (1, 6)}
FIRST_ANSWER = {"accepted": 0.8, "rejected": 0.15, "expired": 0.05}
LASTING_FATE = {"goes on": 0.63, "completed": 0.22, "partly": 0.06, "on hold": 0.04, "failed": 0.01, "unmet": 0.04}
PASSING_FATE = {"completed": 0.89, "partly": 0.05, "failed": 0.01, "unmet": 0.05}
REFUSALS = {
    DeclineReason.FULL: 6,
    DeclineReason.OUTSIDE_AREA: 2,
    DeclineReason.CONDITIONS_NOT_MET: 2,
    DeclineReason.NO_FUNDS: 1,
    DeclineReason.INFORMATION_MISSING: 1,
    DeclineReason.NOT_REACHABLE: 1,
    DeclineReason.PERSON_REFUSED: 1,
    DeclineReason.DUPLICATE_HELP: 1,
}
FAILURES = {DeclineReason.PERSON_REFUSED: 2, DeclineReason.NOT_REACHABLE: 1, DeclineReason.SAFETY: 1}
UNMET_BECAUSE = {
    ClosedReason.NO_LONGER_NEEDED: 3,
    ClosedReason.MET_ELSEWHERE: 2,
    ClosedReason.PERSON_REFUSED: 2,
    ClosedReason.NO_PROVIDER: 2,
}
WOMEN_FOR_BATHING_SHARE = 0.4


class Needs:
    """Writes needs and what became of them."""

    def __init__(self, world: World, district: District, terms: dict[str, Term], referring: Referring) -> None:
        self.world = world
        self.terms = terms
        self.referring = referring
        self.offers: dict[str, list[Offer]] = defaultdict(list)
        for offer in district.offers:
            self.offers[offer.term.code].append(offer)

    # The year behind us

    def write_history(self, matters: list[Matter]) -> None:
        """Give everybody the needs that people like them have, and let each take its course."""
        chances: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for line in lines(FOLDER + "chances.csv"):
            chances[line["profile"]].append((line["term"], float(line["chance"])))
        for matter in matters:
            for code, share in chances[matter.client.profile]:
                lacks = self.world.chance(share)
                if lacks and all(need.term_id != self.terms[code].id for need in matter.needs):
                    self._past(matter, self.terms[code])

    def _past(self, matter: Matter, term: Term) -> None:
        world = self.world
        longest = min((world.today - local_date(matter.case.opened_at)).days - 8, OLDEST_DAYS)
        if longest <= RECENT_DAYS:
            return
        early = not term.once and world.chance(0.65)
        first = self._open_day(max(RECENT_DAYS, longest - 20) if early else RECENT_DAYS, longest)
        opened, fits = self._with_room(matter, term, first)
        if not fits:  # what is bought by the year can only be had since the year began
            opened, fits = self._with_room(matter, term, self._open_day(RECENT_DAYS, min(longest, PROGRAM_DAYS)))
        if not fits:
            return
        opened = max(opened, world.after(matter.assessed_at, 0))
        need = self.need(matter, term, opened, world.weighted(term.urgencies))
        fate = world.weighted(PASSING_FATE if term.lasts_days or term.once else LASTING_FATE)
        if fate == "unmet":
            need.status, need.closed_reason = NeedStatus.CLOSED_UNMET, world.weighted(UNMET_BECAUSE)
            need.closed_at = world.after(opened, world.rng.randint(2, 12))
            return
        asked = world.after(opened, world.rng.randint(*REQUEST_DAYS[need.urgency]))
        self._course(self._first_yes(matter, need, fits, asked), fate)

    def _open_day(self, least: float, most: float) -> datetime:
        return self.world.moment(self.world.day(self.world.rng.uniform(least, most)))

    def _with_room(self, matter: Matter, term: Term, opened: datetime) -> tuple[datetime, list[Offer]]:
        fits = self._fitting(matter, term, local_date(opened))
        return opened, [offer for offer in fits if self._has_room(offer)]

    def _has_room(self, offer: Offer) -> bool:
        return offer.free >= 0 or offer.live < int(offer.line["places"]) * QUOTA_FILLED

    def _fitting(self, matter: Matter, term: Term, day: date) -> list[Offer]:
        """Return the offers that take a person on a day, nearest first with some chance in it."""
        person, held = matter.client.person, matter.client.held
        minor = (person.age(day) or 0) < 18
        fits = [
            offer
            for offer in self.offers[term.code]
            if offer.takes(person, held, day)
            and (not minor or offer.checked_for_children(day))
            and (offer.now.kind is CapacityKind.CONCURRENT or offer.now.starts_on <= day)
        ]
        order = {
            offer.at_location.id: offer.distance(person)
            * self.world.rng.uniform(0.6, 1.7)
            * (BOUGHT_FIRST if offer.service.program_id else 1)
            for offer in fits
        }
        return sorted(fits, key=lambda offer: order[offer.at_location.id])

    def _first_yes(self, matter: Matter, need: Need, fits: list[Offer], asked: datetime) -> Line:
        """Ask one provider after another until one accepts; at most one says no and one keeps silent."""
        world = self.world
        answer = world.weighted(FIRST_ANSWER)
        if answer != "accepted":
            line = self.referring.request(matter, need, fits[0], asked)
            asked = self.refuse(line) if answer == "rejected" else self._expire(line)
            fits = fits[1:] or fits
        line = self.referring.request(matter, need, fits[0], asked)
        self.referring.step(line, R.ACCEPTED, self._answer_time(line))
        return line

    def _answer_time(self, line: Line) -> datetime:
        assert line.referral.requested_at is not None  # noqa: S101  requested just now
        days = ANSWER_WORKING_DAYS[line.need.urgency]
        return self.world.after(
            line.referral.requested_at, min(days, self.world.weighted({0: 3, 1: 4, 2: 2, 3: 1, 5: 1}))
        )

    def refuse(self, line: Line) -> datetime:
        """Let the provider say no; return when the next one is asked."""
        reason = self.world.weighted(REFUSALS)
        at = self._answer_time(line)
        self.referring.step(line, R.REJECTED, at, reason=reason, phrase=f"reject:{reason}")
        self.referring.settle(line)
        return self.world.after(at, self.world.rng.randint(0, 2))

    def _expire(self, line: Line) -> datetime:
        at = line.referral.answer_by
        assert at is not None  # noqa: S101  every request has its clock
        at += timedelta(minutes=5)
        self.referring.step(line, R.EXPIRED, at)
        self.referring.settle(line)
        return self.world.after(at, 1)

    def _course(self, line: Line, fate: str) -> None:
        """Start the help and lead it to where its fate has it."""
        world, referral, term = self.world, line.referral, line.offer.term
        assert referral.answered_at is not None  # noqa: S101  accepted just now
        started = world.after(referral.answered_at, world.rng.randint(0, 2 if term.once else 4))
        if started >= world.now:
            self.referring.settle(line)
            return
        self.referring.step(line, R.IN_PROGRESS, started)
        lasts = term.lasts_days or world.rng.randint(70, 240)
        ended = world.moment(
            world.calendar.add(local_date(started), max(1, round(lasts * world.rng.uniform(0.5, 1) * 5 / 7))), 16
        )
        if fate == "failed":
            ended = world.after(started, world.rng.randint(6, 18))
        if fate in ("completed", "partly") and ended < world.now:
            outcome = ReferralOutcome.SERVED if fate == "completed" else ReferralOutcome.PARTLY_SERVED
            self.referring.complete(line, ended, outcome)
        elif fate == "failed" and ended < world.now:
            reason = world.weighted(FAILURES)
            self.referring.step(line, R.FAILED, ended, reason=reason, phrase=f"failed:{reason}")
        elif fate == "on hold":
            held = world.moment(world.day(world.rng.uniform(3, 14)))
            if held > started:
                reason = world.weighted({DeclineReason.NOT_REACHABLE: 1, DeclineReason.PERSON_REFUSED: 1})
                self.referring.step(line, R.ON_HOLD, held, reason=reason, phrase=f"hold:{reason}")
        self.referring.settle(line)

    def need(self, matter: Matter, term: Term, at: datetime, urgency: Urgency) -> Need:
        """Write down a need, open, with the day by which somebody should be found."""
        world, person = self.world, matter.client.person
        deadline = world.calendar.deadline(at, URGENCY_WORKING_DAYS[urgency])
        quantity = max(1, round(term.quantity * world.rng.choice([0.5, 1, 1, 1]))) if term.quantity > 1 else 1
        value = world.rng.randint(*term.value)
        need = world.add(
            Need(
                case_id=matter.case.id,
                person_id=person.id,
                household_id=person.household_id,
                station_id=person.station_id,
                area_code=person.area_code,
                need_type_id=term.need_type_id,
                term_id=term.id,
                kind=term.kind,
                status=NeedStatus.OPEN,
                urgency=urgency,
                urgency_rank=URGENCY_TIERS[urgency],
                description=world.rng.choice(pool(PHRASES)[f"need:{term.code}"]),
                quantity=Decimal(quantity),
                unit=term.unit,
                frequency=term.frequency,
                worker_sex=WorkerSex.ANY,
                language=person.language or "zh",
                estimated_value=Decimal(value * quantity if term.material else value),
                opened_at=at,
                due_at=deadline.at,
                due_is_provisional=deadline.provisional,
            ),
            at,
        )
        if term.code == "A03" and person.sex is Sex.FEMALE and world.chance(WOMEN_FOR_BATHING_SHARE):
            need.worker_sex = WorkerSex.FEMALE
        matter.needs.append(need)
        return need

    def lacking(self, matters: list[Matter], term: Term) -> list[Matter]:
        """Return the people who have not asked for a term yet, in an order of chance."""
        found = [matter for matter in matters if all(need.term_id != term.id for need in matter.needs)]
        self.world.rng.shuffle(found)
        return found

    def fitting(self, matter: Matter, term: Term) -> list[Offer]:
        """Return who takes this person today."""
        return self._fitting(matter, term, self.world.today)
