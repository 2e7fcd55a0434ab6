"""Whom the provider serves."""

from flask import render_template, request
from werkzeug.wrappers import Response

from referral import clock, log
from referral.access import Act, actor, allow
from referral.exports import Column, workbook
from referral.extensions import db
from referral.i18n import _, in_language
from referral.providers import blueprint, words
from referral.queries import clients
from referral.queries.paging import COUNT_LIMIT, paginate
from referral.taking_out import for_a_reason
from referral.words import word


@blueprint.get("/clients")
@allow(Act.READ_INBOX)
def list_clients() -> str:
    """Show the people served in a month, and what is left of the contracts."""
    month = clients.month_of(request.args.get("month"), clock.today())
    found = clients.clients(actor(), month)
    page = paginate(db.session, found, request.args.get("page", 1, type=int), scalars=False)
    log.read(db.session, (row.person_id for row in page.items))
    return render_template(
        "providers/list_clients.html",
        month=month,
        page=page,
        clients=[clients.client(row, month) for row in page.items],
        quotas=clients.quotas(db.session, actor(), clock.today()),
        words=words,
    )


@blueprint.get("/clients.xlsx")
@allow(Act.READ_INBOX)
@for_a_reason
def export_clients() -> Response:
    """Give the same as an Excel file."""
    month = clients.month_of(request.args.get("month"), clock.today())
    rows = db.session.execute(clients.clients(actor(), month).limit(COUNT_LIMIT)).all()
    log.read(db.session, (row.person_id for row in rows))
    columns = [
        Column(_("Referral")),
        Column(_("Person")),
        Column(_("Village")),
        Column(_("Service"), width=28),
        Column(_("Kind of help")),
        Column(_("State")),
        Column(_("Planned"), "number"),
        Column(_("Delivered"), "number"),
        Column(_("Unit")),
        Column(_("Visits"), "number"),
        Column(_("Last visit"), "moment"),
    ]
    lines = (_cells(clients.client(row, month)) for row in rows)
    title = _("Clients in %(month)s", month=month.text)
    return workbook(title, columns, lines, notes=[(_("Month"), month.text)])


def _cells(client: clients.Client) -> list[object]:
    return [
        client.number,
        client.person_name,
        in_language(client.village),
        client.service_name,
        in_language(client.term),
        word(client.status),
        client.planned,
        client.delivered,
        client.unit,
        client.visits,
        client.last_visit,
    ]
