"""Settings, read from the environment once. Nothing unsafe has a default."""

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from models import keyring
from models.keyring import Keyring, KeyTrouble

MEGABYTE = 1024 * 1024
MAIL_SCHEMES = frozenset({"smtp", "smtps", "smtp+plain"})
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class SecretMissing(RuntimeError):
    """The application was started for real people without a secret key."""


class SettingsWrong(RuntimeError):
    """Settings that cannot work together."""


def settings(instance: Path, *, demonstration: bool, secret: str | None = None) -> dict[str, Any]:
    """Return Flask's configuration from REFERRAL_* variables.

    Without REFERRAL_SECRET_KEY it raises SecretMissing, except in the demonstration, which makes a key of its own
    in the instance folder.
    """
    secret = secret or os.environ.get("REFERRAL_SECRET_KEY")
    if not secret and demonstration:
        secret = demonstration_secret(instance)
    if not secret:
        raise SecretMissing(
            "Set REFERRAL_SECRET_KEY to a long random text (python -c 'import secrets; print(secrets.token_hex(32))'), "
            "or set REFERRAL_DEMONSTRATION=1 to try the platform with invented people."
        )
    return {
        "SECRET_KEY": secret,
        "DEMONSTRATION": demonstration,
        "DATABASE_URL": os.environ.get("REFERRAL_DATABASE_URL") or f"sqlite:///{instance}/referral.sqlite",
        "OPERATOR": os.environ.get("REFERRAL_OPERATOR", ""),
        "OPERATOR_CONTACT": os.environ.get("REFERRAL_OPERATOR_CONTACT", ""),
        "MAX_CONTENT_LENGTH": 20 * MEGABYTE,
        "MAX_FORM_MEMORY_SIZE": 2 * MEGABYTE,
        "TRUSTED_HOSTS": os.environ.get("REFERRAL_HOSTS", "").split() or None,
        "NIGHTLY_ROUND": time_of_day("REFERRAL_NIGHTLY_ROUND", "02:30"),
        "PREVIEW_MINUTES": minutes("REFERRAL_PREVIEW_MINUTES", 30),
        "BASE_ADDRESS": os.environ.get("REFERRAL_BASE_ADDRESS", ""),
        "MAIL_SERVER": os.environ.get("REFERRAL_MAIL_SERVER", ""),
        "MAIL_FROM": os.environ.get("REFERRAL_MAIL_FROM", ""),
        "MAIL_USER": os.environ.get("REFERRAL_MAIL_USER", ""),
        "MAIL_PASSWORD": os.environ.get("REFERRAL_MAIL_PASSWORD", ""),
        "WEBHOOK_HOSTS": os.environ.get("REFERRAL_WEBHOOK_HOSTS", "").lower().split(),
        "WEBHOOK_CA": os.environ.get("REFERRAL_WEBHOOK_CA", ""),
        "WEBHOOK_LOOPBACK": os.environ.get("REFERRAL_WEBHOOK_LOOPBACK") == "1",
        "OIDC_ISSUER": os.environ.get("REFERRAL_OIDC_ISSUER", "").rstrip("/"),
        "OIDC_CLIENT_ID": os.environ.get("REFERRAL_OIDC_CLIENT_ID", ""),
        "OIDC_CLIENT_SECRET": os.environ.get("REFERRAL_OIDC_CLIENT_SECRET", ""),
        "SESSION_COOKIE_NAME": "session" if demonstration else "__Host-session",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": not demonstration,
        "PERMANENT_SESSION_LIFETIME": 12 * 3600,
        "SESSION_REFRESH_EACH_REQUEST": False,  # else a late answer brings back a cookie that was replaced or ended
        "WTF_CSRF_TIME_LIMIT": None,
    }


def time_of_day(name: str, usual: str) -> str:
    """Return a setting that is a time such as 02:30, or "off". Raises SettingsWrong."""
    given = os.environ.get(name, usual).strip() or "off"
    if given != "off":
        try:
            time.fromisoformat(given)
        except ValueError:
            raise SettingsWrong(f"{name} is a time such as 02:30, or off.") from None
    return given


def minutes(name: str, usual: int) -> int:
    """Return a setting that is a whole number of minutes, 0 for never. Raises SettingsWrong."""
    given = os.environ.get(name, "").strip() or str(usual)
    if not given.isdecimal():
        raise SettingsWrong(f"{name} is a whole number of minutes; 0 switches it off.")
    return int(given)


def check(config: Mapping[str, Any]) -> None:
    """Raise SettingsWrong where settings need one another: links that leave the house need an address of our own.

    It is never taken from a request, whose Host header anybody can write.
    """
    if config["WEBHOOK_LOOPBACK"] and not config["DEMONSTRATION"]:
        raise SettingsWrong("REFERRAL_WEBHOOK_LOOPBACK is for the demonstration and for tests only.")
    if not (config["MAIL_SERVER"] or config["OIDC_ISSUER"] or config["WEBHOOK_HOSTS"]):
        return
    if urlsplit(config["BASE_ADDRESS"]).scheme not in {"http", "https"}:
        raise SettingsWrong(
            "Set REFERRAL_BASE_ADDRESS to the address of this installation, such as https://help.example"
        )
    if config["MAIL_SERVER"] and urlsplit(config["MAIL_SERVER"]).scheme not in MAIL_SCHEMES:
        raise SettingsWrong(
            "REFERRAL_MAIL_SERVER is smtp://host:587 (STARTTLS), smtps://host:465, or smtp+plain://host:25"
        )
    if config["MAIL_SERVER"] and not config["MAIL_FROM"]:
        raise SettingsWrong("Set REFERRAL_MAIL_FROM to the address that mails come from.")
    issuer = urlsplit(config["OIDC_ISSUER"])
    if issuer.scheme == "http" and issuer.hostname not in LOOPBACK:
        raise SettingsWrong("REFERRAL_OIDC_ISSUER must begin with https://")
    if config["OIDC_ISSUER"] and not (config["OIDC_CLIENT_ID"] and config["OIDC_CLIENT_SECRET"]):
        raise SettingsWrong("Set REFERRAL_OIDC_CLIENT_ID and REFERRAL_OIDC_CLIENT_SECRET beside REFERRAL_OIDC_ISSUER.")


def demonstration_secret(instance: Path) -> str:
    """Return the key the demonstration made for itself, making it the first time."""
    instance.mkdir(parents=True, exist_ok=True)
    file = instance / "demonstration-secret"
    try:
        with open(file, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as new:
            new.write(secrets.token_hex(32))
    except FileExistsError:
        pass
    return file.read_text()


DEMONSTRATION_KEYS = "demonstration-keys.json"


def keys(instance: Path, *, demonstration: bool) -> Keyring:
    """Return the keys that data about people is sealed with.

    They come from the file that REFERRAL_KEYS names or from the content of REFERRAL_KEYS_JSON; the demonstration makes
    its own in the instance folder. Raises KeyTrouble, with words for the administrator, if there are none to use.
    """
    if named := os.environ.get("REFERRAL_KEYS"):
        return Keyring(keyring.read(Path(named)), Path(named))
    if content := os.environ.get("REFERRAL_KEYS_JSON"):
        try:
            return Keyring(json.loads(content))
        except ValueError:
            raise KeyTrouble("REFERRAL_KEYS_JSON is not JSON.") from None
    if not demonstration:
        raise KeyTrouble(
            "Data about people is sealed, and there are no keys. Make some with `referral keys new FILE`, keep a copy "
            "apart from the database, and set REFERRAL_KEYS=FILE; or set REFERRAL_DEMONSTRATION=1 to try the platform "
            "with invented people."
        )
    file = instance / DEMONSTRATION_KEYS
    if not file.exists():
        with contextlib.suppress(FileExistsError):  # another process of the demonstration was first
            keyring.write(file, keyring.new_keys())
    return Keyring(keyring.read(file), file)


def database_address(url: str) -> str:
    """Return a database address with the driver we ship, for the short forms that hosts hand out."""
    for short in ("postgres://", "postgresql://"):
        if url.startswith(short):
            return "postgresql+psycopg://" + url.removeprefix(short)
    return url
