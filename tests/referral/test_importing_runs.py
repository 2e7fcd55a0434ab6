"""An upload from preview to end, and the templates that people fill in."""

import io

import pytest
from python_calamine import CalamineWorkbook, SheetVisibleEnum
from sqlalchemy.orm import Session

from models import (
    ImportKind,
    RowResult,
)
from models.errors import WrongStep
from referral.actions.importing import runs
from referral.actions.importing.tables import read_table
from referral.actions.importing.template import template
from referral.i18n import speaking
from tests.factories import (
    AT,
    OTHER_VILLAGE,
    VILLAGE,
    make_account,
    make_area,
    make_person,
    make_term,
)
from tests.referral.brought import (
    GOOD_ID,
    LI,
    bring,
    results,
    rows_of,
)


def test_a_run_is_applied_once_and_a_discarded_one_keeps_no_cells(session: Session) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    by = make_account(session)
    run = bring(session, by, ImportKind.PEOPLE, LI)
    runs.apply(session, run, by=by, at=AT)
    with pytest.raises(WrongStep):
        runs.apply(session, run, by=by, at=AT)
    other = bring(session, by, ImportKind.PEOPLE, LI)
    runs.discard(session, other)
    assert rows_of(session, other) == []
    with pytest.raises(WrongStep):
        runs.apply(session, other, by=by, at=AT)


def test_a_row_that_is_no_longer_good_is_left_out_when_applied(session: Session) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    by = make_account(session)
    run = bring(session, by, ImportKind.PEOPLE, ["王秀英", GOOD_ID, None, "丁岗村"], LI)
    make_person(session, area_code=OTHER_VILLAGE, id_number=GOOD_ID)
    runs.apply(session, run, by=by, at=AT)
    assert results(session, run) == ["bad", "new"]
    assert rows_of(session, run)[0].result is RowResult.BAD


@pytest.mark.parametrize("kind", ImportKind)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_each_template_can_be_read_back_and_its_example_is_left_out(
    session: Session, kind: ImportKind, language: str
) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    make_term(session, "A01", name_zh="助餐", name_en="Meal service")
    with speaking(language):
        data = template(session, kind, make_account(session))
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        visible = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        rows = book.get_sheet_by_index(0).to_python()
        words = book.get_sheet_by_index(1).to_python()
    assert len(visible) == 2, "the lists behind the drop-downs are hidden"
    assert len(rows) == 2
    assert str(rows[1][0]).startswith("示例" if language == "zh" else "Example")
    assert len(words) > len(rows[0])
    from referral.actions.importing.files import FileRefused

    with pytest.raises(FileRefused) as refused:
        read_table(kind, "template.xlsx", data)
    assert refused.value.reason == "no_rows"


def test_the_drop_down_offers_only_villages_of_ones_own_area(session: Session) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    make_area(session, OTHER_VILLAGE, name="别村")
    data = template(session, ImportKind.PEOPLE, make_account(session))
    with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
        lists = {str(cell) for row in book.get_sheet_by_index(2).to_python() for cell in row}
    assert f"{VILLAGE} 丁岗村" in lists
    assert not any("别村" in entry for entry in lists)
