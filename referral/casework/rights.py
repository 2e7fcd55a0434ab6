"""Requests of people about their data: written down, listed by their clocks, answered."""

from typing import Any

import wtforms
from flask import Response as FlaskResponse
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from models import Person, RefusalGround, RightsAsker, RightsKind, RightsRequest, RightsState
from models.rights import RIGHTS_DAYS
from referral import clock, log
from referral.access import Act, actor, allow
from referral.actions import rights as acts
from referral.casework import blueprint
from referral.casework.file_in_words import sections, title_of, titles_of
from referral.exports import plain, workbook_of
from referral.extensions import db
from referral.forms import DayField, FilterForm, Form, Preset, choices, coerce
from referral.i18n import _, lazy
from referral.queries import people, rights
from referral.queries.paging import paginate
from referral.queries.person_file import person_file
from referral.words import word

Answer = Response | str | tuple[str, int]
NEEDS_ANSWER = (RightsKind.EXPLANATION, RightsKind.CORRECTION)


class RequestForm(Form):
    """What is asked, by whom, and since when."""

    kind = wtforms.RadioField(
        lazy("What is asked?"), [InputRequired()], choices=lambda: choices(RightsKind), coerce=coerce(RightsKind)
    )
    asker = wtforms.RadioField(
        lazy("Who asks?"),
        [Preset()],
        choices=lambda: choices(RightsAsker),
        coerce=coerce(RightsAsker),
        default=RightsAsker.SELF.value,
    )
    asker_name = wtforms.StringField(
        lazy("Name of the guardian or representative"),
        [Optional(), Length(max=64)],
        description=lazy("Needed where it is not the person. Look at the paper that entitles them."),
    )
    asked_on = DayField(lazy("Asked on"), [InputRequired()], description=lazy("The clock runs from this day."))
    note = wtforms.TextAreaField(lazy("In the words of whoever asks"), [Optional(), Length(max=4000)])

    def validate_asker_name(self, field: wtforms.StringField) -> None:
        """Somebody else than the person is named."""
        if self.asker.data is not RightsAsker.SELF and not field.data:
            raise ValidationError(_("Please write down the name."))

    def validate_asked_on(self, field: wtforms.DateField) -> None:
        """Nobody has asked tomorrow."""
        if field.data and field.data > clock.today():
            raise ValidationError(_("This day is still to come."))


class DoForm(Form):
    """What was done."""

    answer = wtforms.TextAreaField(lazy("What the person is told"), [Optional(), Length(max=4000)])

    def __init__(self, kind: RightsKind, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if kind in NEEDS_ANSWER:
            self.answer.validators = [InputRequired(), Length(max=4000)]
            self.answer.flags.required = True
            self.answer.flags.optional = False


class RefuseForm(Form):
    """Why not."""

    ground = wtforms.RadioField(
        lazy("Why?"), [InputRequired()], choices=lambda: choices(RefusalGround), coerce=coerce(RefusalGround)
    )
    answer = wtforms.TextAreaField(
        lazy("What the person is told"),
        [InputRequired(), Length(max=4000)],
        description=lazy("The reason in plain words, the article of the law, and where a complaint can be made."),
    )


class RequestsFilter(FilterForm):
    """Which requests are listed."""

    state = wtforms.SelectField(
        lazy("State"), choices=lambda: choices(RightsState, _("All")), coerce=coerce(RightsState)
    )


@blueprint.route("/people/<uuid:key>/rights/new", methods=["GET", "POST"])
@allow(Act.HANDLE_RIGHTS, find=people.person_in_scope)
def record_rights(person: Person) -> Answer:
    """Write down what somebody asks about a person's data."""
    form = RequestForm(data=None if request.method == "POST" else {"asked_on": clock.today(), "asker": "self"})
    if form.validate_on_submit():
        asked = form.asked_on.data
        assert asked is not None  # noqa: S101  the form requires it
        at = clock.now()
        made = acts.record(
            db.session,
            person,
            kind=form.kind.data,
            asker=form.asker.data,
            asker_name=form.asker_name.data,
            note=form.note.data,
            asked_at=min(at, clock.start_of(asked)),
            by=actor(),
            at=at,
        )
        flash(_("The request is written down. Its clock runs."), "success")
        return redirect(url_for("casework.show_rights", key=made.id))
    page = render_template("casework/record_rights.html", person=person, form=form)
    return page, 422 if form.errors else 200


@blueprint.get("/rights")
@allow(Act.HANDLE_RIGHTS)
def list_rights() -> str:
    """Show what people ask about their data, overdue first."""
    form = RequestsFilter()
    state = form.state.data if form.active else RightsState.OPEN if "state" not in request.args else None
    page = paginate(db.session, rights.listed(actor(), state), request.args.get("page", 1, type=int))
    return render_template("casework/list_rights.html", form=form, page=page, state=state, now=clock.now())


@blueprint.get("/rights/<uuid:key>")
@allow(Act.HANDLE_RIGHTS, find=rights.request_in_reach)
def show_rights(asked: RightsRequest) -> str:
    """Show where a request stands and what can be done."""
    return render_template("casework/show_rights.html", **_shown(asked))


def _shown(asked: RightsRequest, **forms: Any) -> dict[str, Any]:
    deletion = asked.kind is RightsKind.DELETION and asked.state is RightsState.OPEN
    return {
        "asked": asked,
        "against": acts.against(db.session, asked, clock.now()) if deletion else None,
        "leading": actor().role in acts.LEADING,
        "recorder": actor().id == asked.recorded_by_id,
        "now": clock.now(),
        "do_form": forms.get("do_form") or DoForm(asked.kind),
        "refuse_form": forms.get("refuse_form") or RefuseForm(),
        "days": RIGHTS_DAYS,
    }


@blueprint.post("/rights/<uuid:key>/do")
@allow(Act.HANDLE_RIGHTS, find=rights.request_in_reach)
def do_rights(asked: RightsRequest) -> Answer:
    """Do what is asked."""
    form = DoForm(asked.kind)
    if not form.validate_on_submit():
        return render_template("casework/show_rights.html", **_shown(asked, do_form=form)), 422
    acts.do(db.session, asked, by=actor(), at=clock.now(), answer=form.answer.data)
    flash(_("The request is answered: %(kind)s.", kind=word(asked.kind)), "success")
    return redirect(url_for("casework.show_rights", key=asked.id))


@blueprint.route("/rights/<uuid:key>/refuse", methods=["GET", "POST"])
@allow(Act.HANDLE_RIGHTS, find=rights.request_in_reach)
def refuse_rights(asked: RightsRequest) -> Answer:
    """Refuse a request with its reason in law."""
    form = RefuseForm()
    if form.validate_on_submit():
        answer = str(form.answer.data)
        acts.refuse(db.session, asked, ground=form.ground.data, answer=answer, by=actor(), at=clock.now())
        flash(_("The request is refused, with its reason."), "success")
        return redirect(url_for("casework.show_rights", key=asked.id))
    page = render_template("casework/refuse_rights.html", asked=asked, form=form)
    return page, 422 if form.errors else 200


@blueprint.get("/rights/<uuid:key>/copy")
@allow(Act.HANDLE_RIGHTS, find=rights.copy_in_reach)
def show_copy(asked: RightsRequest) -> str:
    """Show the whole file, to be printed and handed over."""
    file = _copy(asked)
    return render_template(
        "casework/show_copy.html",
        asked=asked,
        person=file.person,
        sections=sections(file, whole=True),
        plain=plain,
        titles_of=titles_of,
        now=clock.now(),
    )


@blueprint.get("/rights/<uuid:key>/copy.xlsx")
@allow(Act.HANDLE_RIGHTS, find=rights.copy_in_reach)
def export_copy(asked: RightsRequest) -> FlaskResponse:
    """Give the whole file as a workbook, a sheet for each kind of record."""
    file = _copy(asked)
    notes = [(_("Request"), asked.number), (_("Exported by"), actor().name)]
    return workbook_of(title_of(file.person), sections(file, whole=True), notes=notes)


def _copy(asked: RightsRequest) -> Any:
    log.read(db.session, [asked.person_id], purpose="rights_copy")
    log.note(db.session, "copy_made", person_id=asked.person_id, record=asked)
    return person_file(db.session, asked.person_id, because="the copy of a person's own file")
