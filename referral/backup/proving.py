"""The log in a backup: where its chain ended, and that it still holds together after a restore."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from referral.backup.errors import BackupRefused
from referral.log.anchors import Anchor
from referral.log.verifying import verify


def chain_end(connection: sa.Connection) -> dict[str, Any] | None:
    """Return the last seal of the log, as the backup keeps it; None where there is none."""
    if not sa.inspect(connection).has_table("log_seal"):
        return None
    last = connection.exec_driver_sql(
        "SELECT day, sequence, digest FROM log_seal ORDER BY sequence DESC LIMIT 1"
    ).first()
    return None if last is None else {"day": str(last.day), "sequence": last.sequence, "digest": last.digest}


def prove_log(connection: sa.Connection, head: dict[str, Any]) -> None:
    """Verify the restored log up to the seal that the backup ends with; raises BackupRefused (log_broken)."""
    if not sa.inspect(connection).has_table("log_seal"):
        return
    end = head.get("log_end")
    anchors = [Anchor(end["day"], end["sequence"], end["digest"])] if end else []
    proof = verify(connection, at=datetime.fromisoformat(head["made_at"]), anchors=anchors)
    # That nobody had sealed an entry yet is no fault of the backup; the sealer here will see to it.
    if faults := [fault for fault in proof.faults if fault.code != "unsealed"]:
        first = faults[0]
        raise BackupRefused("log_broken", found=f"{first.code} {first.sequence or ''} {first.entry_id or ''}".strip())
