"""What the demonstration shows of evaluation: each state once, made as people make it, and the same on any day."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import (
    Account,
    Contradiction,
    FileSample,
    Finding,
    FindingStatus,
    Measure,
    MonthlyReport,
    MonthlyStatus,
    Outcome,
    SampledFile,
    Snapshot,
    Visit,
    VisitDetail,
    VolunteerHours,
    VolunteerStatement,
)
from models.visit import REACHED
from referral.access import as_installation
from referral.actions.findings import rank
from referral.actions.reporting import verify_snapshots
from referral.clock import local_date
from referral.extensions import db
from referral.queries.report.frame import Frame
from referral.queries.report.report import home_area
from referral.queries.report.study import study
from tests.referral.seeded import TODAY, count, everything


def reader(session: Session) -> Account:
    return session.scalars(sa.select(Account).where(Account.login == "evaluator")).one()


def test_one_finding_of_each_kind_of_answer_is_there(district: Session) -> None:
    states = sorted(finding.status for finding in everything(district, Finding))
    assert states == sorted(
        [
            FindingStatus.DISPUTED,
            FindingStatus.ACCEPTED,
            FindingStatus.ACCEPTED_BY_SILENCE,
            FindingStatus.NOT_ASKED,
            FindingStatus.ASKED,
        ]
    )
    for finding in everything(district, Finding):
        assert (finding.answer is not None) == (finding.status in {FindingStatus.ACCEPTED, FindingStatus.DISPUTED})
        if finding.status is FindingStatus.ASKED:
            assert local_date(finding.answer_by) > TODAY


def test_the_sample_is_one_that_anybody_draws_again(district: Session) -> None:
    (sample,) = everything(district, FileSample)
    drawn = district.scalars(sa.select(SampledFile).order_by(SampledFile.place)).all()
    assert len(drawn) == sample.drawn == sum(share for _size, share in sample.shares.values())
    ranks = [rank(sample.seed, file.person_id) for file in drawn]
    assert ranks == sorted(ranks)


def test_of_two_townships_one_month_is_received_and_one_sent_back(district: Session) -> None:
    reports = everything(district, MonthlyReport)
    assert sorted(one.status for one in reports) == [MonthlyStatus.RECEIVED, MonthlyStatus.RETURNED]
    assert len({one.area_code for one in reports}) == 2
    assert all(one.lines for one in reports)
    last = TODAY.replace(day=1) - timedelta(days=1)
    assert all(one.month < last.replace(day=1) for one in reports), "the last month is left to be filed"


def test_one_word_against_a_providers_waits_to_be_looked_into(district: Session) -> None:
    assert count(district, Contradiction, Contradiction.settled_at.is_(None)) == 1


def test_some_people_have_two_scores_from_before_anybody_came(district: Session) -> None:
    actor = district.scalars(sa.select(Account).where(Account.login == "coordinator")).one()
    frame = Frame(actor, TODAY - timedelta(days=364), TODAY, home_area(district, actor))
    waiting = [one for one in study(district, frame, Measure.WHO5).subjects if not one.served]
    assert len(waiting) >= 2
    assert {one.person_times for one in waiting} == {0}


def test_promises_hang_on_visits_that_met_somebody(district: Session) -> None:
    rows = district.execute(sa.select(VisitDetail.promise, Visit.contact_result).join(Visit)).all()
    assert len(rows) >= 3
    assert all(promise and result in REACHED for promise, result in rows)


def test_volunteers_have_hours_a_correction_and_a_statement(district: Session) -> None:
    assert count(district, VolunteerHours) > 10
    assert count(district, VolunteerHours, VolunteerHours.replaced) >= 1
    assert count(district, VolunteerStatement) >= 1


def test_the_evaluator_has_one_frozen_report_that_holds(demo_app: Flask) -> None:
    with demo_app.app_context():
        as_installation(db.session, because="a test")
        (snapshot,) = everything(db.session, Snapshot)
        assert snapshot.program_id == reader(db.session).program_id
        figures = json.loads(snapshot.body)["figures"]
        assert int(figures["done.persons"]) >= 5, "a report of nothing shows nothing"
        assert verify_snapshots(db.session).holds


@pytest.mark.parametrize("today", [date(2027, 1, 2), date(2026, 10, 4)])
@pytest.mark.slow
def test_it_is_there_on_other_days_too(session: Session, today: date) -> None:
    from referral.actions import seeding

    said: dict[str, Any] = {"today": today, "progress": lambda _text: None}
    seeding.load_demonstration(session, **said)
    assert {one.status for one in everything(session, Finding)} >= {FindingStatus.ASKED, FindingStatus.DISPUTED}
    assert len(everything(session, MonthlyReport)) == 2
    assert count(session, Outcome, Outcome.measure == Measure.WHO5) > 200
