"""The people of the district, their needs and their referrals, with a canary in every field."""

from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from models import (
    AreaUse,
    Capacity,
    Case,
    Feature,
    FeatureKind,
    Household,
    IdentityStatus,
    Need,
    NeedKind,
    NeedStatus,
    Organization,
    Person,
    PersonArea,
    Referral,
    ReferralEvent,
    ReferralStatus,
    ServiceAtLocation,
    Urgency,
)
from tests.factories import make_person, make_term
from tests.matrix.canaries import SUBJECTS, born_on, id_number

if TYPE_CHECKING:
    from tests.matrix.district import District

S = ReferralStatus


def make_subject(
    session: Session, made: "District", subject: str, *, area: str, station: Organization, household: Household
) -> Person:
    """A person with everything that is kept of one."""
    word, keep, number = made.canaries.word, made.canaries.keep, SUBJECTS.index(subject)
    born = born_on(subject)
    keep(f"{born:%Y-%m-%d}", "K", subject)
    keep(f"{born.year}年{born.month}月{born.day}日", "K", subject)
    name = word("I", subject)
    person = make_person(
        session,
        at=made.at,
        household=household,
        area_code=area,
        station_id=station.id,
        name=name,
        search_text=f"{name} wang".lower(),
        born_on=born,
        id_number=keep(id_number(subject), "K", subject),
        phone=keep(f"139{70 + number}25{number}83{number}", "T", subject),
        bank_card=keep(f"62284{number}0402564890{number}18", "F", subject),
        contact_note=word("T", subject),
        address=word("T", subject),
    )
    person.number = word("O", subject)
    session.add_all(
        [
            PersonArea(person_id=person.id, use=AreaUse.HUKOU, area_code=area, address=word("T", subject)),
            Feature(person_id=person.id, kind=FeatureKind.GRAVELY_ILL, note=word("H", subject)),
            IdentityStatus(
                person_id=person.id,
                category_code="G03",
                recognised_by="民政局",
                document_number=word("K", subject),
                valid_from=made.at.date() - timedelta(days=300),
            ),
        ]
    )
    session.flush()
    return person


class Referring:
    """Makes the needs and referrals of a subject."""

    def __init__(
        self,
        session: Session,
        made: "District",
        subject: str,
        *,
        case: Case,
        capacity: Capacity,
        receiver: Organization,
    ) -> None:
        self.session, self.made, self.subject, self.case = session, made, subject, case
        self.capacity, self.receiver = capacity, receiver
        there = session.get_one(ServiceAtLocation, capacity.service_at_location_id)
        self.service_id = there.service_id
        self.term = make_term(session)

    def need(self, status: NeedStatus) -> Need:
        """A need with words of its own."""
        word, at, case = self.made.canaries.word, self.made.at, self.case
        need = Need(
            number=word("O", self.subject), case_id=case.id, person_id=case.person_id, household_id=case.household_id,
            station_id=case.station_id, area_code=case.area_code, term_id=self.term.id, kind=NeedKind.SERVICE,
            status=status, urgency=Urgency.NORMAL, urgency_rank=3, description=word("N", self.subject),
            quantity=Decimal(4), unit="次", opened_at=at - timedelta(days=8), due_at=at + timedelta(days=5),
        )  # fmt: skip
        self.session.add(need)
        self.session.flush()
        return need

    def referral(self, status: ReferralStatus, **extra: Any) -> Referral:
        """A referral of a need of its own, with words of its own."""
        word, at, case = self.made.canaries.word, self.made.at, self.case
        draft = status is S.DRAFT
        referral = Referral(
            number=word("O", self.subject), need_id=self.need(NeedStatus.REFERRED).id, person_id=case.person_id,
            service_at_location_id=self.capacity.service_at_location_id, capacity_id=self.capacity.id,
            organization_id=self.receiver.id, station_id=case.station_id, area_code=case.area_code, status=status,
            request_note=word("N", self.subject), choice_note=word("P", self.subject),
            requested_at=None if draft else at - timedelta(days=3),
            answer_by=None if draft else at + timedelta(days=2), consent_by=at + timedelta(days=9) if draft else None,
            answered_at=at - timedelta(days=2) if status in (S.IN_PROGRESS, S.COMPLETED) else None,
            started_at=at - timedelta(days=2) if status in (S.IN_PROGRESS, S.COMPLETED) else None, **extra,
        )  # fmt: skip
        self.session.add(referral)
        self.session.flush()
        event = ReferralEvent(
            referral_id=referral.id, from_status=None, to_status=status, at=at, note=word("N", self.subject)
        )
        self.session.add(event)
        return referral
