"""The one place where the log takes its key from."""

from models.encryption import keyring


def log_key() -> bytes:
    """Return the key of the log's HMACs."""
    return keyring().log_key
