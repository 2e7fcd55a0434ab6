"""Before and after by program, township, sex, age and recognised status, with the missing of each group."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import BeneficiaryCategory, IdentityStatus, Measure, Person, Sex
from referral.access import in_area, without_scope
from referral.queries.report.counted import Somebody, key_of, raw, reads_area
from referral.queries.report.entries import Entries
from referral.queries.report.figures import AGE_BANDS, Group, ProgramLine
from referral.queries.report.frame import Frame
from referral.queries.report.measured import Compared
from referral.queries.report.outcomes import Pair, mean_interval

NO_STATUS = ""
"""Stands for people on no register."""


def compare_groups(
    session: Session,
    frame: Frame,
    *,
    met: Entries,
    people: Mapping[Any, Somebody],
    pairs: Sequence[Pair],
    townships: Sequence[Group],
    programs: Sequence[ProgramLine],
) -> list[Compared]:
    """Return the change of the WHO-5 in each group of the people served. Two statements.

    A person stands in the township of the last entry, in every program that helped, and under every status held on
    the last day of the frame.
    """
    scores = {
        pair.person_id: (pair.baseline, pair.follow_up)
        for pair in pairs
        if pair.measure is Measure.WHO5 and pair.baseline is not None and pair.follow_up is not None
    }
    place_of = {met.key("people", int(place)): int(place) for place in np.unique(met.person)}
    paired = {place_of[key]: value for key, value in scores.items() if key in place_of}
    served = set(place_of.values())

    def line(kind: str, label: Any, members: set[int]) -> Compared:
        # In the order of the scores: added up in another order, the last digit would differ between databases.
        mine = sorted(paired[one] for one in members if one in paired)
        before, after = (np.array(values, dtype=float) for values in (zip(*mine, strict=True) if mine else ((), ())))
        low, high = mean_interval(after - before)
        return Compared(
            kind, label, len(members), len(mine), len(paired) - len(mine),
            float(before.mean()) if mine else None, float(after.mean()) if mine else None,
            float((after - before).mean()) if mine else None, low, high,
        )  # fmt: skip

    found: list[Compared] = []
    for one in programs:
        here = np.array([met.key("programs", n) == one.program.id for n in range(len(met.lists["programs"]))])
        members = set(np.unique(met.person[np.append(here, False)[met.program]]).tolist())
        found.append(line("program", one.program, members))
    last = _last_area(met)
    for group in townships:
        prefix = str(group.label.code)[:9]
        members = {place for place, code in last.items() if code[:9] == prefix}
        if members:
            found.append(line("township", group.label, members))
    groups: list[tuple[str, Any, set[int]]] = [
        ("sex", sex, {one for one in served if one in people and people[one].sex is sex})
        for sex in (Sex.FEMALE, Sex.MALE, None)
    ]
    groups += [
        ("age", label, {one for one in served if one in people and people[one].age_from == first})
        for label, first in (*((label, first) for label, first, _last in AGE_BANDS), ("?", None))
    ]
    found += [line(kind, label, members) for kind, label, members in groups if members]
    return found + [
        line("status", category, members) for category, members in _by_status(session, frame, place_of, served)
    ]


def _last_area(met: Entries) -> dict[int, str]:
    """Return the code of the village of each person's last entry."""
    order = np.lexsort((met.area_codes()[met.area], met.day))
    last = np.full(len(met.lists["people"]), -1, dtype=np.int64)
    last[met.person[order]] = met.area[order]
    return {int(place): bytes(met.lists["areas"][last[place]]).decode() for place in np.flatnonzero(last >= 0)}


def _by_status(
    session: Session, frame: Frame, place_of: Mapping[UUID, int], served: set[int]
) -> list[tuple[Any, set[int]]]:
    holds = sa.and_(
        IdentityStatus.valid_from <= frame.end,
        sa.or_(IdentityStatus.valid_to.is_(None), IdentityStatus.valid_to >= frame.end),
    )
    statement = sa.select(raw(IdentityStatus.person_id), IdentityStatus.category_code).where(holds)
    if reads_area(frame):
        area = frame.area_code or frame.actor.area_code
        statement = statement.join(Person, Person.id == IdentityStatus.person_id).where(in_area(Person.area_code, area))
    else:
        statement = statement.where(frame.served_person(IdentityStatus.person_id))
    members: dict[str, set[int]] = {}
    with without_scope(session, because="recognised statuses of people whose visits the reader may see, for sums"):
        for key, code in session.execute(statement):
            place = place_of.get(key_of(key))
            if place is not None:
                members.setdefault(code, set()).add(place)
    named = {
        one.code: one
        for one in session.scalars(sa.select(BeneficiaryCategory).where(BeneficiaryCategory.code.in_(members)))
    }
    none = served - set().union(*members.values())
    lines: list[tuple[Any, set[int]]] = [(named.get(code, code), members[code]) for code in sorted(members)]
    return [*lines, (NO_STATUS, none)] if none else lines
