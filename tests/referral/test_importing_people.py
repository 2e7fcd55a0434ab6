"""People with needs from a spreadsheet: each wrong cell named, and the same file twice changes nothing."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Case,
    CaseSource,
    Household,
    ImportKind,
    Need,
    NeedStatus,
    Person,
    Sex,
    Urgency,
)
from models.fingerprints import id_number_index
from models.taxonomy import BeneficiaryCategory
from referral.actions.importing import runs
from tests.factories import (
    AT,
    COUNTY,
    OTHER_VILLAGE,
    VILLAGE,
    make_account,
    make_area,
    make_person,
    make_station,
    make_term,
)
from tests.referral.brought import GOOD_ID, LI, WANG, bring, bring_file, count, problems, results
from tests.referral.spreadsheets import workbook


@pytest.fixture
def coordinator(session_on_both: Session) -> Account:
    """A coordinator of the county, with a village, a station and a term."""
    session = session_on_both
    make_area(session, VILLAGE, name="丁岗村", name_en="Dinggang Village")
    make_term(session, "A01", name_zh="助餐", name_en="Meal service", unit="餐")
    make_station(session, area_code=VILLAGE[:9] + "000")
    session.add(
        BeneficiaryCategory(
            code="2.1",
            name_zh="低保家庭",
            name_en="Dibao household",
            category_code="2",
            category_zh="低保",
            origin="national",
        )
    )
    return make_account(session)


def test_people_are_taken_in_with_case_and_need_and_a_second_time_nothing_changes(
    session_on_both: Session, coordinator: Account
) -> None:
    session, people = session_on_both, ImportKind.PEOPLE
    run = bring(session, coordinator, people, WANG, LI)
    assert results(session, run) == ["new", "new"]
    assert count(session, Person) == 0, "a preview writes nothing"
    runs.apply(session, run, by=coordinator, at=AT)

    wang = session.scalars(sa.select(Person).where(Person.id_number_index == id_number_index(GOOD_ID))).one()
    assert (wang.born_on, wang.sex, wang.area_code) == (date(1949, 12, 31), Sex.FEMALE, VILLAGE)
    assert wang.station_id is not None
    case = session.scalars(sa.select(Case).where(Case.person_id == wang.id)).one()
    need = session.scalars(sa.select(Need)).one()
    assert case.source is CaseSource.IMPORT
    assert (need.case_id, need.quantity, need.unit, need.urgency) == (case.id, Decimal(22), "餐", Urgency.CRITICAL)
    li = session.scalars(sa.select(Person).where(Person.name == "李强")).one()
    assert (li.born_on, li.phone) == (date(1950, 3, 1), None)

    again = bring(session, coordinator, people, WANG, LI)
    assert results(session, again) == ["same", "same"]
    runs.apply(session, again, by=coordinator, at=AT)
    assert (count(session, Person), count(session, Case), count(session, Need)) == (2, 2, 1)


def test_what_differs_is_changed_and_empty_cells_change_nothing(session_on_both: Session, coordinator: Account) -> None:
    session = session_on_both
    runs.apply(session, bring(session, coordinator, ImportKind.PEOPLE, WANG), by=coordinator, at=AT)
    moved = ["王秀英", "110105491231002", None, "丁岗村", "0511-88881234", None, None, None]
    run = bring(session, coordinator, ImportKind.PEOPLE, moved)
    assert results(session, run) == ["changed"], "the old number of 15 digits is the same person"
    assert session.scalars(sa.select(Person.phone)).one() == "13812345678"
    runs.apply(session, run, by=coordinator, at=AT)
    assert session.scalars(sa.select(Person.phone)).one() == "0511-88881234"
    runs.apply(session, bring(session, coordinator, ImportKind.PEOPLE, ["王秀英", GOOD_ID, None, "丁岗村"]),
               by=coordinator, at=AT)  # fmt: skip
    person = session.scalars(sa.select(Person)).one()
    assert (person.phone, person.id_number) == ("0511-88881234", GOOD_ID)


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (["王秀英", 3.21181199001011e17, None, "丁岗村"], "身份证号", "id_destroyed"),
        (["王秀英", "3.21181E+17", None, "丁岗村"], "身份证号", "id_destroyed"),
        (["王秀英", "110105194912310021", None, "丁岗村"], "身份证号", "id_check"),
        (["王秀英", GOOD_ID, "1949-12-30", "丁岗村"], "出生日期", "not_as_in_id"),
        (["王秀英", None, None, "丁岗村"], "身份证号", "id_or_birth_date"),
        (["王秀英", None, "2030-01-01", "丁岗村"], "出生日期", "in_the_future"),
        (["王秀英", GOOD_ID, None, "丁港村"], "村（社区）", "unknown_choice_near"),
        (["王秀英", GOOD_ID, None, "远方"], "村（社区）", "unknown_name"),
        (["王秀英", GOOD_ID, None, OTHER_VILLAGE], "村（社区）", "outside_area"),
        (["王秀英", GOOD_ID, None, COUNTY], "村（社区）", "not_a_village"),
        ([None, GOOD_ID, None, "丁岗村"], "姓名", "required"),
        (["王秀英", GOOD_ID, None, None], "村（社区）", "required"),
        (["王秀英", GOOD_ID, None, "丁岗村", "1381234"], "联系电话", "phone"),
        (["王秀英", GOOD_ID, None, "丁岗村", None, "助参", 1], "需求", "unknown_choice_near"),
        (["王秀英", GOOD_ID, None, "丁岗村", None, "助餐", None], "数量", "required"),
        (["王秀英", GOOD_ID, None, "丁岗村", None, "助餐", -2], "数量", "negative"),
        (["王秀英", GOOD_ID, None, "丁岗村", None, None, 3], "需求", "required"),
        (["王秀英", GOOD_ID, None, "丁岗村", None, "A01", 3, "马上"], "紧急程度", "unknown_choice"),
    ],
)
def test_each_wrong_cell_of_a_person_is_named(session: Session, row: list[Any], column: str, code: str) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    make_area(session, OTHER_VILLAGE, name="别村")
    make_term(session, "A01", name_zh="助餐")
    run = bring(session, make_account(session), ImportKind.PEOPLE, ["张三", None, "1950-01-01", "丁岗村"], row)
    assert problems(session, run) == [(3, column, code)]
    assert results(session, run) == ["new", "bad"]


def test_lines_that_repeat_or_contradict_each_other_are_named(session: Session) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    make_term(session, "A01", name_zh="助餐")
    by = make_account(session)
    other = [*WANG[:4], "13900000000", None, None, None]
    run = bring(session, by, ImportKind.PEOPLE, WANG, WANG, other)
    assert problems(session, run) == [(3, "需求", "same_row"), (4, "联系电话", "contradicts")]


def test_a_person_of_another_area_is_neither_shown_nor_changed(session: Session) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    make_person(session, area_code=OTHER_VILLAGE, id_number=GOOD_ID, name="王秀英")
    run = bring(session, make_account(session), ImportKind.PEOPLE, ["王秀英", GOOD_ID, None, "丁岗村"])
    assert problems(session, run) == [(2, "身份证号", "not_by_list")]


def test_people_with_the_same_mark_are_one_household(session: Session) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    by = make_account(session)
    head = ["姓名", "出生日期", "村（社区）", "户号", "与户主关系"]
    lines = [["甲", "1950-01-01", "丁岗村", "1", "户主"], ["乙", "1951-01-01", "丁岗村", "1", "配偶"]]
    run = bring_file(session, by, ImportKind.PEOPLE, workbook([head, *lines]))
    assert problems(session, run) == []
    runs.apply(session, run, by=by, at=AT)
    assert count(session, Household) == 1
    assert set(session.scalars(sa.select(Person.relation_to_head))) == {"head", "spouse"}


def test_an_open_need_with_another_amount_is_not_silently_kept(session: Session) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    make_term(session, "A01", name_zh="助餐")
    by = make_account(session)
    runs.apply(session, bring(session, by, ImportKind.PEOPLE, WANG), by=by, at=AT)
    run = bring(session, by, ImportKind.PEOPLE, [*WANG[:6], 30, "紧急"])
    assert problems(session, run) == [(2, "数量", "other_need")]
    need = session.scalars(sa.select(Need)).one()
    need.status = NeedStatus.MET
    session.flush()
    assert results(session, bring(session, by, ImportKind.PEOPLE, [*WANG[:6], 30, "紧急"])) == ["new"]


def test_dates_of_excel_cells_are_read(session: Session) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    by = make_account(session)
    head = ["姓名", "出生日期", "村（社区）"]
    data = workbook([head, ["甲", date(1950, 1, 2), "丁岗村"]], formats={1: "yyyy/m/d"})
    runs.apply(session, bring_file(session, by, ImportKind.PEOPLE, data), by=by, at=AT)
    assert session.scalars(sa.select(Person.born_on)).one() == date(1950, 1, 2)


def test_every_wrong_cell_of_a_row_is_named_at_once(session: Session) -> None:
    make_area(session, VILLAGE, name="丁岗村")
    make_term(session, "A01", name_zh="助餐")
    run = bring(
        session, make_account(session), ImportKind.PEOPLE, ["王", "3.2E+17", "soon", "丁港村", "1", "助参", -1, "x"]
    )
    assert [problem[1] for problem in problems(session, run)] == [
        "身份证号", "出生日期", "联系电话", "数量", "紧急程度", "村（社区）", "需求",
    ]  # fmt: skip
