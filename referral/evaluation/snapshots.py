"""Figures of a period frozen and signed, checked, and put beside those of today."""

import json
from uuid import UUID

from flask import Response, abort, redirect, render_template, url_for
from sqlalchemy.orm import Session

from models import Account, Snapshot
from referral import clock
from referral.access import Act, actor, allow, get_in_scope
from referral.actions.reporting import is_genuine, take_snapshot
from referral.evaluation import blueprint
from referral.evaluation.definitions import ALL
from referral.evaluation.forms import PeriodFilter
from referral.evaluation.kept import figures
from referral.extensions import db
from referral.i18n import _
from referral.queries import frozen
from referral.queries.paging import paginate
from referral.queries.report.flat import HIDDEN, digests, flat
from referral.queries.report.frame import Frame
from referral.queries.report.report import home_area


def a_snapshot(session: Session, account: Account, key: UUID) -> Snapshot | None:
    """Return a snapshot in the reader's scope."""
    found: Snapshot | None = get_in_scope(session, account, Snapshot, key)
    return found


def frame_of(period: object) -> Frame:
    """Return the frame of a period for the reader."""
    return Frame(actor(), period.start, period.end, home_area(db.session, actor()))  # type: ignore[attr-defined]


@blueprint.get("/report/snapshots")
@allow(Act.FREEZE_REPORT)
def list_snapshots() -> str:
    """Which reports were frozen?"""
    page = paginate(db.session, frozen.snapshots(actor()), 1)
    return render_template("evaluation/list_snapshots.html", page=page, form=PeriodFilter())


@blueprint.post("/report/snapshots")
@allow(Act.FREEZE_REPORT)
def freeze() -> Response | tuple[str, int]:
    """Freeze the figures of a period as they may be told."""
    from flask import request

    form = PeriodFilter(request.form)
    frame = frame_of(form.chosen) if form.validate() else None
    found = figures(frame, shared=True) if frame else None
    if frame is None or found is None or frame.area_code is None:
        abort(422)
    facts = {
        "period": [frame.start.isoformat(), frame.end.isoformat()],
        "area": frame.area_code,
        "program": actor().program_id.hex if actor().program_id else None,  # type: ignore[union-attr]
        "figures": flat(found.report),
        "definitions": {
            code: [str(one.title), str(one.formula), str(one.date), str(one.leaves_out)] for code, one in ALL.items()
        },
        "parameters": {"withheld below": 5, "confidence": 0.95, "zone": "Asia/Shanghai"},
        "records": digests(db.session, frame),
    }
    snapshot = take_snapshot(
        db.session, facts, start=frame.start, end=frame.end, area_code=frame.area_code, by=actor(), at=clock.now()
    )
    return redirect(url_for("evaluation.show_snapshot", key=snapshot.id))  # type: ignore[return-value]


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
    """What was frozen, is it genuine, and what would be said today?"""
    said = json.loads(snapshot.body)
    frame = Frame(actor(), snapshot.starts_on, snapshot.ends_on, snapshot.area_code)
    found = figures(frame, shared=True)
    now = flat(found.report) if found else {}
    return render_template(
        "evaluation/show_snapshot.html",
        snapshot=snapshot,
        said=said,
        genuine=is_genuine(snapshot),
        differences=differences(said["figures"], now) if found else None,
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
