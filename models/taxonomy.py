"""Code lists that a city edits: service terms, material aid, need types."""

import enum
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Record
from models.case import Domain, Urgency
from models.field_groups import FieldGroup


class Taxonomy(enum.StrEnum):
    """Which list a term belongs to."""

    SERVICE = "service"
    MATERIAL = "material"
    IMPORTED = "imported"
    """Terms that came with an imported catalogue and are not matched until somebody maps them."""


class LawClass(enum.StrEnum):
    """The three classes of service-type assistance (Social Assistance Law Art. 34)."""

    CARE = "care"
    LIVING = "living"
    COMPANIONSHIP = "companionship"


class TaxonomyTerm(Record):
    """One kind of service or of material aid, with the unit it is counted in (HSDS: taxonomy_term)."""

    __tablename__ = "taxonomy_term"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (sa.UniqueConstraint("taxonomy", "code"),)

    taxonomy: Mapped[Taxonomy]
    code: Mapped[str] = mapped_column(sa.String(64))
    name_zh: Mapped[str] = mapped_column(sa.String(255))
    name_en: Mapped[str] = mapped_column(sa.String(255))
    category_code: Mapped[str | None] = mapped_column(sa.String(64))
    category_zh: Mapped[str | None] = mapped_column(sa.String(64))
    category_en: Mapped[str | None] = mapped_column(sa.String(64))
    parent_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("taxonomy_term.id"), index=True)
    law_class: Mapped[LawClass | None]
    unit: Mapped[str | None] = mapped_column(sa.String(8))
    """次, 小时, 餐, 天, 课时, 期, 件, 户, 份 or 元: what one counts."""
    origin: Mapped[str] = mapped_column(sa.String(32), default="proposal")
    """national, local-list, local-report, proposal or import: where the line comes from."""
    active: Mapped[bool] = mapped_column(default=True)


class NeedType(Record):
    """What somebody lacks, in the words of an assessment, with the usual answers to it."""

    __tablename__ = "need_type"
    field_group = FieldGroup.INSTALLATION

    code: Mapped[str] = mapped_column(sa.String(16), unique=True)
    domain: Mapped[Domain]
    name_zh: Mapped[str] = mapped_column(sa.String(64))
    name_en: Mapped[str] = mapped_column(sa.String(96))
    usual_answer: Mapped[str] = mapped_column(sa.String(128))
    default_urgency: Mapped[Urgency]


class BeneficiaryCategory(Record):
    """A recognised status that a person may hold (认定类别), in two levels."""

    __tablename__ = "beneficiary_category"
    field_group = FieldGroup.INSTALLATION

    code: Mapped[str] = mapped_column(sa.String(8), unique=True)
    name_zh: Mapped[str] = mapped_column(sa.String(64))
    name_en: Mapped[str] = mapped_column(sa.String(96))
    category_code: Mapped[str] = mapped_column(sa.String(4))
    category_zh: Mapped[str] = mapped_column(sa.String(64))
    origin: Mapped[str] = mapped_column(sa.String(32))
