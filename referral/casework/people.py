"""One person, one household: what is going on, who helps, what is missing?"""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Household, Person
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import cases as case_acts
from referral.casework import blueprint
from referral.casework.case_forms import OpenCaseForm
from referral.casework.reveal import RevealForm
from referral.extensions import db
from referral.i18n import _
from referral.plans import rhythm
from referral.queries import cases, consents, households, measures, people, plans
from referral.queries.suggested_needs import suggested_needs
from referral.queries.timeline import timeline


@blueprint.get("/people/<uuid:key>")
@allow(Act.READ_PERSON, find=people.person_in_scope)
def show_person(person: Person) -> str:
    """What is going on with this person and family, who helps, what is missing?"""
    session, by = db.session, actor()
    case = cases.newest_case(session, by, person.id)
    return render_template(
        "casework/show_person.html",
        person=person,
        case=case,
        members=households.members(session, by, person.household_id),
        plan=households.plan_of(session, by, person.household_id),
        helpers=households.helpers_of(session, [person.id], today=clock.today()),
        happenings=timeline(session, [person.id], number=request.args.get("page", 1, type=int)),
        suggested=suggested_needs(session, case) if case else [],
        categories={line.code: line for line in people.categories(session)},
        flags=measures.open_flags(session, person.id),
        consents=consents.consents_of(session, person),
        plans=plans.plans_of_person(session, person.id),
        often=rhythm.in_words,
        now=clock.now(),
        reveal_form=RevealForm(formdata=None),
    )


@blueprint.get("/households/<uuid:key>")
@allow(Act.READ_PERSON, find=households.household_in_scope)
def show_household(household: Household) -> str:
    """What is going on with this family, who helps, what is missing?"""
    session, by = db.session, actor()
    members = households.members(session, by, household.id)
    keys = [person.id for person in members]
    return render_template(
        "casework/show_household.html",
        household=household,
        members=members,
        cases=people.open_cases(session, by, keys),
        plan=households.plan_of(session, by, household.id),
        helpers=households.helpers_of(session, keys, today=clock.today()),
        happenings=timeline(session, keys, number=request.args.get("page", 1, type=int)),
        categories={line.code: line for line in people.categories(session)},
    )


@blueprint.route("/people/<uuid:key>/case", methods=["GET", "POST"])
@allow(Act.TAKE_IN, find=people.person_in_scope)
def open_case(person: Person) -> Response | str | tuple[str, int]:
    """Open a case of somebody who is known."""
    form = OpenCaseForm()
    if form.validate_on_submit():
        case = case_acts.open_case(
            db.session,
            person,
            source=form.source.data,
            urgency=form.urgency.data,
            summary=form.summary.data,
            by=actor(),
            at=clock.now(),
        )
        flash(_("The case is open. Next: ask what is needed."), "success")
        return redirect(url_for("casework.show_case", key=case.id))
    return render_template("casework/open_case.html", form=form, person=person), 422 if form.errors else 200
