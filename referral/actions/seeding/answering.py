"""Answers without an account in the demonstration: links that wait, a question, a telephone answer, a dead letter."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    AnswerKind,
    AnswerWay,
    Channel,
    LinkPurpose,
    Organization,
    Outgoing,
    OutgoingKind,
    OutgoingStatus,
    Referral,
    ReferralAnswer,
    ReferralQuestion,
    ReferralStatus,
    Role,
)
from referral.actions import links
from referral.queries.contacts import contacts

MOST = 3
"""Referrals of which the newest are looked at for each example."""


def write_answers(session: Session, at: datetime) -> None:
    """Add the examples to a district that is written; does nothing for what the district has no referral for."""
    asked = _newest(session, ReferralStatus.REQUESTED)
    for number, referral in enumerate(asked):
        _reachable(session, referral, number)
        ways = contacts(session, referral.organization_id)
        if not ways or referral.answer_by is None:
            continue
        link = links.make(session, referral, LinkPurpose.ANSWER, ways[0], by=None, at=at)
        session.flush()
        if number == 0:
            session.add(
                ReferralQuestion(
                    referral_id=referral.id,
                    way=AnswerWay.LINK,
                    link_id=link.id,
                    text="住几楼？有电梯吗？上门时间可以固定在周二吗？",
                    asked_at=at - timedelta(hours=2),
                )
            )
        if number == 1:
            session.add(
                Outgoing(
                    kind=OutgoingKind.ASKED,
                    channel=Channel.MAIL,
                    organization_id=referral.organization_id,
                    referral_id=referral.id,
                    link_id=link.id,
                    once=f"demonstration:{referral.id}",
                    status=OutgoingStatus.DEAD,
                    tries=6,
                    failure="no_such_mailbox",
                )
            )
    for referral in _newest(session, ReferralStatus.ACCEPTED)[:1]:
        worker = session.scalars(
            sa.select(Account)
            .where(Account.organization_id == referral.station_id, Account.role == Role.STATION_WORKER)
            .limit(1)
        ).one_or_none()
        if worker is not None and referral.answered_at is not None:
            session.add(
                ReferralAnswer(
                    referral_id=referral.id,
                    kind=AnswerKind.ACCEPTED,
                    way=AnswerWay.PHONE,
                    said_by="值班员周师傅",
                    said_at=referral.answered_at,
                    entered_by_id=worker.id,
                )
            )
    session.flush()


def _reachable(session: Session, referral: Referral, number: int) -> None:
    """Give a provider of the demonstration an address that leads nowhere (RFC 2606)."""
    organization = session.get_one(Organization, referral.organization_id)
    organization.email = organization.email or f"office{number + 1}@example.org"
    session.flush()


def _newest(session: Session, status: ReferralStatus) -> list[Referral]:
    found = sa.select(Referral).where(Referral.status == status, Referral.station_id.is_not(None))
    return list(session.scalars(found.order_by(Referral.requested_at.desc(), Referral.id).limit(MOST)))
