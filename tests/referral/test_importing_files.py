"""What is not read at all: each kind of unfit file gets a word of its own, and none can take the server with it."""

import io
import time
import zipfile

import pytest
import xlsxwriter
from flask import Flask

from models import ImportKind
from referral.actions.importing import files
from referral.actions.importing.files import FileRefused, read_sheets
from referral.actions.importing.tables import read_table
from referral.actions.importing.words import sentence
from tests.referral.spreadsheets import text, workbook

HEAD = ["姓名", "身份证号", "村（社区）"]
ROW = ["王秀英", "11010519491231002X", "丁岗村"]


def bomb() -> bytes:
    """A workbook of under 1 MB that unpacks to over 200."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/workbook.xml", "<workbook/>")
        package.writestr("xl/worksheets/sheet1.xml", b"0" * 206 * files.MEGABYTE)
    return out.getvalue()


def far_corner() -> bytes:
    """A workbook of a few kilobytes whose second cell stands in the last corner."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write(0, 0, "a")
    sheet.write(1_048_575, 16_383, "z")
    book.close()
    return out.getvalue()


def other_package() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("word/document.xml", "<document/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.xlsx", b"", "empty"),
        ("a.csv", b" \r\n", "empty"),
        ("a.csv", b"\xef\xbb\xbf" + b"x" * (files.MAX_BYTES + 1), "too_large"),
        ("a.pdf", b"%PDF-1.7 ...", "pdf"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "old_workbook"),
        ("a.xls", b"<html><table><tr><td>1</td></tr></table></html>", "web_page"),
        ("a.xlsx", text([HEAD, ROW]), "renamed_text"),
        ("a.csv", workbook([HEAD, ROW]), "renamed_workbook"),
        ("a.docx", other_package(), "other_workbook"),
        ("a.xlsx", workbook([HEAD, ROW])[:-200], "broken"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not_a_table"),
        ("a.xlsx", bomb(), "bomb"),
        ("a.xlsx", far_corner(), "too_heavy"),
        ("a.csv", text([HEAD] + [ROW] * (files.MAX_ROWS + 20)), "too_many_rows"),
        ("a.xlsx", workbook([HEAD] + [ROW] * (files.MAX_ROWS + 20)), "too_many_rows"),
    ],
    ids=lambda value: value if isinstance(value, str) else "file",
)
def test_unfit_files_are_refused_each_with_its_reason(app: Flask, name: str, data: bytes, reason: str) -> None:
    started = time.monotonic()
    with pytest.raises(FileRefused) as refused:
        read_sheets(name, data)
    assert refused.value.reason == reason
    assert time.monotonic() - started < files.SECONDS + 5
    with app.app_context():
        assert "%(" not in sentence(reason, refused.value.facts)


def test_a_reader_that_never_ends_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "SECONDS", 1)
    rows = [[f"words {line} {column}" for column in range(30)] for line in range(20_000)]
    data = workbook(rows)
    monkeypatch.setattr(files, "SECONDS", -2)  # no time at all
    with pytest.raises(FileRefused) as refused:
        read_sheets("a.xlsx", data)
    assert refused.value.reason == "too_heavy"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
def test_text_is_read_in_the_encodings_that_are_about(encoding: str) -> None:
    assert read_sheets("a.csv", text([HEAD, ROW], encoding)) == [[HEAD, ROW]]


def test_titles_above_the_heading_and_empty_rows_are_left_out(app: Flask) -> None:
    rows = [["丁岗镇困难群众需求登记表"], ["填表单位：", "丁岗镇社工站"], HEAD, ROW, [], ["示例：张三", "", ""], ROW]
    with app.app_context():
        table = read_table(ImportKind.PEOPLE, "a.xlsx", workbook(rows))
    assert table.columns == HEAD
    assert [number for number, _cells in table.rows] == [4, 7]


def test_headings_merged_over_two_rows_are_joined(app: Flask) -> None:
    rows = [
        ["姓名", "基本情况", None, "居住"],
        [None, "身份证号", "性别", "村"],
        ["王秀英", "11010519491231002X", "女", "丁岗村"],
    ]
    with app.app_context():
        table = read_table(ImportKind.PEOPLE, "a.xlsx", workbook(rows))
    assert table.columns == ["姓名", "身份证号", "性别", "村"]


@pytest.mark.parametrize(
    "heading",
    [
        ["Name*", "ID number", "Village*"],
        ["姓 名", "身份证号码", "村（社区）*"],
        ["姓名(必填)", "公民身份号码", "村居"],
    ],
)
def test_headings_are_understood_in_both_languages(app: Flask, heading: list[str]) -> None:
    with app.app_context():
        assert read_table(ImportKind.PEOPLE, "a.csv", text([heading, ROW])).rows[0][0] == 2


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([["wetter", "regen"], ["1", "2"]], "no_headings"),
        ([["姓名", "性别"], ["王", "女"]], "headings_missing"),
        ([[*HEAD, "身份证号码"], [*ROW, ""]], "heading_twice"),
        ([HEAD], "no_rows"),
    ],
)
def test_tables_without_what_they_need_are_refused(app: Flask, rows: list[list[str]], reason: str) -> None:
    with app.app_context(), pytest.raises(FileRefused) as refused:
        read_table(ImportKind.PEOPLE, "a.csv", text(rows))
    assert refused.value.reason == reason
