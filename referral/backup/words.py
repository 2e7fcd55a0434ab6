"""Why a backup or a restore is refused, in words."""

from collections.abc import Mapping
from typing import Any

from referral.backup.errors import BackupRefused
from referral.i18n import lazy

SENTENCES: Mapping[str, Any] = {
    "exists": lazy("%(file)s is there already. A backup never takes the place of another."),
    "no_tables": lazy("There is nothing to back up: the database has no tables."),
    "unknown_type": lazy("The column %(column)s has the type %(type)s, for which backups have no rule."),
    "row_security": lazy("This database account may not see every row of %(tables)s: use the account that owns them."),
    "not_a_backup": lazy("This file is not a backup of Yuanqiao, or its first line is damaged."),
    "newer_format": lazy("This backup has format %(format)s, which this version does not know."),
    "other_key": lazy("This backup was made with another backup key, or its first line is damaged."),
    "damaged": lazy("The backup is damaged: part %(part)s was changed or is not in its place. Nothing was restored."),
    "cut_off": lazy("The backup is cut off: its end is missing. Nothing was restored."),
    "longer": lazy("Something was added after the end of the backup. Nothing was restored."),
    "wrong_content": lazy("The backup opens, but what it holds does not fit together. Nothing was restored."),
    "not_empty": lazy("The database is not empty (%(tables)s). A backup is restored into an empty place only."),
    "unknown_revision": lazy(
        "The backup stands at revision %(revision)s, which this version does not know: install the newer one."
    ),
    "other_revision": lazy(
        "The empty tables here stand at revision %(here)s and the backup at %(file)s: use a database without tables."
    ),
    "other_shape": lazy("Tables here are not those of the backup: %(tables)s. Nothing was restored."),
    "differs": lazy(
        "%(table)s is not what the backup holds: %(here)s rows here, %(file)s in the file, or other values. "
        "Nothing was restored."
    ),
    "orphans": lazy("A row of %(table)s points at a row that is not there. Nothing was restored."),
    "log_broken": lazy("The log's chain does not verify after the restore: %(found)s. Nothing was restored."),
}


def sentence(refused: BackupRefused) -> str:
    """Return why, and what that means, in the reader's language."""
    return str(SENTENCES[refused.reason]) % refused.facts
