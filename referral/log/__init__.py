"""The log: who read and changed what, and why. It only grows; a sealer chains it, `referral audit verify` proves it.

    log.note(session, "export_made", purpose="report", rows=120)     an entry with the running transaction
    log.read(session, person_ids)                                   files that a page shows, for lists of columns
    log.write_reads(session)                                        after the transaction, before the answer leaves

Changes of watched records and the loading of a person's records are remembered without being asked.
"""

from referral.log.capture import restate
from referral.log.entries import note, read
from referral.log.writing import NotWritten, write_reads

__all__ = ["NotWritten", "note", "read", "restate", "write_reads"]
