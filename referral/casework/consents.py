"""Consent: who may know what of a person, until when; writing it down, printing it, taking it back."""

import uuid
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from models import Consent, DataKind, Organization, Person, Referral, ReferralStatus
from models.errors import WrongStep
from referral import clock
from referral.access import Act, actor, allow
from referral.actions import consents as acts
from referral.actions import sending
from referral.casework import blueprint
from referral.casework.consent_forms import ConsentForm, EmergencyForm, WithdrawForm
from referral.extensions import db
from referral.i18n import LANGUAGES, _, ngettext, speaking
from referral.queries import consent_pages, consents, needs, people

Answer = Response | str | tuple[str, int]


def _named(text: list[str]) -> list[uuid.UUID]:
    """Return the keys that an address names; what is no key is left out."""
    found = []
    for one in text:
        try:
            found.append(uuid.UUID(one))
        except ValueError:
            continue
    return found


def _usual(person: Person, receivers: list[uuid.UUID]) -> frozenset[DataKind]:
    """Return what the person's open needs ask to be told to these receivers; the least there is without any."""
    kinds = [
        consents.usual_kinds(need.kind, need.unit) for need in consent_pages.needs_put_to(db.session, person, receivers)
    ]
    return frozenset({DataKind.IDENTITY, DataKind.CONTACT, DataKind.NOTES}).union(*kinds)


@blueprint.route("/people/<uuid:key>/consents/new", methods=["GET", "POST"])
@allow(Act.RECORD_CONSENT, find=people.person_in_scope)
def record_consent(person: Person) -> Answer:
    """Write down that the person agreed, and send what was waiting for it."""
    now = clock.now()
    likely = consent_pages.likely_receivers(db.session, person)
    everybody = consent_pages.all_receivers(db.session)
    named = _named(request.args.getlist("receiver"))
    form = ConsentForm()
    form.offer(likely, everybody, map(str, named))
    usual = _usual(person, named or [one.id for one in likely])
    form.prepare(minor=acts.needs_guardian(person, now), usual=usual)
    notice = consents.current_notice(db.session, now)
    if form.validate_on_submit():
        receivers = [one for one in {*likely, *everybody} if str(one.id) in form.receiver_keys]
        given = acts.give(
            db.session,
            person,
            receivers,
            form.agreed(),
            by=actor(),
            at=now,
            given_at=clock.start_of(form.given_on.data) if form.given_on.data else None,
            notice=notice,
        )
        _tell(given)
        if len(given.sent) == 1:
            return redirect(url_for("casework.show_referral", key=given.sent[0].id))
        return redirect(url_for("casework.show_person", key=person.id) + "#consents")
    page = render_template("casework/record_consent.html", person=person, form=form, notice=notice, named=named)
    return page, 422 if form.errors else 200


def _tell(given: acts.Given) -> None:
    flash(ngettext("%(num)s consent written down.", "%(num)s consents written down.", len(given.consents)), "success")
    if given.sent:
        flash(
            ngettext(
                "%(num)s referral that waited for it has been sent.",
                "%(num)s referrals that waited for it have been sent.",
                len(given.sent),
            ),
            "success",
        )


@blueprint.get("/people/<uuid:key>/consents/paper")
@allow(Act.RECORD_CONSENT, find=people.person_in_scope)
def print_consent(person: Person) -> str:
    """Give the form on paper, for one receiver, in the language asked for."""
    now = clock.now()
    named = _named(request.args.getlist("receiver"))
    known = {one.id: one for one in consent_pages.all_receivers(db.session)}
    receiver: Organization | None = next((known[key] for key in named if key in known), None)
    language = LANGUAGES.get(request.args.get("in", ""))
    facts: dict[str, Any] = {
        "person": person,
        "receiver": receiver,
        "notice": consents.current_notice(db.session, now),
        "kinds": [kind for kind in DataKind if kind in _usual(person, [receiver.id] if receiver else [])],
        "until": clock.local_date(now + acts.USUAL_DURATION),
        "notice_kinds": list(DataKind),
        "minor": acts.needs_guardian(person, now),
        "receivers": consent_pages.likely_receivers(db.session, person),
    }
    if language is None:
        return render_template("casework/print_consent.html", **facts)
    with speaking(language.code):
        return render_template("casework/print_consent.html", **facts)


@blueprint.route("/consents/<uuid:key>/withdraw", methods=["GET", "POST"])
@allow(Act.WITHDRAW_CONSENT, find=consent_pages.consent_in_scope)
def withdraw_consent(consent: Consent) -> Answer:
    """Write down that the person took it back; it takes effect at once."""
    form = WithdrawForm()
    if form.validate_on_submit():
        stopped = acts.withdraw(db.session, consent, by=actor(), at=clock.now(), way=form.way.data)
        flash(_("Taken back. The organization sees nothing of the person any more."), "success")
        if stopped:
            flash(
                ngettext(
                    "%(num)s referral was ended or put on hold; both sides are told.",
                    "%(num)s referrals were ended or put on hold; both sides are told.",
                    len(stopped),
                ),
                "warning",
            )
        return redirect(url_for("casework.show_person", key=consent.person_id) + "#consents")
    page = render_template(
        "casework/withdraw_consent.html",
        consent=consent,
        form=form,
        referrals=consent_pages.live_referrals(db.session, consent),
    )
    return page, 422 if form.errors else 200


@blueprint.route("/referrals/<uuid:key>/emergency", methods=["GET", "POST"])
@allow(Act.REFER_NEED, find=needs.referral_in_scope)
def send_in_emergency(referral: Referral) -> Answer:
    """Send a referral that waits for consent without it, because somebody is in danger."""
    if referral.status is not ReferralStatus.DRAFT:
        raise WrongStep(referral.status, ReferralStatus.REQUESTED)
    form = EmergencyForm()
    if form.validate_on_submit():
        sending.send_draft_in_emergency(db.session, referral, by=actor(), at=clock.now(), reason=form.reason.data or "")
        flash(_("Sent as an emergency. A supervisor and the coordinator are told and will review it."), "warning")
        return redirect(url_for("casework.show_referral", key=referral.id))
    return render_template("casework/send_in_emergency.html", referral=referral, form=form), 422 if form.errors else 200
