"""A city's own townships and villages come in by their codes."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Area, AreaKind, AreaLevel
from referral.actions.divisions import bring_divisions
from tests.factories import COUNTY, make_area

ROWS: list[dict[str, str | None]] = [
    {"code": "321199200001", "name": "石桥村", "kind": "rural", "latitude": "32.2", "longitude": "119.5"},
    {"code": "321199200", "name": "石桥镇"},
]


def test_levels_follow_from_codes_and_order_does_not_matter(session: Session) -> None:
    make_area(session, COUNTY)
    result = bring_divisions(session, ROWS)
    assert (result.made, result.rejected) == (2, [])
    village = session.get_one(Area, "321199200001")
    assert (village.level, village.kind, village.parent_code) == (AreaLevel.VILLAGE, AreaKind.RURAL, "321199200000")


def test_the_same_file_twice_changes_nothing_and_a_new_name_changes_one(session: Session) -> None:
    make_area(session, COUNTY)
    bring_divisions(session, ROWS)
    assert bring_divisions(session, ROWS).same == 2
    assert bring_divisions(session, [{"code": "321199200", "name": "石桥街道"}]).changed == 1
    assert session.scalar(sa.select(Area.name).where(Area.code == "321199200000")) == "石桥街道"


def test_each_wrong_row_is_named_with_its_reason(session: Session) -> None:
    make_area(session, COUNTY)
    result = bring_divisions(
        session,
        [
            {"code": "3211", "name": ""},
            {"code": "3.21199E+11", "name": "毁坏的代码"},
            {"code": "321197001001", "name": "没有上级"},
            {"code": "321199201", "name": "错误类别", "kind": "desert"},
            {"code": "321199202", "name": "错误位置", "latitude": "91"},
            {"code": "321199203", "name": "非数字", "latitude": "north"},
        ],
    )
    assert [(row, reason) for row, _code, reason in result.rejected] == [
        (2, "name"), (3, "code"), (4, "parent"), (5, "kind"), (6, "position"), (7, "position"),
    ]  # fmt: skip
    assert result.made == 0
