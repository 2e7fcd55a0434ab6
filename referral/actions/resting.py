"""What is left of a need when a provider takes only a part of it on: a need of its own, open from that moment."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from sqlalchemy.orm import Session

from models import Need, NeedStatus, Referral
from models.errors import DomainError
from referral.access import without_scope
from referral.actions import places
from referral.actions.numbering import next_number

CENT = Decimal("0.01")
COPIED = (
    "case_id",
    "person_id",
    "household_id",
    "station_id",
    "area_code",
    "need_type_id",
    "term_id",
    "kind",
    "urgency",
    "urgency_rank",
    "description",
    "unit",
    "frequency",
    "wanted_times",
    "worker_sex",
    "language",
    "opened_at",
    "due_at",
    "due_is_provisional",
)
"""What the rest has from its need. It waits since the same day: nobody moves back by being helped in part."""


class NotInPart(DomainError):
    """An answer in part must name fewer units than were asked, or a day from today on."""

    code = "not_in_part"


def leave_rest(session: Session, referral: Referral, quantity: Decimal, *, at: datetime) -> Need:
    """Make the need of a referral as small as what its provider takes on, and open the rest; return the rest.

    `quantity` is in the unit and frequency of the need. The estimated value is shared in the same measure, and what
    the referral held beyond its part is given back. Raises NotInPart unless something is taken and something is left.
    """
    with without_scope(session, because="what a provider leaves of a need is the station's, which it never sees"):
        need = session.get_one(Need, referral.need_id)
        if not 0 < quantity < need.quantity:
            raise NotInPart
        whole, value = need.quantity, need.estimated_value
        part = None if value is None else (value * quantity / whole).quantize(CENT, ROUND_HALF_UP)
        asked = need.preferred_organization_id
        rest = Need(
            number=next_number(session, Need, at),
            status=NeedStatus.OPEN,
            quantity=whole - quantity,
            estimated_value=None if value is None or part is None else value - part,
            preferred_organization_id=None if asked == referral.organization_id else asked,
            rest_of_id=need.rest_of_id or need.id,
            **{name: getattr(need, name) for name in COPIED},
        )
        need.quantity, need.estimated_value = quantity, part
        session.add(rest)
        session.flush()
        places.lessen_place(session, referral, need)
    return rest
