"""Keeping the catalogue: the coordinator's forms."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models import Organization, OrganizationStatus, Service, ServiceStatus
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import catalogue as actions
from referral.coordination import blueprint
from referral.coordination.catalogue import places_to_choose, reach
from referral.coordination.catalogue_forms import (
    CheckForm,
    LocationForm,
    OrganizationForm,
    PhoneForm,
    ServiceForm,
    facts,
)
from referral.extensions import db
from referral.forms import record_choices
from referral.i18n import _
from referral.queries import catalogue, catalogue_entry

Answer = Response | str | tuple[str, int]
ORGANIZATION = (
    "name", "alternate_name", "kind", "status", "area_code", "credit_code", "contact_name", "email", "website",
    "description",
)  # fmt: skip
SERVICE = (
    "name", "status", "supply_mode", "sex", "minimum_age", "maximum_age", "eligibility_description",
    "application_process", "fees_description", "description",
)  # fmt: skip


def _page(form: Any, title: str, back: str, back_text: str, **more: Any) -> Answer:
    page = render_template(
        f"coordination/{more.pop('template')}.html", form=form, title=title, back_to=back, back_text=back_text, **more
    )
    return page, 422 if form.errors else 200


def _shown(organization: Organization) -> Response:
    return redirect(url_for("coordination.show_organization", key=organization.id))


def _small(form: Any, organization: Organization, title: str, save: Callable[[], Any], said: str) -> Answer:
    """Show a short form of an organization, or save it and go back to the organization."""
    if form.validate_on_submit():
        try:
            save()
        except actions.CheckRecorded:
            form.valid_from.errors = [_("A check that begins on this day is recorded already.")]
        else:
            flash(said, "success")
            return _shown(organization)
    back = url_for("coordination.show_organization", key=organization.id)
    return _page(form, title, back, organization.name, template="edit_organization_part")


@blueprint.route("/organizations/new", methods=["GET", "POST"])
@allow(Act.EDIT_CATALOGUE)
def add_organization() -> Answer:
    """Enter an organization."""
    form = OrganizationForm(status=OrganizationStatus.ACTIVE.value)
    form.area_code.choices = places_to_choose(actor())
    if form.validate_on_submit():
        try:
            organization = actions.add_organization(db.session, **facts(form, *ORGANIZATION))
        except actions.CreditCodeTaken as error:
            form.credit_code.errors = [_("%(name)s has this code already.", name=error.organization.name)]
        else:
            flash(_("Entered. Add the places where it works, then its services."), "success")
            return _shown(organization)
    back = url_for("coordination.list_services")
    return _page(form, _("Add an organization"), back, _("Catalogue"), template="edit_organization")


@blueprint.route("/organizations/<uuid:key>/edit", methods=["GET", "POST"])
@allow(Act.EDIT_CATALOGUE, find=catalogue_entry.find_organization)
def edit_organization(organization: Organization) -> Answer:
    """Change what is known of an organization."""
    form = OrganizationForm(obj=organization)
    form.area_code.choices = places_to_choose(actor())
    known = {choice.value for choice in form.area_code.choices}
    if organization.area is not None and organization.area.code not in known:
        form.area_code.choices += record_choices([organization.area], key="code")
    if form.validate_on_submit():
        version = int(form.version.data or 0)
        try:
            actions.edit_organization(db.session, organization, version=version, **facts(form, *ORGANIZATION))
        except actions.CreditCodeTaken as error:
            form.credit_code.errors = [_("%(name)s has this code already.", name=error.organization.name)]
        else:
            flash(_("Saved."), "success")
            return _shown(organization)
    back = url_for("coordination.show_organization", key=organization.id)
    return _page(form, _("Edit the organization"), back, organization.name, template="edit_organization")


@blueprint.route("/organizations/<uuid:key>/places/new", methods=["GET", "POST"])
@allow(Act.EDIT_CATALOGUE, find=catalogue_entry.find_organization)
def add_location(organization: Organization) -> Answer:
    """Enter a place where an organization works."""
    form = LocationForm()
    form.area_code.choices = places_to_choose(actor())
    said = facts(form, "name", "address", "area_code")
    return _small(
        form,
        organization,
        _("Add a place"),
        lambda: actions.add_location(db.session, organization, **said),
        _("Saved."),
    )


@blueprint.route("/organizations/<uuid:key>/phones/new", methods=["GET", "POST"])
@allow(Act.EDIT_CATALOGUE, find=catalogue_entry.find_organization)
def add_phone(organization: Organization) -> Answer:
    """Enter a telephone of an organization."""
    form = PhoneForm()
    said = facts(form, "number", "description")
    return _small(
        form, organization, _("Add a phone"), lambda: actions.add_phone(db.session, organization, **said), _("Saved.")
    )


@blueprint.route("/organizations/<uuid:key>/checks/new", methods=["GET", "POST"])
@allow(Act.EDIT_CATALOGUE, find=catalogue_entry.find_organization)
def record_check(organization: Organization) -> Answer:
    """Write down a check with its end."""
    form = CheckForm()
    said = facts(form, "kind", "reference", "valid_from", "valid_to")
    return _small(
        form,
        organization,
        _("Record a check"),
        lambda: actions.record_check(db.session, organization, **said),
        _("The check is recorded. Organization and coordinators are told 30 days before it ends."),
    )


def _service_form(organization: Organization, service: Service | None = None) -> ServiceForm:
    values: dict[str, Any] = {"status": ServiceStatus.ACTIVE.value}
    if service is not None:
        values = {
            "locations": [str(there.location_id) for there in service.at_locations],
            "areas": [area.area_code for area in service.areas if area.area_code],
        }
    form = ServiceForm(obj=service, **values)
    terms = record_choices(catalogue.terms_in_use(db.session), _("None"))
    if service is not None and service.term is not None:
        known = {choice.value for choice in terms}
        terms += [] if str(service.term_id) in known else record_choices([service.term])
    form.term_id.choices = terms
    form.program_id.choices = record_choices(organization.programs, _("None"))
    form.locations.choices = record_choices(organization.locations)
    areas = [township for township, _villages in reach(actor())]
    if service is not None:
        codes = {area.code for area in areas}
        areas += [line.area for line in service.areas if line.area is not None and line.area.code not in codes]
    form.areas.choices = record_choices(areas, key="code")
    return form


def _typed(form: ServiceForm) -> dict[str, Any]:
    return {
        **facts(form, *SERVICE),
        "term_id": uuid.UUID(form.term_id.data) if form.term_id.data else None,
        "program_id": uuid.UUID(form.program_id.data) if form.program_id.data else None,
        "location_ids": [uuid.UUID(key) for key in form.locations.data or []],
        "area_codes": form.areas.data or [],
        "delivery": form.delivery.data,
        "radius_km": form.radius_km.data,
    }


@blueprint.route("/organizations/<uuid:key>/services/new", methods=["GET", "POST"])
@allow(Act.EDIT_CATALOGUE, find=catalogue_entry.find_organization)
def add_service(organization: Organization) -> Answer:
    """Enter a service of an organization."""
    form = _service_form(organization)
    if form.validate_on_submit():
        service = actions.add_service(db.session, organization, at=clock.now(), **_typed(form))
        flash(_("Entered. The provider states its places; then people can be referred to it."), "success")
        return redirect(url_for("coordination.show_service", key=service.id))
    back = url_for("coordination.show_organization", key=organization.id)
    return _page(form, _("Add a service"), back, organization.name, template="edit_service", organization=organization)


@blueprint.route("/services/<uuid:key>/edit", methods=["GET", "POST"])
@allow(Act.EDIT_CATALOGUE, find=catalogue_entry.find_service)
def edit_service(service: Service) -> Answer:
    """Change a service."""
    organization = catalogue_entry.find_organization(db.session, actor(), service.organization_id)
    assert organization is not None  # noqa: S101  the service was found in the same scope
    form = _service_form(organization, service)
    if form.validate_on_submit():
        version = int(form.version.data or 0)
        actions.edit_service(db.session, service, version=version, at=clock.now(), **_typed(form))
        flash(_("Saved."), "success")
        return redirect(url_for("coordination.show_service", key=service.id))
    back = url_for("coordination.show_service", key=service.id)
    return _page(form, _("Edit the service"), back, service.name, template="edit_service", organization=organization)
