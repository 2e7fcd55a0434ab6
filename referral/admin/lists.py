"""What a city edits: the calendar of working days and the code lists."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import BeneficiaryCategory, CalendarDay, NeedType, Taxonomy, TaxonomyTerm
from referral import clock
from referral.access import Act, allow
from referral.actions import lists as actions
from referral.admin import blueprint
from referral.admin.forms import DayForm, NamesForm, NeedTypeForm, TermForm
from referral.extensions import db
from referral.i18n import _
from referral.queries import admin
from referral.queries.paging import paginate

Answer = Response | str | tuple[str, int]
EARLIEST, LATEST = 2000, 2100
LINES = 50
LISTS = ("service", "material", "need_types", "categories", "imported")


@blueprint.route("/admin/calendar", methods=["GET", "POST"])
@allow(Act.MANAGE_LISTS)
def show_calendar() -> Answer:
    """Show the holidays and worked weekends of a year, and write one down."""
    year = min(max(request.args.get("year", clock.today().year, type=int), EARLIEST), LATEST)
    form = DayForm()
    if form.validate_on_submit() and form.day.data:
        try:
            actions.put_day(
                db.session,
                day=form.day.data,
                kind=form.kind.data,
                note=form.note.data or "",
                source=form.source.data or "",
            )
        except actions.DayIsPlain:
            form.kind.errors = [_("This is a weekday, which is worked anyway.")]
        else:
            flash(_("Saved. Deadlines computed from now on go by it."), "success")
            return redirect(url_for("admin.show_calendar", year=form.day.data.year))
    page = render_template(
        "admin/show_calendar.html",
        form=form,
        year=admin.calendar_year(db.session, year),
        years=admin.years(db.session, clock.today()),
    )
    return page, 422 if form.errors else 200


@blueprint.post("/admin/calendar/<day>/remove")
@allow(Act.MANAGE_LISTS, find=admin.find_day)
def remove_day(day: CalendarDay) -> Response:
    """Make a day plain again."""
    year = day.day.year
    actions.remove_day(db.session, day)
    flash(_("Removed: the day counts as any other of its week."), "success")
    return redirect(url_for("admin.show_calendar", year=year))


@blueprint.get("/admin/lists")
@allow(Act.MANAGE_LISTS)
def show_lists() -> str:
    """Show the code lists."""
    chosen = request.args.get("list", LISTS[0])
    chosen = chosen if chosen in LISTS else LISTS[0]
    if chosen == "need_types":
        lines: Any = admin.need_types()
    elif chosen == "categories":
        lines = admin.categories()
    else:
        lines = admin.terms(Taxonomy(chosen))
    page = paginate(db.session, lines, request.args.get("page", 1, type=int), size=LINES)
    return render_template("admin/show_lists.html", chosen=chosen, page=page)


def _edit(form: Any, line: Any, chosen: str, save: Any) -> Answer:
    """Show the form of a line of a list, or save it and go back to the list."""
    if form.validate_on_submit():
        save({name: value for name, value in form.data.items() if name != "csrf_token"})
        flash(_("Saved."), "success")
        return redirect(url_for("admin.show_lists", list=chosen))
    return render_template("admin/edit_line.html", form=form, line=line, chosen=chosen), 422 if form.errors else 200


@blueprint.route("/admin/lists/terms/<uuid:key>", methods=["GET", "POST"])
@allow(Act.MANAGE_LISTS, find=admin.find_term)
def edit_term(term: TaxonomyTerm) -> Answer:
    """Rename a term, or take it out of use."""
    form = TermForm(obj=term)
    return _edit(form, term, term.taxonomy.value, lambda typed: actions.edit_term(db.session, term, **typed))


@blueprint.route("/admin/lists/need-types/<uuid:key>", methods=["GET", "POST"])
@allow(Act.MANAGE_LISTS, find=admin.find_need_type)
def edit_need_type(need_type: NeedType) -> Answer:
    """Rename a type of need."""
    form = NeedTypeForm(obj=need_type)
    return _edit(form, need_type, "need_types", lambda typed: actions.edit_need_type(db.session, need_type, **typed))


@blueprint.route("/admin/lists/categories/<uuid:key>", methods=["GET", "POST"])
@allow(Act.MANAGE_LISTS, find=admin.find_category)
def edit_category(category: BeneficiaryCategory) -> Answer:
    """Rename a recognised status."""
    form = NamesForm(obj=category)
    return _edit(form, category, "categories", lambda typed: actions.edit_category(db.session, category, **typed))
