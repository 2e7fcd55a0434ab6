"""What the holder of a link sees: before acceptance nothing from which somebody can be told apart, afterwards what the
person agreed to.

Every column is named here and stands in a wrapper of `sharing`; who the person is does not leave the database for the
page on which a referral is answered.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from models import (
    AnswerLink,
    Area,
    DataKind,
    Need,
    Organization,
    Person,
    Phone,
    Referral,
    ReferralQuestion,
    Role,
    Service,
    ServiceAtLocation,
    TaxonomyTerm,
    Urgency,
)
from referral import clock, log
from referral.access.viewer import Who
from referral.queries import inbox
from referral.queries.age_bands import age_from
from referral.queries.inbox import Names, ReferralExtract
from referral.queries.sharing import anything, what, with_sharing
from referral.queries.what_matters import AGE_BANDS, age_band


@dataclass(frozen=True)
class Line:
    """One question and its reply."""

    text: str
    asked_at: datetime
    reply: str | None
    replied_at: datetime | None


@dataclass(frozen=True)
class Asked:
    """All that is shown of a referral before it is accepted."""

    term: Names
    quantity: Decimal
    unit: str
    frequency: str
    urgency: Urgency
    township: Names
    """Empty where the person has not agreed to it; so too the age."""
    age_band: tuple[int | None, int | None] | None
    wanted_times: int | None
    service_name: str
    organization_name: str
    station_name: str | None
    station_phone: str | None
    answer_by: datetime
    questions: tuple[Line, ...]


def asked(session: Session, link: AnswerLink, at: datetime) -> Asked:
    """Return what a link that works shows before acceptance. Three queries."""
    village, town, station = aliased(Area), aliased(Area), aliased(Organization)
    statement = with_sharing(
        sa.select(
            TaxonomyTerm.name_zh,
            TaxonomyTerm.name_en,
            Need.quantity,
            Need.unit,
            Need.frequency,
            Need.urgency,
            what(DataKind.IDENTITY, town.name, at).label("town_zh"),
            what(DataKind.IDENTITY, town.name_en, at).label("town_en"),
            what(DataKind.IDENTITY, age_from(Person.born_on, clock.local_date(at), AGE_BANDS), at).label("age_from"),
            anything(Need.wanted_times, at).label("wanted_times"),
            Service.name.label("service_name"),
            Organization.name.label("organization_name"),
            station.name.label("station_name"),
            Referral.station_id,
            Referral.answer_by,
        )
        .select_from(Referral)
        .join(Need, Need.id == Referral.need_id)
        .join(Person, Person.id == Referral.person_id)
        .join(TaxonomyTerm, TaxonomyTerm.id == Need.term_id)
        .join(village, village.code == Referral.area_code)
        .outerjoin(town, town.code == village.parent_code)
        .join(ServiceAtLocation, ServiceAtLocation.id == Referral.service_at_location_id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .join(Organization, Organization.id == Referral.organization_id)
        .outerjoin(station, station.id == Referral.station_id),
        at,
    )
    row = session.execute(statement.where(Referral.id == link.referral_id)).one()
    phone = sa.select(Phone.number).where(Phone.organization_id == row.station_id).order_by(Phone.id).limit(1)
    return Asked(
        term=Names(row.name_zh, row.name_en),
        quantity=row.quantity,
        unit=row.unit,
        frequency=row.frequency,
        urgency=row.urgency,
        township=Names(row.town_zh, row.town_en),
        age_band=age_band(row.age_from),
        wanted_times=row.wanted_times,
        service_name=row.service_name,
        organization_name=row.organization_name,
        station_name=row.station_name,
        station_phone=session.scalar(phone) if row.station_id else None,
        answer_by=row.answer_by,
        questions=lines(session, link.referral_id),
    )


def lines(session: Session, referral_id: Any) -> tuple[Line, ...]:
    """Return the questions about a referral with their replies, oldest first. One query."""
    found = session.execute(
        sa.select(ReferralQuestion.text, ReferralQuestion.asked_at, ReferralQuestion.reply, ReferralQuestion.replied_at)
        .where(ReferralQuestion.referral_id == referral_id)
        .order_by(ReferralQuestion.asked_at, ReferralQuestion.id)
    )
    return tuple(Line(*row) for row in found)


def taken_on(session: Session, link: AnswerLink) -> ReferralExtract | None:
    """Return the extract of a referral that was taken on, as the provider's account would see it; noted in the log."""
    receiver = Who(link.id, Role.PROVIDER_OFFICER, link.organization_id, None, None, ())
    found = inbox.extract(session, receiver, link.referral_id)
    log.note(
        session,
        "read_by_link",
        person_id=link.referral.person_id,
        record=link,
        organization=link.organization_id.hex,
    )
    return found
