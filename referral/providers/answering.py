"""Answers beyond yes and no: a part of what was asked, or a question to the station first."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models import AnswerWay, Referral
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import answering
from referral.actions.resting import NotInPart
from referral.answer_forms import AskForm, PartForm
from referral.extensions import db
from referral.i18n import _
from referral.providers import blueprint, finders, words
from referral.queries import inbox

Answer = Response | str | tuple[str, int]


@blueprint.get("/inbox/<uuid:key>/part")
@allow(Act.ANSWER_REFERRAL, find=inbox.extract)
def ask_how_much(extract: inbox.ReferralExtract) -> str:
    """Ask how much of it the provider can give, or from when."""
    return render_template("providers/accept_in_part.html", referral=extract, form=PartForm(), words=words)


@blueprint.post("/inbox/<uuid:key>/part")
@allow(Act.ANSWER_REFERRAL, find=inbox.extract)
def accept_in_part(extract: inbox.ReferralExtract) -> Answer:
    """Take a part of it on; the rest stays open for others."""
    form = PartForm()
    record = finders.referral(db.session, actor(), extract.key)
    assert record is not None  # noqa: S101  the extract was found in the same scope
    if form.validate():
        try:
            answering.answer_in_part(db.session, record, form.given(), by=actor(), at=clock.now())
        except NotInPart:
            form.quantity.errors = [_("Say how many, fewer than were asked, or from which day on.")]
        else:
            flash(_("Accepted in part. What you cannot give stays open for others; the station has been told."),
                  "success")  # fmt: skip
            return redirect(url_for("providers.show_referral", key=extract.key))
    return render_template("providers/accept_in_part.html", referral=extract, form=form, words=words), 422


@blueprint.post("/inbox/<uuid:key>/ask")
@allow(Act.ANSWER_REFERRAL, find=finders.referral)
def ask_station(referral: Referral) -> Response:
    """Ask the station something before answering."""
    form = AskForm()
    if not form.validate():
        flash(_("Please write your question first."), "warning")
    else:
        try:
            text = form.question.data or ""
            answering.ask(db.session, referral, text, way=AnswerWay.ACCOUNT, by=actor(), at=clock.now())
            flash(_("Your question is with the station. You will get a message when it replies."), "success")
        except answering.TooManyQuestions:
            flash(_("Several questions wait for a reply. Please ring the station up instead."), "warning")
    return redirect(url_for("providers.show_referral", key=referral.id, _anchor="questions"))
