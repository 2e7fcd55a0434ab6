"""What the kinds of seed/retention.csv are called."""

from typing import Any

from referral.i18n import lazy

KINDS: dict[str, Any] = {
    "service_record": lazy("Records of help given"),
    "person_file": lazy("Files of people whom nobody helps any more"),
    "message": lazy("Messages to staff"),
    "job_run": lazy("Runs of jobs"),
    "import_row": lazy("Rows of files that were brought in"),
    "sign_in": lazy("Sign-ins, devices and links"),
    "consent": lazy("Consents that have ended"),
    "glass": lazy("Looks from outside"),
    "rights_request": lazy("Answered requests about the data"),
    "retention_run": lazy("Removals"),
    "log": lazy("The log of reads and changes"),
    "process": lazy("Referrals, hours and amounts without names"),
}
HAPPENS: dict[str, Any] = {
    "wipe": lazy("names, contact and notes are removed"),
    "delete": lazy("the rows are deleted"),
    "keep": lazy("kept"),
}


def kind_word(kind: str) -> str:
    """Return what a kind is called."""
    return str(KINDS[kind])


def happens_word(happens: str) -> str:
    """Return what happens to a kind when its time is up."""
    return str(HAPPENS[happens])
