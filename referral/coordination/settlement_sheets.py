"""A settlement sheet as an Excel file."""

from flask import Response

from models import Settlement
from referral.exports import Column, Sheet, workbook_of
from referral.i18n import _, in_language
from referral.words import word


def sheet_file(sheet: Settlement) -> Response:
    """Return the sheet: its lines, its deductions, and what it is about."""
    lines = Sheet(
        _("Settlement"),
        [
            _("No."), Column(_("Service"), width=28), _("Funding source"), Column(_("Visits"), "number"),
            Column(_("Households"), "number"), Column(_("Units"), "number"), _("Unit"),
            Column(_("Price (yuan)"), "money"), Column(_("Amount (yuan)"), "money"),
            Column(_("Corrected units"), "number"), Column(_("Corrections (yuan)"), "money"),
            Column(_("Disputed units"), "number"), Column(_("Waiting units"), "number"),
            Column(_("Beyond the quota"), "number"),
        ],
        [
            (
                one.line.number, in_language(one.line.term), one.line.funding_source, one.visits, one.households,
                one.units, one.line.unit, one.unit_price, one.gross, one.adjusted_units, one.adjusted, one.disputed,
                one.waiting, one.beyond,
            )
            for one in sorted(sheet.lines, key=lambda line: line.line.number)
        ],
    )  # fmt: skip
    deductions = Sheet(
        _("Deductions"),
        [_("Reason"), Column(_("Amount (yuan)"), "money"), Column(_("In words"), width=40), _("Who")],
        [(word(one.code), one.amount, one.words, one.by.name) for one in sheet.deductions],
    )
    notes: list[tuple[str, object]] = [
        (_("Contract"), f"{sheet.contract.number} {sheet.contract.name}"),
        (_("Buyer"), in_language(sheet.contract.buyer)),
        (_("Provider"), in_language(sheet.contract.provider)),
        (_("Month"), f"{sheet.month:%Y-%m}"),
        (_("Edition"), sheet.edition),
        (_("State"), word(sheet.status)),
        (_("Amount (yuan)"), sheet.gross),
        (_("Deductions"), sheet.deducted),
        (_("Corrections (yuan)"), sheet.adjusted),
        (_("To pay (yuan)"), sheet.payable),
        (_("Paid"), sheet.paid),
        (_("Paid on"), sheet.paid_on),
        (_("Number of the voucher"), sheet.voucher),
        (_("Made out by"), sheet.made_by.name),
        (_("Confirmed by"), sheet.checked_by.name if sheet.checked_by else None),
        (_("Fingerprint of the figures"), sheet.digest),
    ]
    return workbook_of(
        f"{_('Settlement')} {sheet.contract.number} {sheet.month:%Y-%m}", [lines, deductions], notes=notes
    )
