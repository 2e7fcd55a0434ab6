"""Accounts: who may sign in, and as what."""

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Account, Area, Role
from referral.access import Act, actor, allow
from referral.actions import account_management as actions
from referral.admin import blueprint
from referral.admin.forms import AccountFilter, AccountForm, InviteForm
from referral.extensions import db
from referral.forms import record_choices
from referral.i18n import _, in_language
from referral.queries import admin
from referral.queries.paging import paginate

Answer = Response | str | tuple[str, int]


@blueprint.get("/admin/accounts")
@allow(Act.MANAGE_ACCOUNTS)
def list_accounts() -> str:
    """Show all accounts."""
    form = AccountFilter()
    role = form.role.data if isinstance(form.role.data, Role) else None
    found = admin.accounts(actor(), words=form.words.data or "", role=role, active=False if form.closed.data else None)
    page = paginate(db.session, found, request.args.get("page", 1, type=int))
    return render_template("admin/list_accounts.html", form=form, page=page)


def _choose(form: AccountForm, account: Account | None = None) -> None:
    """Fill in the organizations and areas to choose from."""
    organizations = list(admin.organizations(db.session, actor()))
    if account is not None and account.organization is not None and account.organization not in organizations:
        organizations.append(account.organization)
    form.organization_id.choices = record_choices(organizations, _("None"))
    areas = list(admin.areas_in_use(db.session))
    if account is not None and account.area is not None and account.area not in areas:
        areas.append(account.area)
    form.area_code.choices = record_choices([_Named(area, areas) for area in areas], _("None"), key="code")


class _Named:
    """An area under its whole name, so that villages of one name can be told apart."""

    def __init__(self, area: Area, areas: list[Area]) -> None:
        above = next((one for one in areas if one.code == area.parent_code), None)
        self.code = area.code
        self.name = f"{in_language(above)} · {in_language(area)}" if above is not None else in_language(area)


def _typed(form: AccountForm) -> dict[str, Any]:
    return {
        "name": form.name.data,
        "role": form.role.data,
        "organization_id": uuid.UUID(form.organization_id.data) if form.organization_id.data else None,
        "area_code": form.area_code.data or None,
        "email": form.email.data,
    }


def _say_what_is_missing(form: AccountForm, error: Exception) -> None:
    if isinstance(error, actions.OrganizationMissing):
        form.organization_id.errors = [_("This role works for an organization: please choose one.")]
    elif isinstance(error, actions.AreaMissing):
        form.area_code.errors = [_("This role looks after an area: please choose one.")]
    else:
        form.role.errors = [_("Somebody must look after the system: this is the last administrator.")]


@blueprint.route("/admin/accounts/new", methods=["GET", "POST"])
@allow(Act.MANAGE_ACCOUNTS)
def invite() -> Answer:
    """Make an account and show its password once."""
    form = InviteForm()
    _choose(form)
    if form.validate_on_submit():
        try:
            account, password = actions.invite(db.session, login=form.login.data or "", **_typed(form))
        except actions.LoginTaken:
            form.login.errors = [_("Somebody has this user name already.")]
        except (actions.OrganizationMissing, actions.AreaMissing) as error:
            _say_what_is_missing(form, error)
        else:
            return render_template("admin/show_password.html", account=account, password=password)
    return render_template("admin/invite.html", form=form), 422 if form.errors else 200


@blueprint.route("/admin/accounts/<uuid:key>", methods=["GET", "POST"])
@allow(Act.MANAGE_ACCOUNTS, find=admin.find_account)
def show_account(account: Account) -> Answer:
    """Show an account, and change who it is."""
    form = AccountForm(obj=account)
    _choose(form, account)
    if form.validate_on_submit():
        try:
            actions.change_account(db.session, account, version=int(form.version.data or 0), **_typed(form))
        except (actions.OrganizationMissing, actions.AreaMissing, actions.LastAdministrator) as error:
            _say_what_is_missing(form, error)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("admin.list_accounts"))
    return render_template("admin/show_account.html", form=form, account=account), 422 if form.errors else 200


@blueprint.post("/admin/accounts/<uuid:key>/active")
@allow(Act.MANAGE_ACCOUNTS, find=admin.find_account)
def switch_account(account: Account) -> Response:
    """Close an account, or open it again."""
    active = request.form.get("active") == "yes"
    try:
        actions.set_active(db.session, account, active=active)
    except actions.LastAdministrator:
        flash(_("Somebody must look after the system: this is the last administrator."), "warning")
    else:
        said = _("The account is open again.") if active else _("The account is closed and signed out everywhere.")
        flash(said, "success")
    return redirect(url_for("admin.show_account", key=account.id))


@blueprint.post("/admin/accounts/<uuid:key>/end-sessions")
@allow(Act.MANAGE_ACCOUNTS, find=admin.find_account)
def end_sessions(account: Account) -> Response:
    """Sign somebody out everywhere."""
    actions.end_sessions(db.session, account)
    flash(_("Signed out everywhere."), "success")
    return redirect(url_for("admin.show_account", key=account.id))


@blueprint.post("/admin/accounts/<uuid:key>/password")
@allow(Act.MANAGE_ACCOUNTS, find=admin.find_account)
def reset_password(account: Account) -> str:
    """Set a new password and show it once."""
    password = actions.new_password(db.session, account)
    return render_template("admin/show_password.html", account=account, password=password)
