"""Spreadsheets taken in by tests, and what came of them."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    ImportKind,
    ImportRow,
    ImportRun,
)
from referral.actions.importing import runs
from referral.actions.importing.tables import read_table
from tests.factories import (
    AT,
    VILLAGE,
)
from tests.referral.spreadsheets import workbook

GOOD_ID = "11010519491231002X"
PEOPLE = ["姓名", "身份证号", "出生日期", "村（社区）", "联系电话", "需求", "数量", "紧急程度"]
ORGANIZATIONS = ["机构名称", "统一社会信用代码", "联系电话", "服务名称", "目录项目", "服务区域", "限对象类别"]
CAPACITY = ["机构名称", "服务名称", "开始日期", "结束日期", "名额"]
WANG = ["王秀英", GOOD_ID, None, "丁岗村", "13812345678", "助餐", 22, "紧急"]
LI = ["李强", None, "1950.3.1", VILLAGE, "无", None, None, None]


def bring(session: Session, by: Account, kind: ImportKind, *rows: list[Any]) -> ImportRun:
    head = {ImportKind.PEOPLE: PEOPLE, ImportKind.ORGANIZATIONS: ORGANIZATIONS, ImportKind.CAPACITY: CAPACITY}[kind]
    return bring_file(session, by, kind, workbook([head, *rows]))


def bring_file(session: Session, by: Account, kind: ImportKind, data: bytes) -> ImportRun:
    table = read_table(kind, "list.xlsx", data)
    return runs.preview(session, kind=kind, name="list.xlsx", data=data, table=table, by=by, at=AT)


def rows_of(session: Session, run: ImportRun) -> list[ImportRow]:
    session.expire_all()
    return list(session.scalars(sa.select(ImportRow).where(ImportRow.run_id == run.id).order_by(ImportRow.row_number)))


def results(session: Session, run: ImportRun) -> list[str]:
    return [str(row.result) for row in rows_of(session, run)]


def problems(session: Session, run: ImportRun) -> list[tuple[int, str, str]]:
    return [
        (row.row_number, problem["column"], problem["code"])
        for row in rows_of(session, run)
        for problem in row.problems
    ]


def count(session: Session, record: type[Any]) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(record)) or 0
