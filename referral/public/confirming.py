"""The person's own page, without account: where a referral stands, in coarse words, and how it went.

The code comes with each form and never in an address. A wrong code is answered in the same words and by the same
work whatever is wrong with it; nothing on the page names a person, a provider or a service.
"""

from datetime import timedelta

import wtforms
from flask import Response as FlaskResponse
from flask import render_template, request
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Length

from models import ConfirmationWay, QueryCode, Referral, ReferralStatus
from referral import clock, limits
from referral.access import Act, allow, without_scope
from referral.actions import confirming, satisfying
from referral.closing_forms import WordForm
from referral.extensions import db
from referral.forms import Form
from referral.i18n import lazy
from referral.public import blueprint

Answer = FlaskResponse | Response | str | tuple[str, int]
BECAUSE = "who holds a query code asks about one referral, without an account"
FROM_ONE_ADDRESS = {"most": 60, "per": timedelta(minutes=10)}
"""Loose: a village may share an address. 60 bits are not guessed in ten thousand years at this pace."""
COARSE = {
    ReferralStatus.REQUESTED: "asked",
    ReferralStatus.ACCEPTED: "promised",
    ReferralStatus.IN_PROGRESS: "going_on",
    ReferralStatus.ON_HOLD: "paused",
    ReferralStatus.COMPLETED: "ended",
    ReferralStatus.FAILED: "ended",
}


class CodeForm(Form):
    """The code, as it stands on the paper."""

    code = wtforms.StringField(
        lazy("Your code"),
        [InputRequired(), Length(max=40)],
        description=lazy("13 letters and digits, as on your paper. Capitals or small, with or without dashes."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


@blueprint.get("/my-help")
@allow(Act.SAY_HOW_IT_WENT)
def enter_code() -> str:
    """Ask for the code."""
    return render_template("public/enter_code.html", form=CodeForm(), wrong=False)


@blueprint.post("/my-help")
@allow(Act.SAY_HOW_IT_WENT)
def show_help() -> Answer:
    """Say where the referral of a code stands."""
    if (slow := _too_often()) is not None:
        return slow
    with without_scope(db.session, because=BECAUSE):
        code = confirming.find_code(db.session, request.form.get("code", ""), at=clock.now())
        if code is None:
            return render_template("public/enter_code.html", form=CodeForm(), wrong=True), 422
        return _page(code, WordForm(formdata=None, code=request.form["code"]))


@blueprint.post("/my-help/word")
@allow(Act.SAY_HOW_IT_WENT)
def say_word() -> Answer:
    """Take what whoever holds the code says of the help."""
    if (slow := _too_often()) is not None:
        return slow
    form, now = WordForm(), clock.now()
    with without_scope(db.session, because=BECAUSE):
        code = confirming.find_code(db.session, form.code.data or "", at=now)
        if code is None:
            return render_template("public/enter_code.html", form=CodeForm(formdata=None), wrong=True), 422
        if not form.validate_on_submit():
            return _page(code, form), 422
        confirming.confirm_by_code(db.session, code, said=form.said.data, at=now)
        referral = db.session.get_one(Referral, code.referral_id)
        asked = satisfying.ask(db.session, referral, way=ConfirmationWay.CODE, by=None, at=now)
        satisfying.answer(db.session, asked, form.answers(), at=now)
    return render_template("public/thank.html")


def _page(code: QueryCode, form: WordForm) -> str:
    referral = db.session.get_one(Referral, code.referral_id)
    state = COARSE.get(referral.status, "asked_others")
    return render_template(
        "public/show_help.html", form=form, state=state, askable=referral.status in confirming.ASKABLE
    )


def _too_often() -> Answer | None:
    """Take a try of the address; a soft page with a pause where there were very many."""
    pause = limits.take(db.session, f"query-code:{request.remote_addr}", at=clock.now(), **FROM_ONE_ADDRESS)  # type: ignore[arg-type]
    if pause is None:
        return None
    return render_template("public/slow_down.html"), 429
