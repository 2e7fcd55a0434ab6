"""To whose records an act may be done: which rows of a record a role may see.

`acts.WAYS` says which roles may do an act at all. Lists and single records are loaded under the same condition, so they
cannot disagree. What lies outside is answered like a record that does not exist, because that a person is in the
system is itself private. `walls` adds these conditions to every statement about personal records.

A rule takes the account and a record's class, or a plain alias of its table (named `scope_…`) where the rule is asked
about the parent of a record.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    AnswerLink,
    Assessment,
    Case,
    CaseStep,
    Confirmation,
    Consent,
    Contract,
    Contradiction,
    DeliveryRound,
    DeliveryStop,
    EmergencyReview,
    Endpoint,
    Feature,
    FileSample,
    Finding,
    Freezing,
    GlassAccess,
    Goal,
    GoalRating,
    HoursDecision,
    Household,
    IdentityStatus,
    ImportRow,
    ImportRun,
    MeasureDue,
    Message,
    MonthlyReport,
    Need,
    NotePrint,
    Organization,
    Outcome,
    Outgoing,
    Person,
    PersonArea,
    PlannedVisit,
    PlanningStudy,
    Proposal,
    QueryCode,
    RedFlag,
    Referral,
    ReferralAnswer,
    ReferralEvent,
    ReferralQuestion,
    Revisit,
    RightsRequest,
    Role,
    Round,
    RoundParameters,
    SampledFile,
    Satisfaction,
    Scenario,
    ServicePlan,
    Settlement,
    SettlementItem,
    Sheet,
    Snapshot,
    SuggestionShown,
    Visit,
    VisitDetail,
    VisitFlag,
    VisitPicture,
    Volunteer,
    VolunteerHours,
    VolunteerStatement,
)
from models.area import areas_above
from models.referral import ReferralStatus
from referral.access.rules import Condition, Rule, alias, column, in_area
from referral.access.sample import asked_of_program, cases_of_program, sample, visits_of_program
from referral.access.viewer import Who, who_is

CASEWORK = (Role.STATION_WORKER, Role.STATION_SUPERVISOR)


def everything(_actor: Who, _entity: Any) -> Condition:
    """Every row."""
    return sa.true()


def own(name: str) -> Rule:
    """Rows whose column names the actor's organization."""
    return lambda actor, entity: column(entity, name) == actor.organization_id


def area(name: str) -> Rule:
    """Rows whose division code lies in the actor's area."""
    return lambda actor, entity: in_area(column(entity, name), actor.area_code)


def above(name: str) -> Rule:
    """Rows whose division code is that of a division in which the actor's area lies."""
    return lambda actor, entity: column(entity, name).in_(areas_above(actor.area_code or ""))


def either(*rules: Rule) -> Rule:
    """Rows that one of the rules lets through."""
    return lambda actor, entity: sa.or_(*(rule(actor, entity) for rule in rules))


def or_opened(name: str, rule: Rule) -> Rule:
    """Rows of the rule, and those of people whose files the actor has opened by break-glass for the time being."""

    def condition(actor: Who, entity: Any) -> Condition:
        within = rule(actor, entity)
        return sa.or_(within, column(entity, name).in_(actor.opened_files)) if actor.opened_files else within

    return condition


def not_halted(name: str, rule: Rule) -> Rule:
    """Rows of the rule but those of people who asked for a halt: supervisors and coordinators read these alone."""

    def condition(actor: Who, entity: Any) -> Condition:
        person = alias(Person)
        halted = sa.select(person.c.id).where(person.c.frozen_at.is_not(None))
        return sa.and_(rule(actor, entity), column(entity, name).not_in(halted))

    return condition


def through(name: str, parent: type[Any]) -> dict[Role, Rule]:
    """Rows whose parent, named by a column, the role may see."""

    def under(rule: Rule) -> Rule:
        def condition(actor: Who, entity: Any) -> Condition:
            above = alias(parent)
            return sa.exists().where(above.c.id == column(entity, name), rule(actor, above))

        return condition

    return {role: under(rule) for role, rule in SCOPES[parent].items()}


def _asked(actor: Who, entity: Any) -> Condition:
    """Referrals put to the actor's organization; drafts are put to nobody, nor what became of one that was not sent."""
    return sa.and_(
        column(entity, "organization_id") == actor.organization_id,
        column(entity, "status") != ReferralStatus.DRAFT,
        column(entity, "requested_at").is_not(None),
    )


def shared(name: str, of: str = "id") -> Rule:
    """Rows that a referral to the actor's organization is about: its `name` is the row's `of`."""

    def condition(actor: Who, entity: Any) -> Condition:
        referral = alias(Referral)
        return sa.exists().where(referral.c[name] == column(entity, of), _asked(actor, referral))

    return condition


def _member(rule: Rule) -> Rule:
    """Households one of whose people the rule lets through."""

    def condition(actor: Who, entity: Any) -> Condition:
        person = alias(Person)
        return sa.exists().where(person.c.household_id == column(entity, "id"), rule(actor, person))

    return condition


def _addressed(actor: Who, entity: Any) -> Condition:
    """Messages to the actor, to the actor's organization, or to the coordinators of the actor's area."""
    ways = [column(entity, "account_id") == actor.id]
    if actor.organization_id is not None:
        ways.append(column(entity, "organization_id") == actor.organization_id)
    if actor.role is Role.COORDINATOR and actor.area_code is not None:
        ways.append(in_area(column(entity, "area_code"), actor.area_code))
    return sa.or_(*ways)


def _of_station(person: str, rule: Rule | None = None) -> dict[Role, Rule]:
    rule = or_opened(person, rule or own("station_id"))
    return {Role.STATION_WORKER: not_halted(person, rule), Role.STATION_SUPERVISOR: rule}


def _visited(actor: Who, entity: Any) -> Condition:
    """People whom the actor's organization has visited."""
    visit = alias(Visit)
    return sa.exists().where(
        visit.c.person_id == column(entity, "id"), visit.c.organization_id == actor.organization_id
    )


_PERSON: dict[Role, Rule] = _of_station("id") | {
    Role.COORDINATOR: or_opened("id", area("area_code")),
    Role.VILLAGE_ASSISTANT: not_halted("id", area("area_code")),
    Role.PROVIDER_OFFICER: either(shared("person_id"), _visited),
    Role.EVALUATOR: sample("person_id", "person_id"),
}


def _reported(actor: Who, entity: Any) -> Condition:
    """Cases that began with the actor's own report."""
    step = alias(CaseStep)
    first = sa.and_(step.c.from_status.is_(None), step.c.by_id == actor.id)
    return sa.exists().where(step.c.case_id == column(entity, "id"), first)


_IN_AREA: dict[Role, Rule] = {Role.COORDINATOR: or_opened("person_id", area("area_code"))}
_PLANNED: dict[Role, Rule] = (
    _of_station("person_id", either(own("organization_id"), own("station_id")))
    | _IN_AREA
    | {Role.PROVIDER_OFFICER: own("organization_id"), Role.EVALUATOR: visits_of_program}
)
SCOPES: dict[type[Any], dict[Role, Rule]] = {
    Person: _PERSON,
    Household: {role: _member(rule) for role, rule in _PERSON.items() if role is not Role.PROVIDER_OFFICER},
    Case: _of_station("person_id") | _IN_AREA | {Role.VILLAGE_ASSISTANT: _reported, Role.EVALUATOR: cases_of_program},
    Need: _of_station("person_id")
    | _IN_AREA
    | {Role.PROVIDER_OFFICER: shared("need_id"), Role.EVALUATOR: sample("need_id", through="need_id")},
    Referral: _of_station("person_id") | _IN_AREA | {Role.PROVIDER_OFFICER: _asked, Role.EVALUATOR: asked_of_program},
    Visit: _of_station("person_id", either(own("organization_id"), own("station_id")))
    | _IN_AREA
    | {Role.PROVIDER_OFFICER: own("organization_id"), Role.EVALUATOR: visits_of_program},
    ServicePlan: _PLANNED,
    PlannedVisit: _PLANNED,
    DeliveryRound: dict.fromkeys((*CASEWORK, Role.PROVIDER_OFFICER), own("organization_id"))
    | {Role.COORDINATOR: area("area_code")},
    Round: {Role.COORDINATOR: area("area_code")},
    PlanningStudy: {Role.COORDINATOR: area("area_code")},
    Scenario: {Role.COORDINATOR: area("area_code")},
    RoundParameters: {Role.COORDINATOR: either(area("area_code"), above("area_code")), Role.ADMINISTRATOR: everything},
    Organization: dict.fromkeys((*CASEWORK, Role.COORDINATOR, Role.ADMINISTRATOR), everything)
    | {Role.PROVIDER_OFFICER: own("id")},
    Message: dict.fromkeys(Role, _addressed),
    Account: {Role.ADMINISTRATOR: everything},
    ImportRun: {Role.COORDINATOR: lambda actor, entity: column(entity, "by_id") == actor.id},
}
"""For each record, which rows a role may see. A role that is not named sees none."""

SCOPES |= {
    PersonArea: through("person_id", Person),
    IdentityStatus: through("person_id", Person),
    Feature: through("person_id", Person),
    CaseStep: through("case_id", Case),
    Assessment: through("case_id", Case),
    Outcome: through("case_id", Case),
    DeliveryStop: through("plan_id", ServicePlan),
    ReferralEvent: through("referral_id", Referral),
    Consent: through("person_id", Person) | {Role.PROVIDER_OFFICER: own("organization_id")},
    VisitDetail: through("visit_id", Visit),
    VisitPicture: {role: rule for role, rule in through("visit_id", Visit).items() if role is not Role.EVALUATOR},
    EmergencyReview: through("referral_id", Referral),
    AnswerLink: through("referral_id", Referral),
    ReferralAnswer: through("referral_id", Referral),
    ReferralQuestion: through("referral_id", Referral),
    Endpoint: {Role.ADMINISTRATOR: everything},
    Outgoing: {Role.ADMINISTRATOR: everything},
    Proposal: through("need_id", Need),
    SuggestionShown: {
        role: rule for role, rule in through("need_id", Need).items() if role in {*CASEWORK, Role.COORDINATOR}
    },
    ImportRow: through("run_id", ImportRun),
    RightsRequest: dict.fromkeys(CASEWORK, or_opened("person_id", own("station_id")))
    | {Role.COORDINATOR: or_opened("person_id", area("area_code"))},
}

SCOPES |= {
    record: {role: rule for role, rule in through("visit_id", Visit).items() if role is not Role.EVALUATOR}
    for record in (VisitFlag, NotePrint, HoursDecision, SettlementItem)
}


def _seated(actor: Who, entity: Any) -> Condition:
    """Rows of organizations seated in the actor's area."""
    seated = alias(Organization)
    return sa.exists().where(
        seated.c.id == column(entity, "organization_id"), in_area(seated.c.area_code, actor.area_code)
    )


_VOLUNTEERS: dict[Role, Rule] = dict.fromkeys((*CASEWORK, Role.PROVIDER_OFFICER), own("organization_id")) | {
    Role.COORDINATOR: _seated
}
SCOPES |= {
    Contract: {
        Role.COORDINATOR: area("area_code"),
        Role.PROVIDER_OFFICER: own("provider_id"),
        Role.STATION_SUPERVISOR: either(own("buyer_id"), own("provider_id")),
    },
    Volunteer: _VOLUNTEERS,
    VolunteerStatement: _VOLUNTEERS,
}
SCOPES |= {Settlement: through("contract_id", Contract), VolunteerHours: through("volunteer_id", Volunteer)}

SCOPES |= dict.fromkeys((Sheet, Goal, GoalRating, MeasureDue, Revisit), SCOPES[Outcome])
_OF_REFERRAL = through("referral_id", Referral)
_CLOSING = {role: _OF_REFERRAL[role] for role in (*CASEWORK, Role.COORDINATOR)}
SCOPES |= dict.fromkeys(
    (Confirmation, Contradiction, Satisfaction), _CLOSING | {Role.EVALUATOR: _OF_REFERRAL[Role.EVALUATOR]}
)
SCOPES |= {QueryCode: _CLOSING, RedFlag: {role: SCOPES[Outcome][role] for role in (*CASEWORK, Role.COORDINATOR)}}


def _seen_sample(actor: Who, entity: Any) -> Condition:
    """Samples of the evaluator's own drawing."""
    drawn: Condition = column(entity, "drawn_by_id") == actor.id
    return drawn


def _of_own_program(actor: Who, entity: Any) -> Condition:
    """Rows of the evaluator's program; none without one."""
    return sa.false() if actor.program_id is None else column(entity, "program_id") == actor.program_id


SCOPES |= {
    FileSample: {Role.EVALUATOR: _seen_sample, Role.COORDINATOR: area("area_code")},
    Snapshot: {Role.EVALUATOR: _of_own_program, Role.COORDINATOR: area("area_code")},
    Freezing: {Role.EVALUATOR: _of_own_program, Role.COORDINATOR: area("area_code")},
    MonthlyReport: {Role.STATION_SUPERVISOR: own("organization_id"), Role.COORDINATOR: area("area_code")},
}
SCOPES |= {SampledFile: through("sample_id", FileSample)}
SCOPES |= {
    Finding: through("file_id", SampledFile)
    | dict.fromkeys((Role.PROVIDER_OFFICER, Role.STATION_SUPERVISOR), own("organization_id"))
}

PERSONAL: tuple[type[Any], ...] = (
    SampledFile,
    Finding,
    Person,
    Household,
    PersonArea,
    IdentityStatus,
    Feature,
    Case,
    CaseStep,
    Assessment,
    Outcome,
    Need,
    SuggestionShown,
    Proposal,
    Referral,
    ReferralEvent,
    ServicePlan,
    PlannedVisit,
    DeliveryStop,
    Visit,
    VisitDetail,
    VisitPicture,
    Consent,
    EmergencyReview,
    AnswerLink,
    ReferralAnswer,
    ReferralQuestion,
    ImportRow,
    RightsRequest,
    *(Sheet, MeasureDue, RedFlag, Goal, GoalRating),
    *(QueryCode, Confirmation, Contradiction, Revisit, Satisfaction),
    VisitFlag,
    NotePrint,
    HoursDecision,
    SettlementItem,
)
"""Records about people: `walls` narrows every statement that touches one of them."""


def scope(actor: Account | Who, record: type[Any]) -> Condition:
    """Return the SQL condition for the rows of a record that an actor may see; false where the table names no way.

    Raises KeyError for a record that has no scope, so that none is forgotten.
    """
    who = who_is(actor)
    rule = SCOPES[record].get(who.role)
    return rule(who, record) if rule else sa.false()


def get_in_scope(session: Session, account: Account, record: type[Any], key: Any, *options: Any) -> Any:
    """Return one record by its key, if it lies in the actor's scope, else None."""
    statement = sa.select(record).where(record.id == key, scope(account, record)).options(*options)
    return session.scalars(statement).one_or_none()


def opened_files(session: Session, account: Account, at: datetime) -> tuple[UUID, ...]:
    """Return whose files an account has opened by break-glass at a moment: to read, for pages that only show.

    Costs no query for an account that has opened none.
    """
    if account.glass_until is None or account.glass_until <= at:
        return ()
    live = sa.select(GlassAccess.person_id).where(
        GlassAccess.account_id == account.id,
        GlassAccess.person_id.is_not(None),
        GlassAccess.until > at,
        GlassAccess.ended_at.is_(None),
    )
    return tuple(key for key in session.scalars(live) if key)
