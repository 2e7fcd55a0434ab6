"""What the page about learning shows: the last training of each kind, those before, and how suggestions did."""

from collections.abc import Iterable
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Area, LearnedKind, LearnedModel, Need, Person, SuggestionShown, TaxonomyTerm
from referral.access import without_scope

SHOWN = 12
NEWEST_OFFERS = 2_000


class Offers(NamedTuple):
    """How suggestions were taken."""

    asked: int
    """Needs recorded after help was suggested from their words, or nothing was."""
    offered: int
    """Of these, needs for which something was suggested."""
    hits: int
    """Of these, needs for which one of the suggestions was chosen."""


def latest(session: Session) -> dict[LearnedKind, LearnedModel]:
    """Return the last training of each kind. One query."""
    last = (
        sa.select(LearnedModel.kind, sa.func.max(LearnedModel.trained_at).label("at"))
        .group_by(LearnedModel.kind)
        .subquery()
    )
    statement = (
        sa.select(LearnedModel)
        .join(last, sa.and_(last.c.kind == LearnedModel.kind, last.c.at == LearnedModel.trained_at))
        .order_by(LearnedModel.id)
    )
    return {model.kind: model for model in session.scalars(statement)}


def trainings(session: Session) -> list[sa.Row[tuple[LearnedKind, object, int, str, bool]]]:
    """Return the newest trainings: kind, when, from how many, verdict, whether in use. One query."""
    statement = (
        sa.select(
            LearnedModel.kind, LearnedModel.trained_at, LearnedModel.rows, LearnedModel.verdict, LearnedModel.in_use
        )
        .order_by(LearnedModel.trained_at.desc(), LearnedModel.id.desc())
        .limit(SHOWN)
    )
    return list(session.execute(statement))


def offers(session: Session) -> Offers:
    """Return how the newest suggestions were taken, those for invented people left out. One query."""
    statement = (
        sa.select(SuggestionShown.terms, TaxonomyTerm.code)
        .join(Need, Need.id == SuggestionShown.need_id)
        .join(TaxonomyTerm, TaxonomyTerm.id == Need.term_id)
        .join(Person, Person.id == Need.person_id)
        .where(Person.demonstration.is_(False))
        .order_by(SuggestionShown.id.desc())
        .limit(NEWEST_OFFERS)
    )
    with without_scope(session, because="a count of how suggestions were taken, everywhere"):
        found = [(terms, code) for terms, code in session.execute(statement)]
    return Offers(len(found), sum(bool(terms) for terms, _ in found), sum(code in terms for terms, code in found))


def areas(session: Session, prefixes: Iterable[str]) -> dict[str, Area]:
    """Return the areas of shortened division codes. One query."""
    codes = {prefix.ljust(12, "0"): prefix for prefix in prefixes}
    found = session.scalars(sa.select(Area).where(Area.code.in_(codes)))
    return {codes[area.code]: area for area in found}
