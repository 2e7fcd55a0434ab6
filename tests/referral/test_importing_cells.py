"""Cells as people type them: clear ones are understood, the others are named, and nothing ever breaks."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import ImportKind, Sex, Urgency
from referral.actions.importing import cells
from referral.actions.importing.cells import WrongCell
from referral.actions.importing.fields import FIELDS
from referral.actions.importing.words import sentence
from referral.i18n import speaking

ANY_CELL = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=40))


def answer(read: Any, cell: Any) -> str:
    try:
        return str(read(cell))[:0]
    except WrongCell as wrong:
        return sentence(wrong.code, wrong.facts)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(cell=ANY_CELL)
def test_every_reader_takes_any_cell_and_names_what_it_cannot_read(app: Flask, cell: Any) -> None:
    with app.app_context():
        for kind in ImportKind:
            for field in FIELDS[kind]:
                assert "%(" not in answer(field.read, cell)


@pytest.mark.parametrize(
    "cell",
    ["2024-05-01", "2024.5.1", "2024/05/01", "2024年5月1日", "２０２４．５．１", "20240501", 45413, 45413.0, "45413",
     "2024-05-01 00:00:00", " 2024-5-1 "],
)  # fmt: skip
def test_dates_are_read_as_people_write_them(cell: Any) -> None:
    assert cells.day(cell) == date(2024, 5, 1)


@given(day=st.dates(date(1906, 2, 1), date(2099, 12, 31)))
def test_every_day_is_read_back_from_all_ways_of_writing_it(day: date) -> None:
    serial = (day - cells.EXCEL_EPOCH).days
    for cell in (day.isoformat(), f"{day.year}.{day.month}.{day.day}", f"{day.year}年{day.month}月{day.day}日", serial):
        assert cells.day(cell) == day


@pytest.mark.parametrize(
    ("cell", "code"),
    [("2024-13-01", "no_such_day"), ("2024.2.30", "no_such_day"), ("5月1日", "not_date"), ("soon", "not_date"),
     (0.5, "not_date"), ("24.5.1", "not_date")],
)  # fmt: skip
def test_other_dates_are_named(cell: Any, code: str) -> None:
    with pytest.raises(WrongCell) as wrong:
        cells.day(cell)
    assert wrong.value.code == code


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("300元", "300"),
        ("￥1,234.50", "1234.50"),
        ("１２．５", "12.5"),
        (12, "12"),
        (12.5, "12.5"),
        ("", None),
        ("-", None),
    ],
)
def test_amounts_are_read_with_their_signs(cell: Any, value: str | None) -> None:
    assert cells.amount()(cell) == (None if value is None else Decimal(value))


@given(fen=st.integers(0, 10**9))
def test_every_amount_is_read_exactly(fen: int) -> None:
    value = Decimal(fen).scaleb(-2)
    assert cells.amount()(str(value)) == cells.amount()(f"¥{value:,}元") == cells.amount()(float(value)) == value


@pytest.mark.parametrize(
    ("reader", "cell", "code"),
    [
        (cells.amount(), "-5", "negative"),
        (cells.amount(), "1.005", "not_amount"),
        (cells.amount(), "many", "not_amount"),
        (cells.amount("0.01"), "0", "out_of_range"),
        (cells.whole(), "2.5", "not_whole"),
        (cells.whole(), -1, "negative"),
        (cells.degrees(90), "100", "not_degrees"),
        (cells.words(5), "123456", "too_long"),
        (cells.id_number, 3.21181199001011e17, "id_destroyed"),
        (cells.id_number, 321181199001011000, "id_destroyed"),
        (cells.id_number, "3.21181E+17", "id_destroyed"),
        (cells.phone, 1.3812e15, "phone_destroyed"),
    ],
)
def test_wrong_cells_are_named(reader: Any, cell: Any, code: str) -> None:
    with pytest.raises(WrongCell) as wrong:
        reader(cell)
    assert wrong.value.code == code


def test_an_old_number_and_a_telephone_may_be_numbers() -> None:
    assert cells.id_number(110105491231002) == "110105491231002"
    assert cells.phone(13812345678) == "13812345678"


@pytest.mark.parametrize("cell", ["女", "女性", "Female", "female", "F", " 女 "])
def test_codes_are_known_by_their_words_in_both_languages(app: Flask, cell: str) -> None:
    with app.app_context():
        assert cells.one_of(Sex, **{"女性": Sex.FEMALE, "f": Sex.FEMALE})(cell) is Sex.FEMALE


def test_an_unknown_word_gets_the_nearest_one(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        with pytest.raises(WrongCell) as wrong:
            cells.one_of(Urgency)("Criticle")
        assert sentence(wrong.value.code, wrong.value.facts) == "Not in the list. Do you mean “Critical”?"
        with speaking("zh"):
            assert "紧急" in sentence(wrong.value.code, wrong.value.facts)
