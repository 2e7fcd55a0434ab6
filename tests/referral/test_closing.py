"""The loop closes: nothing ends without an outcome, the person's word counts, re-visits and measures come due."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import (
    AssessmentOccasion,
    Case,
    CaseStatus,
    Confirmation,
    ConfirmationSaid,
    ConfirmationWay,
    Contradiction,
    ContradictionFinding,
    DeclineReason,
    FlagHandling,
    Instrument,
    InstrumentVersion,
    MeasureDue,
    Message,
    MessageKind,
    Mode,
    Need,
    Outcome,
    OutcomeReason,
    QueryCode,
    RedFlag,
    Referral,
    ReferralOutcome,
    ReferralStatus,
    Revisit,
    RevisitResult,
    RevisitWay,
    Role,
    Satisfaction,
    Sheet,
    SpokenBy,
)
from models.errors import ReasonMissing, WrongStep
from referral.actions import (
    cases,
    confirming,
    contradicting,
    ending,
    following_up,
    goals,
    measuring,
    red_flags,
    referrals,
    revisits,
    satisfying,
)
from referral.actions.seeding.reference import load_instruments
from referral.clock import local_date
from referral.queries import closing
from tests.factories import AT, make_account, make_capacity, make_case, make_need, make_person, make_station, refer

DAY = timedelta(days=1)
Served, Said = ReferralOutcome, ConfirmationSaid


class Scene:
    """A person with a case at a station with a supervisor, and a referral that was taken on and begun."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.station = make_station(session)
        self.supervisor = make_account(session, Role.STATION_SUPERVISOR, organization_id=self.station.id)
        self.worker = make_account(session, Role.STATION_WORKER, organization_id=self.station.id)
        self.case = make_case(session, person=make_person(session, station_id=self.station.id))
        self.case.worker_id = self.worker.id
        self.need = make_need(session, case=self.case)
        self.referral = refer(session, self.need, make_capacity(session, places=9), at=AT)
        self.officer = make_account(session, Role.PROVIDER_OFFICER, organization_id=self.referral.organization_id)
        referrals.accept(session, self.referral, by=self.officer, at=AT)
        referrals.start(session, self.referral, by=self.officer, at=AT)
        load_instruments(session, AT)
        session.flush()

    def complete(
        self, outcome: ReferralOutcome = Served.SERVED, units: Decimal | None = Decimal(4), **more: Any
    ) -> None:
        reason = more.pop("reason", OutcomeReason.AS_PLANNED)
        referrals.complete(
            self.session, self.referral, by=self.officer, at=AT + DAY, outcome=outcome, units_delivered=units,
            outcome_reason=reason, **more,
        )  # fmt: skip

    def call(self, said: ConfirmationSaid, at: Any = AT + 2 * DAY) -> Confirmation:
        return confirming.confirm_by_call(
            self.session, self.referral, said=said, spoken_by=SpokenBy.PERSON, called_at=at, by=self.worker, at=at
        )

    def version(self, code: str) -> InstrumentVersion:
        return self.session.scalars(
            sa.select(InstrumentVersion)
            .join(Instrument)
            .where(Instrument.code == code)
            .options(joinedload(InstrumentVersion.instrument))
        ).one()

    def take(self, code: str, *values: int | None, **more: Any) -> Sheet:
        version = self.version(code)
        version.instrument.active = True
        items = [item["code"] for item in version.definition["items"]]
        given: dict[str, Any] = {
            "occasion": AssessmentOccasion.BASELINE, "on": local_date(AT), "mode": Mode.ASKED,
            "by": self.worker, "at": AT,
        }  # fmt: skip
        answers = dict(zip(items, values, strict=True))
        return measuring.take(self.session, self.case, version, answers=answers, **(given | more))

    def told(self, kind: MessageKind) -> list[Any]:
        return list(self.session.scalars(sa.select(Message.account_id).where(Message.kind == kind)))


@pytest.fixture
def scene(session_on_both: Session) -> Scene:
    return Scene(session_on_both)


def test_help_does_not_end_without_units_and_a_reason_that_fits(scene: Scene) -> None:
    with pytest.raises(ending.UnitsMissing):
        scene.complete(units=None)
    with pytest.raises(ending.UnitsContradict):
        scene.complete(units=Decimal(0))
    with pytest.raises(ending.UnitsContradict):
        scene.complete(Served.NOT_SERVED, reason=OutcomeReason.NOT_REACHED)
    with pytest.raises(ReasonMissing):
        scene.complete(reason=None)
    with pytest.raises(ReasonMissing):
        scene.complete(reason=OutcomeReason.FUNDS_ENDED)
    with pytest.raises(ReasonMissing):
        scene.complete(reason=OutcomeReason.OTHER)
    assert scene.referral.status is ReferralStatus.IN_PROGRESS
    scene.complete(Served.PARTLY_SERVED, Decimal(1), reason=OutcomeReason.FUNDS_ENDED)
    assert scene.referral.outcome_reason is OutcomeReason.FUNDS_ENDED


def test_help_that_begun_and_is_broken_off_or_taken_back_has_an_outcome(scene: Scene) -> None:
    referrals.cancel(scene.session, scene.referral, by=scene.worker, at=AT, reason=DeclineReason.SAFETY)
    assert (scene.referral.outcome, scene.referral.units_delivered) == (Served.NOT_SERVED, 0)
    other = refer(scene.session, scene.need, make_capacity(scene.session), at=AT)
    referrals.cancel(scene.session, other, by=scene.worker, at=AT, reason=DeclineReason.FULL)
    assert other.outcome is None  # nothing had begun


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_the_database_itself_refuses_an_end_without_outcome(scene: Scene, status: str) -> None:
    table: Any = Referral.__table__
    plain = sa.update(table).where(table.c.id == scene.referral.id).values(status=status, reason="full")
    with pytest.raises(sa.exc.IntegrityError), scene.session.begin_nested():
        scene.session.execute(plain)
    whole = plain.values(outcome="served", units_delivered=Decimal(1), outcome_reason="as_planned")
    scene.session.execute(whole)


def test_the_database_itself_keeps_a_published_version_as_it_is(scene: Scene) -> None:
    version = scene.version("who5")
    with pytest.raises(sa.exc.IntegrityError), scene.session.begin_nested():
        scene.session.execute(
            sa.update(InstrumentVersion).where(InstrumentVersion.id == version.id).values(digest="0" * 64)
        )


def test_a_code_opens_one_referral_until_the_next_is_given_out(scene: Scene) -> None:
    first = confirming.issue_code(scene.session, scene.referral, by=scene.worker, at=AT)
    stored = scene.session.scalars(sa.select(QueryCode.fingerprint)).one()
    assert first.replace("-", "") not in stored
    found = confirming.find_code(scene.session, first.lower(), at=AT)
    assert found is not None
    assert found.referral_id == scene.referral.id
    assert confirming.find_code(scene.session, "0" + first[1:] if first[0] != "0" else "1" + first[1:], at=AT) is None
    assert confirming.find_code(scene.session, first, at=AT + 366 * DAY) is None
    second = confirming.issue_code(scene.session, scene.referral, by=scene.worker, at=AT + DAY)
    assert confirming.find_code(scene.session, first, at=AT + DAY) is None
    assert confirming.find_code(scene.session, second, at=AT + DAY) is not None


def test_before_somebody_promised_help_there_is_nothing_to_confirm(scene: Scene) -> None:
    asked = refer(scene.session, make_need(scene.session, case=scene.case), make_capacity(scene.session), at=AT)
    with pytest.raises(confirming.NothingToConfirm):
        confirming.issue_code(scene.session, asked, by=scene.worker, at=AT)


def test_a_word_against_the_provider_opens_a_task_for_the_supervisor_once(scene: Scene) -> None:
    scene.complete()
    scene.call(Said.NOT_REACHED)
    assert scene.session.scalars(sa.select(Contradiction)).all() == []
    scene.call(Said.NOT_SERVED)
    scene.call(Said.NOT_SERVED, at=AT + 3 * DAY)
    task = scene.session.scalars(sa.select(Contradiction)).one()
    assert scene.told(MessageKind.CONTRADICTED) == [scene.supervisor.id]
    with pytest.raises(ReasonMissing):
        contradicting.settle(
            scene.session, task, finding=ContradictionFinding.PERSON_RIGHT, words=" ", by=scene.supervisor, at=AT
        )
    contradicting.settle(
        scene.session, task, finding=ContradictionFinding.PERSON_RIGHT, words="去看过", by=scene.supervisor, at=AT
    )
    assert scene.referral.outcome is Served.SERVED  # both words stay as they were said


def test_a_word_said_before_the_provider_speaks_is_held_against_it(scene: Scene) -> None:
    code = confirming.find_code(
        scene.session, confirming.issue_code(scene.session, scene.referral, by=scene.worker, at=AT), at=AT
    )
    assert code is not None
    word = confirming.confirm_by_code(scene.session, code, said=Said.NOT_SERVED, at=AT)
    assert confirming.confirm_by_code(scene.session, code, said=Said.NOT_SERVED, at=AT + DAY) is word
    assert scene.session.scalars(sa.select(Contradiction)).all() == []
    scene.complete()
    assert scene.session.scalars(sa.select(Contradiction)).one().confirmation_id == word.id


def test_satisfaction_has_a_response_rate_and_providers_see_none_below_five(scene: Scene) -> None:
    session = scene.session
    for number in range(6):
        need = make_need(session, case=make_case(session))
        one = refer(session, need, make_capacity(session, places=9), at=AT)
        one.organization_id = scene.referral.organization_id
        session.flush()
        asked = satisfying.ask(session, one, way=ConfirmationWay.CALL, by=scene.worker, at=AT)
        assert satisfying.ask(session, one, way=ConfirmationWay.CODE, by=None, at=AT) is asked
        if number < 4:
            satisfying.answer(session, asked, [5, 4, 3], at=AT)
    rated = closing.satisfaction_of(session, scene.referral.organization_id)
    assert (rated.asked, rated.answered, rated.mean, rated.rate) == (6, None, None, None)
    last = session.scalars(sa.select(Satisfaction).where(Satisfaction.answered_at.is_(None)).limit(1)).one()
    satisfying.answer(session, last, [1, 1, 1], at=AT)
    rated = closing.satisfaction_of(session, scene.referral.organization_id)
    assert (rated.answered, rated.mean) == (5, Decimal("3.4"))


def concluded(scene: Scene) -> Case:
    scene.complete()
    cases.conclude(scene.session, scene.case, by=scene.worker, at=AT + DAY)
    return scene.case


def test_a_conclusion_plans_the_revisit_which_moves_the_case_on(scene: Scene) -> None:
    case = concluded(scene)
    planned = scene.session.scalars(sa.select(Revisit)).one()
    assert planned.due_on > local_date(AT + 20 * DAY)
    assert following_up.remind_of_revisits(scene.session, AT + DAY) == {"told": 0}
    late = AT + 60 * DAY
    assert following_up.remind_of_revisits(scene.session, late) == {"told": 1}
    assert following_up.remind_of_revisits(scene.session, late + DAY) == {"told": 0}
    assert scene.told(MessageKind.REVISIT_DUE) == [scene.worker.id]
    given = {"way": RevisitWay.AT_HOME, "on": local_date(late), "by": scene.worker, "at": late}
    with pytest.raises(ReasonMissing):
        revisits.carry_out(scene.session, case, result=None, **given)
    revisits.carry_out(scene.session, case, result=RevisitResult.NOT_REACHED, **given)
    assert case.status is CaseStatus.CONCLUDED
    revisits.carry_out(scene.session, case, result=RevisitResult.LASTING, **given)
    assert case.status is CaseStatus.REVISITED
    with pytest.raises(WrongStep):
        revisits.carry_out(scene.session, case, result=RevisitResult.LASTING, **given)
    assert len(scene.session.scalars(sa.select(Revisit)).all()) == 2


def test_a_revisit_that_finds_new_need_takes_the_case_up_again(scene: Scene) -> None:
    case = concluded(scene)
    revisits.carry_out(
        scene.session, case, result=RevisitResult.NEED_AGAIN, way=RevisitWay.BY_PHONE, on=local_date(AT + DAY),
        by=scene.worker, at=AT + DAY,
    )  # fmt: skip
    assert (case.status, case.concluded_at) == (CaseStatus.IN_CIRCULATION, None)


def test_a_sheet_becomes_an_outcome_and_comes_due_again(scene: Scene) -> None:
    sheet = scene.take("who5", 2, 2, 2, 2, 2, entry_key="one")
    assert scene.take("who5", 0, 0, 0, 0, 0, entry_key="one") is sheet  # the same form sent twice
    outcome = scene.session.get_one(Outcome, sheet.outcome_id)
    assert (outcome.measure, outcome.score, outcome.instrument_version_id) == ("who5", 40, sheet.version_id)
    with pytest.raises(measuring.AlreadyTaken):
        scene.take("who5", 5, 5, 5, 5, 5)
    corrected = scene.take("who5", 3, 2, 2, 2, 2, corrects=sheet)
    assert sheet.replaced
    assert scene.session.scalars(sa.select(Outcome.score)).all() == [44]
    due = scene.session.scalars(sa.select(MeasureDue)).one()
    assert (due.due_on, due.after_sheet_id) == (local_date(AT + 90 * DAY), corrected.id)
    late = AT + 100 * DAY
    assert following_up.remind_of_measures(scene.session, late) == {"told": 1}
    assert scene.told(MessageKind.MEASURE_DUE) == [scene.worker.id]
    again = {"occasion": AssessmentOccasion.FOLLOW_UP, "on": local_date(late), "at": late}
    scene.take("who5", 4, 4, 4, 4, 4, **again)
    assert due.done_on == local_date(late)
    cases_due = scene.session.scalars(sa.select(MeasureDue).where(MeasureDue.done_on.is_(None))).all()
    assert [one.due_on for one in cases_due] == [local_date(late + 90 * DAY)]


def test_the_ninth_answer_is_told_at_once_to_worker_and_supervisor(scene: Scene) -> None:
    scene.take("phq9", None, None, None, None, None, None, None, None, 2)
    flag = scene.session.scalars(sa.select(RedFlag)).one()
    assert set(scene.told(MessageKind.RED_FLAG)) == {scene.worker.id, scene.supervisor.id}
    facts = scene.session.scalars(sa.select(Message.facts).where(Message.kind == MessageKind.RED_FLAG)).all()
    assert all(set(one) == {"number", "key"} for one in facts)
    with pytest.raises(ReasonMissing):
        red_flags.handle(scene.session, flag, handling=FlagHandling.FAMILY_TOLD, done="", by=scene.supervisor, at=AT)
    red_flags.handle(
        scene.session, flag, handling=FlagHandling.FAMILY_TOLD, done="女儿在身边", by=scene.supervisor, at=AT
    )
    with pytest.raises(red_flags.AlreadyHandled):
        red_flags.handle(scene.session, flag, handling=FlagHandling.HOSPITAL, done="x", by=scene.supervisor, at=AT)


def test_goals_keep_their_t_score_among_the_outcomes(scene: Scene) -> None:
    steps = dict(zip((-2, -1, 0, 1, 2), "一二三四五", strict=True))
    with pytest.raises(goals.LevelsMissing):
        _goal(scene, steps | {2: "四"})
    three = [_goal(scene, steps) for _ in range(3)]
    for goal in three:
        goals.rate(scene.session, goal, level=1, on=local_date(AT + DAY), mode=Mode.ASKED, by=scene.worker, at=AT + DAY)
    scores = {
        one.occasion: one.score for one in scene.session.scalars(sa.select(Outcome).where(Outcome.measure == "gas"))
    }
    assert scores == {AssessmentOccasion.BASELINE: Decimal("36.3"), AssessmentOccasion.FOLLOW_UP: Decimal("63.7")}
    with pytest.raises(ReasonMissing):
        goals.end_goal(scene.session, three[0], given_up=True, reason=None, by=scene.worker, at=AT)


def _goal(scene: Scene, steps: dict[int, str]) -> Any:
    return goals.set_goal(
        scene.session, scene.case, title="走到菜市场", levels=steps, weight=1, baseline_level=-1,
        target_on=local_date(AT + 60 * DAY), by=scene.worker, at=AT,
    )  # fmt: skip


def test_need_stays_what_it_was(scene: Scene) -> None:
    """An ended referral whose outcome is not served opens its need again."""
    scene.complete(Served.NOT_SERVED, Decimal(0), reason=OutcomeReason.NOT_REACHED)
    assert scene.session.get_one(Need, scene.need.id).status.value == "open"
