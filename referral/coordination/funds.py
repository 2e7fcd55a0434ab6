"""Funds: the money that several offers draw on."""

import uuid
from typing import Any

from flask import abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response
from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from models import Capacity, Fund, Organization
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import funds as actions
from referral.coordination import blueprint
from referral.extensions import db
from referral.filters import money
from referral.forms import AmountField, DayField, Form
from referral.i18n import _, lazy
from referral.queries import catalogue_entry, funds

MOST = 10_000_000_000


class FundForm(Form):
    """Money for a period."""

    name = StringField(lazy("Name of the fund"), [InputRequired(), Length(max=120)])
    amount = AmountField(lazy("Sum of money"), [InputRequired(), NumberRange(min=0, max=MOST)])
    starts_on = DayField(lazy("From"), [InputRequired()])
    ends_on = DayField(lazy("To"), [InputRequired()])

    def validate_ends_on(self, field: DayField) -> None:
        """A period ends after it begins."""
        if field.data and self.starts_on.data and field.data < self.starts_on.data:
            raise ValidationError(_("The last day lies before the first."))

    @property
    def said(self) -> dict[str, Any]:
        """What was typed, by the names of the columns."""
        return {name: self[name].data for name in ("name", "amount", "starts_on", "ends_on")}


class OfferForm(Form):
    """Which offer is to draw on the fund."""

    offer = SelectField(lazy("Offer"), [InputRequired()], choices=list, coerce=uuid.UUID)


def _label(offer: Capacity) -> str:
    there = offer.service_at_location
    return f"{there.service.organization.name} · {there.service.name} · {there.location.name}"


def _offer_form() -> OfferForm:
    form = OfferForm()
    free = funds.could_draw(db.session, actor(), clock.today())
    form.offer.choices = [SelectChoice(value=str(one.id), label=_label(one)) for one in free]
    return form


@blueprint.get("/coordination/funds")
@allow(Act.EDIT_CATALOGUE)
def list_funds() -> str:
    """Show what is left in each fund."""
    return render_template("coordination/list_funds.html", funds=db.session.scalars(funds.seen(actor())).all())


@blueprint.route("/organizations/<uuid:key>/funds/new", methods=["GET", "POST"])
@allow(Act.EDIT_CATALOGUE, find=catalogue_entry.find_organization)
def add_fund(organization: Organization) -> Response | tuple[str, int]:
    """Enter a fund."""
    today = clock.today()
    form = FundForm(starts_on=today.replace(month=1, day=1), ends_on=today.replace(month=12, day=31))
    if form.validate_on_submit():
        fund = actions.add_fund(db.session, organization, **form.said)
        flash(_("Saved. Now choose the offers that draw on it."), "success")
        return redirect(url_for("coordination.show_fund", key=fund.id))
    back = url_for("coordination.show_organization", key=organization.id)
    page = render_template(
        "coordination/edit_fund.html", form=form, title=_("Add a fund"), back_to=back, back_text=organization.name
    )
    return page, 422 if form.errors else 200


@blueprint.get("/coordination/funds/<uuid:key>")
@allow(Act.EDIT_CATALOGUE, find=funds.find)
def show_fund(fund: Fund) -> str:
    """Show a fund: what is promised and spent of it, and by which offers."""
    return render_template(
        "coordination/show_fund.html",
        fund=fund,
        offers=funds.drawing(db.session, actor(), fund),
        held=funds.held_by_offer(db.session, fund),
        form=_offer_form(),
    )


@blueprint.route("/coordination/funds/<uuid:key>/edit", methods=["GET", "POST"])
@allow(Act.EDIT_CATALOGUE, find=funds.find)
def edit_fund(fund: Fund) -> Response | tuple[str, int]:
    """Change a fund."""
    form = FundForm(obj=fund)
    back = url_for("coordination.show_fund", key=fund.id)
    if form.validate_on_submit():
        try:
            actions.change_fund(db.session, fund, **form.said)
        except actions.FundTooSmall as error:
            form.amount.errors = [
                _("%(least)s are promised or spent already. State at least as much.", least=money(error.least))
            ]
        else:
            flash(_("Saved."), "success")
            return redirect(back)
    page = render_template(
        "coordination/edit_fund.html", form=form, title=_("Change the fund"), back_to=back, back_text=fund.name
    )
    return page, 422 if form.errors else 200


@blueprint.post("/coordination/funds/<uuid:key>/offers")
@allow(Act.EDIT_CATALOGUE, find=funds.find)
def add_offer(fund: Fund) -> Response:
    """Let an offer draw on the fund."""
    form = _offer_form()
    if not form.validate_on_submit():
        flash(_("Choose an offer from the list."), "error")
        return redirect(url_for("coordination.show_fund", key=fund.id))
    offer = funds.find_offer(db.session, actor(), form.offer.data)
    if offer is None:
        abort(404)
    actions.draw_on(db.session, offer, fund)
    flash(_("From now on each referral to this offer takes its amount from the fund."), "success")
    return redirect(url_for("coordination.show_fund", key=fund.id))


@blueprint.post("/coordination/funds/offers/<uuid:key>/leave")
@allow(Act.EDIT_CATALOGUE, find=funds.find_offer)
def leave_fund(offer: Capacity) -> Response:
    """Let an offer draw on no fund any more."""
    fund_id = offer.fund_id
    actions.draw_on(db.session, offer, None)
    flash(_("New referrals to this offer take nothing from the fund. What is promised stays promised."), "success")
    return redirect(url_for("coordination.show_fund", key=fund_id) if fund_id else url_for("coordination.list_funds"))
