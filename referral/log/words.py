"""What verification found, in words."""

from referral.i18n import _, lazy
from referral.log.verifying import Fault

FAULTS = {
    "seal_missing": lazy("a seal is missing here"),
    "other_than_anchor": lazy("the seal is another than the anchor kept elsewhere"),
    "entry_missing": lazy("the entry was deleted"),
    "entry_changed": lazy("the entry was changed"),
    "seal_changed": lazy("the seal was changed, or entries were put in another order"),
    "day_goes_back": lazy("the day goes back"),
    "cut_off": lazy("the log was cut off: an anchor kept elsewhere knows of this entry"),
    "foreign_entry": lazy("this entry was not written by the application"),
    "unsealed": lazy("the entry has had no seal for long"),
    "record_changed": lazy("the record was changed behind the application's back"),
    "record_deleted": lazy("the record was deleted behind the application's back"),
    "record_unknown": lazy("the record was put in behind the application's back, or the log does not know it yet"),
    "record_is_back": lazy("the record was deleted and is there again"),
}


def words_of(fault: Fault) -> str:
    """Return one line that names what is broken and where."""
    parts = []
    if fault.sequence is not None:
        parts.append(_("seal %(number)s", number=fault.sequence))
    if fault.entry_id:
        parts.append(_("entry %(key)s", key=fault.entry_id))
    if fault.at:
        parts.append(f"{fault.at[:19]} UTC" if len(fault.at) > 10 else fault.at)
    if fault.record_type:
        name = f" {fault.named}" if fault.named else ""
        parts.append(f"{fault.record_type}{name} {fault.record_id}")
    return f"{', '.join(parts)}: {FAULTS[fault.code]}"
