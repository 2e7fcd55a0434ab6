"""Answering a referral with a link. A page that is only opened changes nothing: mail filters open links too."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import redirect, render_template, request, url_for
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.wrappers import Response

from models import AnswerKind, LinkPurpose
from models.errors import DomainError
from referral import clock, limits, need_words
from referral.access import Act, allow, without_scope
from referral.actions import answering, links
from referral.actions.resting import NotInPart
from referral.answer_forms import AcceptForm, AskForm
from referral.extensions import db
from referral.i18n import _
from referral.public import blueprint
from referral.public.forms import LinkForm, RejectForm
from referral.queries import asked

Answer = Response | str | tuple[str, int]
BECAUSE = "who holds a link answers for the organization that it was sent to, without an account"
FROM_ONE_ADDRESS = {"most": 120, "per": timedelta(minutes=10)}
"""Loose: a whole town may share an address, and a secret of 256 bits is not guessed."""
DONE = ("accepted", "accepted_in_part", "rejected", "again")


@blueprint.route("/answer/<token>", methods=["GET", "POST"])
@allow(Act.ANSWER_BY_LINK)
def show_request(token: str) -> Answer:
    """Show what is asked, or whom one helps once it was taken on; answer it, or ask for a new link."""
    if request.method == "POST":
        if (slow := _too_often()) is not None:
            return slow
        step = STEPS.get(request.form.get("step", ""))
        return step(token) if step else _page(token)
    return _page(token)


def _accept(token: str) -> Answer:
    """Say yes, or yes in part."""
    form = AcceptForm()
    return _answered(token, form, form.given, accept=form)


def _reject(token: str) -> Answer:
    """Say no, with a reason."""
    form = RejectForm()
    return _answered(token, form, form.given, reject=form)


def _ask(token: str) -> Answer:
    """Ask the station something; the link goes on working."""
    form = AskForm()
    if not form.validate():
        return _page(token, ask=form)
    try:
        with without_scope(db.session, because=BECAUSE):
            answering.ask_by_link(db.session, token, form.question.data or "", at=clock.now())
    except answering.LinkRefused:
        return _refused(token)
    except answering.TooManyQuestions:
        db.session.rollback()
        form.question.errors = [_("Several questions wait for a reply. Please ring the station up instead.")]
        return _page(token, ask=form)
    return redirect(url_for("public.show_request", token=token, _anchor="questions"))


def _again(token: str) -> Answer:
    """Have a new link sent to the contact on record. The answer is the same whatever the old link was."""
    if LinkForm().validate():
        with without_scope(db.session, because=BECAUSE):
            answering.ask_for_link(db.session, token, at=clock.now())
    return redirect(url_for("public.show_done", what="again"))


def _seen(token: str) -> Answer:
    """Note that somebody has read the page: a button where no script runs, which no mail filter presses."""
    if not LinkForm().validate():
        return _page(token)
    with without_scope(db.session, because=BECAUSE):
        works = links.note_opened(db.session, token, at=clock.now())
    return redirect(url_for("public.show_request", token=token, seen="yes")) if works else _refused(token)


STEPS: dict[str, Callable[[str], Answer]] = {
    "accept": _accept,
    "reject": _reject,
    "ask": _ask,
    "again": _again,
    "seen": _seen,
}
"""What the buttons of the page do."""


@blueprint.post("/answer/<token>/seen")
@allow(Act.ANSWER_BY_LINK)
def note_seen(token: str) -> Answer:
    """Note that the page was opened in a browser; sent by its script, where scripts run."""
    with without_scope(db.session, because=BECAUSE):
        links.note_opened(db.session, token, at=clock.now())
    return Response(status=204)


@blueprint.get("/answered/<what>")
@allow(Act.ANSWER_BY_LINK)
def show_done(what: str) -> Answer:
    """Thank, and say what happens now. Holds no secret, so it can be left open."""
    if what not in DONE:
        return _refused("")
    return render_template("public/show_done.html", what=what)


def _answered(token: str, form: Any, given: Callable[[], answering.Given], **forms: Any) -> Answer:
    """Give an answer with a link; show the page again where something is missing, refuse what may not be used."""
    if not form.validate():
        return _page(token, **forms)
    what = given()
    try:
        with without_scope(db.session, because=BECAUSE):
            answering.answer_by_link(db.session, token, what, at=clock.now())
    except NotInPart:
        db.session.rollback()
        form.quantity.errors = [_("Name fewer than were asked, or leave this empty.")]
        return _page(token, **forms)
    except (DomainError, StaleDataError):
        db.session.rollback()
        return _refused(token)
    return redirect(url_for("public.show_done", what=what.kind.value))


def _page(token: str, **forms: Any) -> Answer:
    """Show the page of a link: what is asked before an answer, the extract after it; with what was typed wrongly."""
    now = clock.now()
    with without_scope(db.session, because=BECAUSE):
        if link := links.find(db.session, token, LinkPurpose.ANSWER, at=now):
            shown = asked.asked(db.session, link, now)
            typed = {"accept": AcceptForm, "reject": RejectForm, "ask": AskForm}
            made = {name: forms.get(name) or form(formdata=None) for name, form in typed.items()}
            page = render_template(
                "public/show_request.html", asked=shown, token=token, words=need_words, wrong=bool(forms), **made
            )
            return page, 422 if forms else 200
        if link := links.find(db.session, token, LinkPurpose.FOLLOW, at=now):
            extract = asked.taken_on(db.session, link)
            questions = asked.lines(db.session, link.referral_id)
            return render_template(
                "public/show_taken_on.html",
                referral=extract,
                link=link,
                token=token,
                words=need_words,
                questions=questions,
            )
    return _refused(token)


def _refused(token: str) -> Answer:
    """Say politely that a link does not work, in the same words whatever the reason is."""
    return render_template("public/refuse_link.html", token=token), 410


def _too_often() -> Answer | None:
    """Slow down whoever sends very often; None for everybody else."""
    wait = limits.take(db.session, f"answer:{request.remote_addr}", at=clock.now(), **FROM_ONE_ADDRESS)  # type: ignore[arg-type]
    if wait is None:
        return None
    return render_template("public/slow_down.html"), 429


assert set(DONE) > {kind.value for kind in AnswerKind}  # noqa: S101  each answer has its page of thanks
