"""Limits and days of re-visits are set by a coordinator or an administrator; what held before stays on record."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import ContactResult, FlagRule, HoursThreshold, Role, Visit, VisitFlag, VisitKind
from referral.actions import revisits
from referral.actions.thresholds import LimitOutOfRange, set_limit
from referral.actions.visits import log_visit
from referral.clock import local_date
from referral.plausibility import LIMITS
from referral.queries import thresholds
from referral.queries.calendar import work_calendar
from tests.factories import AT, make_account, make_case, make_organization, make_person, make_term
from tests.pages import check_page
from tests.queries import sign_in
from tests.visits import outside


def test_what_was_set_last_counts_and_what_was_before_stays(session_on_both: Session) -> None:
    session = session_on_both
    by = make_account(session)
    for day, value in enumerate(("300", "200", "360")):
        set_limit(session, "too_long", Decimal(value), source=f"文件{day}", by=by, at=AT + timedelta(days=day))
    assert thresholds.changed(session)["too_long"].value == Decimal(360)
    assert [one.source for one in thresholds.history(session)] == ["文件2", "文件1", "文件0"]


@pytest.mark.parametrize(
    ("name", "value"), [("too_long", "0"), ("revisit_days", "2.5"), ("revisit_days", "251"), ("revisit_days", "-1")]
)
def test_a_limit_out_of_its_range_is_refused(session_on_both: Session, name: str, value: str) -> None:
    with pytest.raises(LimitOutOfRange):
        set_limit(session_on_both, name, Decimal(value), source="x", by=make_account(session_on_both), at=AT)


def test_what_is_no_limit_cannot_be_set(session_on_both: Session) -> None:
    with pytest.raises(KeyError):
        set_limit(session_on_both, "nonsense", Decimal(1), source="x", by=make_account(session_on_both), at=AT)


def test_revisits_come_due_after_the_days_that_were_set(session_on_both: Session) -> None:
    session, today = session_on_both, local_date(AT)
    usual = revisits.plan(session, make_case(session), at=AT)
    assert usual.due_on == work_calendar(session).add(today, 20), "the default is unchanged"
    set_limit(session, "revisit_days", Decimal(7), source="街道会议", by=make_account(session), at=AT)
    later = revisits.plan(session, make_case(session), at=AT)
    assert later.due_on == work_calendar(session).add(today, 7)
    assert usual.due_on == work_calendar(session).add(today, 20), "what was planned before stays"


def test_one_kind_of_help_has_a_limit_of_its_own(session_on_both: Session) -> None:
    session = session_on_both
    by, firm = make_account(session, Role.PROVIDER_OFFICER), make_organization(session)
    set_limit(session, "too_long.B02", Decimal(45), source="合同", by=by, at=AT)
    for number, code in enumerate(("B02", "C03")):
        log_visit(
            session, person=make_person(session), term=make_term(session, code), organization=firm, by=by,
            kind=VisitKind.HOME_VISIT, contact_result=ContactResult.MET_PERSON, minutes=60, units=Decimal(1),
            started_at=AT + timedelta(hours=3 * number),
        )  # fmt: skip
    flagged = sa.select(Visit.term_id).join(VisitFlag, VisitFlag.visit_id == Visit.id)
    found = session.scalars(flagged.where(VisitFlag.rule == FlagRule.TOO_LONG)).all()
    assert found == [make_term(session, "B02").id]


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.COORDINATOR])
def test_the_pages_set_a_limit_and_show_who_set_which_when(app: Flask, role: Role) -> None:
    with outside(app) as session:
        account = make_account(session, role, name="郑设定")
        term = make_term(session, "B02")
        session.commit()
        client = sign_in(app.test_client(), account.login)
        for name in LIMITS:
            assert client.get(f"/hours/limits/{name}").status_code == 200
        assert client.get("/hours/limits/nonsense").status_code == 404
        bad = {"value": "2.5", "source": "会议"}
        assert client.post("/hours/limits/revisit_days", data=bad).status_code == 422
        good = {"value": "15", "source": "会议纪要3号"}
        assert client.post("/hours/limits/revisit_days", data=good).status_code == 302
        help_ = {"value": "90", "source": "合同第4条", "term": str(term.id)}
        assert client.post("/hours/limits/help", data=help_ | {"term": ""}).status_code == 422
        assert client.post("/hours/limits/help", data=help_).status_code == 302
        assert set(session.scalars(sa.select(HoursThreshold.name))) == {"revisit_days", "too_long.B02"}
        session.commit()
        for language in ("zh", "en"):
            for address in ("/hours/limits", "/hours/limits/help", "/hours/limits/revisit_days"):
                answer = client.get(address, headers={"Accept-Language": language})
                check_page(answer, language)
            shown = client.get("/hours/limits").get_data(as_text=True)
            assert shown.count("会议纪要3号") == 2, "in force, and in the history"
            assert "郑设定" in shown


def test_others_set_none(app: Flask) -> None:
    with outside(app) as session:
        account = make_account(session, Role.STATION_SUPERVISOR)
        session.commit()
        client = sign_in(app.test_client(), account.login)
        assert client.get("/hours/limits").status_code == 200
        assert client.post("/hours/limits/revisit_days", data={"value": "1", "source": "x"}).status_code in {403, 404}
        assert session.scalars(sa.select(HoursThreshold)).all() == []
