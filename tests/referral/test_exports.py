"""Exports."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

from flask import Flask
from python_calamine import CalamineWorkbook

from referral import exports


def test_text_that_looks_like_a_formula_stays_text(app: Flask) -> None:
    with app.test_request_context():
        columns = ["Name", exports.Column("Value", "money")]
        answer = exports.workbook("Names: [a]/b", columns, [["=1+1", Decimal("2.50")]])
        answer.direct_passthrough = False
        rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data())).get_sheet_by_index(0).to_python()
    assert rows[1] == ["=1+1", 2.5]
    assert b"<f>" not in answer.get_data()


def test_csv_cells_never_start_like_a_formula(app: Flask) -> None:
    with app.test_request_context():
        answer = exports.csv_file("x", ["=a"], [["@b"], ["＝c"], [-3], ["ok"], [date(2026, 1, 2)]])
        answer.direct_passthrough = False
        lines = answer.get_data().decode("utf-8-sig").split("\r\n")
    assert lines[:6] == ["'=a", "'@b", "'＝c", "-3", "ok", "2026-01-02"]


def test_moments_are_exported_in_the_time_of_the_place(app: Flask) -> None:
    with app.test_request_context():
        answer = exports.workbook("x", ["When"], [[datetime(2026, 1, 1, 20, tzinfo=UTC)]], notes=[("Rule", "one")])
        answer.direct_passthrough = False
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data()))
    assert book.get_sheet_by_index(0).to_python()[1] == [datetime(2026, 1, 2, 4)]  # noqa: DTZ001  Excel knows no zones
    assert book.get_sheet_by_index(1).to_python()[2] == ["Rule", "one"]
