"""What a message says, in the language of whoever reads it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import url_for

from models import ContactResult, GlassReason, GlassVerdict, Message, MessageKind, Role, RoundKind
from referral import devices
from referral.access import current_actor
from referral.i18n import _, ngettext
from referral.words import word


@dataclass(frozen=True)
class Sentence:
    """One message in words, and where it leads."""

    text: str
    address: str | None


def _second_factor(change: str) -> str:
    if change == "second_factor_set_up":
        return _("The second step of signing in was set up for your account.")
    if change == "recovery_codes_renewed":
        return _("New recovery codes were made for your account; the old ones are worth nothing.")
    return _(
        "The second step of signing in was taken away from your account. If this was not you, tell an administrator "
        "at once."
    )


def _round(kind: str, number: str) -> str:
    if kind == RoundKind.FOLLOW_UP:
        return _("Round %(number)s follows a refusal: look at what it proposes now.", number=number)
    if kind == RoundKind.NIGHTLY:
        return _("Round %(number)s of the night is ready: look at its proposals.", number=number)
    return _("Round %(number)s is ready: look at its proposals.", number=number)


TEXTS: dict[MessageKind, Callable[[Message], str]] = {
    MessageKind.REFERRAL_REQUESTED: lambda m: _("Referral %(number)s waits for your answer.", **m.facts),
    MessageKind.REFERRAL_REMINDER: lambda m: (
        _("Referral %(number)s must be answered by the next working day or it expires.", **m.facts)
        if m.facts.get("days")
        else _("Referral %(number)s must be answered today or it expires.", **m.facts)
    ),
    MessageKind.REFERRAL_ACCEPTED_IN_PART: lambda m: _(
        "Referral %(number)s was accepted in part only: look at what is missing.", **m.facts
    ),
    MessageKind.QUESTION_ASKED: lambda m: _("The provider asks something about referral %(number)s.", **m.facts),
    MessageKind.QUESTION_ANSWERED: lambda m: _("Your question about referral %(number)s was answered.", **m.facts),
    MessageKind.NEXT_OFFERED: lambda m: _(
        "Referral %(before)s was not answered. The need went to the next provider by itself, as referral %(number)s: "
        "look whether that is right.",
        **m.facts,
    ),
    MessageKind.NOBODY_LEFT: lambda m: _(
        "Referral %(before)s was not answered, and nobody else fits now. Please decide what becomes of the need.",
        **m.facts,
    ),
    MessageKind.NOT_DELIVERED: lambda m: _(
        "A message about referral %(number)s could not be delivered: please ring the provider up.", **m.facts
    ),
    MessageKind.REFERRAL_ACCEPTED: lambda m: _("Referral %(number)s was accepted.", **m.facts),
    MessageKind.REFERRAL_REJECTED: lambda m: _("Referral %(number)s was rejected. The need is open again.", **m.facts),
    MessageKind.REFERRAL_EXPIRED: lambda m: _(
        "Referral %(number)s was not answered in time. The need is open again.", **m.facts
    ),
    MessageKind.REFERRAL_CANCELLED: lambda m: _("Referral %(number)s was cancelled.", **m.facts),
    MessageKind.REFERRAL_COMPLETED: lambda m: _("Referral %(number)s is completed.", **m.facts),
    MessageKind.NEED_OVERDUE: lambda m: _("Need %(number)s is overdue: nobody has been found yet.", **m.facts),
    MessageKind.ROUND_FINISHED: lambda m: _round(str(m.facts.get("kind", "")), str(m.facts["number"])),
    MessageKind.CONSENT_WANTED: lambda m: _("Referral %(number)s waits for the person’s consent.", **m.facts),
    MessageKind.SHARING_STOPPED: lambda m: _(
        "Referral %(number)s: the person’s data may no longer be used. Look where it stands.", **m.facts
    ),
    MessageKind.EMERGENCY_SENT: lambda m: _(
        "Referral %(number)s was sent as an emergency without consent. Please review it.", **m.facts
    ),
    MessageKind.RED_FLAG: lambda m: _("Urgent: open file %(number)s at once and act.", number=m.facts["number"]),
    MessageKind.MEASURE_DUE: lambda m: _("A measure of file %(number)s is due.", number=m.facts["number"]),
    MessageKind.REVISIT_DUE: lambda m: _("The re-visit of file %(number)s is due.", number=m.facts["number"]),
    MessageKind.FINDING_ASKED: lambda m: _(
        "An evaluator asks about a file of sample %(number)s. Please answer by the day set: silence accepts.",
        number=m.facts["number"],
    ),
    MessageKind.CONTRADICTED: lambda m: _(
        "Referral %(number)s: the person says otherwise than the provider. Please look into it.",
        number=m.facts["number"],
    ),
    MessageKind.CHECK_EXPIRES: lambda m: _("A check of %(organization)s ends on %(day)s.", **m.facts),
    MessageKind.NEW_DEVICE: lambda m: _(
        "Your account was used on a device that is new to it: %(device)s. If this was not you, change your password.",
        device=devices.in_words(str(m.facts.get("device", ""))),
    ),
    MessageKind.PASSWORD_CHANGED: lambda _m: _(
        "Your password was changed. If this was not you, tell an administrator at once."
    ),
    MessageKind.SECOND_FACTOR_CHANGED: lambda m: _second_factor(str(m.facts.get("change", ""))),
    MessageKind.NO_CONTACT: lambda m: ngettext(
        "Nobody reached the person of file %(number)s: %(num)s attempt since %(since)s (%(results)s).",
        "Nobody reached the person of file %(number)s: %(num)s attempts since %(since)s (%(results)s).",
        int(m.facts["attempts"]),
        number=m.facts["number"],
        since=m.facts["since"],
        results=_(", ").join(word(ContactResult(code)) for code in m.facts["results"]),
    ),
    MessageKind.GLASS_OPENED: lambda m: (
        _("%(worker)s opened file %(number)s from outside (%(reason)s). Review it.", **_reason_in_words(m.facts))
        if "key" in m.facts
        else _(
            "%(worker)s opened file %(number)s from outside (%(reason)s). The file's own station reviews it.",
            **_reason_in_words(m.facts),
        )
    ),
    MessageKind.GLASS_REVIEWED: lambda m: (
        _("Opening file %(number)s was reviewed: justified.", **m.facts)
        if m.facts["verdict"] == GlassVerdict.JUSTIFIED
        else _("Opening file %(number)s was reviewed: not justified.", **m.facts)
    ),
    MessageKind.RIGHTS_OVERDUE: lambda m: _(
        "Request %(number)s of a person about their data is overdue: answer it now.", **m.facts
    ),
    MessageKind.RETENTION_PROPOSED: lambda m: _(
        "Removal %(number)s of records whose time is up waits for a second person.", **m.facts
    ),
}
"""Each kind of message; `facts` hold numbers and codes, never the name of a person in need."""


def _reason_in_words(facts: dict[str, Any]) -> dict[str, Any]:
    return facts | {"reason": word(GlassReason(facts["reason"]))}


def sentence_of(message: Message) -> Sentence:
    """Return a message in the reader's language with the address of the page it speaks of."""
    return Sentence(TEXTS[message.kind](message), _address(message))


def _address(message: Message) -> str | None:
    account = current_actor()
    if message.referral_id:
        provider = account is not None and account.role is Role.PROVIDER_OFFICER
        endpoint = "providers.show_referral" if provider else "casework.show_referral"
        return url_for(endpoint, key=message.referral_id)
    if message.need_id:
        return url_for("casework.show_need", key=message.need_id)
    if message.round_id:
        return url_for("coordination.show_round", key=message.round_id)
    return _address_of_facts(message)


OF_RECORDS = {
    MessageKind.NO_CONTACT: "casework.show_person",
    MessageKind.GLASS_OPENED: "casework.review_glass",
    MessageKind.RIGHTS_OVERDUE: "casework.show_rights",
    MessageKind.RED_FLAG: "casework.show_person",
    MessageKind.MEASURE_DUE: "casework.show_measures",
    MessageKind.REVISIT_DUE: "casework.show_case",
    MessageKind.CONTRADICTED: "casework.settle_contradiction",
}
"""Where a message leads whose facts hold the key of a record; without a key it leads nowhere."""
OF_LISTS = {
    MessageKind.FINDING_ASKED: "evaluation.list_findings",
    MessageKind.GLASS_REVIEWED: "casework.list_glass",
    MessageKind.RETENTION_PROPOSED: "admin.show_retention",
}


def _address_of_facts(message: Message) -> str | None:
    if message.kind in OF_LISTS:
        return url_for(OF_LISTS[message.kind])
    key = message.facts.get("key")
    return url_for(OF_RECORDS[message.kind], key=key) if key and message.kind in OF_RECORDS else None
