"""What a report is about: a period, perhaps one township, perhaps one program, within what the reader may see."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute

from models import Account, Case, Need, Person, Program, Referral, Service, ServiceAtLocation, Visit
from models.referral import ReferralStatus
from models.visit import REACHED
from referral.access import in_area, scope
from referral.clock import end_of, start_of

Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Frame:
    """Both days are included and are days in China."""

    actor: Account
    start: date
    end: date
    area_code: str | None = None
    program_id: UUID | None = None

    def during(self, column: InstrumentedAttribute[Any]) -> Condition:
        """Return the condition that a moment lies in the period."""
        return sa.and_(column >= start_of(self.start), column < end_of(self.end))

    def entries(self) -> list[Condition]:
        """Return the conditions for entries of visits in the frame, reached or not; replaced entries never count."""
        conditions = [scope(self.actor, Visit), self.during(Visit.started_at), Visit.replaced.is_(False)]
        if self.area_code:
            conditions.append(in_area(Visit.area_code, self.area_code))
        if self.program_id:
            conditions.append(Visit.program_id == self.program_id)
        return conditions

    def visits(self) -> list[Condition]:
        """Return the conditions for person-times: entries in which the person or the family was met."""
        return [*self.entries(), Visit.contact_result.in_(REACHED)]

    def met_ever(self) -> list[Condition]:
        """Return the conditions for person-times of any time in the frame's scope, area and program."""
        conditions = [scope(self.actor, Visit), Visit.replaced.is_(False), Visit.contact_result.in_(REACHED)]
        if self.area_code:
            conditions.append(in_area(Visit.area_code, self.area_code))
        if self.program_id:
            conditions.append(Visit.program_id == self.program_id)
        return conditions

    def needs(self) -> list[Condition]:
        """Return the conditions for needs opened in the period; a program takes those it was asked to meet."""
        conditions = [scope(self.actor, Need), self.during(Need.opened_at)]
        if self.area_code:
            conditions.append(in_area(Need.area_code, self.area_code))
        if self.program_id:
            asked = (
                sa.select(Referral.need_id)
                .join(ServiceAtLocation)
                .join(Service)
                .where(Service.program_id == self.program_id)
            )
            conditions.append(Need.id.in_(asked))
        return conditions

    def referrals(self, moment: InstrumentedAttribute[Any] | None = None) -> list[Condition]:
        """Return the conditions for referrals put to providers in the period (or with another moment in it)."""
        conditions = [
            scope(self.actor, Referral),
            self.during(moment or Referral.requested_at),
            Referral.status != ReferralStatus.ENTERED_IN_ERROR,
        ]
        if self.area_code:
            conditions.append(in_area(Referral.area_code, self.area_code))
        if self.program_id:
            of_program = sa.select(ServiceAtLocation.id).join(Service).where(Service.program_id == self.program_id)
            conditions.append(Referral.service_at_location_id.in_(of_program))
        return conditions

    def cases(self) -> list[Condition]:
        """Return the conditions for cases opened in the period; a program takes those of people it served."""
        conditions = [scope(self.actor, Case), self.during(Case.opened_at)]
        if self.area_code:
            conditions.append(in_area(Case.area_code, self.area_code))
        if self.program_id:
            conditions.append(self.served_person(Case.person_id))
        return conditions

    def served_person(self, person: InstrumentedAttribute[Any]) -> Condition:
        """Return the condition that somebody has a person-time in the frame."""
        return sa.select(Visit.id).where(Visit.person_id == person, *self.visits()).exists()


def programs_served(frame: Frame) -> sa.Select[Any]:
    """Return the programs that gave something in the area of a frame, for the filter."""
    served = sa.select(Visit.id).where(Visit.program_id == Program.id, scope(frame.actor, Visit)).exists()
    return sa.select(Program).where(served).order_by(Program.name)


def person_numbers() -> InstrumentedAttribute[str]:
    """Return what stands for a person in lists behind figures: the file number, never the name."""
    return Person.number
