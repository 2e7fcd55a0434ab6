"""How each kind of help is asked for and given in the demonstration: amounts, rhythm, minutes, value."""

import uuid
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import NeedKind, NeedType, Taxonomy, TaxonomyTerm, Urgency, VisitKind
from referral.actions.seeding.files import Line, lines


@dataclass(frozen=True)
class Term:
    """A term of the taxonomy with the habits of the demonstration."""

    code: str
    id: uuid.UUID
    unit: str
    kind: NeedKind
    need_type_id: uuid.UUID
    quantity: int
    frequency: str
    urgencies: dict[Urgency, float]
    visits_a_month: float
    minutes: tuple[int, int]
    units: int
    """Of one visit."""
    visit_kind: VisitKind
    value: tuple[int, int]
    """Yuan a month for services, yuan a unit for goods."""
    lasts_days: int
    """How long help goes on; 0 for help without an end."""

    @property
    def once(self) -> bool:
        """Whether it is given once."""
        return self.frequency == "once"

    @property
    def material(self) -> bool:
        """Whether goods or money are handed over."""
        return self.kind is NeedKind.MATERIAL


def read_terms(session: Session) -> dict[str, Term]:
    """Return the terms by code, with the keys that `load_reference` gave them. Two queries."""
    listed = {
        term.code: term
        for term in session.scalars(
            sa.select(TaxonomyTerm).where(TaxonomyTerm.taxonomy.in_([Taxonomy.SERVICE, Taxonomy.MATERIAL]))
        )
    }
    types = {need_type.code: need_type.id for need_type in session.scalars(sa.select(NeedType))}
    return {
        line["term"]: _term(line, listed[line["term"]], types[line["need_type"]])
        for line in lines("demonstration/terms.csv")
    }


def _term(line: Line, listed: TaxonomyTerm, need_type_id: uuid.UUID) -> Term:
    return Term(
        code=listed.code,
        id=listed.id,
        unit=listed.unit or "次",
        kind=NeedKind.MATERIAL if listed.taxonomy is Taxonomy.MATERIAL else NeedKind.SERVICE,
        need_type_id=need_type_id,
        quantity=int(line["quantity"]),
        frequency=line["frequency"],
        urgencies={urgency: float(line[urgency]) for urgency in Urgency},
        visits_a_month=float(line["visits_a_month"]),
        minutes=(int(line["minutes_from"]), int(line["minutes_to"])),
        units=int(line["units"]),
        visit_kind=VisitKind(line["kind"]),
        value=(int(line["value_from"]), int(line["value_to"])),
        lasts_days=int(line["lasts_days"]),
    )
