"""Base of all records: keys, times, money, and how Python types become columns."""

import enum
import secrets
import time
import uuid
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from decimal import Decimal
from typing import Annotated, Any

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from models.field_groups import FieldGroup, marked

Dialect = sa.engine.Dialect


def new_key(at: datetime | None = None) -> uuid.UUID:
    """Return a UUIDv7 (RFC 9562 §5.7): ordered by millisecond, 74 random bits, so that it cannot be guessed.

    `at` dates the key; without it the key is dated now. Records loaded from an older source give their own time.
    """
    milliseconds = time.time_ns() // 1_000_000 if at is None else int(at.timestamp() * 1000)
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, kept in UTC. Refuses naive values, because nobody can tell afterwards what they meant."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC; raise ValueError for a naive one."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: say which zone it is in")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return the stored moment, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Hundredths(TypeDecorator[Decimal]):
    """A decimal with two places, stored as a whole number of hundredths: money in fen, hours in 0.25 steps.

    SQLite has no decimal type; whole numbers add up exactly on both databases.
    """

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Dialect) -> int | None:
        """Return hundredths; raise ValueError for floats and for more than two places."""
        if value is None:
            return None
        if isinstance(value, float):
            raise TypeError(f"{value!r} is a float: money and units are Decimal")
        hundredths = Decimal(value) * 100
        if hundredths != hundredths.to_integral_value():
            raise ValueError(f"{value} has more than two decimal places")
        return int(hundredths)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the number with its two places."""
        return None if value is None else Decimal(int(value)).scaleb(-2)


class RoughDegrees(TypeDecorator[float]):
    """Degrees of latitude or longitude with three decimals, about 100 m.

    That is enough to find who is near. The exact place of a person's home is not kept: a stolen list would lead to
    the door of somebody ill or alone, and no page needs it.
    """

    impl = sa.Double
    cache_ok = True

    def process_bind_param(self, value: float | None, dialect: Dialect) -> float | None:
        """Return the degrees, rounded."""
        return None if value is None else round(value, 3)


Money = Annotated[Decimal, mapped_column(Hundredths())]
"""Yuan and fen."""
Units = Annotated[Decimal, mapped_column(Hundredths())]
"""A number of units of a taxonomy term: 次, 小时 (0.25 steps), 餐, 天, 课时, 期, 件, 户, 元."""
Key = Annotated[uuid.UUID, mapped_column(sa.Uuid())]


class Base(DeclarativeBase):
    """Declarative base with the names of constraints fixed, so that migrations can find them on both databases."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  read by SQLAlchemy at class creation, never changed
        datetime: UtcDateTime(),
        date: sa.Date(),
        clock_time: sa.Time(),
        timedelta: sa.Interval(),
        uuid.UUID: sa.Uuid(),
        str: sa.String(),
        dict[str, Any]: sa.JSON(),
        list[Any]: sa.JSON(),
        enum.Enum: sa.Enum(
            enum.Enum,
            values_callable=lambda members: [member.value for member in members],
            native_enum=False,
            create_constraint=True,
            length=32,
        ),
    }


class Record(Base):
    """A row with a key of its own and the moment it was made."""

    __abstract__ = True

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_key)
    created_at: Mapped[datetime] = mapped_column(default=lambda: datetime.now(UTC), info=marked(FieldGroup.REFERENCE))
    """When the row was written (not when the thing happened)."""


def code_column(enumeration: type[enum.Enum], name: str) -> sa.Enum:
    """Return a column type for a code list under a constraint name of its own, where a table uses the list twice."""
    return sa.Enum(
        enumeration,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=True,
        length=32,
        name=name,
    )
