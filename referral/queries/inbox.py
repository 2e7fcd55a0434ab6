"""What a provider may know of a referral: the extract, never the case.

Every column is named here. What the person has not agreed to never leaves the database, nor anything after a
withdrawal or when the set time after the end is over (`sharing`). Who the person is leaves it only once the
provider has taken the referral on, and where the person lives only while the help goes on (`case` in the statement, so
that no page can show more).
"""

import uuid
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import (
    Account,
    Area,
    Consent,
    DataKind,
    DeclineReason,
    EmergencyReview,
    FeatureKind,
    Location,
    Need,
    NeedKind,
    Organization,
    Person,
    Referral,
    ReferralOutcome,
    ReferralStatus,
    Service,
    ServiceAtLocation,
    Sex,
    TaxonomyTerm,
    Urgency,
    WorkerSex,
)
from models.referral import GOING_ON_STATUSES
from referral import clock, log
from referral.access import scope
from referral.access.viewer import Who
from referral.queries.age_bands import age_from
from referral.queries.sharing import KNOWS_WHO, anything, shared, something_shared, what, where, who, with_sharing
from referral.queries.what_matters import AGE_BANDS, age_band, features

ENDED = (
    ReferralStatus.REJECTED,
    ReferralStatus.CANCELLED,
    ReferralStatus.EXPIRED,
    ReferralStatus.COMPLETED,
    ReferralStatus.FAILED,
    ReferralStatus.ENTERED_IN_ERROR,
)
BOXES: dict[str, tuple[ReferralStatus, ...]] = {
    "waiting": (ReferralStatus.REQUESTED,),
    "going": GOING_ON_STATUSES,
    "ended": ENDED,
}
"""The three boxes of the inbox."""


@dataclass(frozen=True)
class Names:
    """A name in two languages, as a term or an area has it."""

    name_zh: str | None
    name_en: str | None


@dataclass(frozen=True)
class InboxLine:
    """One line of the inbox."""

    key: uuid.UUID
    number: str
    status: ReferralStatus
    urgency: Urgency
    term: Names
    quantity: Decimal
    unit: str
    frequency: str
    village: Names
    """Empty where the person has not agreed to it; so too the township."""
    township: Names
    service_name: str
    requested_at: datetime | None
    answer_by: datetime | None
    ended_at: datetime | None
    person_name: str | None
    """Only after the referral was taken on, and if the person agreed to it."""
    shared: bool
    """Whether anything of the person may be seen: the place of residence, wishes and so on."""


@dataclass(frozen=True)
class ReferralExtract(InboxLine):
    """All that a provider may see of one referral."""

    kind: NeedKind
    wanted_times: int | None
    worker_sex: WorkerSex | None
    language: str | None
    sex: Sex | None
    age_band: tuple[int | None, int | None] | None
    """First year and last year of life; None at an open end; no band where the birth date is not known."""
    features: tuple[FeatureKind, ...]
    request_note: str | None
    location_name: str
    station_name: str | None
    answer_by_is_provisional: bool
    answered_at: datetime | None
    started_at: datetime | None
    reason: DeclineReason | None
    reason_text: str | None
    outcome: ReferralOutcome | None
    units_delivered: Decimal | None
    phone: str | None
    """Only while the help goes on; so too address, position and contact note."""
    address: str | None
    contact_note: str | None
    agreed: frozenset[DataKind]
    """The kinds of data that may be seen now."""
    emergency: bool
    """Sent without consent, because life or health was in danger."""
    expires_at: datetime | None
    """When the consent ends."""
    withdrawn_at: datetime | None
    """When the person took the consent back, where nothing took its place."""

    @property
    def taken_on(self) -> bool:
        """Whether the provider knows whom it is about."""
        return self.status in KNOWS_WHO


Village, Township, Station = aliased(Area), aliased(Area), aliased(Organization)
Withdrawn = aliased(Consent)


def _joined(statement: sa.Select[Any], at: datetime) -> sa.Select[Any]:
    joined = (
        statement.select_from(Referral)
        .join(Need, Need.id == Referral.need_id)
        .join(Person, Person.id == Referral.person_id)
        .join(TaxonomyTerm, TaxonomyTerm.id == Need.term_id)
        .join(Village, Village.code == Referral.area_code)
        .outerjoin(Township, Township.code == Village.parent_code)
        .join(ServiceAtLocation, ServiceAtLocation.id == Referral.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
    )
    return with_sharing(joined, at)


def _line_columns(at: datetime) -> list[Any]:
    return [
        Referral.id,
        Referral.number,
        Referral.status,
        Need.urgency,
        TaxonomyTerm.name_zh,
        TaxonomyTerm.name_en,
        Need.quantity,
        Need.unit,
        Need.frequency,
        what(DataKind.IDENTITY, Village.name, at).label("village_zh"),
        what(DataKind.IDENTITY, Village.name_en, at).label("village_en"),
        what(DataKind.IDENTITY, Township.name, at).label("township_zh"),
        what(DataKind.IDENTITY, Township.name_en, at).label("township_en"),
        Service.name.label("service_name"),
        Referral.requested_at,
        Referral.answer_by,
        Referral.ended_at,
        who(Person.name, at).label("person_name"),
        something_shared(at).label("shared"),
        Referral.person_id,
    ]


def lines(actor: Account, box: str) -> sa.Select[Any]:
    """Return the select of one box of the actor's inbox: what must be answered soonest first, ended ones last."""
    newest = (Referral.ended_at.desc(), Referral.id)
    soonest = (Referral.answer_by, Need.urgency_rank, Referral.id)
    oldest = (Referral.answered_at, Referral.id)
    order = {"waiting": soonest, "going": oldest, "ended": newest}[box]
    at = clock.now()
    chosen = _joined(sa.select(*_line_columns(at)), at)
    return chosen.where(scope(actor, Referral), Referral.status.in_(BOXES[box])).order_by(*order)


def line(row: Any) -> InboxLine:
    """Return a row of `lines` as a line of the inbox."""
    return InboxLine(
        key=row.id,
        number=row.number,
        status=row.status,
        urgency=row.urgency,
        term=Names(row.name_zh, row.name_en),
        quantity=row.quantity,
        unit=row.unit,
        frequency=row.frequency,
        village=Names(row.village_zh, row.village_en),
        township=Names(row.township_zh, row.township_en),
        service_name=row.service_name,
        requested_at=row.requested_at,
        answer_by=row.answer_by,
        ended_at=row.ended_at,
        person_name=row.person_name,
        shared=bool(row.shared),
    )


def counts(session: Session, actor: Account) -> dict[str, int]:
    """Return how many referrals lie in each box. One query."""
    statement = sa.select(Referral.status, sa.func.count()).where(scope(actor, Referral)).group_by(Referral.status)
    by_status = {status: number for status, number in session.execute(statement)}  # noqa: C416  rows are no pairs to a type checker
    return {box: sum(by_status.get(status, 0) for status in statuses) for box, statuses in BOXES.items()}


def extract(session: Session, actor: Account | Who, key: uuid.UUID) -> ReferralExtract | None:
    """Return what the actor may see of a referral put to its organization, or None. Two queries."""
    at = clock.now()
    withdrawn = sa.select(sa.func.max(Withdrawn.withdrawn_at)).where(
        Withdrawn.person_id == Referral.person_id, Withdrawn.organization_id == Referral.organization_id
    )
    statement = _joined(
        sa.select(
            *_line_columns(at),
            Need.kind,
            anything(Need.wanted_times, at).label("wanted_times"),
            anything(Need.worker_sex, at).label("worker_sex"),
            anything(Need.language, at).label("language"),
            what(DataKind.IDENTITY, Person.sex, at).label("sex"),
            what(DataKind.IDENTITY, age_from(Person.born_on, clock.local_date(at), AGE_BANDS), at).label("age_from"),
            TaxonomyTerm.law_class,
            Service.id.label("service_id"),
            what(DataKind.HEALTH, Referral.person_id, at).label("features_of"),
            what(DataKind.NOTES, Referral.request_note, at).label("request_note"),
            Location.name.label("location_name"),
            Station.name.label("station_name"),
            Referral.answer_by_is_provisional,
            Referral.answered_at,
            Referral.started_at,
            Referral.reason,
            Referral.reason_text,
            Referral.outcome,
            Referral.units_delivered,
            where(Person.phone, at).label("phone"),
            where(Person.address, at).label("address"),
            where(Person.contact_note, at).label("contact_note"),
            *(shared(kind, at).label(f"agreed_{kind.value}") for kind in DataKind),
            EmergencyReview.id.label("emergency_id"),
            Consent.expires_at,
            sa.case((Consent.id.is_(None), withdrawn.correlate(Referral).scalar_subquery())).label("withdrawn_at"),
        ),
        at,
    )
    statement = statement.join(Location, Location.id == ServiceAtLocation.location_id)
    statement = statement.outerjoin(Station, Station.id == Referral.station_id)
    row = session.execute(statement.where(Referral.id == key, scope(actor, Referral))).one_or_none()
    if row is None:
        return None
    log.read(session, (row.person_id,))
    return ReferralExtract(
        **vars(line(row)),
        kind=row.kind,
        wanted_times=row.wanted_times,
        worker_sex=row.worker_sex,
        language=row.language,
        sex=row.sex,
        age_band=age_band(row.age_from),
        features=features(session, row.features_of, row.service_id, row.law_class) if row.features_of else (),
        request_note=row.request_note,
        location_name=row.location_name,
        station_name=row.station_name,
        answer_by_is_provisional=row.answer_by_is_provisional,
        answered_at=row.answered_at,
        started_at=row.started_at,
        reason=row.reason,
        reason_text=row.reason_text,
        outcome=row.outcome,
        units_delivered=row.units_delivered,
        phone=row.phone,
        address=row.address,
        contact_note=row.contact_note,
        agreed=frozenset(kind for kind in DataKind if getattr(row, f"agreed_{kind.value}")),
        emergency=row.emergency_id is not None and row.expires_at is None,
        expires_at=row.expires_at,
        withdrawn_at=row.withdrawn_at,
    )


def known_name(session: Session, actor: Account, key: uuid.UUID) -> str | None:
    """Return whom a referral is for, if the actor may know it now. One query."""
    at = clock.now()
    named = _joined(sa.select(who(Person.name, at)), at)
    found: str | None = session.scalar(named.where(Referral.id == key, scope(actor, Referral)))
    return found
