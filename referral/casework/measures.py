"""What changed for a person: measures, their sheets, goals, and answers that cannot wait."""

import secrets
import uuid

from flask import abort, flash, redirect, render_template, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models import Account, AssessmentOccasion, Case, InstrumentVersion, Mode, RedFlag, Sheet
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import measuring, red_flags
from referral.casework import blueprint
from referral.casework.measure_drawings import progress_of
from referral.extensions import db
from referral.i18n import _
from referral.measure_forms import FlagForm, answers_of, prefilled, sheet_form
from referral.measure_words import measure_word, said
from referral.queries import cases, measures

Answer = Response | str | tuple[str, int]


@blueprint.get("/cases/<uuid:key>/measures")
@allow(Act.READ_PERSON, find=cases.case_in_scope)
def show_measures(case: Case) -> str:
    """What changed since the beginning, what is due, and which goals are followed."""
    session = db.session
    offered = measures.offered(session, also_off=True)
    versions = {version.instrument.code: version for version in offered}
    outcomes = measures.outcomes_of(session, case.id)
    return render_template(
        "casework/show_measures.html",
        case=case,
        offered=[version for version in offered if version.instrument.active],
        series=progress_of(outcomes, versions),
        sheets=measures.sheets_of(session, case.id),
        dues=measures.dues_of(session, case.id),
        goals=measures.goals_of(session, case.id),
        flags=measures.open_flags(session, case.person_id),
        handled=measures.flags_of_case(session, case.id),
        taken={code for code, found in outcomes.items() if found},
        measure_word=lambda code: measure_word(code, versions),
        said=said,
    )


def _case_and_version(
    session: Session, account: Account, key: uuid.UUID, code: str
) -> tuple[Case, InstrumentVersion] | None:
    case = cases.case_in_scope(session, account, key)
    offered = {version.instrument.code: version for version in measures.offered(session)}
    return (case, offered[code]) if case is not None and code in offered else None


@blueprint.route("/cases/<uuid:key>/measures/<code>", methods=["GET", "POST"])
@allow(Act.TAKE_MEASURE, find=_case_and_version)
def take_measure(found: tuple[Case, InstrumentVersion]) -> Answer:
    """Fill in an instrument; an item may be left out, and an answer that cannot wait opens its task at once."""
    case, version = found
    taken = measures.outcomes_of(db.session, case.id).get(version.instrument.code)
    occasion = AssessmentOccasion.FOLLOW_UP if taken else AssessmentOccasion.BASELINE
    form = sheet_form(
        version,
        entry_key=secrets.token_hex(16),
        taken_on=clock.today(),
        occasion=occasion.value,
        mode=Mode.ASKED.value,
    )
    if form.validate_on_submit():
        kept = _keep(form, case, version)
        if kept is not None:
            return kept
    return _page(form, case, version)


@blueprint.route("/sheets/<uuid:key>/correct", methods=["GET", "POST"])
@allow(Act.TAKE_MEASURE, find=measures.sheet_in_scope)
def correct_sheet(sheet: Sheet) -> Answer:
    """Write a sheet anew; the old one stays and no longer counts."""
    if sheet.replaced:
        abort(404)
    values = prefilled(sheet.answers) | {
        "entry_key": secrets.token_hex(16),
        "taken_on": sheet.taken_on,
        "occasion": sheet.occasion.value,
        "mode": sheet.mode.value,
        "note": sheet.note,
    }
    form = sheet_form(sheet.version, **values)
    if form.validate_on_submit():
        kept = _keep(form, sheet.case, sheet.version, corrects=sheet)
        if kept is not None:
            return kept
    return _page(form, sheet.case, sheet.version)


def _keep(form: object, case: Case, version: InstrumentVersion, corrects: Sheet | None = None) -> Response | None:
    """Keep what was filled in and lead on; None where the day is taken, which the form then says."""
    answers = answers_of(form, version)
    if all(value is None or value is True for value in answers.values()):
        form.form_errors.append(_("Nothing was answered yet."))  # type: ignore[attr-defined]
        return None
    try:
        with db.session.begin_nested():
            sheet = measuring.take(
                db.session,
                case,
                version,
                answers=answers,
                occasion=form.occasion.data,  # type: ignore[attr-defined]
                on=form.taken_on.data,  # type: ignore[attr-defined]
                mode=form.mode.data,  # type: ignore[attr-defined]
                by=actor(),
                at=clock.now(),
                note=form.note.data,  # type: ignore[attr-defined]
                entry_key=form.entry_key.data,  # type: ignore[attr-defined]
                corrects=corrects,
            )
    except measuring.AlreadyTaken:
        form.taken_on.errors = [_("It was taken on this day already: correct that sheet instead.")]  # type: ignore[attr-defined]
        return None
    if measures.open_flags(db.session, case.person_id):
        return redirect(url_for("casework.show_person", key=case.person_id, _anchor="urgent"))
    flash(_("The answers are kept."), "success")
    return redirect(url_for("casework.show_sheet", key=sheet.id))


def _page(form: object, case: Case, version: InstrumentVersion) -> Answer:
    page = render_template("casework/take_measure.html", form=form, case=case, version=version, said=said)
    return page, 422 if form.errors or form.form_errors else 200  # type: ignore[attr-defined]


@blueprint.get("/sheets/<uuid:key>")
@allow(Act.TAKE_MEASURE, find=measures.sheet_in_scope)
def show_sheet(sheet: Sheet) -> str:
    """What was answered, what it adds up to, and what that says."""
    return render_template("casework/show_sheet.html", sheet=sheet, said=said)


@blueprint.route("/flags/<uuid:key>", methods=["GET", "POST"])
@allow(Act.HANDLE_FLAG, find=measures.flag_in_scope)
def handle_flag(flag: RedFlag) -> Answer:
    """Say what was done about an answer that cannot wait."""
    form = FlagForm()
    if form.validate_on_submit():
        red_flags.handle(db.session, flag, handling=form.handling.data, done=form.done.data, by=actor(), at=clock.now())
        flash(_("What was done is written down. The warning is taken off the person’s page."), "success")
        return redirect(url_for("casework.show_person", key=flag.person_id))
    page = render_template("casework/handle_flag.html", flag=flag, form=form, advice=advice_of(flag))
    return page, 422 if form.errors else 200


def advice_of(flag: RedFlag) -> str:
    """Return what the instrument advises for an answer that cannot wait."""
    flags = flag.sheet.version.definition.get("flags", ())
    return said(next((one["advice"] for one in flags if one["code"] == flag.code), None))


blueprint.add_app_template_global(measure_word, "measure_word")
blueprint.add_app_template_global(said, "said")
