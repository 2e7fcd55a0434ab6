"""What must have happened before pages of plans, measures, contracts, links and evaluators have anything to show."""

import re
from datetime import date, timedelta

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models import (
    Account,
    AnswerLink,
    Case,
    Confirmation,
    ConfirmationSaid,
    ConfirmationWay,
    Contradiction,
    Goal,
    GoalStatus,
    LinkPurpose,
    Organization,
    Referral,
    ReferralOutcome,
    ReferralStatus,
    ServicePlan,
    Sheet,
    SpokenBy,
    Visit,
)
from models.referral import GOING_ON_STATUSES
from referral import clock
from referral.access import as_installation
from referral.actions import contracts, instruments, links
from referral.extensions import db
from referral.queries import contracts as queries
from tests.journeys.preparing import signed_in

KEY = re.compile(r"/samples/files/[0-9a-f-]{36}")
CHOICE = re.compile(r'<select[^>]*name="organization".*?<option[^>]*value="([0-9a-f-]{36})"', re.DOTALL)


def later_records(app: Flask) -> dict[str, tuple[str, ...]]:
    """Write down what comes after help was asked for; return for each login (or nobody) where it shows."""
    with app.app_context():
        as_installation(db.session, because="a test")
        worker = db.session.scalars(sa.select(Account).where(Account.login == "station")).one()
        starts = {
            "": ("/my-help", "/answered/again", _answer_link()),
            "station": (*_referrals(worker), *_measures(worker), _written(worker), "/phone/shell"),
            "administrator": (_own_instrument(),),
        }
        contract, contradicted = _contract(), _contradicted(worker)
        db.session.commit()
    sampled = _sample(app)
    month = _sent(signed_in(app, "supervisor"), "/months?month=" + f"{_last_month():%Y-%m}", {})
    return {
        **starts,
        "coordinator": (contract,),
        "evaluator": (sampled, "/report/snapshots"),
        "supervisor": (month, "/findings", contradicted),
    }


def _sent(client: FlaskClient, address: str, data: dict[str, str]) -> str:
    answer = client.post(address, data=data)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.location)


def _last_month() -> date:
    return (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)


def _sample(app: Flask) -> str:
    """Draw files, and find something in each of three."""
    evaluator = signed_in(app, "evaluator")
    asked = {"size": "20", "strata": "none", "seed": "1", "answer_days": "5"}
    sample = _sent(evaluator, "/samples", asked)
    files = list(dict.fromkeys(KEY.findall(evaluator.get(sample).get_data(as_text=True))))
    for address in files[:3]:
        provider = CHOICE.search(evaluator.get(address).get_data(as_text=True))
        assert provider, address
        finding = {"code": "no_plan", "organization": provider[1], "note": "没有看到计划"}
        _sent(evaluator, address, finding)
    return sample


def _answer_link() -> str:
    """A link that still can be answered."""
    waiting = (
        sa.select(AnswerLink)
        .join(Referral, Referral.id == AnswerLink.referral_id)
        .join(Organization, Organization.id == AnswerLink.organization_id)
        .where(AnswerLink.purpose == LinkPurpose.ANSWER, links.works(clock.now()))
    )
    return f"/answer/{links.token(db.session.scalars(waiting.order_by(AnswerLink.id).limit(1)).one())}"


def _referrals(worker: Account) -> tuple[str, ...]:
    """Of the worker's station: one that waits for an answer, and one that was taken on without a plan."""
    ours = sa.select(Referral.id).where(Referral.station_id == worker.organization_id).order_by(Referral.id).limit(1)
    planned = sa.select(ServicePlan.referral_id)
    wanted = (
        ours.where(Referral.status == ReferralStatus.REQUESTED),
        ours.where(Referral.status.in_(GOING_ON_STATUSES), Referral.id.not_in(planned)),
    )
    return tuple(f"/referrals/{db.session.scalars(one).one()}" for one in wanted)


def _contradicted(worker: Account) -> str:
    """Help that the provider says was given and the person says was not, not looked into yet."""
    ended = sa.select(Referral).where(
        Referral.station_id == worker.organization_id,
        Referral.status == ReferralStatus.COMPLETED,
        Referral.outcome != ReferralOutcome.NOT_SERVED,
    )
    referral = db.session.scalars(ended.order_by(Referral.id).limit(1)).one()
    of = {"referral_id": referral.id, "person_id": referral.person_id}
    word = Confirmation(
        **of,
        way=ConfirmationWay.CALL,
        said=ConfirmationSaid.NOT_SERVED,
        spoken_by=SpokenBy.PERSON,
        at=clock.now(),
        taken_by_id=worker.id,
    )
    db.session.add(word)
    db.session.flush()
    task = Contradiction(
        **of,
        station_id=referral.station_id,
        confirmation_id=word.id,
        provider_said=referral.outcome,
        opened_at=word.at,
    )
    db.session.add(task)
    db.session.flush()
    return f"/contradictions/{task.id}"


def _measures(worker: Account) -> tuple[str, ...]:
    """Cases of the worker's station: one that was measured, and one with a goal that is followed."""
    ours = sa.select(Case.id).where(Case.station_id == worker.organization_id).order_by(Case.id).limit(1)
    measured = ours.where(Case.id.in_(sa.select(Sheet.case_id).where(~Sheet.replaced)))
    followed = ours.where(Case.id.in_(sa.select(Goal.case_id).where(Goal.status == GoalStatus.FOLLOWED)))
    return tuple(f"/cases/{db.session.scalars(one).one()}/measures" for one in (measured, followed))


def _written(worker: Account) -> str:
    """A visit that the worker wrote down, as the phone shows it."""
    own = sa.select(Visit.id).where(Visit.worker_id == worker.id, ~Visit.replaced)
    return f"/phone/visits/{db.session.scalars(own.order_by(Visit.id.desc()).limit(1)).one()}"


def _own_instrument() -> str:
    """A draft of an instrument that the installation wrote itself."""
    definition = instruments.packs()[0]["definition"]
    names = {"zh": "村里自己的三问", "en": "Three questions of our own"}
    draft = instruments.make_own(db.session, code="own_three", names=names, definition=definition)
    return f"/admin/instruments/{draft.instrument_id}"


def _contract() -> str:
    """A contract that is not signed yet."""
    coordinator = db.session.scalars(sa.select(Account).where(Account.login == "coordinator")).one()
    sides = queries.sides(db.session, coordinator)
    start = clock.today().replace(month=1, day=1)
    contract = contracts.add_contract(
        db.session,
        number="草-1",
        name="尚未签订",
        buyer=sides[0],
        provider=sides[-1],
        area_code=coordinator.area_code or "",
        starts_on=start,
        ends_on=start.replace(month=12, day=31),
        by=coordinator,
    )
    return f"/contracts/{contract.id}"
