"""Answers and questions of a provider that come by link or telephone, and what the station replies."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    AnswerKind,
    AnswerLink,
    AnswerWay,
    DeclineReason,
    LinkPurpose,
    MessageKind,
    Need,
    OutgoingKind,
    Person,
    Referral,
    ReferralAnswer,
    ReferralQuestion,
    ReferralStatus,
)
from models.errors import DomainError, ReasonMissing, WrongStep
from models.referral import GIVEN_BY_PEOPLE, GOING_ON_STATUSES
from referral import limits
from referral import log as the_log
from referral.actions import links, referrals
from referral.actions.outbox import remind_outside, tell_outside
from referral.actions.referral_news import tell_provider, tell_station
from referral.actions.resting import NotInPart, leave_rest
from referral.clock import local_date

MOST_WAITING = 5
"""Questions that wait for a reply at once."""
AGAIN = {"most": 3, "per": timedelta(hours=1)}
"""How often a new link is sent to the receivers of one referral because a holder of an old one asked."""
SHORTEST_TELLING = 2


class LinkRefused(DomainError):
    """The link may not be used now, whatever the reason is."""

    code = "link_refused"


class TooManyQuestions(DomainError):
    """So many questions wait for a reply that the telephone is the better way."""

    code = "too_many_questions"


class TellsWho(DomainError):
    """A reply before acceptance names the person."""

    code = "tells_who"


class NobodyToTell(DomainError):
    """The organization has no address to which a link could be sent."""

    code = "nobody_to_tell"


@dataclass(frozen=True)
class Given:
    """What a provider answers."""

    kind: AnswerKind
    quantity: Decimal | None = None
    starts_on: date | None = None
    reason: DeclineReason | None = None
    text: str | None = None


def answer_by_link(session: Session, secret: str, given: Given, *, at: datetime) -> ReferralAnswer:
    """Answer with a link, which is used up by it. Raises LinkRefused, NotInPart, ReasonMissing."""
    link = links.find(session, secret, LinkPurpose.ANSWER, at=at, lock=True)
    if link is None:
        raise LinkRefused
    _check(session, link.referral, given, at)
    if not links.use(session, link, at=at):
        raise LinkRefused
    answer = ReferralAnswer(way=AnswerWay.LINK, link_id=link.id, said_at=at)
    _answer(session, link.referral, answer, given, by=None, at=at)
    the_log.note(
        session,
        "answered_by_link",
        person_id=link.referral.person_id,
        record=link,
        organization=link.organization_id.hex,
        answer=given.kind.value,
    )
    return answer


def answer_by_phone(
    session: Session,
    referral: Referral,
    given: Given,
    *,
    said_by: str,
    said_at: datetime,
    by: Account,
    at: datetime,
) -> ReferralAnswer:
    """Write down what the provider said on the telephone; who said it and who wrote it stay with the answer.

    Raises WrongStep where the referral does not wait for an answer, ReasonMissing, NotInPart.
    """
    if referral.status is not ReferralStatus.REQUESTED:
        raise WrongStep(referral.status, ReferralStatus.ACCEPTED)
    _check(session, referral, given, at)
    answer = ReferralAnswer(way=AnswerWay.PHONE, said_by=said_by, said_at=said_at, entered_by_id=by.id)
    _answer(session, referral, answer, given, by=by, at=at)
    tell_provider(
        session,
        referral,
        MessageKind.REFERRAL_REJECTED if given.kind is AnswerKind.REJECTED else MessageKind.REFERRAL_ACCEPTED,
        at,
        again=":phone",
    )
    return answer


def answer_in_part(session: Session, referral: Referral, given: Given, *, by: Account, at: datetime) -> ReferralAnswer:
    """Take a referral on in part with an account. Raises WrongStep, NotInPart, ConsentMissing."""
    if referral.status is not ReferralStatus.REQUESTED:
        raise WrongStep(referral.status, ReferralStatus.ACCEPTED)
    _check(session, referral, given, at)
    answer = ReferralAnswer(way=AnswerWay.ACCOUNT, said_at=at, entered_by_id=by.id)
    _answer(session, referral, answer, given, by=by, at=at)
    return answer


def _check(session: Session, referral: Referral, given: Given, at: datetime) -> None:
    """Raise ReasonMissing or NotInPart for an answer that says too little."""
    if given.kind is AnswerKind.REJECTED:
        other = given.reason is DeclineReason.OTHER and not (given.text or "").strip()
        if given.reason not in GIVEN_BY_PEOPLE or other:
            raise ReasonMissing
    if given.kind is AnswerKind.ACCEPTED_IN_PART:
        need = session.get_one(Need, referral.need_id)
        fewer = given.quantity is not None
        if not fewer and given.starts_on is None:
            raise NotInPart
        if given.quantity is not None and not 0 < given.quantity < need.quantity:
            raise NotInPart
        if given.starts_on is not None and given.starts_on < local_date(at):
            raise NotInPart


def _answer(
    session: Session, referral: Referral, answer: ReferralAnswer, given: Given, *, by: Account | None, at: datetime
) -> None:
    answer.referral_id, answer.kind = referral.id, given.kind
    if given.kind is AnswerKind.REJECTED:
        assert given.reason is not None  # noqa: S101  looked at before
        referrals.reject(session, referral, by=by, at=at, reason=given.reason, reason_text=given.text, way=answer.way)
    else:
        answer.note = given.text
        if given.kind is AnswerKind.ACCEPTED_IN_PART:
            answer.quantity, answer.starts_on = given.quantity, given.starts_on
        referrals.accept(session, referral, by=by, at=at, way=answer.way)
        if given.kind is AnswerKind.ACCEPTED_IN_PART:
            if given.quantity is not None:
                leave_rest(session, referral, given.quantity, at=at)
            tell_station(session, referral, MessageKind.REFERRAL_ACCEPTED_IN_PART, at)
    session.add(answer)
    session.flush()
    links.revoke(session, referral.id, at=at, purpose=LinkPurpose.ANSWER)
    if given.kind is not AnswerKind.REJECTED and answer.way is not AnswerWay.ACCOUNT:
        tell_outside(session, referral, OutgoingKind.TAKEN_ON, at=at, purpose=LinkPurpose.FOLLOW)


# Questions


def ask_by_link(session: Session, secret: str, text: str, *, at: datetime) -> ReferralQuestion:
    """Ask the station something with a link, which goes on working. Raises LinkRefused, TooManyQuestions."""
    link = links.find(session, secret, LinkPurpose.ANSWER, at=at, lock=True)
    if link is None:
        raise LinkRefused
    link.opened_at = link.opened_at or at
    return ask(session, link.referral, text, way=AnswerWay.LINK, link=link, by=None, at=at)


def ask(
    session: Session,
    referral: Referral,
    text: str,
    *,
    way: AnswerWay,
    by: Account | None,
    at: datetime,
    link: AnswerLink | None = None,
) -> ReferralQuestion:
    """Put a question of the provider to the station. Raises TooManyQuestions, WrongStep once it is answered."""
    if referral.status is not ReferralStatus.REQUESTED:
        raise WrongStep(referral.status, ReferralStatus.REQUESTED)
    waiting = sa.select(sa.func.count(ReferralQuestion.id)).where(
        ReferralQuestion.referral_id == referral.id, ReferralQuestion.reply.is_(None)
    )
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        raise TooManyQuestions
    question = ReferralQuestion(
        referral_id=referral.id,
        way=way,
        link_id=link.id if link else None,
        asked_by_id=by.id if by else None,
        text=text,
        asked_at=at,
    )
    session.add(question)
    session.flush()
    tell_station(session, referral, MessageKind.QUESTION_ASKED, at, again=f":{question.id}")
    return question


def reply(session: Session, question: ReferralQuestion, text: str, *, by: Account, at: datetime) -> None:
    """Answer a question; the provider is told, with the links it has. Raises TellsWho, WrongStep once it is late."""
    referral = session.get_one(Referral, question.referral_id)
    if referral.status is not ReferralStatus.REQUESTED or question.reply is not None:
        raise WrongStep(referral.status, ReferralStatus.REQUESTED)
    person = session.get_one(Person, referral.person_id)
    if tells_who(person, text):
        raise TellsWho
    question.reply, question.replied_by_id, question.replied_at = text, by.id, at
    session.flush()
    tell_provider(session, referral, MessageKind.QUESTION_ANSWERED, at, again=f":{question.id}")
    remind_outside(session, referral, kind=OutgoingKind.REPLIED, at=at, again=str(question.id))


def tells_who(person: Person, text: str) -> bool:
    """Say whether a text names the person: by name, number of a paper, telephone or address. Spaces do not hide it."""
    plain = "".join(text.split()).casefold()
    known = (person.name, person.id_number, person.phone, person.address, person.number)
    return any(
        len(told) >= SHORTEST_TELLING and told in plain
        for told in ("".join((one or "").split()).casefold() for one in known)
    )


# New links


def send_link_again(session: Session, referral: Referral, *, by: Account | None, at: datetime) -> int:
    """Send a new link to the contacts that the organization has now; older ones end. Returns to how many.

    Raises NobodyToTell, and WrongStep where there is nothing to answer or to read.
    """
    if referral.status is ReferralStatus.REQUESTED:
        purpose = LinkPurpose.ANSWER
    elif referral.status in GOING_ON_STATUSES:
        purpose = LinkPurpose.FOLLOW
    else:
        raise WrongStep(referral.status, ReferralStatus.REQUESTED)
    count = tell_outside(session, referral, OutgoingKind.LINK_AGAIN, at=at, purpose=purpose, by=by)
    if not count:
        raise NobodyToTell
    return count


def ask_for_link(session: Session, secret: str, *, at: datetime) -> None:
    """Send a new link to the known contacts of the referral that a secret once was for; for others do nothing.

    Says nothing about which. The new link goes to the contacts on record alone: who found an old link gains nothing.
    """
    referral = links.referral_of(session, secret)
    key = referral.id if referral else links.NOBODY
    often = limits.take(session, f"link again:{key}", at=at, **AGAIN)  # type: ignore[arg-type]
    if referral is None or often is not None:
        return
    still = referral.status is ReferralStatus.REQUESTED and referral.answer_by and referral.answer_by > at
    if still or referral.status in GOING_ON_STATUSES:
        with suppress(NobodyToTell):
            send_link_again(session, referral, by=None, at=at)
