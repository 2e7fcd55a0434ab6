"""From what a form says to records."""

from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from models import Account, Person, Role
from referral.actions import cases
from referral.actions import people as acts
from referral.intake.forms import TakeInForm
from referral.intake.reading import Reading
from referral.queries import people


def demonstration() -> bool:
    """Say whether whoever is taken in here is invented."""
    return bool(current_app.config["DEMONSTRATION"])


def take_in(session: Session, form: TakeInForm, read: Reading, *, by: Account, at: datetime) -> Person:
    """Write a person down with a case; the station is the worker's own, or the village's where a coordinator writes."""
    station = people.station_for(session, read.facts.area_code) if by.role is Role.COORDINATOR else by.organization
    person = acts.take_in(
        session, read.facts, station=station, at=at, household=read.household, demonstration=demonstration()
    )
    cases.open_case(
        session,
        person,
        source=form.source.data,
        urgency=form.urgency.data,
        summary=form.summary.data,
        by=by,
        at=at,
    )
    return person
