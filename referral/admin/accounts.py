"""Accounts: who may sign in, and as what."""

import uuid

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Account, Area, LinkKind, Role
from referral import addresses, clock
from referral.access import Act, actor, allow
from referral.actions import access_links, accounts, doors
from referral.actions import account_management as actions
from referral.admin import blueprint
from referral.admin.forms import AccountFilter, AccountForm, CityForm, InviteForm
from referral.extensions import db
from referral.forms import record_choices
from referral.i18n import _, in_language
from referral.queries import admin
from referral.queries.paging import paginate

Answer = Response | str | tuple[str, int]
INCOMPLETE = (actions.OrganizationMissing, actions.AreaMissing, actions.ProgramMissing, actions.EndMissing)


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
    form.program_id.choices = record_choices(admin.programs(db.session), _("None"))


class _Named:
    """An area under its whole name, so that villages of one name can be told apart."""

    def __init__(self, area: Area, areas: list[Area]) -> None:
        above = next((one for one in areas if one.code == area.parent_code), None)
        self.code = area.code
        self.name = f"{in_language(above)} · {in_language(area)}" if above is not None else in_language(area)


def _typed(form: AccountForm) -> actions.Facts:
    return actions.Facts(
        name=form.name.data or "",
        role=form.role.data,
        organization_id=uuid.UUID(form.organization_id.data) if form.organization_id.data else None,
        area_code=form.area_code.data or None,
        email=form.email.data,
        program_id=uuid.UUID(form.program_id.data) if form.program_id.data else None,
        valid_until=form.valid_until.data,
    )


def _say_what_is_missing(form: AccountForm, error: Exception) -> None:
    if isinstance(error, actions.OrganizationMissing):
        form.organization_id.errors = [_("This role works for an organization: please choose one.")]
    elif isinstance(error, actions.AreaMissing):
        form.area_code.errors = [_("This role looks after an area: please choose one.")]
    elif isinstance(error, actions.ProgramMissing):
        form.program_id.errors = [_("Evaluators look at one program: please choose it.")]
    elif isinstance(error, actions.EndMissing):
        form.valid_until.errors = [_("Evaluators look at people's data for a time: please name the last day.")]
    else:
        form.role.errors = [_("Somebody must look after the system: this is the last administrator.")]


@blueprint.route("/admin/accounts/new", methods=["GET", "POST"])
@allow(Act.MANAGE_ACCOUNTS)
def invite() -> Answer:
    """Make an account; a link for its user is mailed, or shown once to be handed over."""
    form = InviteForm()
    _choose(form)
    if form.validate_on_submit():
        try:
            facts, now = _typed(form), clock.now()
            account, token = actions.invite(db.session, login=form.login.data or "", facts=facts, by=actor(), at=now)
        except actions.LoginTaken:
            form.login.errors = [_("Somebody has this user name already.")]
        except INCOMPLETE as error:
            _say_what_is_missing(form, error)
        else:
            return _hand_over(account, LinkKind.INVITATION, token)
    return render_template("admin/invite.html", form=form), 422 if form.errors else 200


@blueprint.route("/admin/accounts/<uuid:key>", methods=["GET", "POST"])
@allow(Act.MANAGE_ACCOUNTS, find=admin.find_account)
def show_account(account: Account) -> Answer:
    """Show an account, and change who it is."""
    form = AccountForm(obj=account)
    _choose(form, account)
    if form.validate_on_submit():
        try:
            actions.change_account(db.session, account, version=int(form.version.data or 0), facts=_typed(form))
        except (*INCOMPLETE, actions.LastAdministrator) as error:
            _say_what_is_missing(form, error)
        else:
            flash(_("Saved."), "success")
            return redirect(url_for("admin.list_accounts"))
    subject = doors.subject_of(db.session, account) if current_app.config["OIDC_ISSUER"] else None
    city = CityForm(formdata=None, subject=subject) if current_app.config["OIDC_ISSUER"] else None
    page = render_template("admin/show_account.html", form=form, account=account, city=city)
    return page, 422 if form.errors else 200


@blueprint.post("/admin/accounts/<uuid:key>/active")
@allow(Act.MANAGE_ACCOUNTS, find=admin.find_account)
def switch_account(account: Account) -> Response:
    """Close an account, or open it again."""
    active = request.form.get("active") == "yes"
    try:
        actions.set_active(db.session, account, active=active)
    except (actions.ProgramMissing, actions.EndMissing):
        flash(_("Evaluators look at one program for a time: please save both first."), "warning")
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
    accounts.end_sessions(db.session, account)
    flash(_("Signed out everywhere."), "success")
    return redirect(url_for("admin.show_account", key=account.id))


@blueprint.post("/admin/accounts/<uuid:key>/link")
@allow(Act.MANAGE_ACCOUNTS, find=admin.find_account)
def make_link(account: Account) -> str:
    """Make a link with which the user chooses a password: mailed, or shown once to be handed over."""
    return _hand_over(account, *actions.new_link(db.session, account, by=actor(), at=clock.now()))


def _hand_over(account: Account, kind: LinkKind, token: str) -> str:
    mailed = access_links.mail(db.session, account, kind, token, at=clock.now())
    path = url_for("account.use_link", token=token)
    invited = kind is LinkKind.INVITATION
    address = "" if mailed else addresses.whole(path)
    return render_template("admin/show_link.html", account=account, address=address, invited=invited)


@blueprint.post("/admin/accounts/<uuid:key>/second-factor/remove")
@allow(Act.MANAGE_ACCOUNTS, find=admin.find_account)
def remove_second_factor(account: Account) -> Response:
    """Take the second step away from somebody who has lost the device."""
    actions.remove_second_factor(db.session, account, at=clock.now())
    flash(_("The second step is taken away. The user is told, and sets up another at the next sign-in."), "success")
    return redirect(url_for("admin.show_account", key=account.id))


@blueprint.post("/admin/accounts/<uuid:key>/city")
@allow(Act.MANAGE_ACCOUNTS, find=admin.find_account)
def link_city(account: Account) -> Answer:
    """Link an account with its user's name at the city's own sign-in, or take the links away."""
    form = CityForm()
    if form.validate_on_submit() and current_app.config["OIDC_ISSUER"]:
        try:
            doors.unlink(db.session, account)
            if form.subject.data:
                issuer = current_app.config["OIDC_ISSUER"]
                doors.link(db.session, account, issuer=issuer, subject=form.subject.data)
        except doors.DoorTaken:
            db.session.rollback()
            flash(_("Somebody else here has this name at the city's sign-in."), "warning")
        else:
            flash(_("Saved."), "success")
    return redirect(url_for("admin.show_account", key=account.id))
