"""A district in which every personal field holds a canary, and every subject has one record of each kind.

Accounts: a station's worker and supervisor (S1), an officer of a provider (P1), coordinator, evaluator and village
assistant of county A, administrator, auditor. What joins the subjects to them:

    subject     village   station  referral to                                              files opened by
    own         county A  S1       P2, agreed to everything
    shared      county A  S2       P1, agreed to identity and contact only
    foreign     county A  S2       P2, agreed to everything
    opened      county B  S3       P3, agreed to everything                                 OPENERS
    none        county B  S3       P3, agreed to everything
    taken_back  county B  S3       P1, agreed to everything, and took it back a day ago
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from matching import Params
from models import (
    Account,
    Assessment,
    AssessmentOccasion,
    BeneficiaryCategory,
    CalendarDay,
    Capacity,
    Case,
    CaseStatus,
    CaseStep,
    ConsentGiver,
    ConsentRelation,
    ConsentWay,
    ContactResult,
    DataKind,
    DeclineReason,
    Domain,
    EmergencyReview,
    GlassAccess,
    GlassReason,
    Household,
    ImportKind,
    ImportRow,
    ImportRun,
    Measure,
    Need,
    NeedStatus,
    NeedType,
    Organization,
    Outcome,
    PictureKind,
    Proposal,
    ReferralStatus,
    RetentionRun,
    RightsAsker,
    RightsKind,
    RightsRequest,
    Role,
    Round,
    RoundParameters,
    RoundStatus,
    RowResult,
    Scenario,
    ScenarioKind,
    ScenarioStatus,
    Urgency,
    Visit,
    VisitDetail,
    VisitKind,
    VisitPicture,
)
from models.calendar import DayKind
from models.round import Decision
from tests.factories import (
    OTHER_COUNTY,
    OTHER_VILLAGE,
    VILLAGE,
    make_account,
    make_area,
    make_capacity,
    make_consent,
    make_fund,
    make_organization,
    make_station,
    make_term,
)
from tests.matrix.canaries import SUBJECTS, Canaries, Keys
from tests.matrix.hours import make_hours
from tests.matrix.outcomes import make_instruments, make_outcomes
from tests.matrix.people import Referring, make_subject
from tests.matrix.planning import make_plan
from tests.matrix.reports import make_reports

ROLES = {
    "assistant": Role.VILLAGE_ASSISTANT,
    "worker": Role.STATION_WORKER,
    "supervisor": Role.STATION_SUPERVISOR,
    "officer": Role.PROVIDER_OFFICER,
    "coordinator": Role.COORDINATOR,
    "evaluator": Role.EVALUATOR,
    "administrator": Role.ADMINISTRATOR,
    "auditor": Role.AUDITOR,
}
OPENERS = ("worker", "supervisor", "coordinator")
S = ReferralStatus
PROOF = {"exact": True, "primal": 1, "dual": 1, "pairs": 1, "components": 1, "digest": "0" * 64, "wanted": [0, 0, 1, 0]}


def one_gains(need: Need, capacity: Capacity) -> dict[str, Any]:
    """The answer of a scenario in which one need gains a proposal."""
    side = {
        "needs": 1, "openings": 1, "places": 1, "served": 0, "greedy": 0, "by_tier": [[1, 0]], "by_service": {},
        "by_township": {}, "cost": 0, "value": 0, "km": 0.0, "km_known": 0, "scarce": 0, "exact": True,
    }  # fmt: skip
    nobody: dict[str, Any] = {"count": 0, "by_tier": [0], "by_township": {}, "needs": []}
    gain = {"count": 1, "by_tier": [1], "by_township": {}, "needs": [[str(need.id), None, str(capacity.id)]]}
    return {
        "today": side, "copy": {**side, "served": 1, "by_tier": [[1, 1]]}, "places": [], "idle": [], "digest": "0" * 64,
        "seconds": {"gather": 0.1}, "params": {}, "differences": {"gain": gain, "lose": nobody, "move": nobody},
    }  # fmt: skip


@dataclass
class District:
    """The accounts, the canaries, and by subject and kind of record the keys."""

    at: datetime
    canaries: Canaries = field(default_factory=Canaries)
    accounts: dict[str, Account] = field(default_factory=dict)
    logins: dict[str, str] = field(default_factory=dict)
    account_ids: dict[str, Any] = field(default_factory=dict)
    keys: dict[str, Keys] = field(default_factory=dict)
    common: Keys = field(default_factory=dict)
    glass: dict[tuple[str, str], Any] = field(default_factory=dict)
    """(subject, role) → the opening of that role's account."""
    glass_roles: set[tuple[str, str]] = field(default_factory=lambda: {(role, "opened") for role in OPENERS})
    """(role, subject) of the files that are open."""
    station_id: Any = None
    """The worker's own station."""


def fill(session: Session, at: datetime) -> District:
    """Write the district; the caller commits."""
    made = District(at)
    make_area(session, VILLAGE)
    make_area(session, OTHER_VILLAGE)
    stations = {"own": make_station(session)} | {"shared": make_station(session)}
    stations["opened"] = make_station(session, area_code=OTHER_COUNTY)
    stations |= {"foreign": stations["shared"], "none": stations["opened"], "taken_back": stations["opened"]}
    p1, p2, p3 = (make_organization(session) for _ in range(3))
    receivers = {"own": p2, "shared": p1, "foreign": p2, "opened": p3, "none": p3, "taken_back": p1}
    for name, role in ROLES.items():
        where: dict[str, Any] = {}
        if name in ("worker", "supervisor"):
            where["organization_id"] = stations["own"].id
        if name == "officer":
            where["organization_id"] = p1.id
        made.accounts[name] = make_account(session, role, **where)
    stranger = make_account(session, Role.COORDINATOR, area_code=OTHER_COUNTY)
    term = make_term(session)
    category = BeneficiaryCategory(
        code="G03", name_zh="低保", name_en="Allowance", category_code="G", category_zh="低保对象", origin="for tests"
    )
    need_type = NeedType(
        code="3.1", domain=Domain.CARE, name_zh="照料", name_en="Care", usual_answer="A02",
        default_urgency=Urgency.NORMAL,
    )  # fmt: skip
    holiday = CalendarDay(day=date(2026, 10, 1), kind=DayKind.HOLIDAY, note="国庆节", source="for tests")
    session.add_all([category, need_type, holiday])
    session.flush()
    made.common = {"term": term.id, "category": category.id, "need_type": need_type.id}
    made.common["instrument"] = make_instruments(session, at)
    for subject in SUBJECTS:
        _subject(session, made, subject, station=stations[subject], receiver=receivers[subject], stranger=stranger)
    run = RetentionRun(number="R-1", proposed_by_id=stranger.id, proposed_at=at)
    session.add(run)
    session.flush()
    made.common["retention"] = run.id
    made.common |= make_reports(
        session, at, evaluator=made.accounts["evaluator"], station=stations["own"], officer=made.accounts["officer"],
        person_id=made.keys["shared"]["person"],
    )  # fmt: skip
    for name in OPENERS:
        made.accounts[name].glass_until = at + timedelta(hours=2)
    made.station_id = stations["own"].id
    made.logins = {name: account.login for name, account in made.accounts.items()}
    made.account_ids = {name: account.id for name, account in made.accounts.items()}
    return made


def _subject(
    session: Session, made: District, subject: str, *, station: Organization, receiver: Organization, stranger: Account
) -> None:
    at, word = made.at, made.canaries.word
    number = SUBJECTS.index(subject)
    in_a = subject in ("own", "shared", "foreign")
    area = VILLAGE if in_a else OTHER_VILLAGE
    coordinator = made.accounts["coordinator"] if in_a else stranger
    author = make_account(session, Role.STATION_WORKER, organization_id=station.id)

    household = Household(number=word("O", subject), area_code=area, note=word("N", subject))
    session.add(household)
    session.flush()
    person = make_subject(session, made, subject, area=area, station=station, household=household)
    case = Case(
        number=word("O", subject), person_id=person.id, household_id=household.id, station_id=station.id,
        worker_id=author.id, area_code=area, status=CaseStatus.IN_CIRCULATION, source="visit", urgency=Urgency.NORMAL,
        summary=word("N", subject), opened_at=at - timedelta(days=9), first_contact_at=at - timedelta(days=9),
    )  # fmt: skip
    session.add(case)
    session.flush()
    lead = Case(
        number=word("O", subject), person_id=person.id, household_id=household.id, station_id=station.id,
        area_code=area, status=CaseStatus.LEAD, source="visit", urgency=Urgency.NORMAL, summary=word("N", subject),
        opened_at=at - timedelta(days=1),
    )  # fmt: skip
    session.add(lead)
    session.flush()
    first_by = made.accounts["assistant"] if subject == "own" else author
    steps = [(None, CaseStatus.ACCEPTED, first_by), (CaseStatus.ACCEPTED, CaseStatus.IN_CIRCULATION, author)]
    session.add_all(
        CaseStep(case_id=case.id, from_status=a, to_status=b, at=at, by_id=by.id, note=word("N", subject))
        for a, b, by in steps
    )
    session.add(
        Assessment(
            case_id=case.id, person_id=person.id, occasion=AssessmentOccasion.BASELINE, assessed_on=at.date(),
            assessed_by_id=author.id, domains={"health": {"level": 2, "note": word("H", subject)}},
            self_care={"eat": "unable"}, note=word("H", subject),
        )
    )  # fmt: skip
    session.add(
        Outcome(
            person_id=person.id, case_id=case.id, measure=Measure.WHO5, occasion=AssessmentOccasion.BASELINE,
            taken_on=at.date(), score=Decimal(40),
        )
    )  # fmt: skip
    capacity = make_capacity(session, organization=receiver, at=at, places=9, reserved=2)
    state = Referring(session, made, subject, case=case, capacity=capacity, receiver=receiver)
    going = state.referral(S.IN_PROGRESS)
    asked = state.referral(S.REQUESTED)
    waiting = state.referral(S.DRAFT)
    accepted = state.referral(S.ACCEPTED)
    held = state.referral(S.ON_HOLD, reason=DeclineReason.FULL)
    open_need = state.need(NeedStatus.OPEN)
    proposed = state.need(NeedStatus.PROPOSED)
    by_whom = made.accounts["worker"] if subject == "own" else author
    visits = [
        Visit(
            person_id=person.id, household_id=household.id, case_id=case.id, referral_id=about and about.id,
            organization_id=by.id, station_id=station.id, term_id=open_need.term_id, area_code=area,
            worker_id=by_whom.id, kind=VisitKind.HOME_VISIT, contact_result=ContactResult.MET_PERSON,
            started_at=at - timedelta(days=2), minutes=60, units=Decimal(1), unit="次", note=word("N", subject),
        )
        for by, about in ((station, None), (receiver, going))
    ]  # fmt: skip
    kinds = (DataKind.IDENTITY, DataKind.CONTACT) if subject == "shared" else tuple(DataKind)
    back: dict[str, Any] = {}
    if subject == "taken_back":
        back = {"withdrawn_at": at - timedelta(days=1), "withdrawn_way": ConsentWay.SPOKEN}
    consent = make_consent(
        session, person.id, receiver.id, kinds=kinds, at=at, given_at=at - timedelta(days=8), way=ConsentWay.SPOKEN,
        witness=word("C", subject), given_by=ConsentGiver.GUARDIAN, giver_name=word("C", subject),
        relation=ConsentRelation.CHILD, recorded_by_id=author.id, **back,
    )  # fmt: skip
    emergency_referral = state.referral(S.COMPLETED, outcome="served", ended_at=at - timedelta(days=90))
    emergency_referral.emergency = True
    emergency = EmergencyReview(
        referral_id=emergency_referral.id, reason=word("P", subject), sent_by_id=author.id, sent_at=at
    )
    rights = RightsRequest(
        number=word("O", subject), kind=RightsKind.COPY, person_id=person.id, station_id=station.id, area_code=area,
        asker=RightsAsker.GUARDIAN, asker_name=word("P", subject), note=word("P", subject),
        asked_at=at - timedelta(days=1), due_at=at + timedelta(days=9), recorded_by_id=author.id,
    )  # fmt: skip
    round_ = Round(
        number=f"ROUND-{number}", area_code=VILLAGE[:6] + "000000" if in_a else OTHER_COUNTY,
        status=RoundStatus.PROPOSED, at=at, seed=0, params={}, stage="done", progress=100, finished_at=at,
        started_by_id=coordinator.id, started_at=at, served_by_tier=[], certificate=PROOF, seconds={"total": 0.1},
    )  # fmt: skip
    run = ImportRun(
        kind=ImportKind.PEOPLE, file_name="people.csv", digest=f"{number}" * 64, by_id=coordinator.id, columns=["姓名"]
    )
    scenario = Scenario(
        number=f"W-{number}", kind=ScenarioKind.WHAT_IF, area_code=round_.area_code, status=ScenarioStatus.DONE, at=at,
        seed=0, params={}, changes=[], stage="done", progress=100, result=one_gains(open_need, capacity),
        made_by_id=coordinator.id,
    )  # fmt: skip
    parameters = RoundParameters(
        area_code=round_.area_code, number=number + 1, params=Params().as_dict(), reason="因为",
        made_by_id=coordinator.id,
    )  # fmt: skip
    session.add_all([*visits, emergency, rights, round_, run, scenario, parameters])
    session.flush()
    plan, planned, delivery = make_plan(session, made, subject, going)
    proposal = Proposal(
        round_id=round_.id, need_id=proposed.id, capacity_id=capacity.id, proposed_capacity_id=capacity.id,
        cost=1, decision=Decision.CHANGED, reason=word("P", subject),
    )  # fmt: skip
    row = ImportRow(run_id=run.id, row_number=2, cells={"姓名": word("R", subject)}, result=RowResult.NEW, problems=[])
    picture = VisitPicture(visit_id=visits[0].id, kind=PictureKind.PHOTO, image="", width=1, height=1)
    detail = VisitDetail(visit_id=visits[0].id, promise=word("N", subject))
    session.add_all([proposal, row, picture, detail])
    openers = {role: made.accounts[role] for role in OPENERS} if subject == "opened" else {"": stranger}
    for role, opener in openers.items():
        access = GlassAccess(
            account_id=opener.id, person_id=person.id, station_id=station.id, area_code=area,
            reason=GlassReason.DANGER, words=word("P", subject), opened_at=at, until=at + timedelta(hours=2),
        )  # fmt: skip
        session.add(access)
        session.flush()
        made.glass[subject, role] = access.id
    session.flush()
    made.keys[subject] = {
        "person": person.id, "household": household.id, "case": case.id, "need": open_need.id, "referral": going.id,
        "asked": asked.id, "waiting": waiting.id,
        "accepted": accepted.id, "held": held.id, "lead": lead.id, "visit": visits[0].id, "consent": consent.id,
        "picture": picture.id,
        "emergency": emergency.id, "rights": rights.id, "round": round_.id, "proposal": proposal.id,
        "import": run.id, "organization": receiver.id, "place": capacity.service_at_location_id,
        "capacity": capacity.id, "account": author.id, "service": state.service_id, "scenario": scenario.id,
        "parameters": parameters.id,
        **make_outcomes(
            session, word("N", subject), case=case, referral=emergency_referral, author_id=author.id, at=at
        ),
        "plan": plan, "planned": planned, "delivery": delivery,
        "fund": make_fund(session, organization_id=receiver.id, at=at).id,
        **make_hours(
            session, visit_id=visits[0].id, station_id=station.id, area_code=area, author_id=author.id, at=at
        ),
    }  # fmt: skip
