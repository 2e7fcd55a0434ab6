"""What leaves the building: what could not be delivered, and the addresses that are told."""

import uuid
from typing import Any

import wtforms
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Length, ValidationError

from models import Endpoint, EndpointKind, Outgoing
from referral import clock, webhooks
from referral.access import Act, actor, allow
from referral.actions import endpoints, outbox
from referral.admin import blueprint
from referral.extensions import db
from referral.forms import Form, choices, coerce
from referral.i18n import _, lazy
from referral.queries import outbox as queries
from referral.queries.paging import paginate

Answer = Response | str | tuple[str, int]
REFUSED = {
    "not_https": lazy("Only addresses that begin with https:// are told."),
    "not_allowed": lazy("This host is not on the list in the settings (REFERRAL_WEBHOOK_HOSTS)."),
    "port": lazy("Only the usual port of HTTPS is allowed."),
}
FAILURES = {
    "connection": lazy("no connection"),
    "timeout": lazy("no answer in time"),
    "certificate": lazy("the certificate is not in order"),
    "switched_off": lazy("the address is switched off"),
    "no_such_mailbox": lazy("no such mailbox"),
    "no_mail_server": lazy("no mail server is set"),
    "address_private_address": lazy("the name leads into the own network"),
    "address_no_such_host": lazy("there is no such host"),
    "address_not_allowed": lazy("the host is not on the list in the settings"),
    "tries": lazy("tried too often"),
}


class EndpointForm(Form):
    """An address to be told."""

    name = wtforms.StringField(lazy("Name"), [InputRequired(), Length(max=64)])
    kind = wtforms.RadioField(
        lazy("Who listens there?"),
        [InputRequired()],
        choices=lambda: choices(EndpointKind),
        coerce=coerce(EndpointKind),
    )
    organization = wtforms.StringField(
        lazy("Organization"),
        [Length(max=255)],
        description=lazy("Only for a partner’s own system: its name as in the catalogue"),
    )
    url = wtforms.StringField(lazy("Address"), [InputRequired(), Length(max=1024)], description="https://…")

    organization_id: uuid.UUID | None = None

    def validate_organization(self, field: wtforms.StringField) -> None:
        """A partner is an organization of the catalogue."""
        if self.kind.data is not EndpointKind.PARTNER:
            return
        self.organization_id = queries.organization_named(db.session, field.data or "")
        if self.organization_id is None:
            raise ValidationError(_("No organization has this name. Write it as in the catalogue."))


@blueprint.get("/admin/outbox")
@allow(Act.MANAGE_OUTBOX)
def list_outgoing() -> str:
    """Show what could not be delivered, what waits, what was sent."""
    box = request.args.get("box", "dead")
    if box not in queries.BOXES:
        box = "dead"
    return render_template(
        "admin/list_outgoing.html",
        box=box,
        page=paginate(db.session, queries.newest_first(box), request.args.get("page", 1, type=int)),
        counts=queries.counts(db.session),
        failure_words=_failure,
    )


def _failure(code: str | None) -> str:
    """Return what failed, in words; codes of other computers stay codes."""
    known = FAILURES.get(code or "")
    return str(known) if known else _("refused with %(code)s", code=code) if code else ""


@blueprint.post("/admin/outbox/again")
@allow(Act.MANAGE_OUTBOX)
def send_outgoing_again() -> Response:
    """Try a message once more."""
    if (outgoing := _named(Outgoing)) is not None:
        outbox.send_again(db.session, outgoing, by=actor(), at=clock.now())
        flash(_("It is tried again within a minute."), "success")
    return redirect(url_for("admin.list_outgoing"))


@blueprint.post("/admin/outbox/give-up")
@allow(Act.MANAGE_OUTBOX)
def give_outgoing_up() -> Response:
    """Leave a message unsent."""
    if (outgoing := _named(Outgoing)) is not None:
        outbox.give_up(db.session, outgoing, by=actor(), at=clock.now())
        flash(_("Given up. The station was told when it could not be delivered."), "success")
    return redirect(url_for("admin.list_outgoing"))


@blueprint.route("/admin/endpoints", methods=["GET", "POST"])
@allow(Act.MANAGE_OUTBOX)
def list_endpoints() -> Answer:
    """Show the addresses that are told, and add one; its secret is shown once."""
    form, secret = EndpointForm(), None
    if form.validate_on_submit():
        values = {name: form[name].data for name in ("name", "kind", "url")}
        try:
            made = endpoints.add(db.session, **values, organization_id=form.organization_id, by=actor())
        except webhooks.AddressRefused as refused:
            form.url.errors = [REFUSED.get(refused.code, lazy("This is no address that can be told."))]
        else:
            secret, form = made.secret, EndpointForm(formdata=None)
    page = render_template("admin/list_endpoints.html", form=form, secret=secret, known=queries.endpoints(db.session))
    return page, 422 if form.errors else 200


@blueprint.post("/admin/endpoints/secret")
@allow(Act.MANAGE_OUTBOX)
def renew_endpoint_secret() -> Answer:
    """Make a new secret and show it once."""
    if (endpoint := _named(Endpoint)) is None:
        return redirect(url_for("admin.list_endpoints"))
    secret = endpoints.renew_secret(db.session, endpoint, at=clock.now())
    return render_template(
        "admin/list_endpoints.html",
        form=EndpointForm(formdata=None),
        secret=secret,
        known=queries.endpoints(db.session),
    )


@blueprint.post("/admin/endpoints/switch")
@allow(Act.MANAGE_OUTBOX)
def switch_endpoint() -> Response:
    """Switch an address on or off."""
    if (endpoint := _named(Endpoint)) is not None:
        endpoints.switch(db.session, endpoint, active=not endpoint.active)
    return redirect(url_for("admin.list_endpoints"))


def _named(record: Any) -> Any:
    """Return the record that a form names, or None."""
    try:
        return db.session.get(record, uuid.UUID(request.form.get("key", "")))
    except ValueError:
        return None
