"""What an evaluator sees: what one program touched, inside the area, and nothing besides."""

from typing import Any

import sqlalchemy as sa

from models import Need, Referral, Service, ServiceAtLocation, Visit
from referral.access.rules import Condition, Rule, alias, column, in_area
from referral.access.viewer import Who


def _of_program(actor: Who) -> sa.Select[Any]:
    """Return the keys of the entries through which the program of an evaluator is given."""
    entry, service = alias(ServiceAtLocation), alias(Service)
    return (
        sa.select(entry.c.id).select_from(entry.join(service, service.c.id == entry.c.service_id))
        .where(service.c.program_id == actor.program_id)
    )  # fmt: skip


def sample(referral_names: str, visit_names: str | None = None, through: str | None = None) -> Rule:
    """Rows that a program touched in the evaluator's area.

    That are those which a referral there to one of its services names, or one of its visits there; `through` is for
    rows that only a visit's own referral names.
    """

    def condition(actor: Who, entity: Any) -> Condition:
        if actor.program_id is None:
            return sa.false()
        referral, visit, behind = alias(Referral), alias(Visit), alias(Referral).alias("scope_referral_behind")
        asked, given = asked_of_program(actor, referral), visits_of_program(actor, visit)
        found: list[sa.Select[Any]] = [sa.select(referral.c[referral_names]).where(asked)]
        if visit_names:
            found.append(sa.select(visit.c[visit_names]).where(given, visit.c[visit_names].is_not(None)))
        if through:
            joined = behind.join(visit, visit.c.referral_id == behind.c.id)
            found.append(sa.select(behind.c[through]).select_from(joined).where(given))
        within: Condition = column(entity, "id").in_(sa.union(*found))
        return within

    return condition


def visits_of_program(actor: Who, entity: Any) -> Condition:
    """Visits that an evaluator's program paid for, inside the area."""
    if actor.program_id is None:
        return sa.false()
    here = in_area(column(entity, "area_code"), actor.area_code)
    return sa.and_(here, column(entity, "program_id") == actor.program_id)


def asked_of_program(actor: Who, entity: Any) -> Condition:
    """Referrals to services of an evaluator's program, inside the area."""
    if actor.program_id is None:
        return sa.false()
    here = in_area(column(entity, "area_code"), actor.area_code)
    return sa.and_(here, column(entity, "service_at_location_id").in_(_of_program(actor)))


def cases_of_program(actor: Who, entity: Any) -> Condition:
    """Cases with a need that an evaluator's program was asked to meet, or with one of its visits, inside the area."""
    if actor.program_id is None:
        return sa.false()
    need, visit = alias(Need), alias(Visit)
    asked = sa.select(need.c.case_id).where(sample("need_id", through="need_id")(actor, need))
    given = sa.select(visit.c.case_id).where(visits_of_program(actor, visit), visit.c.case_id.is_not(None))
    within: Condition = column(entity, "id").in_(sa.union(asked, given))
    return within
