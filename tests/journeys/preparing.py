"""What must have happened in a demonstration before some pages have anything to show."""

import io

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import joinedload

from matching import Params
from models import Account, Case, CaseSource, CaseStatus, Need, NeedStatus, Person, Referral, ReferralStatus, Urgency
from referral import clock
from referral.access import as_installation
from referral.actions import cases
from referral.actions.seeding.accounts import PASSWORD
from referral.actions.seeding.district import DISTRICT
from referral.extensions import db
from referral.queries.candidates import ranked_candidates
from referral.queries.consents import live_consent
from tests.referral.spreadsheets import text

HEADINGS = ("组织", "服务项目", "名额", "起始日期", "截止日期")


def signed_in(app: Flask, login: str) -> FlaskClient:
    """A client signed in as one of the demonstration's accounts; forms of this application need no token."""
    client = app.test_client()
    assert client.post("/sign-in", data={"login": login, "password": PASSWORD}).status_code == 302
    return client


def finished_round(app: Flask) -> str:
    """Run a round over the whole district and return its address."""
    answer = signed_in(app, "coordinator").post("/coordination/rounds/new", data={"area": DISTRICT, "seed": "0"})
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.location)


def asked_what_if(app: Flask) -> tuple[str, ...]:
    """Ask what a lighter weight would change, once as a question and once as a draft of the parameters.

    Return where the answers stand.
    """
    coordinator = signed_in(app, "coordinator")
    question = {"area": DISTRICT, "c": "parameter~weight_quality~0"}
    usual = {name: "" if value is False else str(value) for name, value in Params().as_dict().items()}
    draft = {**usual, "weight_quality": "0", "area": DISTRICT, "reason": "试算"}
    found = []
    for address, data in (("/coordination/what-if/new", question), ("/coordination/parameters/new", draft)):
        answer = coordinator.post(address, data=data)
        assert answer.status_code == 302, answer.get_data(as_text=True)
        found.append(str(answer.location))
    return tuple(found)


def planned_purchase(app: Flask) -> None:
    """Compute where bought places would help most, and who carries whom."""
    answer = signed_in(app, "coordinator").post("/coordination/planning/places", data={"places": "6"})
    assert answer.status_code == 302, answer.get_data(as_text=True)


def previewed_import(app: Flask) -> str:
    """Upload a file with a wrong cell and return the address of its preview."""
    data = {"kind": "capacity", "file": (io.BytesIO(wrong_cells()), "名额.csv")}
    answer = signed_in(app, "coordinator").post("/imports", data=data)
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return str(answer.location)


def wrong_cells() -> bytes:
    """A file of capacities in which nothing is right."""
    return text([HEADINGS, ("没有这个组织", "助餐", "很多", "2026.13.1", "2026-12-31")])


def rare_records(app: Flask) -> dict[str, tuple[str, ...]]:
    """Write down what seldom happens, and return for each login the addresses where it shows.

    A file opened by break-glass, an emergency, a person's request, a concluded case, help that goes on.
    """
    station = signed_in(app, "station")
    with app.app_context():
        as_installation(db.session, because="a test")
        worker = db.session.scalars(sa.select(Account).where(Account.login == "station")).one()
        elsewhere = db.session.scalars(sa.select(Person).where(Person.station_id != worker.organization_id)).first()
        going = _referral(worker, ReferralStatus.IN_PROGRESS)
        capacity, need = _place_for_a_need(worker)
        concluded = _concluded_case(worker)
        number, person = elsewhere.number if elsewhere else "", concluded.person_id
        addresses = (f"/referrals/{going}", f"/cases/{concluded.id}", f"/people/{person}")
        db.session.commit()
    for address, form in (
        ("/glass/new", {"number": number, "reason": "danger", "words": "邻居说老人两天没有开门，电话也不接"}),
        (
            f"/needs/{need}/refer",
            {
                "capacity": capacity,
                "consent": "emergency",
                "emergency_reason": "老人昏倒在家",
                "choice_note": "离得最近",
            },
        ),
        (f"/people/{person}/rights/new", {"kind": "copy", "asker": "self", "asked_on": str(clock.today())}),
    ):
        answer = station.post(address, data=form)
        assert answer.status_code == 302, answer.get_data(as_text=True)
    return {"station": (*addresses, "/glass", "/rights"), "supervisor": ("/glass/reviews", "/emergencies")}


def _referral(worker: Account, status: ReferralStatus) -> str:
    ours = sa.select(Referral.id).where(Referral.station_id == worker.organization_id, Referral.status == status)
    return str(db.session.scalars(ours.order_by(Referral.id).limit(1)).one())


def _place_for_a_need(worker: Account) -> tuple[str, str]:
    """A need of the worker's station that waits, and a place for it whose provider nobody has agreed to."""
    waiting = sa.select(Need).where(Need.station_id == worker.organization_id, Need.status == NeedStatus.OPEN)
    for need in db.session.scalars(waiting.options(joinedload(Need.person)).order_by(Need.id)).all():
        for one in ranked_candidates(db.session, need, clock.now()):
            agreed = live_consent(
                db.session, need.person_id, one.capacity.service_at_location.service.organization_id, clock.now()
            )
            if one.fits and not agreed:
                return str(one.capacity.id), str(need.id)
    raise AssertionError("the demonstration has no need that can be referred in an emergency")


def _concluded_case(worker: Account) -> Case:
    """A case of the worker's station that is concluded and waits for the re-visit."""
    before = sa.select(Case).where(Case.station_id == worker.organization_id, Case.status == CaseStatus.REVISITED)
    person = db.session.get_one(Person, db.session.scalars(before.order_by(Case.id)).all()[0].person_id)
    kind = {"source": CaseSource.SELF, "urgency": Urgency.NORMAL, "status": CaseStatus.ANSWERED}
    case = cases.open_case(db.session, person, by=worker, at=clock.now(), **kind)
    cases.conclude(db.session, case, by=worker, at=clock.now())
    return case
