"""Contracts: what is bought, what is left of it, and the settlement of each month."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs

from models import Contract, ContractStatus, Settlement, SettlementStatus
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import contracts as acts
from referral.actions import settling
from referral.coordination import blueprint, settlement_sheets
from referral.coordination.contract_forms import ContractForm, DeductForm, LineForm, MonthForm, PayForm
from referral.extensions import db
from referral.forms import record_choices
from referral.i18n import _
from referral.queries import contracts, needs
from referral.queries.settling import next_month
from referral.taking_out import for_a_reason

Answer = Response | str | tuple[str, int]
MOST_MONTHS = 24


def _one(records: Iterable[Any], key: str | None) -> Any:
    return next((one for one in records if str(one.id) == key), None)


@blueprint.get("/contracts")
@allow(Act.READ_CONTRACTS)
def list_contracts() -> str:
    """What is bought from whom, and what is left?"""
    found = db.session.scalars(contracts.seen(actor())).all()
    return render_template("coordination/list_contracts.html", contracts=found)


@blueprint.route("/contracts/new", methods=["GET", "POST"])
@allow(Act.KEEP_CONTRACTS)
def add_contract() -> Answer:
    """Enter a contract as it stands on paper."""
    session, by = db.session, actor()
    sides = contracts.sides(session, by)
    today = clock.today()
    form = ContractForm(starts_on=today.replace(month=1, day=1), ends_on=today.replace(month=12, day=31))
    form.buyer.choices = form.provider.choices = record_choices(sides)
    if form.validate_on_submit():
        buyer, provider = _one(sides, form.buyer.data), _one(sides, form.provider.data)
        contract = acts.add_contract(
            session, number=form.number.data or "", name=form.name.data or "", buyer=buyer, provider=provider,
            area_code=by.area_code or "", starts_on=form.starts_on.data or today, ends_on=form.ends_on.data or today,
            by=by,
        )  # fmt: skip
        flash(_("Saved as a draft. Now enter what is bought."), "success")
        return redirect(url_for("coordination.add_contract_line", key=contract.id))
    return render_template("coordination/edit_contract.html", form=form), 422 if form.errors else 200


@blueprint.get("/contracts/<uuid:key>")
@allow(Act.READ_CONTRACTS, find=contracts.find)
def show_contract(contract: Contract) -> str:
    """What is left of this contract, and which months are settled?"""
    sheets = contracts.sheets(db.session, contract)
    form = MonthForm()
    form.month.choices = _months(contract, sheets)
    return render_template("coordination/show_contract.html", contract=contract, sheets=sheets, form=form)


def _months(contract: Contract, sheets: Iterable[Settlement]) -> list[SelectChoice]:
    """Return the months that can be settled now: those after the last sheet that are over."""
    live = [sheet.month for sheet in sheets if sheet.status is not SettlementStatus.DISCARDED]
    month = next_month(max(live)) if live else contract.starts_on.replace(day=1)
    found: list[date] = []
    while next_month(month) <= clock.today() and len(found) < MOST_MONTHS:
        found.append(month)
        month = next_month(month)
    return [SelectChoice(value=f"{one:%Y-%m-%d}", label=f"{one:%Y-%m}") for one in found]


@blueprint.post("/contracts/<uuid:key>/sign")
@allow(Act.KEEP_CONTRACTS, find=contracts.find)
def sign_contract(contract: Contract) -> Response:
    """Put a draft in force."""
    acts.sign(db.session, contract, on=clock.today())
    flash(_("In force. From now on approved visits draw on it."), "success")
    return redirect(url_for("coordination.show_contract", key=contract.id))


@blueprint.post("/contracts/<uuid:key>/close")
@allow(Act.KEEP_CONTRACTS, find=contracts.find)
def close_contract(contract: Contract) -> Response:
    """End a contract before its time."""
    acts.close(db.session, contract)
    flash(_("Closed. Its months can still be settled."), "success")
    return redirect(url_for("coordination.show_contract", key=contract.id))


@blueprint.route("/contracts/<uuid:key>/lines/new", methods=["GET", "POST"])
@allow(Act.KEEP_CONTRACTS, find=contracts.find)
def add_contract_line(contract: Contract) -> Answer:
    """Enter a kind of help that is bought; only while the contract is a draft."""
    if contract.status is not ContractStatus.DRAFT:
        abort(404)
    terms = needs.terms(db.session)
    programs = contracts.programs_of(db.session, contract.provider_id)
    form = LineForm()
    form.term.choices = record_choices(terms)
    form.program.choices = record_choices(programs, _("All of the provider's"))
    if form.validate_on_submit() and form.unit_price.data is not None:
        acts.add_line(
            db.session, contract, term=_one(terms, form.term.data), program=_one(programs, form.program.data),
            funding_source=form.funding_source.data or "", unit_price=form.unit_price.data,
            quota_units=form.quota_units.data, quota_households=form.quota_households.data,
            only_source=bool(form.only_source.data),
        )  # fmt: skip
        flash(_("Saved."), "success")
        return redirect(url_for("coordination.show_contract", key=contract.id))
    page = render_template("coordination/edit_contract_line.html", form=form, contract=contract)
    return page, 422 if form.errors else 200


@blueprint.post("/contracts/<uuid:key>/settlements")
@allow(Act.KEEP_CONTRACTS, find=contracts.find)
def make_out_settlement(contract: Contract) -> Response:
    """Make out the sheet of a month."""
    form = MonthForm()
    form.month.choices = _months(contract, contracts.sheets(db.session, contract))
    if not form.validate_on_submit():
        flash(_("Choose a month that is over."), "error")
        return redirect(url_for("coordination.show_contract", key=contract.id))
    month = date.fromisoformat(form.month.data)
    sheet = settling.make_out(db.session, contract, month, by=actor(), at=clock.now())
    flash(_("Made out. Somebody else must confirm it."), "success")
    return redirect(url_for("coordination.show_settlement", key=sheet.id))


def _sheet(sheet: Settlement, deduct: DeductForm | None = None, pay: PayForm | None = None) -> str:
    return render_template(
        "coordination/show_settlement.html",
        sheet=sheet,
        deduct=deduct or DeductForm(formdata=None),
        pay=pay or PayForm(formdata=None, amount=sheet.payable, paid_on=clock.today()),
        may_confirm=actor().id != sheet.made_by_id and all(one.by_id != actor().id for one in sheet.deductions),
        intact=sheet.digest is None or sheet.digest == settling.digest(sheet, list(sheet.lines)),
    )


@blueprint.get("/settlements/<uuid:key>")
@allow(Act.READ_CONTRACTS, find=contracts.find_sheet)
def show_settlement(sheet: Settlement) -> str:
    """What is owed for the month, and why?"""
    return _sheet(sheet)


@blueprint.get("/settlements/<uuid:key>.xlsx")
@allow(Act.READ_CONTRACTS, find=contracts.find_sheet)
@for_a_reason
def export_settlement(sheet: Settlement) -> Response:
    """The sheet as an Excel file."""
    return settlement_sheets.sheet_file(sheet)


@blueprint.post("/settlements/<uuid:key>/deduct")
@allow(Act.KEEP_CONTRACTS, find=contracts.find_sheet)
def deduct_settlement(sheet: Settlement) -> Answer:
    """Take an amount off, with its reason."""
    form = DeductForm()
    if not form.validate_on_submit() or form.amount.data is None:
        return _sheet(sheet, deduct=form), 422
    settling.deduct(db.session, sheet, code=form.code.data, amount=form.amount.data, words=form.words.data, by=actor())
    flash(_("Taken off."), "success")
    return redirect(url_for("coordination.show_settlement", key=sheet.id))


@blueprint.post("/settlements/<uuid:key>/discard")
@allow(Act.KEEP_CONTRACTS, find=contracts.find_sheet)
def discard_settlement(sheet: Settlement) -> Response:
    """Throw a draft away, to make it out anew."""
    settling.discard(db.session, sheet)
    flash(_("Thrown away. The month can be made out anew."), "success")
    return redirect(url_for("coordination.show_contract", key=sheet.contract_id))


@blueprint.post("/settlements/<uuid:key>/confirm")
@allow(Act.KEEP_CONTRACTS, find=contracts.find_sheet)
def confirm_settlement(sheet: Settlement) -> Response:
    """Confirm a sheet that somebody else made out: from then on it is frozen."""
    settling.confirm(db.session, sheet, by=actor(), at=clock.now())
    flash(_("Confirmed and frozen. What changes later goes into a later month."), "success")
    return redirect(url_for("coordination.show_settlement", key=sheet.id))


@blueprint.post("/settlements/<uuid:key>/pay")
@allow(Act.KEEP_CONTRACTS, find=contracts.find_sheet)
def pay_settlement(sheet: Settlement) -> Answer:
    """Mark a sheet as paid."""
    form = PayForm()
    if not form.validate_on_submit() or form.amount.data is None:
        return _sheet(sheet, pay=form), 422
    settling.pay(
        db.session, sheet, amount=form.amount.data, paid_on=form.paid_on.data or clock.today(),
        voucher=form.voucher.data or "", by=actor(),
    )  # fmt: skip
    flash(_("Marked as paid."), "success")
    return redirect(url_for("coordination.show_settlement", key=sheet.id))
