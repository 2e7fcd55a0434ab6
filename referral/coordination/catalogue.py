"""The catalogue: who does what where, and what in it is doubtful."""

import uuid
from typing import Any

from flask import render_template, request
from werkzeug.wrappers import Response

from models import Account, Area, Organization, ProviderKind, Service
from referral import clock
from referral.access import Act, actor, allow
from referral.coordination import blueprint
from referral.coordination.catalogue_forms import CatalogueFilter, as_choices
from referral.exports import Column, workbook
from referral.extensions import db
from referral.forms import record_choices
from referral.i18n import _, in_language
from referral.queries import catalogue, catalogue_entry, provider_services
from referral.queries.paging import COUNT_LIMIT, paginate
from referral.queries.people import villages_in_reach
from referral.words import word


def reach(account: Account) -> list[tuple[Area, list[Area]]]:
    """Return the townships of the actor's area with their villages."""
    return villages_in_reach(db.session, account)


def _filter() -> CatalogueFilter:
    form = CatalogueFilter()
    form.term.choices = record_choices(catalogue.terms_in_use(db.session), _("All"))
    form.township.choices = record_choices([township for township, _villages in reach(actor())], _("All"), key="code")
    return form


def _chosen(form: CatalogueFilter) -> catalogue.Filters:
    """Return what the address asks for; what is not on the lists is as if not asked."""

    def data(name: str) -> Any:
        known = {choice.value for choice in form[name].iter_choices()}
        return form[name].data if form[name].data in known else None

    term, doubt = data("term"), data("doubt")
    return catalogue.Filters(
        words=form.words.data or "",
        term_id=uuid.UUID(term) if term else None,
        township=data("township"),
        kind=form.kind.data if isinstance(form.kind.data, ProviderKind) else None,
        free=bool(form.free.data),
        doubt=catalogue.Doubt(doubt) if doubt else None,
    )


@blueprint.get("/catalogue")
@allow(Act.READ_CATALOGUE)
def list_services() -> str:
    """Show who does what where."""
    form, today = _filter(), clock.today()
    statement = catalogue.services(actor(), _chosen(form), today)
    page = paginate(db.session, statement, request.args.get("page", 1, type=int), scalars=False)
    return render_template(
        "coordination/list_services.html",
        form=form,
        page=page,
        places=catalogue.places_of(db.session, [row.id for row in page.items], today),
        checks=catalogue.checks_ending(db.session, list({row.organization_id for row in page.items}), today),
        stale_before=today - provider_services.STALE_AFTER,
    )


@blueprint.get("/catalogue.xlsx")
@allow(Act.READ_CATALOGUE)
def export_services() -> Response:
    """Give what the list shows as an Excel file."""
    rows = db.session.execute(catalogue.services(actor(), _chosen(_filter()), clock.today()).limit(COUNT_LIMIT)).all()
    places = catalogue.places_of(db.session, [row.id for row in rows], clock.today())
    columns = [
        Column(_("Service"), width=40),
        Column(_("Kind of help"), width=24),
        Column(_("Organization"), width=40),
        Column(_("Kind of provider")),
        Column(_("State")),
        Column(_("Places"), "number"),
        Column(_("Left"), "number"),
        Column(_("Confirmed"), "day"),
    ]
    return workbook(_("Catalogue"), columns, (_cells(row, places.get(row.id)) for row in rows))


def _cells(row: Any, places: catalogue.Places | None) -> list[object]:
    return [
        row.name,
        in_language(row) if row.term_id else "",
        row.organization_name,
        word(row.kind),
        word(row.status),
        places.places if places and places.stated else None,
        places.left if places and places.stated else None,
        row.assured_on,
    ]


@blueprint.get("/services/<uuid:key>")
@allow(Act.READ_CATALOGUE, find=catalogue_entry.find_service)
def show_service(service: Service) -> str:
    """Show one service with its places, times, areas and conditions."""
    return render_template(
        "coordination/show_service.html",
        service=service,
        periods=catalogue_entry.periods_of(db.session, service, clock.today()),
        schedules=catalogue_entry.schedules_of(db.session, service),
        phones=catalogue_entry.phones_of(db.session, service),
        stale_before=clock.today() - provider_services.STALE_AFTER,
    )


@blueprint.get("/organizations/<uuid:key>")
@allow(Act.READ_CATALOGUE, find=catalogue_entry.find_organization)
def show_organization(organization: Organization) -> str:
    """Show one organization with services, places, programs, telephones and checks."""
    today = clock.today()
    return render_template(
        "coordination/show_organization.html",
        organization=organization,
        services=catalogue_entry.services_of(db.session, organization),
        households=catalogue_entry.households_served(db.session, organization.programs),
        namesakes=catalogue_entry.namesakes(db.session, actor(), organization),
        checks=sorted(organization.checks, key=lambda check: check.valid_to, reverse=True),
        today=today,
        ends_soon=today + catalogue.CHECK_ENDS_SOON,
    )


def places_to_choose(account: Account) -> list[Any]:
    """Return townships and their villages as choices."""
    pairs = [("", _("Not stated"))]
    for township, villages in reach(account):
        name = in_language(township)
        pairs.append((township.code, name))
        pairs += [(village.code, f"{name} · {in_language(village)}") for village in villages]
    return as_choices(pairs)


from referral.coordination import catalogue_editing  # noqa: E402, F401  its views stand beside these
