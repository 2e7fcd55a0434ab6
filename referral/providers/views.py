"""The inbox: what must be answered, by when; one referral and what is known of it."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import DataKind, DeclineReason, Referral, ReferralStatus
from models.referral import GIVEN_BY_PEOPLE
from referral import clock, log
from referral.access import Act, actor, allow
from referral.actions import referrals
from referral.answer_forms import AskForm
from referral.extensions import db
from referral.i18n import _
from referral.plans import rhythm
from referral.providers import blueprint, finders, words
from referral.providers.forms import ReasonForm
from referral.queries import answers, inbox, plans, referral_steps
from referral.queries.paging import paginate
from referral.queries.sharing import KEPT_AFTER_END
from referral.words import word


@blueprint.get("/inbox")
@allow(Act.READ_INBOX)
def list_inbox() -> str:
    """Show what waits for an answer, what is under way, what has ended."""
    box = request.args.get("box", "waiting")
    if box not in inbox.BOXES:
        box = "waiting"
    page = paginate(db.session, inbox.lines(actor(), box), request.args.get("page", 1, type=int), scalars=False)
    log.read(db.session, (row.person_id for row in page.items))
    return render_template(
        "providers/list_inbox.html",
        box=box,
        page=page,
        lines=[inbox.line(row) for row in page.items],
        counts=inbox.counts(db.session, actor()),
        words=words,
    )


@blueprint.get("/inbox/<uuid:key>")
@allow(Act.READ_REFERRAL, find=inbox.extract)
def show_referral(extract: inbox.ReferralExtract) -> str:
    """Show what the provider may know of a referral."""
    return render_template(
        "providers/show_referral.html",
        referral=extract,
        answers=answers.of_referral(db.session, extract.key),
        ask=AskForm(formdata=None) if extract.status is ReferralStatus.REQUESTED else None,
        events=referral_steps.events(db.session, actor(), extract.key),
        visits=referral_steps.visits(db.session, extract.key) if extract.taken_on else [],
        given=referral_steps.delivered(db.session, extract.key) if extract.taken_on else None,
        plan=plans.plan_of(db.session, extract.key) if extract.taken_on else None,
        often=rhythm.in_words,
        own=actor().organization_id,
        words=words,
        kept_days=KEPT_AFTER_END.days,
        kind_words={kind.value: word(kind) for kind in DataKind},
    )


@blueprint.post("/inbox/<uuid:key>/accept")
@allow(Act.ANSWER_REFERRAL, find=finders.referral)
def accept_referral(referral: Referral) -> Response:
    """Take a referral on."""
    referrals.accept(db.session, referral, by=actor(), at=clock.now())
    flash(_("Accepted. Name, phone and address are shown below: please make contact."), "success")
    return redirect(url_for("providers.show_referral", key=referral.id))


@blueprint.get("/inbox/<uuid:key>/reject")
@allow(Act.ANSWER_REFERRAL, find=inbox.extract)
def ask_why_rejected(extract: inbox.ReferralExtract) -> str:
    """Ask for the reason: each is a button."""
    return render_template(
        "providers/reject_referral.html", referral=extract, form=ReasonForm(), reasons=GIVEN_BY_PEOPLE, words=words
    )


@blueprint.post("/inbox/<uuid:key>/reject")
@allow(Act.ANSWER_REFERRAL, find=inbox.extract)
def reject_referral(extract: inbox.ReferralExtract) -> Response | tuple[str, int]:
    """Say no, with a reason."""
    form = ReasonForm()
    reason = next((reason for reason in GIVEN_BY_PEOPLE if reason.value == request.form.get("reason")), None)
    if form.validate() and reason is DeclineReason.OTHER and not form.reason_text.data:
        form.reason_text.errors = [_("Please say which reason it is.")]
    if form.errors or reason is None:
        page = render_template(
            "providers/reject_referral.html", referral=extract, form=form, reasons=GIVEN_BY_PEOPLE, words=words
        )
        return page, 422
    text = form.reason_text.data
    record = finders.referral(db.session, actor(), extract.key)
    assert record is not None  # noqa: S101  the extract was found in the same scope
    referrals.reject(db.session, record, by=actor(), at=clock.now(), reason=reason, reason_text=text)
    flash(_("Declined. The need is open again for others; thank you for answering."), "success")
    return redirect(url_for("providers.list_inbox"))
