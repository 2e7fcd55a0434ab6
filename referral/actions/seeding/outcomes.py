"""What the demonstration shows of outcomes: screens and sheets, goals, two red flags, words of people, re-visits."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    AssessmentOccasion,
    CaseStatus,
    CaseStep,
    Confirmation,
    ConfirmationSaid,
    ConfirmationWay,
    Contradiction,
    ContradictionFinding,
    FlagHandling,
    Goal,
    GoalRating,
    GoalStatus,
    Instrument,
    InstrumentVersion,
    MeasureDue,
    Message,
    MessageKind,
    Mode,
    Outcome,
    RedFlag,
    Referral,
    ReferralOutcome,
    ReferralStatus,
    Revisit,
    RevisitResult,
    RevisitWay,
    Satisfaction,
    Sheet,
    SpokenBy,
    VersionState,
)
from models.outcome import GOALS
from referral.actions.seeding.cases import Matter
from referral.actions.seeding.rows import World
from referral.clock import local_date, start_of
from referral.instruments.goals import t_score
from referral.instruments.scoring import score

SWITCHED_ON = ("phq2", "phq9")
BASELINE, FOLLOW_UP = AssessmentOccasion.BASELINE, AssessmentOccasion.FOLLOW_UP
WANTED = (
    ("自己走到村口", ("出不了门", "走到院门口", "有人陪走到村口", "自己走到村口", "自己走到菜市场")),
    ("每周有人说说话", ("整周没人说话", "有人打电话", "每周见一个人", "每周见两个人", "自己去活动室")),
    ("按时吃药", ("常常忘", "一半的日子按时", "大多按时", "天天按时", "会自己备好一周的药")),
    ("睡个整觉", ("每晚醒四次以上", "醒三次", "醒一两次", "基本睡到天亮", "一周都睡得好")),
)
FLAGGED = (2, 2, 1, 2, 1, 2, 1, 0, 1)
"""Answers of PHQ-9 whose last cannot wait."""
SAID = {
    ConfirmationSaid.SERVED: 74,
    ConfirmationSaid.PARTLY_SERVED: 12,
    ConfirmationSaid.NOT_SERVED: 2,
    ConfirmationSaid.NOT_REACHED: 10,
    ConfirmationSaid.NO_WORD: 2,
}


@dataclass
class Versions:
    """The published versions that are used, by code of their instrument."""

    by_code: dict[str, InstrumentVersion]
    days: dict[str, int | None]


def switch_on(session: Session) -> Versions:
    """Switch on what the demonstration asks with, and return the versions. Two statements."""
    session.execute(sa.update(Instrument).where(Instrument.code.in_(SWITCHED_ON)).values(active=True))
    rows = session.execute(
        sa.select(Instrument.code, Instrument.follow_up_days, InstrumentVersion)
        .join(InstrumentVersion, InstrumentVersion.instrument_id == Instrument.id)
        .where(InstrumentVersion.state == VersionState.PUBLISHED)
        .order_by(InstrumentVersion.number)
    ).all()
    return Versions({code: version for code, _days, version in rows}, {code: days for code, days, _version in rows})


def write_outcomes(world: World, matters: list[Matter], accounts: dict[str, Account], versions: Versions) -> None:
    """Write it all for the first station's people, and words and re-visits for everybody."""
    own = [matter for matter in matters if matter.worker is accounts["station"]]
    lasting = [matter for matter in own if matter.case.opened_at < world.now - timedelta(days=60)]
    _screens(world, lasting[:24], versions)
    _flags(world, lasting[24:26], versions, accounts["supervisor"])
    _goals(world, lasting[4:16])
    _words(world, matters, accounts)
    _revisits(world, matters)


def _sheet(
    world: World, matter: Matter, version: InstrumentVersion, code: str, *, values: list[int], on: date,
    occasion: AssessmentOccasion,
) -> Sheet:  # fmt: skip
    answers = {item["code"]: value for item, value in zip(version.definition["items"], values, strict=True)}
    found = score(version.definition, answers)
    at = start_of(on) + timedelta(hours=10)
    outcome = world.add(
        Outcome(
            person_id=matter.case.person_id, case_id=matter.case.id, measure=code, occasion=occasion, taken_on=on,
            score=found.score, missing_items=found.missing, mode=Mode.ASKED, taken_by_id=matter.worker.id,
            instrument_version_id=version.id,
        ),
        at,
    )  # fmt: skip
    return world.add(
        Sheet(
            person_id=matter.case.person_id, case_id=matter.case.id, version_id=version.id, occasion=occasion,
            taken_on=on, mode=Mode.ASKED, asked_by_id=matter.worker.id, answers=answers, score=found.score,
            missing_items=found.missing, band=found.band, outcome_id=outcome.id,
        ),
        at,
    )  # fmt: skip


def _due(
    world: World, sheet: Sheet, matter: Matter, version: InstrumentVersion, *, on: date, done: Sheet | None = None
) -> None:
    world.add(
        MeasureDue(
            person_id=sheet.person_id, case_id=sheet.case_id, station_id=matter.case.station_id,
            instrument_id=version.instrument_id, after_sheet_id=sheet.id, due_on=on,
            done_on=done.taken_on if done else None, sheet_id=done.id if done else None,
        )
    )  # fmt: skip


def _screens(world: World, matters: list[Matter], versions: Versions) -> None:
    """PHQ-2 at the beginning and again; some follow-ups are overdue, as they are in life."""
    version, days = versions.by_code["phq2"], versions.days["phq2"] or 30
    for number, matter in enumerate(matters):
        first = world.day(30 + days + world.rng.randint(0, 25) if number % 3 else days + world.rng.randint(-5, 5))
        before = [world.rng.randint(0, 3), world.rng.randint(0, 2)]
        sheet = _sheet(world, matter, version, "phq2", values=before, on=first, occasion=BASELINE)
        later = first + timedelta(days=days + world.rng.randint(-3, 6))
        if number % 3 and later < world.today:
            after = [max(0, value - world.rng.randint(0, 2)) for value in before]
            again = _sheet(world, matter, version, "phq2", values=after, on=later, occasion=FOLLOW_UP)
            _due(world, sheet, matter, version, on=first + timedelta(days=days), done=again)
            _due(world, again, matter, version, on=later + timedelta(days=days))
        else:
            _due(world, sheet, matter, version, on=first + timedelta(days=days))


def _flags(world: World, matters: list[Matter], versions: Versions, supervisor: Account) -> None:
    """One answer that somebody acted on, and one from yesterday that waits."""
    version = versions.by_code["phq9"]
    for matter, ago, handled in zip(matters, (34, 1), (True, False), strict=False):
        day = world.day(ago)
        sheet = _sheet(world, matter, version, "phq9", values=list(FLAGGED), on=day, occasion=BASELINE)
        at = start_of(day) + timedelta(hours=10)
        _due(world, sheet, matter, version, on=day + timedelta(days=30))
        flag = RedFlag(
            sheet_id=sheet.id, person_id=sheet.person_id, case_id=sheet.case_id, station_id=matter.case.station_id,
            code="self_harm", raised_at=at,
        )  # fmt: skip
        if handled:
            flag.handling, flag.handled_by_id = FlagHandling.FAMILY_TOLD, supervisor.id
            flag.done = "当天上门陪同，女儿已回家同住，农药已收走；约好次日上午再访，并联系了镇卫生院。"
            flag.handled_at = at + timedelta(hours=2)
        world.add(flag, at)
        for reader in () if handled else (matter.worker, supervisor):
            facts = {"number": matter.client.person.number, "key": str(sheet.person_id)}
            message = Message(kind=MessageKind.RED_FLAG, account_id=reader.id, facts=facts, written_at=at)
            message.once = f"{MessageKind.RED_FLAG}:{flag.id}:{reader.id}"
            world.add(message, at)


def _goals(world: World, matters: list[Matter]) -> None:
    """Two goals each, rated up to three times; their T score among the outcomes."""
    for matter in matters:
        day = world.day(world.rng.randint(70, 110))
        chosen = world.rng.sample(WANTED, 2)
        made = [_goal(world, matter, title, levels, day) for title, levels in chosen]
        reached = {goal.id: goal.baseline_level for goal in made}
        _t_score(world, matter, made, reached=reached, on=day, occasion=BASELINE)
        for step in range(1, world.rng.randint(1, 3) + 1):
            on = world.day((world.today - day).days - 21 * step)
            for goal in made:
                reached[goal.id] = min(2, reached[goal.id] + world.rng.choice((0, 1, 1)))
                world.add(
                    GoalRating(
                        goal_id=goal.id, person_id=goal.person_id, case_id=goal.case_id, level=reached[goal.id],
                        rated_on=on, mode=Mode.ASKED, rated_by_id=matter.worker.id,
                    ),
                    start_of(on),
                )  # fmt: skip
            _t_score(world, matter, made, reached=reached, on=on, occasion=FOLLOW_UP)


def _goal(world: World, matter: Matter, title: str, levels: tuple[str, ...], day: date) -> Goal:
    words = dict(zip(("-2", "-1", "0", "1", "2"), levels, strict=True))
    return world.add(
        Goal(
            person_id=matter.case.person_id, case_id=matter.case.id, title=title, levels=words,
            weight=world.rng.choice((1, 1, 2)), baseline_level=world.rng.choice((-2, -1)), set_on=day,
            target_on=day + timedelta(days=120), status=GoalStatus.FOLLOWED, set_by_id=matter.worker.id,
        ),
        start_of(day),
    )  # fmt: skip


def _t_score(
    world: World, matter: Matter, goals: list[Goal], *, reached: dict[Any, int], on: date, occasion: AssessmentOccasion
) -> None:
    world.add(
        Outcome(
            person_id=matter.case.person_id, case_id=matter.case.id, measure=GOALS, occasion=occasion, taken_on=on,
            score=t_score([(goal.weight, reached[goal.id]) for goal in goals]), mode=Mode.ASKED,
            taken_by_id=matter.worker.id,
        ),
        start_of(on),
    )  # fmt: skip


def _words(world: World, matters: list[Matter], accounts: dict[str, Account]) -> None:
    """Calls after completed help, with the three questions; two contradictions, one of them settled."""
    workers = {matter.case.station_id: matter.worker for matter in matters}
    open_one = True
    for referral in world.all(Referral):
        if referral.status is not ReferralStatus.COMPLETED or referral.ended_at is None or not world.chance(0.6):
            continue
        at = world.after(referral.ended_at, world.rng.randint(2, 8))
        if at >= world.now:
            continue
        worker, said = workers[referral.station_id], world.weighted(SAID)
        word = world.add(
            Confirmation(
                referral_id=referral.id, person_id=referral.person_id, way=ConfirmationWay.CALL, said=said,
                spoken_by=world.weighted({SpokenBy.PERSON: 7, SpokenBy.FAMILY: 3}), at=at, taken_by_id=worker.id,
            ),
            at,
        )  # fmt: skip
        if said is ConfirmationSaid.NOT_REACHED:
            continue
        _ask(world, referral, worker, at, pleased=said is not ConfirmationSaid.NOT_SERVED)
        if said is ConfirmationSaid.NOT_SERVED and referral.outcome is not ReferralOutcome.NOT_SERVED:
            mine = referral.station_id == accounts["supervisor"].organization_id
            _contradict(world, referral, word, accounts["supervisor"], settled=not (open_one and mine))
            open_one = open_one and not mine


def _ask(world: World, referral: Referral, worker: Account, at: datetime, *, pleased: bool) -> None:
    asked = Satisfaction(
        referral_id=referral.id, person_id=referral.person_id, organization_id=referral.organization_id,
        asked_at=at, asked_way=ConfirmationWay.CALL, asked_by_id=worker.id,
    )  # fmt: skip
    if world.chance(0.72):
        asked.answers = [world.rng.choice((4, 5, 5, 3) if pleased else (1, 2, 2)) for _ in range(3)]
        asked.answered_at = at
        asked.score = (Decimal(sum(asked.answers)) / 3).quantize(Decimal("0.01"))
    world.add(asked, at)


def _contradict(world: World, referral: Referral, word: Confirmation, supervisor: Account, *, settled: bool) -> None:
    assert referral.outcome is not None  # noqa: S101  completed referrals have one
    task = Contradiction(
        referral_id=referral.id, person_id=referral.person_id, station_id=referral.station_id,
        confirmation_id=word.id, provider_said=referral.outcome, opened_at=word.at,
    )  # fmt: skip
    later = world.after(word.at, 3)
    if settled and later < world.now:
        task.finding, task.words = ContradictionFinding.BOTH_PARTLY, "看了签收单，也问了邻居：给了三次，不是五次。"
        task.settled_at, task.settled_by_id = later, supervisor.id
    world.add(task, word.at)


def _revisits(world: World, matters: list[Matter]) -> None:
    """A re-visit for every case that was concluded: made where the case says so, else due."""
    steps = {(step.case_id, step.to_status): step.at for step in world.all(CaseStep)}
    for matter in matters:
        case = matter.case
        if case.status not in (CaseStatus.CONCLUDED, CaseStatus.REVISITED) or case.concluded_at is None:
            continue
        due = world.calendar.add(local_date(case.concluded_at), 20)
        revisit = Revisit(case_id=case.id, person_id=case.person_id, station_id=case.station_id, due_on=due)
        revisit.due_is_provisional = due > world.calendar.published_until
        made = steps.get((case.id, CaseStatus.REVISITED))
        if case.status is CaseStatus.REVISITED and made is not None:
            revisit.done_on, revisit.done_by_id = local_date(made), matter.worker.id
            revisit.way = world.weighted({RevisitWay.AT_HOME: 3, RevisitWay.BY_PHONE: 2})
            revisit.result = world.weighted({RevisitResult.LASTING: 4, RevisitResult.PARTLY_LASTING: 1})
        world.add(revisit, case.concluded_at)
