"""The workbook to fill in: headings, drop-downs, one example, and a sheet that explains every column."""

import io
from typing import Any

import sqlalchemy as sa
import xlsxwriter
from sqlalchemy.orm import Session
from xlsxwriter.utility import xl_col_to_name

from models import Account, AreaLevel, BeneficiaryCategory, ImportKind, NeedType, Taxonomy, TaxonomyTerm
from referral.actions.importing import lookups
from referral.actions.importing.fields import AREAS, FIELDS, NEED_TYPES, STATUSES, TERMS, Field
from referral.actions.importing.files import MAX_ROWS
from referral.i18n import _, in_language
from referral.words import word

LISTED = 3_000
"""Entries of a drop-down at most; more are found by nobody."""


def template(session: Session, kind: ImportKind, by: Account) -> bytes:
    """Return a workbook in the reader's language, its drop-downs filled from the lists and the account's area."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    styles = {
        "head": {"bold": True, "bg_color": "#E3F1EF", "bottom": 1, "text_wrap": True, "valign": "top"},
        "must": {"bold": True, "bg_color": "#F9E3C6", "bottom": 1, "text_wrap": True, "valign": "top"},
        "text": {"num_format": "@"},
        "example": {"italic": True, "font_color": "#6B6B6B", "num_format": "@"},
        "wrap": {"text_wrap": True, "valign": "top"},
    }
    made = {name: book.add_format(style) for name, style in styles.items()}
    sheet = book.add_worksheet(_("Fill in here"))
    about = book.add_worksheet(_("Explanations"))
    lists = book.add_worksheet(_("Lists"))
    lists.hide()
    fields = FIELDS[kind]
    for number, field in enumerate(fields):
        _column(sheet, lists, field, number=number, offered=_offered(session, field, by), made=made)
    sheet.freeze_panes(1, 1)
    _explain(about, kind, fields, made)
    book.close()
    return out.getvalue()


def _column(sheet: Any, lists: Any, field: Field, *, number: int, offered: list[str], made: dict[str, Any]) -> None:
    """Write one column: heading, example, the words offered, and a hint that shows when a cell is chosen."""
    label = str(field.label)
    sheet.set_column(number, number, field.width, made["text"] if field.as_text or not offered else None)
    sheet.write_string(0, number, f"{label}*" if field.required else label, made["must" if field.required else "head"])
    example = _example(field, offered)
    if number == 0:
        example = _("Example: %(text)s (this row is not read)", text=example)
    if example:
        sheet.write_string(1, number, example, made["example"])
    hint = {"input_title": label[:32], "input_message": str(field.explanation)[:255]}
    if offered:
        lists.write_column(0, number, offered)
        name = xl_col_to_name(number)
        source = f"='{lists.get_name()}'!${name}$1:${name}${len(offered)}"
        # Other words are let in: the import understands more names than the list, and says what is wrong.
        rule = {"validate": "list", "source": source, "error_type": "information", "show_error": False}
        sheet.data_validation(1, number, MAX_ROWS, number, rule | hint)
    else:
        sheet.data_validation(1, number, MAX_ROWS, number, {"validate": "any"} | hint)


def _example(field: Field, offered: list[str]) -> str:
    """Return an example in the language of the template; of a list, one of its entries."""
    if callable(field.offer):
        return offered[0] if field.example or field.required else ""
    if field.offer and offered:
        fitting = [entry for entry in offered if field.example and entry.startswith(field.example)]
        return fitting[0] if fitting else offered[0] if field.example or field.required else ""
    return field.example


def _offered(session: Session, field: Field, by: Account) -> list[str]:
    """Return the entries of a drop-down."""
    if callable(field.offer):
        return field.offer()
    if field.offer == AREAS:
        areas = lookups.Areas(session, by)
        wanted = [area for area in areas.by_code.values() if area.level in {AreaLevel.VILLAGE, AreaLevel.TOWNSHIP}]
        if field.required:
            wanted = [area for area in wanted if area.level is AreaLevel.VILLAGE]
        return [f"{area.code} {in_language(area)}" for area in wanted[:LISTED]]
    codes: dict[Any, Any] = {
        TERMS: sa.select(TaxonomyTerm)
        .where(TaxonomyTerm.taxonomy != Taxonomy.IMPORTED, TaxonomyTerm.active)
        .order_by(TaxonomyTerm.code),
        STATUSES: sa.select(BeneficiaryCategory).order_by(BeneficiaryCategory.code),
        NEED_TYPES: sa.select(NeedType).order_by(NeedType.code),
    }
    if field.offer is None:
        return []
    return [f"{record.code} {in_language(record)}" for record in session.scalars(codes[field.offer])][:LISTED]


def _explain(sheet: Any, kind: ImportKind, fields: list[Field], made: dict[str, Any]) -> None:
    """Write the sheet of explanations."""
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 14)
    sheet.set_column(2, 3, 60)
    rules = [
        _("One row for each entry; columns may be left out or moved, headings may be Chinese or English."),
        _("Empty cells change nothing. The same file a second time changes nothing."),
        _("Columns with a star must be filled. The row that begins with “Example” is not read."),
        _("ID numbers and telephones are text: do not change the format of their columns."),
        _("Up to %(rows)s rows and 20 MB.", rows=f"{MAX_ROWS:,}"),
    ]
    sheet.write_string(0, 0, word(kind), made["head"])
    for number, rule in enumerate(rules, 1):
        sheet.merge_range(number, 0, number, 3, rule, made["wrap"])
    top = len(rules) + 2
    for number, title in enumerate((_("Column"), _("Must be filled"), _("What to write"), _("Possible entries"))):
        sheet.write_string(top, number, title, made["head"])
    for number, field in enumerate(fields, top + 1):
        choices = "、".join(field.offer()) if callable(field.offer) else _("see the drop-down") if field.offer else ""
        cells = (str(field.label), _("yes") if field.required else "", str(field.explanation), choices)
        for place, text in enumerate(cells):
            sheet.write_string(number, place, text, made["wrap"])
