"""The browser somebody signs in with: how it is called, and the cookie by which it is known again."""

import secrets
from dataclasses import dataclass

from flask import Response, current_app, request

from models.encryption import keyring
from models.sign_in import DEVICE_LASTS
from referral.i18n import _

BROWSERS = (
    ("MicroMessenger", "wechat"), ("Edg", "edge"), ("OPR", "opera"), ("QQBrowser", "qq"), ("UCBrowser", "uc"),
    ("Firefox", "firefox"), ("Chrome", "chrome"), ("CriOS", "chrome"), ("Safari", "safari"),
)  # fmt: skip
SYSTEMS = (
    ("HarmonyOS", "harmonyos"), ("Android", "android"), ("iPhone", "ios"), ("iPad", "ios"), ("Windows", "windows"),
    ("Mac OS", "macos"), ("Linux", "linux"),
)  # fmt: skip
NAMES = {
    "wechat": "WeChat", "edge": "Edge", "opera": "Opera", "qq": "QQ", "uc": "UC", "firefox": "Firefox",
    "chrome": "Chrome", "safari": "Safari", "harmonyos": "HarmonyOS", "android": "Android", "ios": "iOS",
    "windows": "Windows", "macos": "macOS", "linux": "Linux",
}  # fmt: skip


@dataclass(frozen=True)
class Caller:
    """From where somebody tries to get in."""

    address: str
    device: str
    """Browser and system, such as firefox/android."""
    token: str | None = None
    """What the device's cookie holds."""

    @property
    def fingerprint(self) -> str | None:
        """What the database keeps of the device's cookie."""
        return fingerprint(self.token) if self.token else None


def fingerprint(token: str) -> str:
    """Return what the database keeps of a device's cookie."""
    return keyring().fingerprint("device", token)


def described(agent: str) -> str:
    """Return browser and system of a User-Agent, such as firefox/android; nothing finer, for it is kept."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "other")
    system = next((name for sign, name in SYSTEMS if sign in agent), "other")
    return f"{browser}/{system}"


def in_words(device: str) -> str:
    """Return a device in words, such as: Firefox on Android."""
    browser, _slash, system = device.partition("/")
    named = [NAMES.get(part) for part in (browser, system)]
    if all(named):
        return _("%(browser)s on %(system)s", browser=named[0], system=named[1])
    return next(filter(None, named), None) or _("an unknown browser")


def caller() -> Caller:
    """Return from where this request comes."""
    return Caller(
        request.remote_addr or "", described(request.headers.get("User-Agent", "")), request.cookies.get(_cookie())
    )


def remember(answer: Response, token: str) -> Response:
    """Give the device a cookie by which it is known again for a year."""
    answer.set_cookie(
        _cookie(),
        token,
        max_age=DEVICE_LASTS,
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
        httponly=True,
        samesite="Lax",
    )
    return answer


def new_token() -> str:
    """Return a text that nobody guesses."""
    return secrets.token_urlsafe(32)


def _cookie() -> str:
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"
