"""What entries are told: by the server, and by the phone itself."""

from typing import Any

from models import PhoneOperation
from referral.i18n import _, lazy, ngettext

ON_THE_PHONE: dict[str, Any] = {
    "waiting": lazy("waiting"),
    "conflict": lazy("please look"),
    "refused": lazy("not taken"),
    "signin": lazy("Sign in, then everything waiting is sent."),
    "offline": lazy("There is no network. Nothing is lost: it is sent by itself."),
    "other": lazy("Entries of somebody else wait here too; they are sent when they sign in."),
    "gone": lazy("Your account may not send at this moment. The entries stay on this phone."),
    "again": lazy("The server does not answer yet. It is tried again by itself."),
    "sent": lazy("Everything is sent."),
    "saved": lazy("Written down on this phone"),
    "mine": lazy("On this phone"),
    "theirs": lazy("In the file"),
    "also": lazy("Save it nevertheless"),
    "edit": lazy("Open it again"),
    "drop": lazy("Throw it away"),
    "sure": lazy("Really throw it away? What you wrote is then gone."),
    "look": lazy("See why"),
    "kept": lazy("What you had typed is here again."),
    "kept-other": lazy("More that was typed and not sent"),
    "discard": lazy("Throw away"),
    "last": lazy("Last met"),
    "promise": lazy("What was promised"),
    "choose": lazy("Whom do you mean?"),
    "full": lazy("This phone has no room left. Send what waits, then try again."),
}
"""Words of the scripts."""


def saved_words(operation: PhoneOperation, reply: dict[str, Any]) -> str:
    """Return what to say of an entry that stands in the database."""
    if operation is PhoneOperation.LEAD:
        return _("The station has your call for help.")
    if operation is PhoneOperation.GROUP:
        many = len(reply["visits"])
        return ngettext("%(num)s person-time is saved.", "%(num)s person-times are saved.", many)
    return _("The visit is saved.")
