"""The cases of the invented people: opening, assessments, measures, and their steps as the referrals went."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from models import (
    Account,
    Assessment,
    AssessmentOccasion,
    Case,
    CaseSource,
    CaseStatus,
    CaseStep,
    Domain,
    FeatureKind,
    Measure,
    Mode,
    Need,
    NeedStatus,
    Outcome,
    Referral,
    ReferralEvent,
    ReferralStatus,
    SelfCare,
    Urgency,
)
from models.case import LIFE_DOMAINS
from models.need import ENDED_STATUSES
from referral.actions.seeding.files import pool
from referral.actions.seeding.people import PHRASES, Client
from referral.actions.seeding.rows import World
from referral.clock import local_date

SOURCES = {
    CaseSource.VISIT: 4,
    CaseSource.VILLAGE_REPORT: 4,
    CaseSource.DATA_COMPARISON: 2,
    CaseSource.SELF: 3,
    CaseSource.FAMILY: 2,
    CaseSource.HOTLINE: 1,
    CaseSource.DEPARTMENT: 1,
}
FOLLOW_UP_DAYS = (150, 230)
FOLLOWED_UP_SHARE = 0.78
"""Some follow-ups are missing, as they are in life."""
HARD_DOMAINS = {
    "elder": (Domain.HEALTH, Domain.HOUSING, Domain.SOCIAL_INCLUSION),
    "disabled": (Domain.HEALTH, Domain.EMPLOYMENT, Domain.SOCIAL_INCLUSION),
    "ill": (Domain.HEALTH, Domain.ECONOMIC),
    "child": (Domain.EDUCATION, Domain.GUARDIANSHIP),
    "carer": (Domain.ECONOMIC, Domain.EMPLOYMENT),
    "adult": (Domain.ECONOMIC, Domain.EMPLOYMENT),
}


@dataclass
class Matter:
    """A case with what the history is made from."""

    client: Client
    case: Case
    worker: Account
    assessed_at: datetime
    last_step_at: datetime
    needs: list[Need] = field(default_factory=list)


def open_cases(world: World, clients: list[Client], workers: dict[Any, Account]) -> list[Matter]:
    """Open a case for everybody, look in, and assess; `workers` are the stations' by organization."""
    return [_open(world, client, workers[client.person.station_id]) for client in clients]


def _open(world: World, client: Client, worker: Account) -> Matter:
    person = client.person
    at = world.after(person.created_at, 0)
    urgency = Urgency.HIGH if client.profile == "ill" or world.chance(0.2) else Urgency.NORMAL
    case = world.add(
        Case(
            person_id=person.id,
            household_id=person.household_id,
            station_id=person.station_id,
            worker_id=worker.id,
            area_code=person.area_code,
            status=CaseStatus.ACCEPTED,
            source=world.weighted(SOURCES),
            urgency=urgency,
            summary=world.rng.choice(pool(PHRASES)["summary"]),
            opened_at=at,
            first_contact_at=world.after(at, world.rng.choice([0, 1, 1, 2, 3])),
        ),
        at,
    )
    matter = Matter(client, case, worker, assessed_at=at, last_step_at=at)
    world.add(CaseStep(case_id=case.id, from_status=None, to_status=case.status, at=at, by_id=worker.id), at)
    _assess(world, matter)
    return matter


def _assess(world: World, matter: Matter) -> None:
    """Make the baseline, and the follow-up where somebody came back for it."""
    first = world.after(matter.case.first_contact_at or matter.case.opened_at, world.rng.randint(1, 4))
    hardship = 2 if FeatureKind.CANNOT_SELF_CARE in matter.client.held else 1
    acts_unable = _acts_unable(world, matter.client)
    scores = _scores(world, matter.client, acts_unable)
    _write_assessment(world, matter, AssessmentOccasion.BASELINE, first, acts_unable=acts_unable, hardship=hardship)
    _write_outcomes(world, matter, AssessmentOccasion.BASELINE, first, scores)
    _step(world, matter, CaseStatus.ASSESSED, first)
    matter.assessed_at = first
    later = world.after(first, world.rng.randint(*FOLLOW_UP_DAYS) * 5 // 7)
    if later < world.now and world.chance(FOLLOWED_UP_SHARE):
        better = max(0, acts_unable - world.weighted({0: 6, 1: 3, 2: 1, -1: 1}))
        after = _follow_up_scores(world, scores, better)
        _write_assessment(
            world,
            matter,
            AssessmentOccasion.FOLLOW_UP,
            later,
            acts_unable=min(better, 6),
            hardship=max(hardship - 1, 0),
        )
        _write_outcomes(world, matter, AssessmentOccasion.FOLLOW_UP, later, after)


def _acts_unable(world: World, client: Client) -> int:
    if FeatureKind.CANNOT_SELF_CARE in client.held:
        return world.rng.randint(4, 6)
    if {FeatureKind.PARTLY_SELF_CARE, FeatureKind.SEVERELY_DISABLED} & client.held:
        return world.rng.randint(1, 3)
    return world.weighted({0: 8, 1: 2}) if client.profile in ("elder", "ill", "disabled") else 0


Scores = dict[Measure, Decimal | None]


def _scores(world: World, client: Client, acts_unable: int) -> Scores:
    """Return the measures before help; WHO-5 in its steps of four, asked from the age of 12 on."""
    age = client.person.age(world.today) or 0
    well = max(2, min(22, round(world.rng.gauss(10.5 - acts_unable * 0.6, 3.2))))
    return {
        Measure.SELF_CARE: Decimal(6 - acts_unable),
        **({Measure.WHO5: Decimal(4 * well)} if age >= 12 else {}),
        Measure.SATISFACTION: _thirds(world.rng.gauss(3.3, 0.5)),
    }


def _follow_up_scores(world: World, before: Scores, acts_unable: int) -> Scores:
    after: Scores = {Measure.SELF_CARE: Decimal(6 - min(acts_unable, 6))}
    if (well := before.get(Measure.WHO5)) is not None:
        after[Measure.WHO5] = Decimal(4 * max(0, min(25, int(well) // 4 + round(world.rng.gauss(2.4, 2.6)))))
    after[Measure.SATISFACTION] = _thirds(float(before[Measure.SATISFACTION] or 3) + world.rng.gauss(0.7, 0.5))
    return after


def _thirds(mean: float) -> Decimal:
    """Return a mean of three answers of 1–5, to two places."""
    return (Decimal(max(3, min(15, round(mean * 3)))) / 3).quantize(Decimal("0.01"))


def _write_outcomes(world: World, matter: Matter, occasion: AssessmentOccasion, at: datetime, scores: Scores) -> None:
    for measure, score in scores.items():
        missing = measure is not Measure.SELF_CARE and world.chance(0.05)
        if occasion is AssessmentOccasion.FOLLOW_UP and world.chance(0.06):
            continue
        world.add(
            Outcome(
                person_id=matter.client.person.id,
                case_id=matter.case.id,
                measure=measure,
                occasion=occasion,
                taken_on=local_date(at),
                score=None if missing else score,
                missing_items=1 if missing else 0,
                mode=Mode.OBSERVED if measure is Measure.SELF_CARE else Mode.ASKED,
                taken_by_id=matter.worker.id,
            ),
            at,
        )


def _write_assessment(
    world: World, matter: Matter, occasion: AssessmentOccasion, at: datetime, *, acts_unable: int, hardship: int
) -> None:
    hard = HARD_DOMAINS[matter.client.profile]
    notes = pool(PHRASES)
    domains: dict[str, Any] = {}
    for domain in LIFE_DOMAINS:
        level = hardship if domain in hard else world.weighted({0: 7, 1: 2})
        note = notes.get(f"domain:{domain}", [""])[0] if level and world.chance(0.4) else ""
        domains[domain.value] = {"level": level, "note": note}
    acts = [SelfCare.BATHE, SelfCare.WALK, SelfCare.TOILET, SelfCare.DRESS, SelfCare.BED, SelfCare.EAT]
    unable = set(acts[:acts_unable])
    world.add(
        Assessment(
            case_id=matter.case.id,
            person_id=matter.client.person.id,
            occasion=occasion,
            assessed_on=local_date(at),
            assessed_by_id=matter.worker.id,
            domains=domains,
            self_care={act.value: "unable" if act in unable else "able" for act in SelfCare},
        ),
        at,
    )


def _step(world: World, matter: Matter, after: CaseStatus, at: datetime) -> None:
    """Take a step of the table and write down who took it."""
    case = matter.case
    before = case.status
    case.move_to(after)
    at = matter.last_step_at = max(at, matter.last_step_at + timedelta(seconds=1))
    world.add(CaseStep(case_id=case.id, from_status=before, to_status=after, at=at, by_id=matter.worker.id), at)


ANSWERS = (ReferralStatus.ACCEPTED, ReferralStatus.REJECTED, ReferralStatus.EXPIRED)


def move_cases(world: World, matters: list[Matter]) -> None:
    """Take every case through the steps that its referrals brought, as `case_flow` does; conclude what is done."""
    case_of = {need.id: matter.case.id for matter in matters for need in matter.needs}
    referral_case = {referral.id: case_of[referral.need_id] for referral in world.all(Referral)}
    events: dict[Any, list[ReferralEvent]] = defaultdict(list)
    for event in world.all(ReferralEvent):
        events[referral_case[event.referral_id]].append(event)
    for matter in matters:
        _follow(world, matter, sorted(events[matter.case.id], key=lambda event: event.at))


def _follow(world: World, matter: Matter, events: list[ReferralEvent]) -> None:
    case, waiting = matter.case, set()
    for event in events:
        after = case.status
        if event.to_status is ReferralStatus.REQUESTED:
            waiting.add(event.referral_id)
            after = CaseStatus.IN_CIRCULATION
        elif event.to_status in ANSWERS:
            waiting.discard(event.referral_id)
            after = case.status if waiting else CaseStatus.ANSWERED
        if after is not case.status:
            _step(world, matter, after, event.at)
    done = matter.needs and all(need.status in ENDED_STATUSES for need in matter.needs)
    if done and case.status is CaseStatus.ANSWERED:
        _conclude(world, matter)


def _conclude(world: World, matter: Matter) -> None:
    """Conclude a case whose needs are all ended; look in again later where there was time for it."""
    last = max(need.closed_at or need.opened_at for need in matter.needs)
    at = world.after(last, world.rng.randint(1, 6))
    if at >= world.now or any(need.status is NeedStatus.CLOSED_UNMET for need in matter.needs):
        return
    case = matter.case
    _step(world, matter, CaseStatus.CONCLUDED, at)
    case.concluded_at = at
    again = world.after(at, world.rng.randint(20, 40))
    if again < world.now:
        _step(world, matter, CaseStatus.REVISITED, again)
