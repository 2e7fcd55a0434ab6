"""What the demonstration shows of evaluation: a sample with findings, filed months, scores while waiting, a person's
word against a provider's, and promises of visits. Made by the verbs themselves after the district is written."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    AssessmentOccasion,
    Attitude,
    Confirmation,
    ConfirmationSaid,
    Contradiction,
    FileSample,
    Finding,
    FindingCode,
    Measure,
    Mode,
    MonthlyReport,
    MonthlyStatus,
    Organization,
    Outcome,
    Referral,
    ReferralOutcome,
    ReferralStatus,
    SampledFile,
    SpokenBy,
    Strata,
    Visit,
    VisitDetail,
)
from models.visit import REACHED
from referral.actions import confirming, findings, reporting
from referral.actions.seeding.hours import months
from referral.clock import local_date, start_of
from referral.queries import samples
from referral.queries.report import monthly
from referral.queries.report.frame import Frame
from referral.queries.report.report import home_area

DRAWN_DAYS_AGO = 25
FILES, SAMPLE_SEED = 12, 20261
WAITED = 10
"""Days between asking and the first visit: so long somebody can be asked a second time."""
LEFT_OUT = "护理小时没有分服务类别填写，请补齐后再报。"
PROMISES = (
    "下次带血压计来量一量",
    "帮着问问轮椅的事",
    "下次陪着去镇上取药",
    "把电饭煲的插头换好",
    "给孙女带几本旧课本",
)
NO_ANSWER = "两次走访之间隔了四十多天，计划写的是每周一次。"
DISPUTED = "计划在纸质档案里，当时还没有录入；现已补录。"


def tell_evaluation(session: Session, today: date) -> None:
    """Write it all, dated by `today`; the same day gives the same."""
    accounts = {account.login: account for account in session.scalars(sa.select(Account))}
    now = start_of(today) + timedelta(hours=8)
    _sample(session, accounts["evaluator"], accounts, now)
    _months(session, accounts, today)
    _scores_while_waiting(session, today)
    _word_against_word(session, accounts["station"], now)
    _promises(session, accounts["station"], now)


def _sample(session: Session, evaluator: Account, accounts: dict[str, Account], now: datetime) -> None:
    """A sample of the last three months: one finding answered, one disputed, one silent, one open, one good."""
    oldest, _last, this = months(local_date(now))
    area = home_area(session, evaluator)
    frame = Frame(evaluator, oldest, this - timedelta(days=1), area)
    people = samples.population(session, frame, Strata.SEX)
    at = now - timedelta(days=DRAWN_DAYS_AGO)
    if area is None or not people:
        return
    drawn = findings.draw_sample(
        session, people, start=frame.start, end=frame.end, area_code=area, strata=Strata.SEX, size=FILES,
        seed=SAMPLE_SEED, answer_days=5, by=evaluator, at=at,
    )  # fmt: skip
    asked = [
        (file, organization)
        for file in samples.files_of(session, drawn)
        if (organization := _who_answers(session, evaluator, file, accounts))
    ]
    codes = (FindingCode.NO_PLAN, FindingCode.NO_FOLLOW_UP, FindingCode.SERVED_LATE, FindingCode.GOOD_PRACTICE)
    found = [
        _found(session, drawn, file, organization, code=code, by=evaluator, at=at + timedelta(hours=2))
        for (file, organization), code in zip(asked, codes, strict=False)
    ]
    officers = {account.organization_id: account for account in accounts.values() if account.organization_id}
    for finding, accepted in zip(found[:2], (False, True), strict=False):
        findings.answer(
            session, finding, accepted=accepted, words=DISPUTED if not accepted else "确实漏了，下月补做。",
            by=officers[finding.organization_id], at=at + timedelta(days=2),
        )  # fmt: skip
    if len(found) > 2:
        findings.accept_by_silence(session, now)
    if len(asked) > len(codes):
        file, organization = asked[len(codes)]
        yesterday = now - timedelta(days=1)
        _found(session, drawn, file, organization, code=FindingCode.NO_REVISIT, by=evaluator, at=yesterday)


def _who_answers(session: Session, evaluator: Account, file: SampledFile, accounts: dict[str, Account]) -> UUID | None:
    """Return an organization that helped the person and has an account to answer with; the charity's before others."""
    can = {key for key, _name in samples.who_can_answer(session, evaluator, file.person_id)}
    known = (accounts[login].organization_id for login in ("charity", "elder", "supervisor"))
    return next((key for key in known if key in can), None)


def _found(
    session: Session, sample: FileSample, file: SampledFile, organization: UUID, *, code: FindingCode, by: Account,
    at: datetime,
) -> Finding:  # fmt: skip
    note = NO_ANSWER if code is FindingCode.SERVED_LATE else None
    return findings.find(
        session, sample, file, code=code, organization_id=organization, note=note, by=by, at=at
    )  # fmt: skip


def _months(session: Session, accounts: dict[str, Account], today: date) -> None:
    """The month before the last of the first station is received; of the second station it was sent back."""
    oldest, last, _this = months(today)
    county = accounts["coordinator"]
    at = start_of(last) + timedelta(days=2, hours=9)
    for login in ("supervisor", "station2"):
        by = accounts[login]
        station = session.get_one(Organization, by.organization_id)
        report = MonthlyReport(
            organization_id=station.id, area_code=station.area_code, month=oldest, status=MonthlyStatus.DRAFT
        )
        lines = monthly.lines_of(session, by, station.id, oldest)
        reporting.submit_month(session, report, lines, by=by, at=at)
        if login == "supervisor":
            reporting.receive_month(session, report, by=county, at=at + timedelta(hours=5))
        else:
            reporting.return_month(session, report, by=county, at=at + timedelta(hours=6), reason=LEFT_OUT)


def _scores_while_waiting(session: Session, today: date) -> None:
    """A second score of well-being for those who waited long for the first visit and have none since."""
    first: dict[UUID, date] = {
        person: local_date(moment)
        for person, moment in session.execute(
            sa.select(Visit.person_id, sa.func.min(Visit.started_at))
            .where(Visit.contact_result.in_(REACHED), ~Visit.replaced)
            .group_by(Visit.person_id)
        )
    }
    scores = sa.select(Outcome).where(Outcome.measure == Measure.WHO5, Outcome.score.is_not(None))
    taken: dict[UUID, list[Outcome]] = {}
    for one in session.scalars(scores.order_by(Outcome.taken_on, Outcome.person_id)):
        taken.setdefault(one.person_id, []).append(one)
    for number, (person, found) in enumerate(taken.items()):
        only, visited = found[0], first.get(person)
        if len(found) > 1 or visited is None or (visited - only.taken_on).days < WAITED or visited > today:
            continue
        on, score = visited - timedelta(days=1), only.score or Decimal(0)
        session.add(
            Outcome(
                person_id=person, case_id=only.case_id, measure=Measure.WHO5, occasion=AssessmentOccasion.FOLLOW_UP,
                taken_on=on, score=min(Decimal(100), max(Decimal(0), score + Decimal((-8, -4, 0, 4)[number % 4]))),
                mode=Mode.ASKED, taken_by_id=only.taken_by_id, created_at=start_of(on) + timedelta(hours=10),
            )
        )  # fmt: skip
    session.flush()


def _word_against_word(session: Session, worker: Account, now: datetime) -> None:
    """Yesterday somebody said on the phone that nothing came of help that counts as given; nobody has looked yet."""
    mine = Contradiction.station_id == worker.organization_id
    if session.scalar(sa.select(Contradiction.id).where(mine, Contradiction.settled_at.is_(None)).limit(1)):
        return
    referral = session.scalars(
        sa.select(Referral)
        .where(
            Referral.station_id == worker.organization_id,
            Referral.status == ReferralStatus.COMPLETED,
            Referral.outcome == ReferralOutcome.PARTLY_SERVED,
            ~sa.select(Confirmation.id).where(Confirmation.referral_id == Referral.id).exists(),
        )
        .order_by(Referral.ended_at.desc(), Referral.number)
        .limit(1)
    ).one_or_none()
    if referral is not None:
        at = now - timedelta(hours=21)
        confirming.confirm_by_call(
            session, referral, said=ConfirmationSaid.NOT_SERVED, spoken_by=SpokenBy.PERSON, called_at=at, by=worker,
            at=at,
        )  # fmt: skip


def _promises(session: Session, worker: Account, now: datetime) -> None:
    """What the worker promised in visits of the last weeks, as the phone has it."""
    visits = session.scalars(
        sa.select(Visit)
        .where(
            Visit.worker_id == worker.id, Visit.started_at < now, ~Visit.replaced, Visit.contact_result.in_(REACHED),
            Visit.activity_key.is_(None),
        )
        .order_by(Visit.started_at.desc(), Visit.person_id)
        .limit(len(PROMISES))
    ).all()  # fmt: skip
    for visit, promise in zip(visits, PROMISES, strict=False):
        left = visit.started_at + timedelta(minutes=visit.minutes or 0)
        session.add(
            VisitDetail(
                visit_id=visit.id, attitude=Attitude.WELCOMING, promise=promise, arrived_at=visit.started_at,
                left_at=left, created_at=left,
            )
        )  # fmt: skip
    session.flush()
