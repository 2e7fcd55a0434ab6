"""What if: put changes together, compute a copy beside today, keep the answer or throw it away."""

from typing import Any

import wtforms
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import DataRequired, InputRequired, Length, Optional

from models import Scenario
from referral import clock, parameter_words, scenariowork
from referral.access import Act, actor, allow
from referral.actions import scenarios as verbs
from referral.coordination import blueprint
from referral.coordination.comparing import comparison
from referral.coordination.rounds import _afterwards
from referral.coordination.scenario_changes import several, text_of
from referral.extensions import db
from referral.forms import Form, record_choices
from referral.i18n import _, lazy
from referral.queries import needs_board, scenarios
from referral.queries.paging import paginate
from referral.queries.parameters import in_force

blueprint.add_app_template_global(parameter_words.label_of, "parameter_label")
blueprint.add_app_template_global(parameter_words.shown, "parameter_shown")
blueprint.add_app_template_filter(text_of, "change_text")


class AskForm(Form):
    """Over which area, and under which title."""

    area = wtforms.SelectField(
        lazy("Area"), [InputRequired()], description=lazy("Needs of people who live there take part.")
    )
    title = wtforms.StringField(
        lazy("Title"), [Optional(), Length(max=120)], description=lazy("Such as: the day centre closes in May.")
    )


class KeepForm(Form):
    """Under which title an answer is kept."""

    title = wtforms.StringField(
        lazy("Title"), [DataRequired(), Length(max=120)], description=lazy("Such as: the day centre closes in May.")
    )


@blueprint.get("/coordination/what-if")
@allow(Act.READ_SCENARIO)
def list_scenarios() -> str:
    """Show the questions that were asked, and their answers in one line."""
    page = paginate(db.session, scenarios.newest_first(actor()), request.args.get("page", 1, type=int))
    areas = scenarios.areas_named(db.session, {one.area_code for one in page.items})
    return render_template("coordination/list_scenarios.html", page=page, areas=areas)


def _texts() -> list[str]:
    """The changes in the address, and the one that is being added."""
    texts = request.args.getlist("c")
    added = request.args.get("add")
    if added:
        more = [request.args.get("value", ""), request.args.get("in", "")]
        texts.append("~".join([added, *(part for part in more if part)]))
    return texts


@blueprint.route("/coordination/what-if/new", methods=["GET", "POST"])
@allow(Act.RUN_SCENARIO)
def build_scenario() -> Response | str | tuple[str, int]:
    """Put changes together; send them to be computed."""
    account = actor()
    form = AskForm()
    townships = needs_board.townships(db.session, account)
    form.area.choices = record_choices([account.area, *townships] if account.area else [], key="code")
    now = in_force(db.session, account.area_code or "", clock.now())
    changes, wrong = several(request.form.getlist("c") if request.method == "POST" else _texts(), now.params)
    if request.method == "GET" and request.args.get("add") and not wrong:
        kept = [text_of(change) for change in changes]
        return redirect(url_for("coordination.build_scenario", c=kept, q=request.args.get("q") or None))
    if request.method == "POST" and not changes and not wrong:
        wrong = [_("Nothing is changed yet. Add at least one change.")]
    if form.validate_on_submit() and not wrong:
        made = verbs.start_scenario(
            db.session, area=form.area.data, at=clock.now(), changes=changes, title=form.title.data, by=account
        )
        key = made.id
        _afterwards(lambda session: scenariowork.compute_scenario(session, key))
        return redirect(url_for("coordination.show_scenario", key=key))
    words = request.args.get("q", "").strip()
    page = render_template(
        "coordination/build_scenario.html",
        form=form,
        changes=changes,
        wrong=wrong,
        named=scenarios.named(db.session, changes),
        words=words,
        found=scenarios.openings_found(db.session, words, clock.today()) if words else None,
        groups=parameter_words.GROUPS,
        params=now.params.as_dict(),
        townships=townships,
    )
    return page, 422 if form.errors or (wrong and request.method == "POST") else 200


@blueprint.get("/coordination/what-if/<uuid:key>")
@allow(Act.READ_SCENARIO, find=scenarios.in_scope)
def show_scenario(scenario: Scenario) -> str:
    """Show how far it is, then today beside the copy."""
    return render_template(
        "coordination/show_scenario.html",
        scenario=scenario,
        dead=scenarios.looks_dead(scenario, clock.now()),
        area=scenarios.areas_named(db.session, {scenario.area_code}).get(scenario.area_code),
        named=scenarios.named(db.session, scenario.changes),
        compared=comparison(db.session, scenario),
        keeping=KeepForm(title=scenario.title),
    )


@blueprint.post("/coordination/what-if/<uuid:key>/keep")
@allow(Act.RUN_SCENARIO, find=scenarios.in_scope)
def keep_scenario(scenario: Scenario) -> Response | tuple[str, int]:
    """Keep an answer under a title."""
    form = KeepForm()
    if not form.validate_on_submit():
        return _again_with(scenario, form)
    verbs.keep(db.session, scenario, title=form.title.data or "")
    flash(_("The answer is kept. It stays as it is; ask again to see how it would be today."), "success")
    return redirect(url_for("coordination.show_scenario", key=scenario.id))


def _again_with(scenario: Scenario, form: Any) -> tuple[str, int]:
    page = render_template(
        "coordination/show_scenario.html",
        scenario=scenario,
        dead=False,
        area=scenarios.areas_named(db.session, {scenario.area_code}).get(scenario.area_code),
        named=scenarios.named(db.session, scenario.changes),
        compared=comparison(db.session, scenario),
        keeping=form,
    )
    return page, 422


@blueprint.post("/coordination/what-if/<uuid:key>/discard")
@allow(Act.RUN_SCENARIO, find=scenarios.in_scope)
def discard_scenario(scenario: Scenario) -> Response:
    """Throw a question and its answer away."""
    verbs.discard(db.session, scenario)
    flash(_("It is thrown away. Nothing else has changed."), "success")
    return redirect(url_for("coordination.list_scenarios"))


@blueprint.post("/coordination/what-if/<uuid:key>/again")
@allow(Act.RUN_SCENARIO, find=scenarios.in_scope)
def repeat_scenario(scenario: Scenario) -> Response:
    """Ask the same as things stand now."""
    made = verbs.ask_again(db.session, scenario, by=actor(), at=clock.now())
    key = made.id
    _afterwards(lambda session: scenariowork.compute_scenario(session, key))
    return redirect(url_for("coordination.show_scenario", key=key))
