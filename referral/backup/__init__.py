"""Backups: one file of our own for both databases, encrypted, made while people work, and restored into an empty place.

The file holds a first line that anybody can read (`sealed`), then encrypted parts whose order and end are
authenticated. Inside, compressed, stands one line of JSON for each thing: what the file holds, then table after table
in the order of foreign keys, one line a row with its values as they are stored (nothing is decrypted), then how many
rows there were. Rows look the same from both databases, so that a backup of the one restores into the other.
"""

from referral.backup.errors import BackupRefused
from referral.backup.making import make_backup
from referral.backup.reading import check_backup
from referral.backup.restoring import restore_backup

__all__ = ["BackupRefused", "check_backup", "make_backup", "restore_backup"]
