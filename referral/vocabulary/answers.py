"""Words of answers without an account, and of what leaves the building."""

from typing import Any

from referral.i18n import lazy, lazy_pgettext

WORDS: dict[str, dict[str, Any]] = {
    "AnswerKind": {
        "accepted": lazy("They accept"),
        "accepted_in_part": lazy("They accept in part"),
        "rejected": lazy("They decline"),
    },
    "AnswerWay": {
        "account": lazy("with an account"),
        "link": lazy("by link, without an account"),
        "phone": lazy("told on the telephone"),
    },
    "LinkPurpose": {"answer": lazy_pgettext("LinkPurpose", "To answer"), "follow": lazy("To read whom they help")},
    "Channel": {"mail": lazy_pgettext("Channel", "Mail"), "webhook": lazy_pgettext("Channel", "Webhook")},
    "EndpointKind": {"sms": lazy("Gateway for text messages"), "partner": lazy("A partner’s own system")},
    "OutgoingKind": {
        "asked": lazy("Request"),
        "reminded": lazy("Reminder"),
        "link_again": lazy("New link"),
        "replied": lazy("Reply to a question"),
        "taken_on": lazy("Thanks, with the link to read"),
        "ended": lazy("Needs no answer any more"),
    },
    "OutgoingStatus": {
        "waiting": lazy("Waits to be sent"),
        "sent": lazy_pgettext("OutgoingStatus", "Sent"),
        "dead": lazy("Could not be delivered"),
        "given_up": lazy("Given up"),
        "dropped": lazy("Not needed any more"),
    },
}
