"""Columns of the three spreadsheets: what they are called, what may stand in them, how it is explained."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from models import (
    Delivery,
    FeatureKind,
    HukouKind,
    ImportKind,
    ProviderKind,
    Sex,
    SupplyMode,
    Urgency,
    WorkerSex,
)
from models.capacity import CapacityKind
from referral.actions.importing import cells
from referral.actions.importing.cells import Reader
from referral.actions.importing.words import NAMED
from referral.i18n import lazy, speaking
from referral.words import word

TERMS, AREAS, STATUSES, NEED_TYPES = "terms", "areas", "statuses", "need_types"
"""Lists of the database that a template offers as drop-downs."""
SEXES = {"男性": Sex.MALE, "女性": Sex.FEMALE, "m": Sex.MALE, "f": Sex.FEMALE}


@dataclass(frozen=True)
class Field:
    """One column. `read` makes a value of a cell; `offer` are the words of its drop-down, or the name of a list."""

    key: str
    label: Any
    explanation: Any
    read: Reader
    example: str = ""
    required: bool = False
    also: Sequence[str] = ()
    """Further headings by which people call the column."""
    offer: Callable[[], list[str]] | str | None = None
    width: int = 14
    as_text: bool = False


def text(key: str, label: Any, explanation: Any, limit: int = 255, **more: Any) -> Field:
    """Return a column of words."""
    return Field(key, label, explanation, cells.words(limit), **more)


def choice(key: str, label: Any, explanation: Any, codes: Any, *, words: Any = None, **more: Any) -> Field:
    """Return a column with one code of a list."""
    return Field(
        key,
        label,
        explanation,
        cells.one_of(codes, **(words or {})),
        offer=lambda: [word(code) for code in codes],
        **more,
    )


def named(key: str, label: Any, explanation: Any, listed: str, **more: Any) -> Field:
    """Return a column with one of a few words that are no code list of the records (see `words.NAMED`)."""
    return Field(
        key,
        label,
        explanation,
        cells.one_of_words(listed),
        offer=lambda: [str(name) for name in NAMED[listed].values()],
        **more,
    )


SERVICE = lazy("Service name")
ORGANIZATION = Field(
    "organization", lazy("Name of the organization"), lazy("Full name, as on the seal."), cells.words(255),
    "镇江阳光社会工作服务中心",
    required=True, also=("组织", "机构", "单位名称", "组织名称", "organization", "organization name"), width=30,
)  # fmt: skip
ORGANIZATIONS = [
    ORGANIZATION,
    Field("credit_code", lazy("Credit code"),
          lazy("Unified social credit code of 18 signs; empty where there is none."), cells.credit_code,
          "91350100M000100Y43", also=("统一社会信用代码", "信用代码", "机构代码"), width=22, as_text=True),
    choice("kind", lazy("Kind of helper"), lazy("Choose from the list."), ProviderKind,
           also=("机构类型", "类型"), width=16, example="社会组织"),
    text("area", lazy("Seat"), lazy("Township or village, by name or code."), 64, also=("所在地", "所属乡镇"),
         offer=AREAS, width=16),
    text("contact_name", lazy("Contact person"), lazy("Whom to ask for."), 64, also=("联系人姓名", "contact"),
         example="李敏"),
    Field("phone", lazy("Telephone"), lazy("Mobile or landline; “none” where there is none."), cells.phone,
          "0511-88881234",
          also=("联系电话", "手机", "手机号", "手机号码", "电话号码", "phone", "mobile"), as_text=True, width=16),
    text("email", lazy("E-mail"), lazy("Such as liu@example.org."), also=("邮箱", "电子邮箱", "email"), width=20),
    text("description", lazy("About the organization"), lazy("In one or two sentences."), 4000, also=("机构简介",),
         width=30),
    text("service", SERVICE, lazy("What it offers, in its own words; one row for each service."),
         also=("服务项目", "项目名称"), width=20, example="上门助洁"),
    text("term", lazy("Term of the catalogue"), lazy("Code or name of the service or goods, such as A02."),
         also=("服务目录", "服务类别", "目录项目", "服务编码"), offer=TERMS, width=18, example="A02"),
    text("service_description", lazy("About the service"), lazy("What is done, how often, for whom."), 4000,
         also=("服务说明", "服务内容"), width=30),
    choice("delivery", lazy("Where it is given"), lazy("Choose from the list."), Delivery, also=("服务方式",),
           example="上门"),
    text("location", lazy("Place"), lazy("Name of the centre; empty means the organization's own seat."),
         also=("服务地点", "场所", "服务点"), width=18),
    text("address", lazy("Address"), lazy("Street and number."), 512, also=("详细地址",), width=24,
         example="丁卯桥路12号"),
    Field("latitude", lazy("Latitude"), lazy("Degrees as a decimal, such as 32.1875."), cells.degrees(90), width=10),
    Field("longitude", lazy("Longitude"), lazy("Degrees as a decimal, such as 119.4551."), cells.degrees(180),
          width=10),
    text("service_areas", lazy("Service areas"),
         lazy("Townships or villages, with 、 between them; empty means everybody in reach."), 2000,
         also=("服务区域", "服务范围"), width=24),
    Field("minimum_age", lazy("Lowest age"), lazy("Whole years; empty where it does not matter."), cells.whole(0, 130),
          also=("最低年龄",), width=10, example="60"),
    Field("maximum_age", lazy("Highest age"), lazy("Whole years; empty where it does not matter."), cells.whole(0,
          130),
          also=("最高年龄",), width=10),
    choice("sex", lazy("Only for"), lazy("Women or men only; empty where it does not matter."), Sex, words=SEXES,
           also=("限性别",), width=10),
    text("statuses", lazy("Only for statuses"),
         lazy("Codes or names of beneficiary categories, with 、 between them; empty means everybody."), 2000,
         also=("服务对象", "对象类别"), width=20),
    text("fees", lazy("Fees"), lazy("Such as “free” or “20 yuan an hour”."), 4000, also=("收费", "收费标准"),
         width=16),
    choice("supply_mode", lazy("Supply"), lazy("Who pays. Choose from the list."), SupplyMode, also=("供给方式",)),
]  # fmt: skip
PEOPLE = [
    text("name", lazy("Name"), lazy("Of the person in need."), 64, required=True, also=("姓名*", "对象姓名",
         "服务对象姓名"),
         example="王秀英", width=14),
    Field("id_number", lazy("ID number"), lazy("18 signs. The column must be text, else the last digits are lost."),
          cells.id_number, "11010519491231002X", also=("身份证号", "身份证号码", "公民身份号码", "证件号码", "身份证"),
          as_text=True, width=22),
    choice("sex", lazy("Sex"), lazy("May stay empty where the ID number is given."), Sex, words=SEXES, width=8),
    Field("born_on", lazy("Birth date"), lazy("As 1949-12-31; may stay empty where the ID number is given."),
          cells.day,
          also=("出生年月日", "生日", "date of birth"), width=14),
    Field("phone", lazy("Telephone"), lazy("Mobile or landline; “none” where there is none."), cells.phone,
          "13812345678",
          also=("联系电话", "手机", "手机号", "手机号码", "电话号码", "phone", "mobile"), as_text=True, width=16),
    text("area", lazy("Village"), lazy("Village or community of residence, by name or code of 12 digits."), 64,
         required=True, also=("村居", "村(居)", "村/社区", "所在村", "居住地", "村(社区)"), offer=AREAS, width=18),
    text("address", lazy("Address"), lazy("Street or group, and number."), also=("详细地址", "家庭住址", "住址"),
         width=24,
         example="3组12号"),
    choice("hukou_kind", lazy("Kind of registration"), lazy("Urban or rural."), HukouKind, also=("户籍性质",
           "户口性质")),
    text("household", lazy("Household mark"),
         lazy("People with the same sign here are one household; a household number of the platform joins that one."),
         24,
         also=("家庭编号", "家庭户号", "household"), width=12),
    named("relation_to_head", lazy("Relation to the head"), lazy("Choose from the list."), "relation",
          also=("与户主关系", "家庭关系"), width=12),
    text("status", lazy("Recognised status"), lazy("Code or name of a beneficiary category, such as 2.1."), 64,
         also=("认定类别", "救助类别", "对象类别", "身份类别"), offer=STATUSES, width=18),
    Field("status_from", lazy("Status since"), lazy("As 2024-05-01; needed with a status."), cells.day,
          also=("认定日期",)),
    Field("status_to", lazy("Status until"), lazy("As 2025-04-30; empty where it is open."), cells.day,
          also=("有效期至",)),
    Field("features", lazy("Situation"), lazy("What makes it harder, with 、 between: lives alone, disabled …"),
          cells.several_of(cells.one_of(FeatureKind)), also=("困难情形", "人员特征"), width=20),
    text("need", lazy("Needs"), lazy("Code or name of the service or goods, such as A01; one row for each need."), 64,
         also=("需求", "需求项目", "服务需求"), offer=TERMS, width=18, example="A01"),
    Field("quantity", lazy("How many"), lazy("Number of units; for cash, yuan."), cells.amount("0.01"), "8",
          also=("数量", "需求数量", "金额"), width=10),
    named("frequency", lazy("How often"), lazy("In which time “how many” is meant."), "frequency",
          also=("频次", "频率"), width=10),
    choice("urgency", lazy("Urgency"), lazy("Choose from the list; empty means as usual for the need."), Urgency,
           also=("紧急度",), width=10),
    text("need_type", lazy("What is lacking"), lazy("Code or name of a need, such as CAR1."), 96,
         also=("需求类型", "困难类型"), offer=NEED_TYPES, width=18),
    choice("worker_sex", lazy("Wants to be helped by"), lazy("Empty where it does not matter."), WorkerSex, width=12),
    Field("needed_since", lazy("Needed since"), lazy("As 2026-09-01; empty means today."), cells.day,
          also=("提出日期", "登记日期", "需求日期")),
    text("note", lazy("Note"), lazy("What a provider should know."), 4000, also=("备注", "情况说明", "说明"),
         width=30),
]  # fmt: skip
CAPACITY = [
    ORGANIZATION,
    text("service", SERVICE, lazy("As it stands in the catalogue."), required=True, also=("服务项目", "项目名称"),
         width=20, example="上门助洁"),
    text("location", lazy("Place"), lazy("Needed where the service is given at several places."), also=("服务地点",
         "场所"),
         width=18),
    Field("starts_on", lazy("First day"), lazy("First day of the period, as 2026-10-01."), cells.day, "2026-10-01",
          required=True, also=("起始日期", "起", "from"), width=12),
    Field("ends_on", lazy("Last day"), lazy("Last day of the period, as 2026-12-31."), cells.day, "2026-12-31",
          required=True, also=("截止日期", "止", "截止", "until"), width=12),
    choice("kind", lazy("Kind of places"), lazy("At a time, once for the whole period, or hours a month."),
           CapacityKind, also=("名额类型",), width=14),
    Field("places", lazy("Places"), lazy("How many people in all, those already helped included."), cells.whole(),
          "20",
          required=True, also=("名额", "名额数", "容量"), width=10),
    Field("units_per_place", lazy("Units for each place"),
          lazy("The most one place gives in the period; empty where unlimited."), cells.amount("0.01"),
          also=("每名额单位数", "人均上限"), width=14),
    text("fund", lazy("Fund"),
         lazy("Name of the organization's fund that the places draw on; empty where there is none."),
         120, also=("资金", "资金来源", "所用资金"), width=20),
]  # fmt: skip
FIELDS: dict[ImportKind, list[Field]] = {
    ImportKind.ORGANIZATIONS: ORGANIZATIONS,
    ImportKind.PEOPLE: PEOPLE,
    ImportKind.CAPACITY: CAPACITY,
}


def heading(label: str) -> str:
    """Return a heading for comparing: without stars, remarks in brackets, blanks and kinds of letters."""
    return re.sub(r"[（(][^）)]*[）)]$", "", cells.folded(label).strip("*:：")) or cells.folded(label)


@cache
def headings(kind: ImportKind) -> dict[str, str]:
    """Return the key of each heading that is understood for a kind of file, in either language."""
    known: dict[str, str] = {}
    for field in FIELDS[kind]:
        for language in ("zh", "en"):
            with speaking(language):
                known.setdefault(heading(str(field.label)), field.key)
        for name in field.also:
            known.setdefault(heading(name), field.key)
    return known
