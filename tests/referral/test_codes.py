"""The codes people type: known good numbers pass, and each kind of wrong one is named."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Sex
from referral import codes


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_published_resident_numbers_pass(number: str) -> None:
    assert codes.resident_id(number) == number


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("3.21181E+17", "id_destroyed"),
        ("3.21181199001011e+17", "id_destroyed"),
        ("321181199001011000", "id_destroyed"),
        ("110105194912310021", "id_check"),
        ("110105194913310028", "id_birth_date"),
        ("1101051949123100", "id_length"),
        ("", "id_length"),
        ("1101051949123100Z", "id_signs"),
        ("X1010519491231002X", "id_signs"),
        ("110105491331002", "id_birth_date"),
    ],
)
def test_each_wrong_resident_number_is_named(typed: str, wrong: str) -> None:
    with pytest.raises(codes.WrongCode) as caught:
        codes.resident_id(typed)
    assert caught.value.code == wrong


def test_full_width_digits_blanks_and_a_small_x_are_understood() -> None:
    assert codes.resident_id(" '１１０１０５ 19491231 002x ") == "11010519491231002X"


def test_old_and_new_number_stand_for_one_person() -> None:
    assert codes.full_id("110105491231002") == "11010519491231002X"
    assert codes.short_id("11010519491231002X") == "110105491231002"
    assert codes.short_id("440524200801010014") is None


def test_a_number_tells_birth_date_and_sex() -> None:
    assert codes.birth_date("11010519491231002X") == date(1949, 12, 31)
    assert codes.sex("11010519491231002X") is Sex.FEMALE
    assert codes.sex("440524188001010014") is Sex.MALE


@given(
    st.from_regex(r"[1-6][0-9]{5}", fullmatch=True), st.dates(date(1880, 1, 1), date(2026, 1, 1)), st.integers(0, 999)
)
def test_one_wrong_digit_never_passes(place: str, born: date, order: int) -> None:
    body = f"{place}{born:%Y%m%d}{order:03d}"
    good = [sign for sign in "0123456789X" if _passes(body + sign)]
    assert len(good) == 1


def _passes(number: str) -> bool:
    try:
        return codes.resident_id(number) == number
    except codes.WrongCode:
        return False


@pytest.mark.parametrize("code", ["91110000600037341L", "91350100M000100Y43"])
def test_published_credit_codes_pass(code: str) -> None:
    assert codes.credit_code(code.lower()) == code


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        ("91110000600037341M", "credit_check"),
        ("9111000060003734", "credit_length"),
        ("9111000060003734IL", "credit_signs"),
        ("9.1111E+17", "credit_destroyed"),
    ],
)
def test_each_wrong_credit_code_is_named(typed: str, wrong: str) -> None:
    with pytest.raises(codes.WrongCode) as caught:
        codes.credit_code(typed)
    assert caught.value.code == wrong


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("138 1234 5678", "13812345678"),
        ("+86 138-1234-5678", "13812345678"),
        ("１３８１２３４５６７８", "13812345678"),
        ("0511-8888 1234", "0511-88881234"),
        ("0511-88881234转801", "0511-88881234-801"),
        ("88881234", "88881234"),
        ("12345", "12345"),
        ("无", None),
        ("no phone", None),
    ],
)
def test_telephones_are_kept_plain(typed: str, kept: str | None) -> None:
    assert codes.phone(typed) == kept


@pytest.mark.parametrize("typed", ["1381234567", "23812345678", "abc", "1.38E+10"])
def test_wrong_telephones_are_refused(typed: str) -> None:
    with pytest.raises(codes.WrongCode):
        codes.phone(typed)
