"""Planning: the register of unmet needs, and where bought places would help most."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from models import Area, Need, Proposal, StudyStatus
from models.area import township_code
from referral import clock, studywork
from referral.access import Act, actor, allow
from referral.actions import studies
from referral.actions.planning.studying import Asked
from referral.coordination import blueprint, planning_sheets, planning_words
from referral.coordination.planning_forms import RegisterFilter, StudyForm
from referral.coordination.rounds import _afterwards
from referral.explanations import what_would_help
from referral.exports import Column, workbook
from referral.extensions import db
from referral.i18n import _, in_language
from referral.queries import candidates, needs_board, planning, rounds
from referral.queries.needs_board import EXPORT_LIMIT
from referral.queries.paging import paginate
from referral.taking_out import for_a_reason
from referral.words import word

EXISTING_SHOWN = 8


def _filter(townships: Any) -> tuple[RegisterFilter, planning.Wanted]:
    form = RegisterFilter(list(townships), list(needs_board.terms_wanted(db.session, actor())))
    return form, form.wanted(request.args.get("sort", "urgency"))


@blueprint.get("/coordination/planning")
@allow(Act.READ_PLANNING)
def show_unmet() -> str:
    """Show the needs that nobody was found for or whose time is up: where, since when, why, what would help."""
    account, at = actor(), clock.now()
    townships, last = needs_board.townships(db.session, account), rounds.latest_solved(db.session, account)
    form, wanted = _filter(townships)
    page = paginate(db.session, planning.register(account, last, wanted, at=at), request.args.get("page", 1, type=int))
    told = planning.told(db.session, last, page.items)
    named = rounds.offers_named(told.values())
    cells = planning.by_township(db.session, account, last, wanted, at=at)
    return render_template(
        "coordination/show_unmet.html",
        page=page,
        form=form,
        round=last,
        told=told,
        offers=candidates.offers(db.session, named) if named else {},
        names={area.code[:9]: area for area in townships},
        drawn=planning_words.township_map(townships, cells),
        why_words=planning_words.why_words,
    )


@blueprint.get("/coordination/planning/unmet.xlsx")
@allow(Act.READ_PLANNING)
@for_a_reason
def export_unmet() -> Response:
    """Give the register as it is filtered, without the names of people."""
    account, at = actor(), clock.now()
    townships, last = needs_board.townships(db.session, account), rounds.latest_solved(db.session, account)
    form, wanted = _filter(townships)
    needs = list(db.session.scalars(planning.register(account, last, wanted, at=at).limit(EXPORT_LIMIT)))
    told = planning.told(db.session, last, needs)
    names = needs_board.names_of(
        db.session, {code for need in needs for code in (need.area_code, township_code(need.area_code))}
    )
    columns: list[Column | str] = [
        _("Number"), _("Kind of help"), _("Urgency"), Column(_("Open since"), "day"), Column(_("Days"), "number"),
        Column(_("Due"), "moment"), _("Township"), _("Village"), Column(_("Why"), width=44),
        Column(_("Smallest change that would help"), width=60),
    ]  # fmt: skip
    notes = planning_sheets.notes_of(form, account)
    if last:
        notes.append((_("Round"), last.number))
    if len(needs) == EXPORT_LIMIT:
        notes.append((_("Cut off"), EXPORT_LIMIT))
    return workbook(_("Unmet needs"), columns, _rows(needs, told, names), notes=notes)


def _rows(needs: list[Need], told: dict[Any, Proposal], names: dict[str, Area]) -> Iterator[list[Any]]:
    offers = candidates.offers(db.session, rounds.offers_named(told.values())) if told else {}
    for need in needs:
        proposal = told.get(need.id)
        opened = clock.local_date(need.opened_at)
        remedy = ""
        if proposal is not None and proposal.capacity_id is None:
            key = planning_sheets.as_uuid(proposal.explanation.get("capacity"))
            offer = offers.get(key) if key else None
            place = offer.service_at_location.service.organization.name if offer else None
            remedy = what_would_help(proposal.explanation, place).striptags()
        yield [
            need.number, in_language(need.term), word(need.urgency), opened, (clock.today() - opened).days, need.due_at,
            in_language(names.get(township_code(need.area_code))), in_language(names.get(need.area_code)),
            planning_words.why_words(need, proposal), remedy,
        ]  # fmt: skip


@blueprint.route("/coordination/planning/places", methods=["GET", "POST"])
@allow(Act.RUN_PLANNING)
def show_places() -> Answer | str | tuple[str, int]:
    """Show where bought places would help most; asked anew, compute it beside the request."""
    account = actor()
    study = planning.latest_study(db.session, account)
    form = StudyForm(data=asdict(Asked.of(study.asked)) if study else None)
    if form.validate_on_submit():
        wanted = studies.start_study(
            db.session, area=account.area_code or "", asked=form.asked(), by=account, at=clock.now()
        )
        key = wanted.id
        _afterwards(lambda session: studywork.compute(session, key))
        flash(_("It is being computed. You may leave this page; it goes on."), "info")
        return redirect(url_for("coordination.show_places"))
    page = render_template("coordination/show_places.html", form=form, **_places(study))
    return page, 422 if form.errors else 200


def _places(study: Any) -> dict[str, Any]:
    """Return what the page says of a study."""
    shown: dict[str, Any] = {"study": study, "at_work": planning.study_under_way(db.session, actor())}
    shown["failed"] = shown["at_work"] is not None and shown["at_work"].status is StudyStatus.FAILED
    if study is None:
        return shown
    names = planning.names(db.session, study, needs_board.townships(db.session, actor()))
    lines = planning_words.purchase(study, names)
    cell = request.args.get("cell", type=int)
    has_curve = cell is not None and 0 <= cell < len(study.result["cells"]) and study.result["cells"][cell]["curve"]
    existing = study.result["existing"][:EXISTING_SHOWN]
    keys = [planning_sheets.as_uuid(one["capacity"]) for one in existing]
    offers = candidates.offers(db.session, [key for key in keys if key])
    return shown | {
        "names": names,
        "lines": lines,
        "totals": planning_words.totals(lines),
        "sentence": planning_words.purchase_words(study, lines),
        "proof": planning_words.proof_words(study, lines),
        "one_curve": has_curve,
        "drawn": planning_words.curve_of(study, names, cell) if has_curve and cell is not None
        else planning_words.curves(study, names, lines),
        "existing": [(offers[key], one["curve"]) for key, one in zip(keys, existing, strict=True) if key in offers],
        "people_words": planning_words.people_words,
        "unpriced": [in_language(names.terms[key]) for key in study.result["unpriced"] if key in names.terms],
        "skipped": [in_language(names.terms[key]) for key in study.result["skipped"] if key in names.terms],
    }  # fmt: skip


@blueprint.get("/coordination/planning/places.xlsx")
@allow(Act.READ_PLANNING)
def export_places() -> Response | Answer:
    """Give the list as a sheet for next year's purchase; it counts few people nowhere."""
    study = planning.latest_study(db.session, actor())
    if study is None:
        return redirect(url_for("coordination.show_places"))
    names = planning.names(db.session, study, needs_board.townships(db.session, actor()))
    return planning_sheets.places_workbook(study, names, actor())


@blueprint.get("/coordination/planning/network.xlsx")
@allow(Act.READ_PLANNING)
def export_network() -> Response | Answer:
    """Give the tables behind the network."""
    study = planning.latest_study(db.session, actor())
    if study is None:
        return redirect(url_for("coordination.show_network"))
    names = planning.names(db.session, study, needs_board.townships(db.session, actor()))
    return planning_sheets.network_workbook(study, names, actor())
