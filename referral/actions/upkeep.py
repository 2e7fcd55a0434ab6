"""What the clock does by itself: expire, remind, tell, tidy. Each verb may run twice and does nothing twice.

Each returns how much it did, by name, for the list of jobs. One broken record never stops the others.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session, aliased, joinedload
from sqlalchemy.orm.exc import StaleDataError

from models import (
    AccessLink,
    JobRun,
    JobStatus,
    KnownDevice,
    Mail,
    Message,
    MessageKind,
    Need,
    Organization,
    Outgoing,
    OutgoingKind,
    OutgoingStatus,
    ProviderCheck,
    Referral,
    ReferralStatus,
    Round,
    RoundStatus,
    SignInSession,
)
from models.errors import DomainError
from models.need import WAITING_STATUSES
from models.sign_in import DEVICE_LASTS, LONGEST
from referral import limits
from referral.actions import consents, referrals, silence
from referral.actions.outbox import remind_outside
from referral.clock import WorkCalendar, local_date, start_of
from referral.messages import tell
from referral.queries.calendar import work_calendar
from referral.transactions import refresh_statistics

log = structlog.get_logger()
Counts = dict[str, int]
AT_ONCE = 200
"""Records of one run; the rest waits for the next, so that no run keeps others from writing for long."""
CHECK_WARNING_DAYS = 30
FRESH = timedelta(hours=1)
"""Nobody is reminded of a referral that is younger than this."""
ROUND_DIES_AFTER = timedelta(minutes=30)
RUNS_KEPT = timedelta(days=30)


def expire_referrals(session: Session, at: datetime) -> Counts:
    """End the referrals that nobody answered in time; one that is answered at this moment is left alone.

    Where the area lets it, the need goes to the next provider in the same transaction, so that nothing comes between.
    """
    overdue = session.scalars(
        sa.select(Referral)
        .where(Referral.status == ReferralStatus.REQUESTED, Referral.answer_by <= at)
        .order_by(Referral.answer_by, Referral.id)
        .limit(AT_ONCE)
        .options(joinedload(Referral.need))
        .with_for_update(skip_locked=True, of=Referral)
    ).all()
    counts = {"expired": 0, "skipped": 0, "offered": 0}
    for referral in overdue:
        number = referral.number
        try:
            with session.begin_nested():
                goes_on = silence.offers_by_itself(session, referral)
                if goes_on and counts["offered"] >= silence.AT_ONCE:
                    continue
                referrals.expire(session, referral, at=at)
                session.flush()
            counts["expired"] += 1
            if goes_on:
                with session.begin_nested():
                    counts["offered"] += silence.go_on(session, referral, at=at) is not None
        except (DomainError, StaleDataError) as error:
            counts["skipped"] += 1
            log.info("not expired", referral=number, error=type(error).__name__)
    return counts


def expire_drafts(session: Session, at: datetime) -> Counts:
    """Give up the referrals for which nobody brought the person's consent in time."""
    overdue = session.scalars(
        sa.select(Referral)
        .where(Referral.status == ReferralStatus.DRAFT, Referral.consent_by <= at)
        .order_by(Referral.consent_by, Referral.id)
        .limit(AT_ONCE)
        .options(joinedload(Referral.need))
        .with_for_update(skip_locked=True, of=Referral)
    ).all()
    counts = {"expired": 0, "skipped": 0}
    for referral in overdue:
        number = referral.number
        try:
            with session.begin_nested():
                consents.expire_draft(session, referral, at=at)
                session.flush()
            counts["expired"] += 1
        except (DomainError, StaleDataError) as error:
            counts["skipped"] += 1
            log.info("draft not expired", referral=number, error=type(error).__name__)
    return counts


def last_day_to_answer(answer_by: datetime, calendar: WorkCalendar) -> datetime:
    """Return a moment on the last working day on which the provider can still answer."""
    moment = answer_by - timedelta(seconds=1)
    while not calendar.is_working(local_date(moment)):
        moment -= timedelta(days=1)
    return moment


def remind_providers(session: Session, at: datetime) -> Counts:
    """Remind each provider on the last working day on which it can answer and on the one before, once on each."""
    calendar = work_calendar(session)
    soon = sa.select(Referral).where(
        Referral.status == ReferralStatus.REQUESTED,
        Referral.answer_by > at,
        Referral.answer_by <= at + timedelta(days=15),
        Referral.requested_at <= at - FRESH,
        sa.or_(Referral.reminded_at.is_(None), Referral.reminded_at < start_of(local_date(at))),
    )
    reminded = 0
    for referral in session.scalars(soon.order_by(Referral.answer_by).limit(AT_ONCE)):
        assert referral.answer_by is not None  # noqa: S101  the condition above
        today, last = local_date(at), local_date(last_day_to_answer(referral.answer_by, calendar))
        asked_on = local_date(referral.requested_at) if referral.requested_at else today
        eve = local_date(last_day_to_answer(start_of(last), calendar))
        if not (today >= last or (today >= eve and asked_on < today)):
            continue
        written = tell(
            session,
            MessageKind.REFERRAL_REMINDER,
            once=f"{referral.number}:{last}" if today >= last else referral.number,
            at=at,
            organization_id=referral.organization_id,
            referral_id=referral.id,
            facts={"number": referral.number, "days": (last - today).days},
        )
        remind_outside(session, referral, kind=OutgoingKind.REMINDED, at=at, again=str(today))
        session.execute(sa.update(Referral).where(Referral.id == referral.id).values(reminded_at=at))
        reminded += written
    return {"reminded": reminded}


def tell_of_overdue_needs(session: Session, at: datetime) -> Counts:
    """Tell the coordinators once of each need for which nobody was found in time."""
    told = sa.exists().where(Message.need_id == Need.id, Message.kind == MessageKind.NEED_OVERDUE)
    overdue = (
        sa.select(Need.id, Need.number, Need.area_code)
        .where(Need.status.in_(WAITING_STATUSES), Need.due_at <= at, ~told)
        .order_by(Need.urgency_rank, Need.due_at)
        .limit(AT_ONCE)
    )
    written = 0
    for need_id, number, area_code in session.execute(overdue).all():
        written += tell(
            session,
            MessageKind.NEED_OVERDUE,
            once=number,
            at=at,
            area_code=area_code,
            need_id=need_id,
            facts={"number": number},
        )
    return {"told": written}


def tell_of_checks(session: Session, at: datetime) -> Counts:
    """Tell organization and coordinators once of each check that ends within 30 days and has no successor."""
    today = local_date(at)
    later = aliased(ProviderCheck)
    renewed = sa.exists().where(
        later.organization_id == ProviderCheck.organization_id,
        later.kind == ProviderCheck.kind,
        later.valid_to > ProviderCheck.valid_to,
    )
    ending = (
        sa.select(ProviderCheck, Organization)
        .join(ProviderCheck.organization)
        .where(ProviderCheck.valid_to.between(today, today + timedelta(days=CHECK_WARNING_DAYS)), ~renewed)
        .order_by(ProviderCheck.valid_to, ProviderCheck.id)
    )
    written = 0
    for check, organization in session.execute(ending).all():
        facts = {"organization": organization.name, "day": check.valid_to.isoformat()}
        readers: list[tuple[str, dict[str, object]]] = [("organization", {"organization_id": organization.id})]
        if organization.area_code:
            readers.append(("area", {"area_code": organization.area_code}))
        for name, reader in readers:
            written += tell(session, MessageKind.CHECK_EXPIRES, once=f"{name}:{check.id}", at=at, facts=facts, **reader)
    return {"told": written}


def fail_dead_rounds(session: Session, at: datetime) -> Counts:
    """Mark rounds as failed whose computation has died, so that a new one can begin."""
    died = (
        sa.update(Round)
        .where(
            Round.status.in_((RoundStatus.WAITING, RoundStatus.RUNNING)),
            sa.func.coalesce(Round.started_at, Round.created_at) <= at - ROUND_DIES_AFTER,
        )
        .values(status=RoundStatus.FAILED, finished_at=at, failure="stopped")
        .execution_options(synchronize_session=False)
    )
    return {"failed": changed(session, died)}


def forget_old_runs(session: Session, at: datetime) -> Counts:
    """Drop the list of jobs that went well more than 30 days ago."""
    old = (
        sa.delete(JobRun)
        .where(JobRun.status == JobStatus.DONE, JobRun.started_at < at - RUNS_KEPT)
        .execution_options(synchronize_session=False)
    )
    return {"dropped": changed(session, old)}


def forget_old_sign_ins(session: Session, at: datetime) -> Counts:
    """Drop sessions that have ended, links whose time is over, devices unseen for a year, full buckets, old mails."""
    old = {
        "sessions": sa.delete(SignInSession).where(SignInSession.started_at < at - LONGEST),
        "links": sa.delete(AccessLink).where(AccessLink.expires_at < at - RUNS_KEPT),
        "devices": sa.delete(KnownDevice).where(KnownDevice.seen_at < at - DEVICE_LASTS),
        "mails": sa.delete(Mail).where(Mail.due_at.is_(None), Mail.created_at < at - RUNS_KEPT),
        "outgoing": sa.delete(Outgoing).where(
            Outgoing.status.not_in((OutgoingStatus.WAITING, OutgoingStatus.DEAD)), Outgoing.created_at < at - RUNS_KEPT
        ),
    }
    counts = {name: changed(session, one.execution_options(synchronize_session=False)) for name, one in old.items()}
    return counts | {"tries": limits.forget(session, at)}


def look_at_spread(session: Session, _at: datetime) -> Counts:
    """Let the database learn anew how its rows are spread, so that pages stay quick while it grows."""
    refresh_statistics(session)
    return {}


def changed(session: Session, statement: sa.Update | sa.Delete) -> int:
    """Run a statement and return how many rows it touched."""
    result = session.execute(statement)
    return int(result.rowcount)  # type: ignore[attr-defined]  # a cursor result, as of every such statement
