"""What makes the pages an application: manifest, service worker, and the page that stands in without a network."""

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Response, render_template, url_for
from flask import json as flask_json

from models import PhoneOperation
from referral.access import Act, actor, allow
from referral.extensions import db
from referral.i18n import LANGUAGES, _, language, speaking
from referral.phone import blueprint, taking
from referral.phone.pages import usual
from referral.phone.words import ON_THE_PHONE

STATIC = Path(__file__).resolve().parents[1] / "static"
ASSETS = (
    "css/tokens.css",
    "css/ui.css",
    "css/phone.css",
    "js/phone-store.js",
    "js/phone-drafts.js",
    "js/phone-send.js",
    "js/phone.js",
    "icons/mark.svg",
    "icons/phone.svg",
)


@cache
def version() -> str:
    """Return what changes with any of the files that a phone keeps."""
    files = (STATIC / name for name in (*ASSETS, "js/phone-sw.js"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


@blueprint.get("/manifest.webmanifest")
@allow(Act.INSTALL_PHONE)
def show_manifest() -> Response:
    """Name and icons for whoever installs the page."""
    icons = [
        {
            "src": url_for("static", filename=f"icons/phone-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    manifest = {
        "id": url_for("phone.show_day"),
        "name": _("Yuanqiao on the phone"),
        "short_name": _("Yuanqiao"),
        "lang": language().html,
        "start_url": url_for("phone.show_day"),
        "scope": url_for("phone.show_day"),
        "display": "standalone",
        "background_color": "#f3f6f5",
        "theme_color": "#0a5c55",
        "icons": icons,
        "shortcuts": [
            {"name": _("Help needed now"), "url": url_for("phone.file_lead")},
            {"name": _("Group session"), "url": url_for("phone.log_group")},
        ],
    }
    return Response(flask_json.dumps(manifest), mimetype="application/manifest+json")


@blueprint.get("/words.<any(zh, en):language>.js")
@allow(Act.INSTALL_PHONE)
def show_words(language: str) -> Response:
    """The words of the scripts in one language."""
    with speaking(language):
        told = {name: str(text) for name, text in ON_THE_PHONE.items()}
    answer = Response(f"self.WORDS = {json.dumps(told, ensure_ascii=False)};\n", mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/worker.js")
@allow(Act.INSTALL_PHONE)
def show_worker() -> Response:
    """The service worker, with the list of files it keeps and their version."""
    facts = {
        "version": version(),
        "scope": url_for("phone.show_day"),
        "shell": url_for("phone.show_shell"),
        "assets": [
            *(url_for("static", filename=name) for name in ASSETS),
            *(url_for("phone.show_words", language=code) for code in LANGUAGES),
        ],
        "scripts": [url_for("static", filename=f"js/{name}.js") for name in ("phone-store", "phone-send")],
    }
    body = (STATIC / "js" / "phone-sw.js").read_text("utf-8")
    answer = Response(f"const FACTS = {json.dumps(facts)};\n{body}", mimetype="text/javascript")
    answer.headers["Service-Worker-Allowed"] = url_for("phone.show_day")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.get("/shell")
@allow(Act.LOG_VISIT)
def show_shell() -> str:
    """The page that stands in without a network: all forms, and nothing about anybody."""
    start = usual(None)
    forms = {}
    for operation in PhoneOperation:
        data = start if operation is not PhoneOperation.LEAD else {}
        forms[operation.value] = _apart(taking.blank(db.session, operation, actor(), **data), operation.value)
    return render_template("phone/show_shell.html", forms=forms)


def _apart(form: object, prefix: str) -> object:
    """Give the fields of a form ids of their own, since three forms share the page."""
    for field in form:  # type: ignore[attr-defined]
        field.id = f"{prefix}-{field.id}"
        field.label.field_id = field.id
    return form
