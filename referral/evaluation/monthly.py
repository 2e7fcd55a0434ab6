"""The monthly table of a township: filed by its station, received by the county."""

from datetime import date
from uuid import UUID

from flask import Response, abort, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session, joinedload
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from models import Account, MonthlyReport, MonthlyStatus, Organization
from referral import clock
from referral.access import Act, actor, allow, get_in_scope
from referral.actions.reporting import receive_month, return_month, submit_month
from referral.evaluation import blueprint
from referral.evaluation.periods import over
from referral.exports import Column, workbook
from referral.extensions import db
from referral.i18n import _, in_language, lazy
from referral.queries import frozen
from referral.queries.report import monthly

Answer = str | Response | tuple[str, int]
KINDS = {"urban": lazy("Urban"), "rural": lazy("Rural"), "unknown": lazy("Not recorded"), "all": lazy("All")}


class MonthForm(FlaskForm):  # type: ignore[misc]
    """A remark when filing."""

    remark = StringField(lazy("Remark"), [Length(max=500)])


class ReturnForm(FlaskForm):  # type: ignore[misc]
    """Why a table is sent back."""

    remark = StringField(lazy("Reason"), [DataRequired(), Length(max=500)])


def a_month(session: Session, account: Account, key: UUID) -> MonthlyReport | None:
    """Return a filed table in the reader's scope."""
    found: MonthlyReport | None = get_in_scope(
        session, account, MonthlyReport, key, joinedload(MonthlyReport.organization)
    )
    return found


def chosen_month() -> date:
    """Return the month of the address, or the last that is over."""
    months = [period.start for period in over(clock.today()) if period.months == 1]
    wanted = request.args.get("month") or request.form.get("month") or ""
    return next((month for month in months if f"{month:%Y-%m}" == wanted), months[0])


@blueprint.get("/months")
@allow(Act.READ_MONTHS)
def list_months() -> Answer:
    """Which townships have filed their month?"""
    month = chosen_month()
    months = [period.start for period in over(clock.today()) if period.months == 1][:24]
    return render_template(
        "evaluation/list_months.html",
        month=month,
        months=months,
        stations=monthly.filed(db.session, actor(), month),
        form=MonthForm(),
        status=MonthlyStatus,
    )


@blueprint.get("/months/draft")
@allow(Act.FILE_MONTH)
def preview_month() -> Answer:
    """What would be filed for this month?"""
    return _draft(MonthForm())


def _draft(form: MonthForm) -> str:
    month, organization_id = chosen_month(), actor().organization_id
    if organization_id is None:
        abort(404)
    lines = monthly.lines_of(db.session, actor(), organization_id, month)
    return render_template(
        "evaluation/show_month.html",
        report=None,
        month=month,
        lines=monthly.in_words(db.session, lines),
        kinds=KINDS,
        form=form,
        status=MonthlyStatus,
    )


@blueprint.post("/months")
@allow(Act.FILE_MONTH)
def file_month() -> Answer:
    """File the month with the county."""
    form, month, account = MonthForm(), chosen_month(), actor()
    if account.organization_id is None or not form.validate():
        return _draft(form), 422
    station = db.session.get_one(Organization, account.organization_id)
    report = frozen.month_of(db.session, station.id, month) or MonthlyReport(
        organization_id=station.id, area_code=station.area_code, month=month, status=MonthlyStatus.DRAFT
    )
    lines = monthly.lines_of(db.session, account, station.id, month)
    submit_month(db.session, report, lines, by=account, at=clock.now(), remark=form.remark.data or None)
    return redirect(url_for("evaluation.show_month", key=report.id))  # type: ignore[return-value]


@blueprint.get("/months/<uuid:key>")
@allow(Act.READ_MONTHS, find=a_month)
def show_month(report: MonthlyReport) -> Answer:
    """What was filed for this month?"""
    return _filed(report, ReturnForm())


def _filed(report: MonthlyReport, refusal: ReturnForm) -> str:
    return render_template(
        "evaluation/show_month.html",
        report=report,
        month=report.month,
        lines=monthly.in_words(db.session, report.lines),
        kinds=KINDS,
        form=MonthForm(formdata=None),
        refusal=refusal,
        status=MonthlyStatus,
    )


@blueprint.get("/months/<uuid:key>.xlsx")
@allow(Act.READ_MONTHS, find=a_month)
def export_month(report: MonthlyReport) -> Answer:
    """Give a filed table as a workbook in the township's form."""
    rows = [
        [
            in_language(line.term) if line.term else _("Total"),
            str(KINDS[line.kind]),
            line.persons,
            line.person_times,
            line.households,
            line.units if line.term else None,
            (line.term.unit if line.term else None) or "",
            line.amount,
        ]
        for line in monthly.in_words(db.session, report.lines)
    ]
    columns = [
        Column(_("Service"), width=26),
        Column(_("Urban or rural")),
        *(Column(title, "number") for title in (_("Persons"), _("Person-times"), _("Households"), _("Units"))),
        Column(_("Unit")),
        Column(_("Value in yuan"), "money"),
    ]
    notes = [
        (_("Station"), report.organization.name),
        (_("Month"), f"{report.month:%Y-%m}"),
        (_("Digest"), report.digest),
        (_("How this is counted"), _("Persons of a total are distinct people: they are not the sum of the lines.")),
    ]
    return workbook(_("Monthly table"), columns, rows, notes=notes)


@blueprint.post("/months/<uuid:key>/receive")
@allow(Act.RECEIVE_MONTH, find=a_month)
def take_month(report: MonthlyReport) -> Answer:
    """Take the table as received."""
    receive_month(db.session, report, by=actor(), at=clock.now())
    return redirect(url_for("evaluation.show_month", key=report.id))  # type: ignore[return-value]


@blueprint.post("/months/<uuid:key>/return")
@allow(Act.RECEIVE_MONTH, find=a_month)
def send_month_back(report: MonthlyReport) -> Answer:
    """Send the table back with a reason."""
    form = ReturnForm()
    if not form.validate():
        return _filed(report, form), 422
    return_month(db.session, report, by=actor(), at=clock.now(), reason=form.remark.data)
    return redirect(url_for("evaluation.show_month", key=report.id))  # type: ignore[return-value]
