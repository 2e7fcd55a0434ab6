"""Names in a file → records: areas, terms, statuses and organizations, with the nearest name where one is unknown."""

import re
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, Area, AreaLevel, BeneficiaryCategory, NeedType, Taxonomy, TaxonomyTerm
from models.area import code_range
from referral.actions.importing.cells import LIST, WrongCell, folded, is_empty, nearest
from referral.i18n import in_language

T = TypeVar("T")
CODE_FIRST = re.compile(r"([A-Za-z]{0,3}\d+(?:\.\d+)*)(?:[\s:：-]+\S.*)?")
"""A cell chosen from a drop-down: the code, then the name."""


class Lookup(Generic[T]):
    """Records by their codes and names."""

    def __init__(self) -> None:
        self.known: dict[str, list[T]] = {}
        self.names: dict[str, str] = {}

    def add(self, record: T, *names: str | None) -> None:
        """Let a record be found by names; several records may have one."""
        for name in names:
            if name and record not in self.known.setdefault(folded(name), []):
                self.known[folded(name)].append(record)
                self.names.setdefault(folded(name), name)

    def find(self, text: str) -> T:
        """Return the record of a name or code; WrongCell: unknown_choice_near, unknown_name, ambiguous."""
        found = self.known.get(folded(text), [])
        if not found and (coded := CODE_FIRST.fullmatch(text.strip())):
            found = self.known.get(folded(coded[1]), [])
        if len(found) == 1:
            return found[0]
        if found:
            raise WrongCell("ambiguous", choices=[self._label(record) for record in found[:5]])
        if suggestion := nearest(text, self.names.values()):
            raise WrongCell("unknown_choice_near", suggestion=suggestion)
        raise WrongCell("unknown_name")

    def find_all(self, text: str) -> list[T]:
        """Return the records of a list of names."""
        return [self.find(part) for part in LIST.split(text) if not is_empty(part)]

    @staticmethod
    def _label(record: T) -> str:
        code = getattr(record, "code", "")
        return f"{code} {in_language(record)}".strip()


class Areas(Lookup[Area]):
    """The divisions of an account's area."""

    def __init__(self, session: Session, by: Account) -> None:
        super().__init__()
        first, last = code_range(by.area_code) if by.area_code else ("0" * 12, "9" * 12)
        self.first, self.last = first, last
        rows = session.scalars(
            sa.select(Area).where(Area.code.between(first, last), Area.replaced_by_code.is_(None)).order_by(Area.code)
        ).all()
        self.by_code = {area.code: area for area in rows}
        for area in rows:
            above = self.by_code.get(area.parent_code or "")
            full = [f"{above.name}{area.name}"] if above else []
            self.add(area, area.code, area.name, area.name_en, *full)
            if area.level is AreaLevel.TOWNSHIP:
                self.add(area, area.code[:9])

    def find(self, text: str) -> Area:
        """Return a division; WrongCell also: outside_area."""
        digits = folded(text)
        if re.fullmatch(r"\d{9}|\d{12}", digits) and not self.first <= digits.ljust(12, "0") <= self.last:
            raise WrongCell("outside_area")
        return super().find(text)

    def village(self, text: str) -> Area:
        """Return a village or community; WrongCell also: not_a_village for something larger."""
        named = [area for area in self.known.get(folded(text), []) if area.level is AreaLevel.VILLAGE]
        area = named[0] if len(named) == 1 else self.find(text)
        if area.level is not AreaLevel.VILLAGE:
            raise WrongCell("not_a_village")
        return area


def terms(session: Session) -> Lookup[TaxonomyTerm]:
    """Return the terms that can be asked for: services and material aid."""
    found: Lookup[TaxonomyTerm] = Lookup()
    statement = sa.select(TaxonomyTerm).where(TaxonomyTerm.taxonomy != Taxonomy.IMPORTED, TaxonomyTerm.active)
    for term in session.scalars(statement.order_by(TaxonomyTerm.taxonomy, TaxonomyTerm.code)):
        found.add(term, term.code, term.name_zh, term.name_en)
    return found


def statuses(session: Session) -> Lookup[BeneficiaryCategory]:
    """Return the beneficiary categories."""
    found: Lookup[BeneficiaryCategory] = Lookup()
    for category in session.scalars(sa.select(BeneficiaryCategory).order_by(BeneficiaryCategory.code)):
        found.add(category, category.code, category.name_zh, category.name_en)
    return found


def need_types(session: Session) -> Lookup[NeedType]:
    """Return the types of need."""
    found: Lookup[NeedType] = Lookup()
    for need_type in session.scalars(sa.select(NeedType).order_by(NeedType.code)):
        found.add(need_type, need_type.code, need_type.name_zh, need_type.name_en)
    return found


def in_parts(keys: Iterable[T], size: int = 500) -> Iterable[Sequence[T]]:
    """Return keys in parts that fit into one statement."""
    listed = list(keys)
    return (listed[start : start + size] for start in range(0, len(listed), size))
