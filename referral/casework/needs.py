"""A need: recording it, asking somebody to meet it, closing it."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Case, Need
from models.need import WAITING_STATUSES
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import needs as acts
from referral.actions.suggestions import prepare, suggest
from referral.casework import blueprint
from referral.casework.need_forms import DAYS, PARTS, CloseForm, NeedForm, ReferForm
from referral.casework.need_reading import agree, ask, record, send, sent_words
from referral.explanations import fit_words, part_rows, remedy_words, rule_words
from referral.extensions import db
from referral.i18n import _
from referral.queries import cases, consents, contracts, needs
from referral.queries.candidates import ranked_candidates

Answer = Response | str | tuple[str, int]
WORDS = {"fit_words": fit_words, "part_rows": part_rows, "remedy_words": remedy_words, "rule_words": rule_words}


@blueprint.route("/cases/<uuid:key>/needs/new", methods=["GET", "POST"])
@allow(Act.RECORD_NEED, find=cases.case_in_scope)
def record_need(case: Case) -> Answer:
    """Write down what is lacking; the help may be suggested from the words."""
    form = NeedForm(data={"need_type": request.args.get("type", ""), "description": request.args.get("words")})
    terms = needs.terms(db.session)
    form.prepare(terms, needs.need_types(db.session))
    asked = "suggest" in request.form
    found = suggest(db.session, form.description.data, terms) if asked else []
    form.suggest(found, terms, asked=asked)
    if not asked and form.validate_on_submit():
        need = record(db.session, case, form, terms, by=actor(), at=clock.now())
        flash(_("The need is recorded. Below stands who could meet it."), "success")
        return redirect(url_for("casework.show_need", key=need.id))
    prepare(db.session)
    page = render_template(
        "casework/record_need.html", case=case, form=form, asked=asked, found=found, days=DAYS, parts=PARTS
    )
    return page, 422 if form.errors else 200


@blueprint.get("/needs/<uuid:key>")
@allow(Act.READ_NEED, find=needs.need_in_scope)
def show_need(need: Need) -> str:
    """Can it be met, by whom, since when is it open?"""
    waiting = need.status in WAITING_STATUSES
    return render_template(
        "casework/show_need.html",
        need=need,
        waiting=waiting,
        candidates=ranked_candidates(db.session, need, clock.now()) if waiting else [],
        referrals=needs.referrals_of(db.session, need),
        parts_of=needs.parts_of(db.session, need),
        days=DAYS,
        parts=PARTS,
        **WORDS,
    )


@blueprint.route("/needs/<uuid:key>/refer", methods=["GET", "POST"])
@allow(Act.REFER_NEED, find=needs.need_in_scope)
def refer_need(need: Need) -> Answer:
    """Ask one provider to meet it, and say why this one."""
    waiting = need.status in WAITING_STATUSES
    candidates = ranked_candidates(db.session, need, clock.now()) if waiting else []
    form = ReferForm(data={"capacity": request.args.get("capacity")})
    ask(form, candidates)
    agreed = agree(db.session, form, need, candidates, at=clock.now())
    places = [found.capacity.service_at_location for found in candidates if found.fits]
    left = contracts.left(
        db.session, term_id=need.term_id, services=places, household_id=need.person.household_id, day=clock.today()
    )
    if waiting and form.validate_on_submit():
        chosen = next(found for found in candidates if str(found.capacity.id) == form.capacity.data)
        referral = send(db.session, need, chosen, form, by=actor(), at=clock.now())
        told, tone = sent_words(referral, chosen.organization)
        flash(told, tone)
        return redirect(url_for("casework.show_referral", key=referral.id))
    page = render_template(
        "casework/refer_need.html",
        need=need,
        form=form,
        candidates=candidates,
        agreed=agreed,
        left=left,
        notice=consents.current_notice(db.session, clock.now()) if form.some_to_ask else None,
        **WORDS,
    )
    return page, 422 if form.errors else 200


@blueprint.route("/needs/<uuid:key>/close", methods=["GET", "POST"])
@allow(Act.CLOSE_NEED, find=needs.need_in_scope)
def close_need(need: Need) -> Answer:
    """Close a need that nobody met, with the reason."""
    form = CloseForm()
    if form.validate_on_submit():
        acts.close_unmet(db.session, need, at=clock.now(), reason=form.reason.data)
        flash(_("The need is closed, with its reason."), "success")
        return redirect(url_for("casework.show_case", key=need.case_id))
    return render_template("casework/close_need.html", need=need, form=form), 422 if form.errors else 200
