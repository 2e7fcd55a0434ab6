"""When a provider lets its time pass: the referral ends, and the need goes to the next provider by itself.

Matching proposes and a named person decides (PIPL Art. 24). So a need goes on by itself only where a person had
decided to put it to somebody, where the area's rule lets it, only to a provider the person agreed to (for others a
draft asks for consent first), and only a few times in a row. A named person is told each time and can take it back.
"""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Case, MessageKind, Need, Referral, ReferralStatus, Role, SilenceRule
from models.area import areas_above, code_range
from models.errors import DomainError
from models.referral import DeclineReason
from referral import log
from referral.actions import sending
from referral.messages import tell
from referral.queries.candidates import Candidate, ranked_candidates

MOST_OFFERS = 2
"""Offers in a row by themselves where an area has set nothing."""
AT_ONCE = 20
"""Offers of one run: each looks for providers while nobody else can write. The rest waits for the next run."""


@dataclass(frozen=True)
class Rule:
    """What is in force somewhere."""

    next_offer: bool = True
    most_offers: int = MOST_OFFERS
    row: SilenceRule | None = None
    """What set it; None for the usual rule."""


def rule_for(session: Session, area_code: str) -> Rule:
    """Return the newest rule of the nearest area that has one. One query."""
    found = session.scalars(
        sa.select(SilenceRule)
        .where(SilenceRule.area_code.in_((area_code, *areas_above(area_code))))
        .order_by(SilenceRule.area_code.desc(), SilenceRule.set_at.desc(), SilenceRule.id.desc())
        .limit(1)
    ).one_or_none()
    return Rule() if found is None else Rule(found.next_offer, found.most_offers, found)


def set_rule(
    session: Session, area_code: str, *, next_offer: bool, most_offers: int, reason: str, by: Account, at: datetime
) -> SilenceRule:
    """Set what happens in an area from now on; what was before stays readable."""
    rule = SilenceRule(
        area_code=area_code,
        next_offer=next_offer,
        most_offers=most_offers,
        reason=reason,
        set_at=at,
        set_by_id=by.id,
    )
    session.add(rule)
    session.flush()
    log.note(session, "silence_rule_set", record=rule, next_offer=next_offer, most_offers=most_offers)
    return rule


def offers_by_itself(session: Session, referral: Referral) -> bool:
    """Say whether the need of a silent referral goes to the next provider by itself. At most a few queries."""
    rule = rule_for(session, referral.area_code)
    if not rule.next_offer or referral.emergency:
        return False
    before, first = 0, referral
    while first.follows_id is not None and before < rule.most_offers:
        before, first = before + 1, session.get_one(Referral, first.follows_id)
    return before < rule.most_offers and first.requested_by_id is not None


def go_on(session: Session, referral: Referral, *, at: datetime) -> Referral | None:
    """Put the need of a referral that has just expired to the next best provider, and tell a named person.

    Returns the new referral, a draft where the person must agree first; None where nobody is left.
    """
    need = session.get_one(Need, referral.need_id)
    for candidate in _next(session, need, at):
        try:
            with session.begin_nested():
                made = sending.request(session, need, candidate.capacity, by=None, at=at, wait_for_consent=True)
                made.follows_id = referral.id
                session.flush()
        except DomainError:
            session.refresh(need)
            continue
        _tell(session, MessageKind.NEXT_OFFERED, made, need, at, before=referral.number)
        return made
    _tell(session, MessageKind.NOBODY_LEFT, referral, need, at, before=referral.number)
    return None


def _next(session: Session, need: Need, at: datetime) -> list[Candidate]:
    """Return who fits now, best first, without those who were asked before and without places promised to others."""
    asked = set(
        session.scalars(
            sa.select(Referral.organization_id).where(
                Referral.need_id == need.id,
                sa.or_(
                    Referral.status.in_((ReferralStatus.REJECTED, ReferralStatus.EXPIRED, ReferralStatus.FAILED)),
                    Referral.reason.in_((DeclineReason.CONSENT_WITHDRAWN, DeclineReason.PERSON_REFUSED)),
                ),
            )
        )
    )
    return [
        one
        for one in ranked_candidates(session, need, at)
        if one.fits and one.left > one.promised and one.organization.id not in asked
    ]


def named_person(session: Session, referral: Referral, need: Need) -> Account | None:
    """Return who answers for the need: who looks after the case, who decided on it, else a coordinator of the area."""
    first = referral
    while first.follows_id is not None:
        first = session.get_one(Referral, first.follows_id)
    case = session.get_one(Case, need.case_id)
    for key in (case.worker_id, first.requested_by_id):
        account = session.get(Account, key) if key else None
        if account is not None and account.active:
            return account
    coordinators = session.scalars(
        sa.select(Account).where(Account.role == Role.COORDINATOR, Account.active).order_by(Account.id)
    )
    return next((one for one in coordinators if one.area_code and _inside(need.area_code, one.area_code)), None)


def _inside(code: str, area: str) -> bool:
    first, last = code_range(area)
    return first <= code <= last


def _tell(session: Session, kind: MessageKind, about: Referral, need: Need, at: datetime, *, before: str) -> None:
    person = named_person(session, about, need)
    reader = {"account_id": person.id} if person else {"area_code": need.area_code}
    facts = {"number": about.number, "before": before, "need": need.number}
    tell(session, kind, once=f"{about.number}:{before}", at=at, referral_id=about.id, facts=facts, **reader)
