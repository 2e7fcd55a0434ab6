"""Why a backup or a restore is refused."""

from typing import Any


class BackupRefused(Exception):
    """A file or a database that is not used; `reason` names why, `facts` fill its sentence.

    Reasons: exists, not_a_backup, newer_format, other_key, damaged, cut_off, longer, wrong_content, unknown_type,
    row_security, not_empty, other_shape, differs, orphans, log_broken.
    """

    def __init__(self, reason: str, **facts: Any) -> None:
        super().__init__(f"{reason} {facts}" if facts else reason)
        self.reason = reason
        self.facts = facts
