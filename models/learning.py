"""What the platform has learned from its own history: coefficients as plain numbers, and how well they did."""

import enum
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Record
from models.field_groups import FieldGroup


class LearnedKind(enum.StrEnum):
    """What is foretold."""

    ACCEPTANCE = "acceptance"
    """That a provider takes a referral on."""
    COMPLETION = "completion"
    """That help taken on is given to its end."""
    TERM_OF_WORDS = "term_of_words"
    """Which help the words of a need mean."""


class LearnedModel(Record):
    """One training: from how many, until when, how good against the base rate, and whether rounds use it.

    Coefficients are numbers in JSON, never a pickled object: a file that can run code does not come from a database.
    """

    __tablename__ = "learned_model"
    field_group = FieldGroup.INSTALLATION
    __table_args__ = (
        sa.CheckConstraint("rows >= 0 AND positives >= 0 AND positives <= rows", name="counts"),
        sa.Index(
            "uq_learned_model_one_in_use",
            "kind",
            unique=True,
            sqlite_where=sa.text("in_use"),
            postgresql_where=sa.text("in_use"),
        ),
    )

    kind: Mapped[LearnedKind]
    trained_at: Mapped[datetime] = mapped_column(index=True)
    cut_at: Mapped[datetime | None]
    """Rows before it taught; rows from it on judged."""
    rows: Mapped[int]
    positives: Mapped[int]
    shape: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Features, knots and coefficients: all that is needed to compute a chance again."""
    measures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Brier score, log loss and calibration on the later rows, of the model and of the base rate, and by group."""
    in_use: Mapped[bool] = mapped_column(default=False)
    verdict: Mapped[str] = mapped_column(sa.String(32))
    """Why it is used or not: better, no_better, too_few, one_sided."""


class SuggestionShown(Record):
    """Which terms were offered for the words of a need, so that the offers can be held against what was chosen."""

    __tablename__ = "suggestion_shown"
    field_group = FieldGroup.PROCESS

    need_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("need.id"), unique=True)
    terms: Mapped[list[Any]] = mapped_column(default=list)
    """Codes of the terms, likeliest first; empty where the platform abstained."""
    model_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("learned_model.id"), index=True)
