"""Administrative divisions, from province to village."""

import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.base import Base
from models.field_groups import FieldGroup


class AreaLevel(enum.StrEnum):
    """How far down the division lies; the number of significant digits of its code follows from it."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


SIGNIFICANT_DIGITS = {
    AreaLevel.PROVINCE: 2,
    AreaLevel.CITY: 4,
    AreaLevel.COUNTY: 6,
    AreaLevel.TOWNSHIP: 9,
    AreaLevel.VILLAGE: 12,
}
CODE_LENGTH = 12


class AreaKind(enum.StrEnum):
    """Urban or rural, as the statistics of assistance ask for them apart."""

    URBAN = "urban"
    RURAL = "rural"


class Area(Base):
    """One division. Its published 12-digit code is its key: 2+2+2+3+3 digits, so a subtree is a range of codes."""

    __tablename__ = "area"
    field_group = FieldGroup.INSTALLATION

    code: Mapped[str] = mapped_column(sa.String(CODE_LENGTH), primary_key=True)
    parent_code: Mapped[str | None] = mapped_column(sa.ForeignKey("area.code"), index=True)
    level: Mapped[AreaLevel]
    name: Mapped[str] = mapped_column(sa.String(64), index=True)
    name_en: Mapped[str | None] = mapped_column(sa.String(96))
    kind: Mapped[AreaKind | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    replaced_by_code: Mapped[str | None] = mapped_column(sa.ForeignKey("area.code"), index=True)
    """The code that took this one's place when divisions were merged or renumbered."""

    parent: Mapped["Area | None"] = relationship(remote_side=[code], foreign_keys=[parent_code], lazy="raise_on_sql")

    @property
    def prefix(self) -> str:
        """The digits that every division below this one shares."""
        return self.code[: SIGNIFICANT_DIGITS[self.level]]


def code_range(code: str) -> tuple[str, str]:
    """Return the first and the last code of the subtree below a division's code (both included).

    >>> code_range("321199000000")
    ('321199000000', '321199999999')
    """
    prefix = code
    for digits in SIGNIFICANT_DIGITS.values():
        if set(code[digits:]) <= {"0"}:
            prefix = code[:digits]
            break
    return prefix.ljust(CODE_LENGTH, "0"), prefix.ljust(CODE_LENGTH, "9")


def areas_above(code: str) -> list[str]:
    """Return the codes of a division and of all it lies in, the province first; none for no code.

    >>> areas_above("321199001000")
    ['320000000000', '321100000000', '321199000000', '321199001000']
    """
    return sorted({code[:digits].ljust(CODE_LENGTH, "0") for digits in SIGNIFICANT_DIGITS.values() if code})


def township_code(code: str) -> str:
    """Return the code of the township in which a village (or the township itself) lies."""
    return code[: SIGNIFICANT_DIGITS[AreaLevel.TOWNSHIP]].ljust(CODE_LENGTH, "0")
