"""What help cost: by source of money, for one unit, for one referral that was served, for one person better off."""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Measure, Referral, ReferralOutcome, Service, ServiceAtLocation
from referral.queries.report.entries import Entries
from referral.queries.report.figures import ProgramLine
from referral.queries.report.frame import Frame
from referral.queries.report.measured import FundLine, OutcomeCost
from referral.queries.report.outcomes import Pair


def by_source(programs: Sequence[ProgramLine], met: Entries) -> list[FundLine]:
    """Return what each source of money gave, by name; the empty name is for programs that name none."""
    priced: dict[str, list[ProgramLine]] = defaultdict(list)
    for line in programs:
        if line.spent is not None:
            priced[line.program.funding_source or ""].append(line)
    found = []
    for source, lines in sorted(priced.items()):
        persons = _of_programs(met, lines).distinct("person")
        units = sum((one.units for one in lines), Decimal(0))
        spent = sum((one.spent for one in lines if one.spent is not None), Decimal(0))
        found.append(FundLine(source, len(lines), persons, units, spent))
    return found


def _of_programs(met: Entries, lines: Sequence[ProgramLine]) -> Entries:
    keys = {line.program.id for line in lines}
    wanted = np.array([met.key("programs", place) in keys for place in range(len(met.lists["programs"]))], dtype=bool)
    return met.where(np.append(wanted, False)[met.program])


def for_outcomes(
    session: Session, frame: Frame, programs: Sequence[ProgramLine], met: Entries, pairs: Sequence[Pair]
) -> list[OutcomeCost]:
    """Return yuan for one referral served and for one person better off (WHO-5). One statement.

    Only programs with a unit price: their money ÷ the outcomes of their own referrals and of the people they served.
    """
    priced = [line for line in programs if line.spent is not None]
    if not priced:
        return []
    spent = sum((one.spent for one in priced if one.spent is not None), Decimal(0))
    of_them = (
        sa.select(ServiceAtLocation.id)
        .join(Service, Service.id == ServiceAtLocation.service_id)
        .where(Service.program_id.in_([one.program.id for one in priced]))
    )
    served = session.scalar(
        sa.select(sa.func.count(Referral.id)).where(
            *frame.referrals(),
            Referral.outcome == ReferralOutcome.SERVED,
            Referral.service_at_location_id.in_(of_them),
        )
    )
    helped = _of_programs(met, priced)
    people = {helped.key("people", int(place)) for place in np.unique(helped.person)}
    better = sum(
        1
        for pair in pairs
        if pair.measure is Measure.WHO5
        and pair.baseline is not None
        and pair.follow_up is not None
        and pair.follow_up > pair.baseline
        and pair.person_id in people
    )
    return [OutcomeCost("cost_per_served", spent, served or 0), OutcomeCost("cost_per_improved", spent, better)]
