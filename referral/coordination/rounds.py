"""Rounds: start one, follow it, read it, apply it."""

from collections.abc import Callable
from typing import Any

from flask import Flask, after_this_request, current_app, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models import Decision, Round, RoundKind, RoundStatus
from referral import clock, roundwork
from referral.access import Act, actor, allow
from referral.actions import applying, deciding, resuming
from referral.actions import rounds as verbs
from referral.coordination import blueprint
from referral.coordination.forms import StartRoundForm
from referral.coordination.summary import follow_summary, summary
from referral.extensions import db
from referral.forms import record_choices
from referral.i18n import _, ngettext
from referral.queries import candidates, consent_pages, follow_ups, funds, needs_board, openings, round_fairness, rounds
from referral.queries.paging import paginate

VIEWS = ("need", "provider", "unmet")
PROPOSALS_SHOWN = 15
"""On one page, so that the gain and the proof below are in reach."""


@blueprint.get("/coordination/rounds")
@allow(Act.READ_ROUND)
def list_rounds() -> str:
    """Show the rounds there were."""
    page = paginate(db.session, rounds.newest_first(actor()), request.args.get("page", 1, type=int))
    return render_template("coordination/list_rounds.html", page=page)


@blueprint.route("/coordination/rounds/new", methods=["GET", "POST"])
@allow(Act.RUN_ROUND)
def start_round() -> Response | str | tuple[str, int]:
    """Ask over which area, say what will happen, and begin."""
    account = actor()
    form = StartRoundForm()
    form.area.choices = record_choices(
        [account.area, *needs_board.townships(db.session, account)] if account.area else [], key="code"
    )
    if form.validate_on_submit():
        begun = verbs.start_round(db.session, area=form.area.data, seed=form.seed.data, by=account, at=clock.now())
        key = begun.id
        _afterwards(lambda session: roundwork.compute(session, key))
        return redirect(url_for("coordination.show_round", key=key))
    open_, proposed = rounds.how_much(db.session, account.area_code or "")
    page = render_template("coordination/start_round.html", form=form, open_needs=open_, proposed=proposed)
    return page, 422 if form.errors else 200


def _afterwards(work: Callable[[Session], object]) -> None:
    """Do something beside the request, once what the request wrote is committed."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    @after_this_request
    def begin(answer: Any) -> Any:
        roundwork.in_background(app, work, account=actor())
        return answer


@blueprint.get("/coordination/rounds/<uuid:key>")
@allow(Act.READ_ROUND, find=rounds.in_scope)
def show_round(round_: Round) -> str:
    """Show what a round proposes, why, and what is to be decided."""
    if round_.status in verbs.AT_WORK or round_.status is RoundStatus.FAILED:
        return render_template(
            "coordination/show_progress.html",
            round=round_,
            dead=rounds.looks_dead(round_, clock.now()),
            overtaken=resuming.overtaken(db.session, round_),
        )
    counts = rounds.counts(db.session, round_)
    view = request.args.get("view", "need")
    view = view if view in VIEWS else "need"
    decision = request.args.get("decision")
    chosen = Decision(decision) if decision in set(Decision) else None
    listed = {"need": rounds.placed_by_need, "provider": rounds.placed_by_provider}.get(view)
    statement = listed(round_, chosen) if listed else rounds.unmet(round_)
    total = counts.unmet if view == "unmet" else counts.of(chosen) if chosen else counts.placed
    page = paginate(db.session, statement, request.args.get("page", 1, type=int), size=PROPOSALS_SHOWN, total=total)
    named = rounds.offers_named(page.items) if view == "unmet" else set()
    scarce = db.session.scalars(openings.worth(round_, only_scarce=True).limit(3)).all()
    return render_template(
        "coordination/show_round.html",
        round=round_,
        counts=counts,
        ready=consent_pages.readiness(db.session, round_, clock.now()),
        view=view,
        decision=chosen,
        page=page,
        sentence=summary(db.session, round_) if round_.kind is not RoundKind.FOLLOW_UP else follow_summary(round_),
        follow_up=follow_ups.told(db.session, [round_])[0] if round_.kind is RoundKind.FOLLOW_UP else None,
        offers=candidates.offers(db.session, named) if named else {},
        lines=rounds.opening_lines(db.session, round_, {one.capacity_id for one in page.items if one.capacity_id})
        if view == "provider"
        else {},
        stories=openings.stories(db.session, scarce),
        budgets=funds.budget_lines(db.session, actor(), round_),
        fairness=round_fairness.shown(db.session, actor(), round_),
    )


@blueprint.post("/coordination/rounds/<uuid:key>/accept-all")
@allow(Act.DECIDE_PROPOSAL, find=rounds.in_scope)
def accept_all(round_: Round) -> Response:
    """Take every proposal that nobody has decided on."""
    count = deciding.accept_all(db.session, round_, by=actor(), at=clock.now())
    flash(ngettext("%(num)s proposal accepted.", "%(num)s proposals accepted.", count), "success")
    return redirect(url_for("coordination.show_round", key=round_.id))


@blueprint.post("/coordination/rounds/<uuid:key>/apply")
@allow(Act.APPLY_ROUND, find=rounds.in_scope)
def apply_round(round_: Round) -> Response:
    """Turn what was decided into referrals; goes on where an earlier attempt stopped."""
    key, by_id = round_.id, actor().id
    applying.begin_applying(db.session, round_)
    _afterwards(lambda session: roundwork.apply(session, key, by_id=by_id))
    flash(_("The referrals are being made. You may leave this page; it goes on."), "info")
    return redirect(url_for("coordination.show_round", key=key))


@blueprint.post("/coordination/rounds/<uuid:key>/resume")
@allow(Act.RUN_ROUND, find=rounds.in_scope)
def resume_round(round_: Round) -> Response:
    """Compute a round that stopped once more, with the same seed, time and parameters."""
    key = round_.id
    if round_.status in verbs.AT_WORK and not rounds.looks_dead(round_, clock.now()):
        raise verbs.RoundAtWork
    resuming.begin_again(db.session, round_, at=clock.now())
    _afterwards(lambda session: roundwork.compute(session, key))
    return redirect(url_for("coordination.show_round", key=key))


@blueprint.post("/coordination/rounds/<uuid:key>/end")
@allow(Act.APPLY_ROUND, find=rounds.in_scope)
def end_round(round_: Round) -> Response:
    """Throw away what is not applied; the needs are open again."""
    if round_.status is not RoundStatus.PROPOSED:
        raise deciding.RoundNotOpen
    verbs.end_round(db.session, round_, at=clock.now())
    flash(_("The round is ended. Needs without a referral are open again."), "success")
    return redirect(url_for("coordination.list_rounds"))


@blueprint.get("/coordination/openings")
@allow(Act.READ_ROUND)
def list_openings() -> str:
    """Show where one more place would help most, by the last round."""
    last = rounds.latest_solved(db.session, actor())
    if last is None:
        return render_template("coordination/list_openings.html", round=None)
    terms = openings.terms_offered(db.session, last)
    chosen = next((term for term in terms if str(term.id) == request.args.get("term")), None)
    statement = openings.worth(last, chosen.id if chosen else None)
    page = paginate(db.session, statement, request.args.get("page", 1, type=int))
    return render_template(
        "coordination/list_openings.html",
        round=last,
        page=page,
        terms=terms,
        chosen=chosen,
        stories=openings.stories(db.session, page.items),
    )
