"""One sentence that says what a round found."""

import uuid

from sqlalchemy.orm import Session

from models import Round
from referral.i18n import _, in_language, lazy, ngettext
from referral.queries import rounds

GROUPS = 5
"""Reasons named; the others are counted together."""
SHORT = {
    "service_area": lazy("because nobody serves their township"),
    "radius": lazy("too far away"),
    "age": lazy("because of their age"),
    "sex": lazy("because only the other sex is served"),
    "status": lazy("without the status asked for"),
    "feature": lazy("whose situation nobody takes on"),
    "language": lazy("for lack of the dialect or language"),
    "opening_times": lazy("for lack of a time that suits"),
    "worker_sex": lazy("for lack of the woman or man asked for"),
    "child_safety": lazy("waiting for a record check for work with minors"),
    "licence": lazy("waiting for a licence"),
    "accepting": lazy("because nobody takes people on"),
    "quantity": lazy("because more is wanted than one place gives"),
    "consent": lazy("without the person's consent"),
    "rejected_before": lazy("already declined"),
    "no_places": lazy("for lack of places"),
    "fund": lazy("for lack of money in a fund"),
}


def summary(session: Session, round_: Round) -> str:
    """Return such as: 63 of 71 needs can be served, 5 more than by going down the list; 8 cannot: …  One query."""
    if not round_.needs:
        return _("There was no open need in the area.")
    unmet = round_.needs - round_.served
    more = round_.served - round_.served_greedy
    said = ngettext(
        "%(served)s of %(num)s need can be served",
        "%(served)s of %(num)s needs can be served",
        round_.needs,
        served=round_.served,
    )
    if more > 0:
        said += ngettext(", %(num)s more than by going down the list",
                         ", %(num)s more than by going down the list", more)  # fmt: skip
    else:
        said += _(", as many as by going down the list")
    if not unmet:
        return _("%(said)s.", said=said)
    reasons = _(", ").join(_reasons(session, round_, unmet))
    return ngettext("%(said)s; %(num)s cannot: %(reasons)s.", "%(said)s; %(num)s cannot: %(reasons)s.",
                    unmet, said=said, reasons=reasons)  # fmt: skip


def _reasons(session: Session, round_: Round, unmet: int) -> list[str]:
    groups = round_.certificate.get("unmet", [])[:GROUPS]
    keys = {uuid.UUID(about) for code, about, _count in groups if about not in SHORT}
    terms = rounds.terms(session, keys) if keys else {}
    told, counted = [], 0
    for code, about, count in groups:
        counted += count
        if about in SHORT:
            told.append(_("%(count)s %(why)s", count=count, why=SHORT[about]))
            continue
        term = terms.get(uuid.UUID(about))
        name = in_language(term) if term else ""
        if code == "no_service":
            told.append(_("%(count)s because nobody offers “%(term)s”", count=count, term=name))
        else:
            told.append(_("%(count)s for lack of places in “%(term)s”", count=count, term=name))
    if unmet > counted:
        told.append(_("%(count)s for other reasons", count=unmet - counted))
    return told


def follow_summary(round_: Round) -> str:
    """Return such as: 12 needs around 1 refused one were looked at; the proposals of 3 change."""
    refused = len(round_.certificate.get("refused", ()))
    moves = round_.certificate.get("moves", ())
    said = ngettext("After %(num)s refusal", "After %(num)s refusals", refused)
    looked = ngettext("%(num)s need around was looked at", "%(num)s needs around were looked at", round_.needs)
    changed = ngettext("%(num)s proposal changes", "%(num)s proposals change", len(moves))
    return _("%(said)s: %(looked)s, %(changed)s.", said=said, looked=looked, changed=changed)
