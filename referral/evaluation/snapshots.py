"""Figures of a period frozen and signed, checked, and put beside those of today."""

from functools import partial
from uuid import UUID

from flask import Flask, Response, after_this_request, current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session

from models import Account, Snapshot
from referral import clock
from referral.access import Act, actor, allow, get_in_scope
from referral.actions.freezing import AT_WORK, ask
from referral.actions.reporting import is_genuine, not_genuine, said_in
from referral.evaluation import blueprint, freezing
from referral.evaluation.definitions import GROUPS
from referral.evaluation.forms import PeriodFilter
from referral.evaluation.frozen_rows import line_of, rows, shown, title_of
from referral.evaluation.kept import figures
from referral.extensions import db
from referral.i18n import _, lazy
from referral.queries import frozen
from referral.queries.paging import paginate
from referral.queries.report.flat import HIDDEN, flat
from referral.queries.report.frame import Frame
from referral.queries.report.report import home_area

Answer = str | Response | tuple[str, int]
STAGES = {
    "waiting": lazy("Waiting to begin"),
    "counting": lazy("Counting the periods of the year"),
    "withholding": lazy("Planning which small figures are withheld"),
    "signing": lazy("Signing"),
}


def a_snapshot(session: Session, account: Account, key: UUID) -> Snapshot | None:
    """Return a snapshot in the reader's scope."""
    found: Snapshot | None = get_in_scope(session, account, Snapshot, key)
    return found


@blueprint.get("/report/snapshots")
@allow(Act.FREEZE_REPORT)
def list_snapshots() -> str:
    """Which reports were frozen, do they hold, and what is being frozen?"""
    return _list_page(PeriodFilter())


def _list_page(form: PeriodFilter) -> str:
    page = paginate(db.session, frozen.snapshots(actor()), request.args.get("page", 1, type=int))
    orders = frozen.orders(db.session, actor(), clock.now())
    return render_template(
        "evaluation/list_snapshots.html",
        page=page,
        form=form,
        orders=orders,
        at_work=[one for one in orders if one.status in AT_WORK],
        broken=not_genuine(db.session, frozen.snapshots(actor())),
        stages=STAGES,
    )


@blueprint.post("/report/snapshots")
@allow(Act.FREEZE_REPORT)
def freeze() -> Answer:
    """Ask for the figures of a period to be frozen as they may be told, and begin beside the request."""
    form, area = PeriodFilter(request.form), home_area(db.session, actor())
    if not form.validate() or area is None:
        return _list_page(form), 422
    order, new = ask(
        db.session, start=form.chosen.start, end=form.chosen.end, area_code=area, by=actor(), at=clock.now()
    )
    if new:
        _afterwards(order.id)
    return redirect(url_for("evaluation.list_snapshots"))  # type: ignore[return-value]


def _afterwards(key: UUID) -> None:
    """Begin once the order is committed; were this process to end before, the clock would begin."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    @after_this_request
    def begin(answer: Response) -> Response:
        freezing.in_background(app, key)
        return answer


def differences(then: dict[str, str | None], now: dict[str, str | None]) -> list[tuple[str, str | None, str | None]]:
    """Return the figures that differ, both told; changes of fewer than 5 are only said to be small."""
    found = []
    for code in sorted({*then, *now}):
        old, new = then.get(code), now.get(code)
        if old == new or HIDDEN in {old, new}:
            continue
        try:
            small = 0 < abs(float(new or 0) - float(old or 0)) < 5
        except ValueError:
            small = False
        found.append((code, old, _("changed by less than 5") if small else new))
    return found


@blueprint.get("/report/snapshots/<uuid:key>")
@allow(Act.FREEZE_REPORT, find=a_snapshot)
def show_snapshot(snapshot: Snapshot) -> str:
    """What was frozen, is it genuine, and, if that is asked, what would be said today?"""
    said, compared = said_in(snapshot) or {}, "today" in request.args
    found = None
    if compared:
        frame = Frame(actor(), snapshot.starts_on, snapshot.ends_on, snapshot.area_code)
        found = figures(frame, shared=True, anew=True)
    then, now = said.get("figures", {}), flat(found.report) if found else {}
    names = frozen.names_of(db.session, {*then, *now})
    return render_template(
        "evaluation/show_snapshot.html",
        snapshot=snapshot,
        said=said,
        groups=GROUPS,
        rows=rows(then, names),
        title_of=title_of,
        shown=shown,
        line_of=partial(line_of, names=names),
        genuine=is_genuine(snapshot),
        compared=compared,
        differences=differences(then, now) if found else None,
    )


@blueprint.get("/report/snapshots/<uuid:key>.json")
@allow(Act.FREEZE_REPORT, find=a_snapshot)
def export_snapshot(snapshot: Snapshot) -> Response:
    """Give the very text that was signed, with its signature in the head of the answer."""
    return Response(
        snapshot.body,
        mimetype="application/json",
        headers={
            "Content-Disposition": f"attachment; filename={snapshot.number}.json",
            "X-Signature": f"HMAC-SHA-256 {snapshot.signature}",
        },
    )
