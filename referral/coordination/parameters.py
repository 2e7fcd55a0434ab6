"""Weights and limits of rounds: their history, a draft, its effect before it is kept."""

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models import ParametersStatus, RoundParameters, ScenarioKind
from referral import clock, parameter_words, scenariowork
from referral.access import Act, actor, allow
from referral.actions import parameters as verbs
from referral.actions.scenarios import start_scenario
from referral.coordination import blueprint
from referral.coordination.comparing import comparison
from referral.coordination.parameter_forms import ParametersForm
from referral.coordination.rounds import _afterwards
from referral.extensions import db
from referral.forms import record_choices
from referral.i18n import _
from referral.queries import needs_board, parameters, scenarios
from referral.queries.paging import paginate


@blueprint.get("/coordination/parameters")
@allow(Act.READ_PARAMETERS)
def list_parameters() -> str:
    """Show which parameters are in force, and what each version changed."""
    account = actor()
    page = paginate(db.session, parameters.newest_first(account), request.args.get("page", 1, type=int), size=15)
    now = parameters.in_force(db.session, account.area_code, clock.now()) if account.area_code else None
    return render_template(
        "coordination/list_parameters.html",
        page=page,
        changed=_changed(db.session, page.items),
        areas=scenarios.areas_named(db.session, {one.area_code for one in page.items}),
        now=now,
        groups=parameter_words.GROUPS,
    )


def _changed(session: Session, versions: Any) -> dict[uuid.UUID, list[parameter_words.Difference]]:
    """What each version changed against the one it was made from, or against the platform's own values."""
    bases = parameters.bases(session, versions)
    empty: dict[str, Any] = {}
    return {
        one.id: parameter_words.differences(
            bases[one.based_on_id].params if one.based_on_id in bases else empty, one.params
        )
        for one in versions
    }


@blueprint.route("/coordination/parameters/new", methods=["GET", "POST"])
@allow(Act.EDIT_PARAMETERS)
def draft_parameters() -> Response | str | tuple[str, int]:
    """Write a version down and compute what it would change."""
    account = actor()
    area = request.form.get("area") or request.args.get("area") or account.area_code or ""
    townships = needs_board.townships(db.session, account)
    choices = record_choices([account.area, *townships] if account.area else [], key="code")
    area = area if area in {str(one.value) for one in choices} else account.area_code or ""
    base = parameters.in_force(db.session, area, clock.now())
    form = ParametersForm(data={**base.params.as_dict(), "area": area})
    form.area.choices = choices
    if form.validate_on_submit():
        made = verbs.draft(
            db.session, area=form.area.data, params=form.params(), reason=form.reason.data, by=account, at=clock.now()
        )
        return _look_at_effect(made)
    return _form_page(form, base.params.as_dict()), 422 if form.errors else 200


def _form_page(form: Any, base: dict[str, Any], version: RoundParameters | None = None) -> str:
    return render_template(
        "coordination/edit_parameters.html",
        form=form,
        groups=parameter_words.GROUPS,
        units=parameter_words.unit_words,
        base=base,
        version=version,
    )


def _look_at_effect(version: RoundParameters) -> Response:
    made = start_scenario(
        db.session,
        area=version.area_code,
        at=clock.now(),
        kind=ScenarioKind.PARAMETERS,
        parameters=version,
        by=actor(),
    )
    key = made.id
    _afterwards(lambda session: scenariowork.compute_scenario(session, key))
    return redirect(url_for("coordination.show_parameters", key=version.id))


@blueprint.get("/coordination/parameters/<uuid:key>")
@allow(Act.READ_PARAMETERS, find=parameters.in_scope)
def show_parameters(version: RoundParameters) -> str:
    """Show a version: what it changes, why, and who would gain and lose by it."""
    account = actor()
    bases = parameters.bases(db.session, [version])
    based_on = bases.get(version.based_on_id) if version.based_on_id else None
    ours = account.area_code is not None and parameters.own(db.session, account, version.id) is not None
    effect = scenarios.effect_of(db.session, version) if ours else None
    return render_template(
        "coordination/show_parameters.html",
        version=version,
        based_on=based_on,
        changed=parameter_words.differences(based_on.params if based_on else {}, version.params),
        groups=parameter_words.GROUPS,
        params=parameters.filled(version.params),
        area=scenarios.areas_named(db.session, {version.area_code}).get(version.area_code),
        ours=ours,
        draft=ours and version.status is ParametersStatus.DRAFT,
        overtaken=version.status is ParametersStatus.DRAFT
        and parameters.in_force(db.session, version.area_code, clock.now()).version_id != version.based_on_id,
        effect=effect,
        dead=effect is not None and scenarios.looks_dead(effect, clock.now()),
        compared=comparison(db.session, effect) if effect else None,
    )


@blueprint.route("/coordination/parameters/<uuid:key>/edit", methods=["GET", "POST"])
@allow(Act.EDIT_PARAMETERS, find=parameters.own)
def edit_parameters(version: RoundParameters) -> Response | str | tuple[str, int]:
    """Change a draft and compute its effect anew."""
    form = ParametersForm(data={**version.params, "area": version.area_code, "reason": version.reason})
    del form.area
    if form.validate_on_submit():
        verbs.revise(db.session, version, params=form.params(), reason=form.reason.data, at=clock.now())
        return _look_at_effect(version)
    base = parameters.in_force(db.session, version.area_code, clock.now())
    return _form_page(form, base.params.as_dict(), version), 422 if form.errors else 200


@blueprint.post("/coordination/parameters/<uuid:key>/effect")
@allow(Act.EDIT_PARAMETERS, find=parameters.own)
def compute_effect(version: RoundParameters) -> Response:
    """Hold a draft against what is in force now."""
    verbs.base_anew(db.session, version, at=clock.now())
    return _look_at_effect(version)


@blueprint.post("/coordination/parameters/<uuid:key>/keep")
@allow(Act.EDIT_PARAMETERS, find=parameters.own)
def keep_parameters(version: RoundParameters) -> Response:
    """Put a draft in force."""
    verbs.keep(db.session, version, by=actor(), at=clock.now())
    flash(_("It is in force. The next round runs with it."), "success")
    return redirect(url_for("coordination.show_parameters", key=version.id))


@blueprint.post("/coordination/parameters/<uuid:key>/discard")
@allow(Act.EDIT_PARAMETERS, find=parameters.own)
def discard_parameters(version: RoundParameters) -> Response:
    """Throw a draft away; it stays readable."""
    verbs.discard(db.session, version)
    flash(_("The draft is thrown away. What is in force stays in force."), "success")
    return redirect(url_for("coordination.list_parameters"))
