"""Referrals that were sent without consent because somebody was in danger: who looks at them afterwards."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import EmergencyReview
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import consents as acts
from referral.casework import blueprint
from referral.casework.consent_forms import ReviewForm
from referral.extensions import db
from referral.i18n import _
from referral.queries import consent_pages
from referral.queries.paging import paginate


@blueprint.get("/emergencies")
@allow(Act.REVIEW_EMERGENCY)
def list_emergencies() -> str:
    """Show what is to be reviewed, and what was."""
    statement = consent_pages.emergencies(actor(), open_only=False)
    page = paginate(db.session, statement, request.args.get("page", 1, type=int))
    return render_template("casework/list_emergencies.html", page=page)


@blueprint.route("/emergencies/<uuid:key>", methods=["GET", "POST"])
@allow(Act.REVIEW_EMERGENCY, find=consent_pages.emergency_in_scope)
def review_emergency(review: EmergencyReview) -> Response | str | tuple[str, int]:
    """Say whether it was an emergency. If not, the receiver sees nothing any more."""
    form = ReviewForm()
    if review.verdict is None and form.validate_on_submit():
        stopped = acts.review_emergency(
            db.session, review, by=actor(), at=clock.now(), verdict=form.verdict.data, note=form.note.data
        )
        if stopped:
            flash(_("Reviewed. The referral was ended or put on hold; both sides are told."), "warning")
        else:
            flash(_("Reviewed."), "success")
        return redirect(url_for("casework.list_emergencies"))
    page = render_template(
        "casework/review_emergency.html", review=review, form=form, own=review.sent_by_id == actor().id
    )
    return page, 422 if form.errors else 200
