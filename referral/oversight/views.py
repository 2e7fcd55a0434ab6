"""The auditor's pages."""

from typing import Any

import wtforms
from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from models import LogKind, Role
from referral import clock, log
from referral.access import Act, allow
from referral.extensions import db
from referral.forms import DayField, FilterForm, choices, coerce
from referral.i18n import _, lazy
from referral.log.anchors import anchors
from referral.log.verifying import Fault, Proof, check
from referral.log.words import words_of
from referral.oversight import blueprint
from referral.queries import log as queries
from referral.queries.paging import Page, paginate
from referral.vocabulary.log import ACTS, NOTES, TABLES
from referral.vocabulary.work import WORDS

SIZE = 50


class EntryFilter(FilterForm):
    """Which entries to show."""

    day = DayField(lazy("Day"), [wtforms.validators.Optional()])
    kind = wtforms.SelectField(lazy("Kind"), choices=lambda: choices(LogKind, _("All")), coerce=coerce(LogKind))
    role = wtforms.SelectField(lazy("Role"), choices=lambda: choices(Role, _("All")), coerce=coerce(Role))
    file = wtforms.StringField(lazy("File number"))


@blueprint.get("/oversight")
@allow(Act.READ_LOG)
def show_desk() -> str:
    """Is the log whole, and who has verified it when?"""
    now = queries.state(db.session, clock.now())
    first = (now.verified.facts or {}).get("first") if now.verified else None
    return render_template(
        "oversight/show_desk.html",
        state=now,
        broken=words_of(Fault(**first)) if first else None,
        newest=paginate(db.session, queries.entries(kind=LogKind.NOTE), 1, size=8).items,
        notes=NOTES,
        roles=WORDS["Role"],
    )


@blueprint.post("/oversight/verify")
@allow(Act.READ_LOG)
def verify() -> Answer:
    """Walk through the whole log and the records, and note what was found."""
    proof = check(db.engine, at=clock.now())
    log.note(db.session, "log_verified", **outcome(proof))
    if proof.faults:
        flash(_("Something is broken. Look below."), "danger")
    else:
        flash(_("The log is whole, and the records are as it says."), "success")
    return redirect(url_for("oversight.show_desk"))


def outcome(proof: Proof) -> dict[str, Any]:
    """Return what verification found as facts of a note."""
    facts: dict[str, Any] = {"entries": proof.entries, "records": proof.records}
    facts["faults"] = len(proof.faults) + proof.more
    if proof.faults:
        facts["first"] = {name: value for name, value in vars(proof.faults[0]).items() if name != "named" and value}
    return facts


@blueprint.get("/oversight/entries")
@allow(Act.READ_LOG)
def list_entries() -> str:
    """Show entries, newest first."""
    form = EntryFilter()
    number = (form.file.data or "").strip()
    person = queries.person_of_number(db.session, number) if number else None
    chosen = queries.entries(
        day=form.day.data if form.day.data and not form.day.errors else None,
        kind=form.kind.data if isinstance(form.kind.data, LogKind) else None,
        role=form.role.data.value if isinstance(form.role.data, Role) else None,
        person_id=person,
    )
    page_number = request.args.get("page", 1, type=int)
    nobody = bool(number) and person is None
    page = Page([], 1, SIZE, 0) if nobody else paginate(db.session, chosen, page_number, size=SIZE)
    return render_template(
        "oversight/list_entries.html",
        form=form,
        page=page,
        names=queries.names(db.session, page.items),
        acts=ACTS,
        tables=TABLES,
        notes=NOTES,
        roles=WORDS["Role"],
    )


@blueprint.get("/oversight/anchors")
@allow(Act.READ_LOG)
def download_anchors() -> Response:
    """Give the anchors as a text file, for keeping elsewhere."""
    found = anchors(db.session)
    log.note(db.session, "anchors_taken", sequence=found[-1].sequence if found else 0)
    text = "".join(f"{anchor}\n" for anchor in found)
    name = f"log-anchors-{clock.today():%Y-%m-%d}.txt"
    return Response(text, mimetype="text/plain", headers={"Content-Disposition": f'attachment; filename="{name}"'})
