"""The coordinator's desk and the board of unmet needs."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from flask import Response, render_template, request

from models import Account, Area, Need, Urgency
from models.area import township_code
from referral import charts, clock
from referral.access import Act, actor, allow
from referral.coordination import blueprint
from referral.coordination.forms import NeedsFilter
from referral.coordination.preview import ahead_words, since_words
from referral.exports import Column, workbook
from referral.extensions import db
from referral.i18n import _, in_language, ngettext
from referral.queries import coordinator_desk, follow_ups, glass, needs_board, previews, rights, rounds
from referral.queries.needs_board import EXPORT_LIMIT, WAITS
from referral.queries.paging import paginate
from referral.taking_out import for_a_reason
from referral.words import word


@blueprint.get("/coordination")
@allow(Act.READ_NEEDS_BOARD)
def show_desk() -> str:
    """Show where it burns."""
    account, at, today = actor(), clock.now(), clock.today()
    silent, silent_count = coordinator_desk.silent_providers(db.session, account, at=at, today=today)
    last = rounds.latest(db.session, account)
    ahead = previews.newest(db.session, account.area_code or "")
    waiting = coordinator_desk.waiting(db.session, account, at=at, today=today)
    return render_template(
        "coordination/show_desk.html",
        waiting=waiting,
        bands=bands(),
        heat=heat_of_waiting(waiting),
        overdue=coordinator_desk.most_overdue(db.session, account, at=at),
        silent=silent,
        silent_count=silent_count,
        last=last,
        requests=rights.open_requests(db.session, account, limit=5),
        reviews=glass.open_reviews(db.session, account, limit=5),
        last_counts=rounds.counts(db.session, last) if last else None,
        follow_ups=follow_ups.waiting(db.session, account),
        ahead=ahead,
        ahead_sentence=ahead_words(ahead, today) if ahead else None,
        ahead_since=since_words(ahead) if ahead else None,
    )


def bands() -> list[str]:
    """Return the names of the bands of waiting days."""
    named = [_("under %(days)s days", days=WAITS[0])]
    named += [_("%(first)s to %(last)s days", first=first, last=last - 1) for first, last in pairwise(WAITS)]
    return [*named, _("%(days)s days and more", days=WAITS[-1])]


def heat_of_waiting(waiting: coordinator_desk.Waiting) -> charts.Chart:
    """Return the table of needs by urgency and waiting time."""
    return charts.heat(
        _("Needs that wait, by urgency and time"),
        _("Urgency"),
        [word(urgency) for urgency in Urgency],
        bands(),
        [[waiting.cells.get((urgency, band), 0) for band in range(len(WAITS) + 1)] for urgency in Urgency],
    )


@blueprint.get("/coordination/needs")
@allow(Act.READ_NEEDS_BOARD)
def list_needs() -> str:
    """Show what is unmet, where and since when."""
    account, at, today = actor(), clock.now(), clock.today()
    townships = needs_board.townships(db.session, account)
    form = NeedsFilter(list(townships), list(needs_board.terms_wanted(db.session, account)))
    filters = form.filters(request.args.get("sort", "urgency"))
    statement = needs_board.board(account, filters, at=at, today=today)
    page = paginate(db.session, statement, request.args.get("page", 1, type=int))
    cells = needs_board.by_township(db.session, account, filters, at=at, today=today)
    return render_template(
        "coordination/list_needs.html",
        page=page,
        form=form,
        names={area.code[:9]: area for area in townships},
        heat=heat_of_townships(townships, cells),
    )


def heat_of_townships(townships: Any, cells: dict[tuple[str, Urgency], int]) -> charts.Chart:
    """Return the table of needs by township and urgency."""
    return charts.heat(
        _("These needs by township and urgency"),
        _("Township"),
        [in_language(area) for area in townships],
        [word(urgency) for urgency in Urgency],
        [[cells.get((area.code[:9], urgency), 0) for urgency in Urgency] for area in townships],
    )


@blueprint.get("/coordination/needs.xlsx")
@allow(Act.READ_NEEDS_BOARD)
@for_a_reason
def export_needs() -> Response:
    """Give exactly what the board shows as an Excel file."""
    account, at, today = actor(), clock.now(), clock.today()
    form = NeedsFilter(
        list(needs_board.townships(db.session, account)), list(needs_board.terms_wanted(db.session, account))
    )
    statement = needs_board.board(account, form.filters(request.args.get("sort", "urgency")), at=at, today=today)
    needs = list(db.session.scalars(statement.limit(EXPORT_LIMIT)))
    names = needs_board.names_of(
        db.session, {code for need in needs for code in (need.area_code, township_code(need.area_code))}
    )
    columns: list[Column | str] = [
        _("Number"), _("Person"), _("Kind of help"), Column(_("Quantity"), "number"), _("Unit"), _("Urgency"),
        _("State"), Column(_("Open since"), "day"), Column(_("Days"), "number"), Column(_("Due"), "moment"),
        _("Township"), _("Village"), _("Station"),
    ]  # fmt: skip
    return workbook(_("Needs"), columns, rows(needs, names), notes=notes(form, account, len(needs)))


def rows(needs: list[Need], names: dict[str, Area]) -> Iterator[list[Any]]:
    """Yield the board's lines for a file."""
    for need in needs:
        opened = clock.local_date(need.opened_at)
        yield [
            need.number, need.person.name, in_language(need.term), need.quantity, need.unit, word(need.urgency),
            word(need.status), opened, (clock.today() - opened).days, need.due_at,
            in_language(names.get(township_code(need.area_code))), in_language(names.get(need.area_code)),
            in_language(need.station) if need.station else None,
        ]  # fmt: skip


def notes(form: NeedsFilter, account: Account, count: int) -> list[tuple[str, Any]]:
    """Return what the file shows: the filters chosen and who asked."""
    chosen = [
        (
            field.label.text,
            next((label for value, label, *_ in field.iter_choices() if value == field.data), field.data),
        )
        for field in form
        if field.data and hasattr(field, "iter_choices")
    ]
    limit = [(_("Cut off"), ngettext("after %(num)s row", "after %(num)s rows", EXPORT_LIMIT))]
    return [*chosen, (_("Exported by"), account.name), *(limit if count == EXPORT_LIMIT else [])]
