"""How the loop closes: the query code, a call, what is done about a contradiction, and the re-visit."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from models import Case, CaseStatus, ConfirmationWay, Contradiction, Referral
from models.errors import WrongStep
from referral import addresses, clock
from referral.access import Act, actor, allow
from referral.actions import confirming, contradicting, revisits, satisfying
from referral.casework import blueprint
from referral.closing_forms import CallForm, RevisitForm, SettleForm
from referral.extensions import db
from referral.i18n import _
from referral.queries import cases, closing, needs

Answer = Response | str | tuple[str, int]


@blueprint.post("/referrals/<uuid:key>/code")
@allow(Act.CONFIRM_HELP, find=needs.referral_in_scope)
def issue_code(referral: Referral) -> str:
    """Give out a query code, once: to be read out or printed on paper. Nobody can show it again."""
    now = clock.now()
    code = confirming.issue_code(db.session, referral, by=actor(), at=now)
    satisfying.ask(db.session, referral, way=ConfirmationWay.CODE, by=actor(), at=now)
    until = clock.local_date(now + confirming.KEPT)
    address = addresses.whole(url_for("public.enter_code"))
    return render_template("casework/print_code.html", referral=referral, code=code, until=until, address=address)


@blueprint.route("/referrals/<uuid:key>/call", methods=["GET", "POST"])
@allow(Act.CONFIRM_HELP, find=needs.referral_in_scope)
def record_call(referral: Referral) -> Answer:
    """Write down a call: who called, when, and what was said."""
    form: Any = CallForm(called_at=clock.now().replace(second=0, microsecond=0))
    if form.validate_on_submit():
        now = clock.now()
        confirming.confirm_by_call(
            db.session,
            referral,
            said=form.said.data,
            spoken_by=form.spoken_by.data,
            called_at=form.called_at.data,
            by=actor(),
            at=now,
            note=form.note.data,
        )
        if form.asked.data or any(form.answers()):
            asked = satisfying.ask(db.session, referral, way=ConfirmationWay.CALL, by=actor(), at=now)
            satisfying.answer(db.session, asked, form.answers(), at=now)
        flash(_("What was said is written down."), "success")
        return redirect(url_for("casework.show_referral", key=referral.id, _anchor="word"))
    return render_template("casework/record_call.html", referral=referral, form=form), 422 if form.errors else 200


@blueprint.route("/contradictions/<uuid:key>", methods=["GET", "POST"])
@allow(Act.SETTLE_CONTRADICTION, find=closing.contradiction_in_scope)
def settle_contradiction(task: Contradiction) -> Answer:
    """Look into it where the person says otherwise than the provider."""
    form = SettleForm()
    if task.settled_at is None and form.validate_on_submit():
        finding, words = form.finding.data, form.words.data
        contradicting.settle(db.session, task, finding=finding, words=words, by=actor(), at=clock.now())
        flash(_("The finding is written down."), "success")
        return redirect(url_for("casework.show_referral", key=task.referral_id, _anchor="word"))
    return render_template("casework/settle_contradiction.html", task=task, form=form), 422 if form.errors else 200


@blueprint.route("/cases/<uuid:key>/revisit", methods=["GET", "POST"])
@allow(Act.CONCLUDE_CASE, find=cases.case_in_scope)
def revisit_case(case: Case) -> Answer:
    """Write down the re-visit after the conclusion, with its date and what it found."""
    if case.status is not CaseStatus.CONCLUDED:
        raise WrongStep(case.status, CaseStatus.REVISITED)
    form: Any = RevisitForm(done_on=clock.today())
    if form.validate_on_submit():
        revisits.carry_out(
            db.session,
            case,
            result=form.result.data,
            way=form.way.data,
            on=form.done_on.data,
            by=actor(),
            at=clock.now(),
            note=form.note.data,
        )
        flash(_("The re-visit is written down."), "success")
        return redirect(url_for("casework.show_case", key=case.id))
    planned = revisits.open_revisit(db.session, case)
    page = render_template("casework/revisit_case.html", case=case, form=form, planned=planned)
    return page, 422 if form.errors else 200
