"""One proposal: why this place, why not another, and the decision on it."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models import Decision, Proposal, RoundStatus
from models.errors import NotEligible
from referral import clock, explanations
from referral.access import Act, actor, allow
from referral.actions import deciding
from referral.coordination import blueprint
from referral.coordination.forms import ChangeForm, LeaveForm
from referral.extensions import db
from referral.i18n import _
from referral.queries import candidates, rounds


@blueprint.get("/coordination/proposals/<uuid:key>")
@allow(Act.READ_ROUND, find=rounds.proposal_in_scope)
def show_proposal(proposal: Proposal) -> str:
    """Show one proposal with its reasons."""
    return _page(proposal, ChangeForm(version=proposal.version), LeaveForm(version=proposal.version))


def _page(proposal: Proposal, change: ChangeForm, leave: LeaveForm) -> str:
    decidable = proposal.round.status is RoundStatus.PROPOSED and proposal.decision in deciding.DECIDABLE
    named = rounds.offers_named([proposal])
    if proposal.proposed_capacity_id:
        named.add(proposal.proposed_capacity_id)
    ranked = candidates.ranked_candidates(db.session, proposal.need, clock.now()) if decidable else []
    return render_template(
        "coordination/show_proposal.html",
        elsewhere=proposal.proposed_capacity_id is not None
        and any(one.fits and one.capacity.id != proposal.proposed_capacity_id for one in ranked),
        proposal=proposal,
        decidable=decidable,
        change=change,
        leave=leave,
        offers=candidates.offers(db.session, named),
        ranked=ranked,
        referral=rounds.referral_of(db.session, proposal) if proposal.decision is Decision.APPLIED else None,
    )


def _back(proposal: Proposal) -> Response:
    return redirect(url_for("coordination.show_round", key=proposal.round_id) + "#proposals")


@blueprint.post("/coordination/proposals/<uuid:key>/accept")
@allow(Act.DECIDE_PROPOSAL, find=rounds.proposal_in_scope)
def accept_proposal(proposal: Proposal) -> Response:
    """Take the place that the round proposes."""
    deciding.accept(db.session, proposal, by=actor(), at=clock.now())
    flash(_("Accepted: %(number)s.", number=proposal.need.number), "success")
    return _back(proposal)


@blueprint.post("/coordination/proposals/<uuid:key>/change")
@allow(Act.DECIDE_PROPOSAL, find=rounds.proposal_in_scope)
def change_proposal(proposal: Proposal) -> Response | tuple[str, int]:
    """Choose another place, with the reason."""
    form = ChangeForm()
    if form.validate_on_submit():
        try:
            deciding.change(
                db.session,
                proposal,
                proposal.need,
                capacity_id=form.capacity.data,
                reason=form.reason.data,
                by=actor(),
                at=clock.now(),
                version=_number(form.version.data),
            )
        except NotEligible as error:
            form.capacity.errors = [explanations.rule_words(code) for code in error.rules] or [
                _("This place cannot take the need.")
            ]
        else:
            flash(_("Changed: %(number)s.", number=proposal.need.number), "success")
            return _back(proposal)
    return _page(proposal, form, LeaveForm(formdata=None, version=proposal.version)), 422


@blueprint.post("/coordination/proposals/<uuid:key>/leave")
@allow(Act.DECIDE_PROPOSAL, find=rounds.proposal_in_scope)
def leave_proposal(proposal: Proposal) -> Response | tuple[str, int]:
    """Leave it for now, with the reason."""
    form = LeaveForm()
    if form.validate_on_submit():
        deciding.leave(
            db.session, proposal, reason=form.reason.data, by=actor(), at=clock.now(),
            version=_number(form.version.data),
        )  # fmt: skip
        flash(_("Left for now: %(number)s.", number=proposal.need.number), "success")
        return _back(proposal)
    return _page(proposal, ChangeForm(formdata=None, version=proposal.version), form), 422


def _number(text: str | None) -> int | None:
    """Return the version that a form carried."""
    return int(text) if text and text.isdigit() else None
