"""Whole addresses of our own pages, for whoever carries them elsewhere: to a telephone, on paper, to somebody else."""

from flask import request

from referral.mail import base_address


def whole(path: str) -> str:
    """Return the address of a path as it is shown on the page that is being answered, never as it is sent.

    It begins with REFERRAL_BASE_ADDRESS. Where the settings name none, nothing is mailed; then the reader's own
    browser has found this installation under the address of this page, and nobody else is shown it.
    """
    return (base_address() or request.host_url.rstrip("/")) + path
