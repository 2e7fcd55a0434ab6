"""The consents of the demonstration: one behind every referral, and most people who wait have agreed beforehand."""

import uuid
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from models import (
    Account,
    Consent,
    ConsentGiver,
    ConsentPurpose,
    ConsentRelation,
    ConsentWay,
    DataKind,
    EmergencyReview,
    Need,
    Person,
    Referral,
    ReferralEvent,
    ReferralStatus,
    Role,
)
from models.consent import GUARDIAN_BEFORE_AGE
from models.need import WAITING_STATUSES
from referral.actions.seeding.cases import Matter
from referral.actions.seeding.needs import Needs
from referral.actions.seeding.reference import stable_key
from referral.actions.seeding.rows import World
from referral.actions.sending import CONSENT_WORKING_DAYS
from referral.clock import local_date
from referral.queries.consents import usual_kinds

AGREED_BEFOREHAND_SHARE = 0.8
"""Of the people with open needs: they named the organizations that may be asked. The others must still be asked."""
WAYS = {ConsentWay.WRITTEN: 6, ConsentWay.SPOKEN: 3, ConsentWay.ONLINE: 1}
LASTS = timedelta(days=730)
RELATIONS = {"child": ConsentRelation.PARENT, "grandchild": ConsentRelation.GRANDPARENT}
COMMITTEE = "村民委员会"
DRAFT_AT, EMERGENCY_AT = "education-1", "hospital"
"""Where one referral waits for the person's consent, and where one was sent without it."""
EMERGENCY_REASON = "在家中摔倒后神志不清，家属不在身边，须立即安排康复护理评估。"


def write_consents(needs: Needs, matters: list[Matter]) -> None:
    """Write a consent for every person and receiver of a referral, and those given before anybody was asked."""
    world = needs.world
    people = {person.id: person for person in world.all(Person)}
    wanted = {need.id: need for need in world.all(Need)}
    first: dict[tuple[uuid.UUID, uuid.UUID], list[Referral]] = defaultdict(list)
    unasked = _not_asked_yet(needs, wanted)
    for referral in world.all(Referral):
        if (referral.person_id, referral.organization_id) not in unasked:
            first[referral.person_id, referral.organization_id].append(referral)
    for (person_id, organization_id), found in first.items():
        earliest = min(found, key=_asked)
        kinds = [usual_kinds(wanted[one.need_id].kind, wanted[one.need_id].unit) for one in found]
        at = _asked(earliest) - timedelta(minutes=5)
        _consent(
            world, people[person_id], organization_id, frozenset().union(*kinds), at=at, by_id=earliest.requested_by_id
        )
    _beforehand(needs, matters, set(first) | unasked)


def _not_asked_yet(needs: Needs, wanted: dict[uuid.UUID, Need]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Let one referral wait for consent and one have been sent as an emergency; return their people and receivers.

    Both are of the first station, whose supervisor has an account, and of people with no other referral there.
    """
    world = needs.world
    names = {offer.organization.id: offer.line["provider"] for found in needs.offers.values() for offer in found}
    waiting = [
        referral
        for referral in world.all(Referral)
        if referral.status is ReferralStatus.REQUESTED and names[referral.organization_id] in (DRAFT_AT, EMERGENCY_AT)
    ]
    for referral in waiting:
        if names[referral.organization_id] == DRAFT_AT:
            _as_draft(world, referral, wanted[referral.need_id])
        else:
            _as_emergency(world, referral)
    return {(referral.person_id, referral.organization_id) for referral in waiting}


def _as_draft(world: World, referral: Referral, need: Need) -> None:
    at = _asked(referral)
    (event,) = (one for one in world.all(ReferralEvent) if one.referral_id == referral.id)
    event.to_status = referral.status = ReferralStatus.DRAFT
    referral.requested_at = referral.answer_by = None
    referral.consent_by = world.calendar.deadline(max(at, world.now), CONSENT_WORKING_DAYS[need.urgency]).at


def _as_emergency(world: World, referral: Referral) -> None:
    referral.emergency = True
    world.add(
        EmergencyReview(
            referral_id=referral.id,
            reason=EMERGENCY_REASON,
            sent_by_id=referral.requested_by_id,
            sent_at=_asked(referral),
        ),
        _asked(referral),
    )


def _asked(referral: Referral) -> datetime:
    assert referral.requested_at is not None  # noqa: S101  every referral of the history was sent
    return referral.requested_at


def _beforehand(needs: Needs, matters: list[Matter], known: set[tuple[uuid.UUID, uuid.UUID]]) -> None:
    """Let most people with open needs agree to the organizations that could give what they lack."""
    world = needs.world
    codes = {term.id: code for code, term in needs.terms.items()}
    for matter in matters:
        lacking = [need for need in matter.needs if need.status in WAITING_STATUSES]
        if not lacking or not world.chance(AGREED_BEFOREHAND_SHARE):
            continue
        person = matter.client.person
        for need in lacking:
            term = needs.terms[codes[need.term_id]]
            for offer in needs.fitting(matter, term):
                if (person.id, offer.organization.id) in known:
                    continue
                known.add((person.id, offer.organization.id))
                kinds = usual_kinds(need.kind, need.unit)
                _consent(world, person, offer.organization.id, kinds, at=need.opened_at, by_id=matter.worker.id)


def _consent(
    world: World,
    person: Person,
    organization_id: uuid.UUID,
    kinds: frozenset[DataKind],
    *,
    at: datetime,
    by_id: uuid.UUID | None,
) -> None:
    way = world.weighted(WAYS)
    assistants = [account.name for account in world.all(Account) if account.role is Role.VILLAGE_ASSISTANT]
    world.add(
        Consent(
            person_id=person.id,
            organization_id=organization_id,
            purpose=ConsentPurpose.HELP,
            way=way,
            witness=assistants[0] if way is ConsentWay.SPOKEN else None,
            notice_id=stable_key("consent_notice", ConsentPurpose.HELP, "1"),
            given_at=at,
            expires_at=at + LASTS,
            recorded_by_id=by_id,
            **_giver(world, person, at),
            **{kind.value: kind in kinds for kind in DataKind},
        ),
        at,
    )


def _giver(world: World, person: Person, at: datetime) -> dict[str, Any]:
    """Return who agrees: the person, or for a child the grown-up of the household, else the village committee."""
    day = local_date(at)
    age = person.age(day)
    if age is None or age >= GUARDIAN_BEFORE_AGE:
        return {"given_by": ConsentGiver.SELF}
    adults = [
        one
        for one in world.all(Person)
        if one.household_id == person.household_id and (one.age(day) or 0) >= 18 and one.id != person.id
    ]
    if not adults:
        return {
            "given_by": ConsentGiver.GUARDIAN,
            "giver_name": COMMITTEE,
            "relation": ConsentRelation.VILLAGE_COMMITTEE,
        }
    return {
        "given_by": ConsentGiver.GUARDIAN,
        "giver_name": adults[0].name,
        "relation": RELATIONS.get(person.relation_to_head, ConsentRelation.OTHER_RELATIVE),
    }
