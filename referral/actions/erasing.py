"""Emptying a file: what identifies or describes a person goes; the number and what was done stay for the count."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Area,
    Assessment,
    Case,
    CaseStep,
    Confirmation,
    Consent,
    ContactPreference,
    Contradiction,
    EmergencyReview,
    Feature,
    Finding,
    GlassAccess,
    Goal,
    GoalRating,
    HoursDecision,
    Household,
    IdentityStatus,
    Need,
    NotePrint,
    Person,
    PersonArea,
    PlannedVisit,
    Proposal,
    QueryCode,
    RedFlag,
    Referral,
    ReferralAnswer,
    ReferralEvent,
    ReferralQuestion,
    Revisit,
    RightsRequest,
    Satisfaction,
    ServicePlan,
    Sheet,
    SuggestionShown,
    Visit,
    VisitDetail,
    VisitFlag,
    VisitPicture,
)
from referral.access import without_scope
from referral.halts import ERASING
from referral.queries.people import fold

NEUTRAL = "已删除"
"""Stands where a name stood, and where the tables ask for words; shown translated."""

WIPED: tuple[tuple[type[Any], tuple[str, ...], tuple[str, ...]], ...] = (
    # record, columns left empty, columns that keep the neutral word where they had words
    (IdentityStatus, ("recognised_by", "document_number"), ()),
    (Feature, ("note",), ()),
    (Case, ("summary", "exit_note"), ()),
    (CaseStep, ("note",), ()),
    (Need, ("description",), ()),
    (Proposal, (), ("reason",)),
    (Referral, ("request_note", "choice_note"), ("reason_text",)),
    (ReferralEvent, ("note",), ()),
    (ServicePlan, ("note",), ()),
    (PlannedVisit, ("promise",), ("reason_text",)),
    (Visit, ("note",), ()),
    (VisitFlag, (), ("reason",)),
    (HoursDecision, (), ("words",)),
    (VisitDetail, ("promise", "seen_needs", "attitude"), ()),
    (Consent, (), ("witness", "giver_name")),
    (EmergencyReview, ("note",), ("reason",)),
    (ReferralAnswer, ("note",), ("said_by",)),
    (ReferralQuestion, (), ("text", "reply")),
    (Finding, ("note", "answer"), ()),
    (Sheet, ("note", "band"), ()),
    (RedFlag, (), ("done",)),
    (Goal, (), ("title", "end_reason")),
    (GoalRating, ("note",), ()),
    (Confirmation, ("note",), ()),
    (Contradiction, (), ("words",)),
    (Revisit, ("note",), ()),
    (GlassAccess, ("review_note",), ("words",)),
    (RightsRequest, ("note", "asker_name"), ("answer",)),
)
PARENT: dict[type[Any], tuple[Any, Any]] = {
    CaseStep: (CaseStep.case_id, Case),
    Proposal: (Proposal.need_id, Need),
    SuggestionShown: (SuggestionShown.need_id, Need),
    VisitFlag: (VisitFlag.visit_id, Visit),
    NotePrint: (NotePrint.visit_id, Visit),
    HoursDecision: (HoursDecision.visit_id, Visit),
    ReferralEvent: (ReferralEvent.referral_id, Referral),
    EmergencyReview: (EmergencyReview.referral_id, Referral),
    ReferralAnswer: (ReferralAnswer.referral_id, Referral),
    ReferralQuestion: (ReferralQuestion.referral_id, Referral),
    VisitDetail: (VisitDetail.visit_id, Visit),
    VisitPicture: (VisitPicture.visit_id, Visit),
}
"""Records that belong to a person through another: their column, and the record it names."""


def empty_file(session: Session, person: Person, *, at: datetime) -> None:
    """Remove name, contact, papers, addresses and every free note of a person. Cannot be taken back.

    Kept for the counts that the law asks for: file number, sex, year of birth, village, kinds of status and hardship,
    states, dates, hours, units and amounts.
    """
    session.info[ERASING] = person.id
    try:
        with without_scope(session, because="emptying a file, also where other stations wrote in it"):
            _empty_person(session, person, at)
            _wipe_notes(session, person)
            _forget_suggestions(session, person)
            _remove_pictures(session, person)
            _empty_assessments(session, person)
            _empty_measures(session, person)
            _empty_household(session, person)
            session.flush()
    finally:
        session.info.pop(ERASING, None)


def _empty_person(session: Session, person: Person, at: datetime) -> None:
    village = session.get_one(Area, person.area_code)
    person.name = NEUTRAL
    person.search_text = fold(person.number)
    person.born_on = date(person.born_on.year, 1, 1) if person.born_on else None
    person.id_number = person.phone = person.bank_card = person.contact_note = person.address = None
    person.contact_preference = ContactPreference.THROUGH_VILLAGE
    person.latitude, person.longitude = village.latitude, village.longitude
    person.erased_at, person.frozen_at = at, None
    for place in session.scalars(sa.select(PersonArea).where(PersonArea.person_id == person.id)):
        session.delete(place)


def _wipe_notes(session: Session, person: Person) -> None:
    for record, emptied, neutral in WIPED:
        for row in session.scalars(sa.select(record).where(_of(record, person))):
            for name in emptied:
                setattr(row, name, None)
            for name in neutral:
                if getattr(row, name) is not None:
                    setattr(row, name, NEUTRAL)


def _forget_suggestions(session: Session, person: Person) -> None:
    """What was read out of words, offers and prints of notes, goes with them."""
    for kind in (SuggestionShown, NotePrint):
        for shown in session.scalars(sa.select(kind).where(_of(kind, person))):
            session.delete(shown)


def _remove_pictures(session: Session, person: Person) -> None:
    for picture in session.scalars(sa.select(VisitPicture).where(_of(VisitPicture, person))):
        session.delete(picture)


def _of(record: type[Any], person: Person) -> sa.ColumnElement[bool]:
    if record not in PARENT:
        return record.person_id == person.id  # type: ignore[no-any-return]
    column, parent = PARENT[record]
    return column.in_(sa.select(parent.id).where(parent.person_id == person.id))  # type: ignore[no-any-return]


def _empty_assessments(session: Session, person: Person) -> None:
    for taken in session.scalars(sa.select(Assessment).where(Assessment.person_id == person.id)):
        taken.note = None
        taken.domains = {
            name: {key: value for key, value in found.items() if key != "note"} for name, found in taken.domains.items()
        }


def _empty_measures(session: Session, person: Person) -> None:
    """What was answered goes, and the words of goals; scores, levels and days stay for the counts."""
    for sheet in session.scalars(sa.select(Sheet).where(Sheet.person_id == person.id)):
        sheet.answers = {}
    for goal in session.scalars(sa.select(Goal).where(Goal.person_id == person.id)):
        goal.levels = dict.fromkeys(goal.levels, NEUTRAL)
    for asked in session.scalars(
        sa.select(Satisfaction).where(Satisfaction.person_id == person.id, Satisfaction.answered_at.is_not(None))
    ):
        asked.answers = []
    for code in session.scalars(sa.select(QueryCode).where(QueryCode.person_id == person.id)):
        session.delete(code)


def _empty_household(session: Session, person: Person) -> None:
    others = session.scalar(
        sa.select(sa.func.count(Person.id)).where(
            Person.household_id == person.household_id, Person.id != person.id, Person.erased_at.is_(None)
        )
    )
    if not others:
        session.get_one(Household, person.household_id).note = None
