"""Random files for the evaluator, findings in them, and what providers answer. People stand under a pseudonym."""

import secrets
from uuid import UUID

from flask import Response, abort, redirect, render_template, request, url_for
from flask_wtf import FlaskForm
from sqlalchemy.orm import Session, joinedload
from wtforms import IntegerField, RadioField, SelectField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, NumberRange

from models import Account, FileSample, Finding, FindingCode, FindingStatus, SampledFile, Strata
from referral import clock, log
from referral.access import Act, actor, allow, get_in_scope
from referral.actions.findings import answer, decide, draw_sample, find, is_open, population_digest
from referral.evaluation import blueprint
from referral.evaluation.forms import PeriodFilter
from referral.evaluation.pseudonyms import pseudonym
from referral.extensions import db
from referral.forms import choices, coerce
from referral.i18n import lazy
from referral.queries import samples
from referral.queries.paging import paginate
from referral.queries.report.frame import Frame
from referral.queries.report.report import home_area

Answer = str | Response | tuple[str, int]


class SampleForm(PeriodFilter):
    """From which period how many files are drawn, and by what."""

    size = IntegerField(lazy("Files"), [InputRequired(), NumberRange(1, 200)], default=20)
    strata = SelectField(lazy("Divided by"), [InputRequired()], choices=lambda: choices(Strata), coerce=coerce(Strata))
    seed = IntegerField(lazy("Seed"), [InputRequired(), NumberRange(0, 2**31 - 1)])
    answer_days = IntegerField(lazy("Working days to answer"), [InputRequired(), NumberRange(1, 60)], default=5)


class FindingForm(FlaskForm):  # type: ignore[misc]
    """What was found, and who must answer."""

    code = SelectField(
        lazy("What was found"), [InputRequired()], choices=lambda: choices(FindingCode), coerce=coerce(FindingCode)
    )
    organization = SelectField(lazy("Who answers"), [InputRequired()])
    note = TextAreaField(lazy("In words, without names"), [Length(max=2000)])


class DecideForm(FlaskForm):  # type: ignore[misc]
    """Whether a disputed finding stands."""

    verdict = RadioField(
        lazy("What becomes of it?"),
        [InputRequired()],
        choices=[
            SelectChoice(value="upheld", label=lazy("It stands")),
            SelectChoice(value="withdrawn", label=lazy("Take it back")),
        ],
    )


class AnswerForm(FlaskForm):  # type: ignore[misc]
    """What the provider says to a finding."""

    verdict = RadioField(
        lazy("Your answer"),
        [InputRequired()],
        choices=[
            SelectChoice(value="accepted", label=lazy("It is so")),
            SelectChoice(value="disputed", label=lazy("It is not so")),
        ],
    )
    words = TextAreaField(lazy("In your words"), [InputRequired(), Length(max=2000)])


def a_sample(session: Session, account: Account, key: UUID) -> FileSample | None:
    """Return a sample in the reader's scope."""
    found: FileSample | None = get_in_scope(session, account, FileSample, key)
    return found


def a_file(session: Session, account: Account, key: UUID) -> SampledFile | None:
    """Return a sampled file in the reader's scope."""
    found: SampledFile | None = get_in_scope(session, account, SampledFile, key, joinedload(SampledFile.sample))
    return found


def a_finding(session: Session, account: Account, key: UUID) -> Finding | None:
    """Return a finding in the reader's scope."""
    found: Finding | None = get_in_scope(session, account, Finding, key)
    return found


@blueprint.get("/samples")
@allow(Act.DRAW_SAMPLE)
def list_samples() -> Answer:
    """Which files were drawn, and what is open in them?"""
    form = SampleForm()
    form.seed.data = form.seed.data or secrets.randbelow(2**31)
    form.size.data, form.answer_days.data = form.size.data or 20, form.answer_days.data or 5
    return _list_page(form)


def _list_page(form: SampleForm) -> str:
    page = paginate(db.session, samples.samples(actor()), request.args.get("page", 1, type=int))
    return render_template("evaluation/list_samples.html", form=form, page=page)


@blueprint.post("/samples")
@allow(Act.DRAW_SAMPLE)
def draw() -> Answer:
    """Draw files at random and keep the seed."""
    form = SampleForm(request.form)
    if not form.validate():
        return _list_page(form), 422
    area = home_area(db.session, actor())
    frame = Frame(actor(), form.chosen.start, form.chosen.end, area)
    people = samples.population(db.session, frame, form.strata.data)
    if not people or area is None:
        form.period.errors = [lazy("Nobody was served in this period.")]
        return _list_page(form), 422
    sample = draw_sample(
        db.session,
        people,
        start=frame.start,
        end=frame.end,
        area_code=area,
        strata=form.strata.data,
        size=form.size.data or 1,
        seed=form.seed.data or 0,
        answer_days=form.answer_days.data or 1,
        by=actor(),
        at=clock.now(),
    )
    return redirect(url_for("evaluation.show_sample", key=sample.id))  # type: ignore[return-value]


@blueprint.get("/samples/<uuid:key>")
@allow(Act.DRAW_SAMPLE, find=a_sample)
def show_sample(sample: FileSample) -> Answer:
    """Which files are in this sample, and would the same be drawn again?"""
    files = samples.files_of(db.session, sample)
    people = samples.population(
        db.session, Frame(actor(), sample.starts_on, sample.ends_on, sample.area_code), Strata.NONE
    )
    return render_template(
        "evaluation/show_sample.html",
        sample=sample,
        files=files,
        counts=samples.numbers_found(db.session, files),
        names={file.id: pseudonym(file.person_id, actor()) for file in files},
        same=population_digest(list(people)) == sample.population_digest,
    )


def _file_page(file: SampledFile, form: FindingForm, status: int = 200, *, undecided: bool = False) -> tuple[str, int]:
    person = file.person_id
    log.read(db.session, [person])
    page = render_template(
        "evaluation/show_file.html",
        file=file,
        name=pseudonym(person, actor()),
        visits=samples.visits_of(db.session, actor(), person),
        referrals=samples.referrals_of(db.session, actor(), person),
        findings=samples.findings_of(db.session, file),
        form=form,
        status=FindingStatus,
        undecided=undecided,
    )
    return page, status


def _finding_form(file: SampledFile) -> FindingForm:
    form = FindingForm()
    rows = samples.who_can_answer(db.session, actor(), file.person_id)
    form.organization.choices = [SelectChoice(value=str(key), label=name) for key, name in rows]
    return form


@blueprint.get("/samples/files/<uuid:key>")
@allow(Act.DRAW_SAMPLE, find=a_file)
def show_file(file: SampledFile) -> Answer:
    """What does this file say?"""
    return _file_page(file, _finding_form(file))


@blueprint.post("/samples/files/<uuid:key>")
@allow(Act.DRAW_SAMPLE, find=a_file)
def write_finding(file: SampledFile) -> Answer:
    """Write what was found in this file."""
    form = _finding_form(file)
    if not form.validate():
        return _file_page(file, form, 422)
    find(
        db.session,
        file.sample,
        file,
        code=form.code.data,
        organization_id=UUID(form.organization.data),
        note=form.note.data or None,
        by=actor(),
        at=clock.now(),
    )
    return redirect(url_for("evaluation.show_file", key=file.id))  # type: ignore[return-value]


@blueprint.post("/findings/<uuid:key>/decide")
@allow(Act.DRAW_SAMPLE, find=a_finding)
def close_finding(finding: Finding) -> Answer:
    """Say that a disputed finding stands, or take it back."""
    form = DecideForm()
    if not form.validate():
        file = a_file(db.session, actor(), finding.file_id)
        if file is None:
            abort(404)
        return _file_page(file, _finding_form(file), 422, undecided=True)
    decide(db.session, finding, upheld=form.verdict.data == "upheld", at=clock.now())
    return redirect(url_for("evaluation.show_file", key=finding.file_id))  # type: ignore[return-value]


@blueprint.get("/findings")
@allow(Act.ANSWER_FINDING)
def list_findings() -> Answer:
    """What do evaluators ask us, until when?"""
    statement = samples.asked_of(actor())
    page = paginate(db.session, statement, request.args.get("page", 1, type=int), scalars=False)
    log.read(db.session, [row.Finding.person_id for row in page.items])
    return render_template("evaluation/list_findings.html", page=page, form=AnswerForm(), status=FindingStatus)


@blueprint.post("/findings/<uuid:key>/answer")
@allow(Act.ANSWER_FINDING, find=a_finding)
def answer_finding(finding: Finding) -> Answer:
    """Accept a finding, or dispute it in words."""
    form = AnswerForm()
    if not form.validate():
        return _answer_page(finding, form), 422
    accepted = form.verdict.data == "accepted"
    answer(db.session, finding, accepted=accepted, words=form.words.data, by=actor(), at=clock.now())
    return redirect(url_for("evaluation.list_findings"))  # type: ignore[return-value]


@blueprint.get("/findings/<uuid:key>/answer")
@allow(Act.ANSWER_FINDING, find=a_finding)
def show_finding(finding: Finding) -> Answer:
    """What is asked, and what do we say?"""
    log.read(db.session, [finding.person_id])
    return _answer_page(finding, AnswerForm())


def _answer_page(finding: Finding, form: AnswerForm) -> str:
    open_ = is_open(finding, clock.now())
    return render_template("evaluation/answer_finding.html", finding=finding, form=form, open=open_)
