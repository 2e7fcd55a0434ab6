"""Keys, times and money."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import configure_mappers

from models import Base
from models.base import Hundredths, UtcDateTime, new_key

SQLITE = sa.create_engine("sqlite://").dialect


def test_keys_are_version_seven_and_sort_by_time() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    keys = [new_key(start + timedelta(milliseconds=n)) for n in range(200)]
    assert keys == sorted(keys)
    assert {key.version for key in keys} == {7}
    assert {key.variant for key in keys} == {"specified in RFC 4122"}


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), SQLITE)  # noqa: DTZ001  that is the point


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=2))
def test_money_comes_back_to_the_fen(value: Decimal) -> None:
    kind = Hundredths()
    assert kind.process_result_value(kind.process_bind_param(value, SQLITE), SQLITE) == value


def test_money_is_never_a_float_and_never_finer_than_a_fen() -> None:
    with pytest.raises(TypeError):
        Hundredths().process_bind_param(0.1, SQLITE)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="decimal places"):
        Hundredths().process_bind_param(Decimal("0.001"), SQLITE)


def test_every_foreign_key_is_indexed() -> None:
    configure_mappers()
    bare = []
    for table in Base.metadata.tables.values():
        led = {next(iter(index.columns)).name for index in table.indexes}
        led |= {
            next(iter(rule.columns)).name
            for rule in table.constraints
            if isinstance(rule, sa.UniqueConstraint | sa.PrimaryKeyConstraint)
        }
        bare += [f"{table}.{c.name}" for c in table.columns if c.foreign_keys and not c.unique and c.name not in led]
    assert bare == []


def test_no_collection_loads_by_surprise() -> None:
    configure_mappers()
    eager = [
        str(relation)
        for mapper in Base.registry.mappers
        for relation in mapper.relationships
        if relation.lazy not in {"raise", "raise_on_sql"}
    ]
    assert eager == []
