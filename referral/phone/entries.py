"""What the phone's queue speaks to: a token for sending, the entries themselves, and the people it may keep."""

from datetime import datetime
from typing import Any

from flask import jsonify, request
from flask_wtf.csrf import generate_csrf
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from models import PhoneOperation, RiskGrade
from referral import clock
from referral.access import Act, actor, allow
from referral.actions.phone import PhoneKeyReused
from referral.errors import ADVICE
from referral.extensions import db
from referral.i18n import _, in_language
from referral.phone import blueprint, sealing, taking
from referral.phone.clashes import Clashes
from referral.phone.sealing import Envelope, NotOurs
from referral.phone.words import saved_words
from referral.queries import phone
from referral.words import word

Answer = tuple[Response, int]
SIDE = ("key", "operation", "account", "point", "nonce", "sealed")


@blueprint.get("/token")
@allow(Act.LOG_VISIT)
def show_token() -> Response:
    """Give what a sending needs: a fresh token, whose session this is, and the key to seal with."""
    answer = jsonify(token=generate_csrf(), account=str(actor().id), point=sealing.public_point())
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.get("/people")
@allow(Act.LOG_VISIT)
def list_people() -> Response:
    """Give the people of the day, at most twenty, for a worker who has asked to keep them for a day."""
    stops = [stop for hamlet in phone.day(db.session, actor(), clock.today()) for stop in hamlet.stops][: phone.MOST]
    answer = jsonify(
        account=str(actor().id),
        people=[
            {
                "target": f"{stop.kind}:{stop.key}",
                "name": stop.name or stop.number,
                "village": in_language(stop.village),
                "risk": word(stop.risk) if stop.risk and stop.risk is not RiskGrade.USUAL else "",
                "last": stop.last_at.astimezone(clock.SHANGHAI).strftime("%m-%d") if stop.last_at else "",
                "promise": stop.promise or "",
                "seen": f"{stop.name}|{stop.village.code}" if stop.kind == "people" else "",
            }
            for stop in stops
        ],
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/entries")
@allow(Act.LOG_VISIT)
def take_entry() -> Answer:
    """Take one sealed entry. What is not taken is answered with both versions, and stays on the phone."""
    sent: Any = request.get_json(silent=True)
    try:
        envelope = Envelope(**{name: str(sent[name]) for name in SIDE})
        operation = PhoneOperation(envelope.operation)
        content = sealing.open_envelope(envelope)
        fields = MultiDict((name, str(one)) for name, many in content["fields"].items() for one in many)
        written = datetime.fromisoformat(content["written_at"]).astimezone(clock.SHANGHAI)
    except (TypeError, KeyError, ValueError, AttributeError, NotOurs):
        return _told(
            "unreadable",
            _("This entry does not open here."),
            _("It was written for another installation, or is damaged. It stays on the phone."),
            422,
        )
    if envelope.account != str(actor().id):
        return _told("foreign", _("Somebody else wrote this"), _("It is sent when they sign in."), 409)
    fields["entry_key"] = envelope.key
    fields["resolve"] = str(sent.get("resolve") or "")
    taken = taking.take(db.session, operation, fields, by=actor(), at=clock.now(), written_at=min(written, clock.now()))
    if taken.saved:
        return jsonify(
            state="saved", again=taken.again, reply=taken.reply, title=saved_words(operation, taken.reply)
        ), 200
    if taken.error is not None:
        return _refused(taken, fields)
    errors = [f"{taken.form[name].label.text}: {_first(found)}" for name, found in taken.form.errors.items() if name]
    return _told("invalid", _("Something is missing in this entry"), "; ".join(errors), 422, fields=_fields(fields))


def _first(found: Any) -> str:
    return str(found[0] if isinstance(found, list | tuple) else found)


def _fields(fields: MultiDict[str, str]) -> dict[str, list[str]]:
    """Return what was written, for its own writer to open it again."""
    return {name: fields.getlist(name) for name in fields if name not in ("resolve", "csrf_token")}


def _refused(taken: taking.Taken, fields: MultiDict[str, str]) -> Answer:
    error = taken.error
    code = getattr(error, "code", "domain_error")
    advice = ADVICE.get(code, ADVICE["domain_error"])
    facts: dict[str, Any] = {"fields": _fields(fields)}
    if isinstance(error, Clashes):
        facts |= {
            "clashes": [{"title": one.title, "mine": one.mine, "theirs": one.theirs} for one in error.found],
            "may_also": error.may_also,
            "choices": error.choices,
        }
    status = 422 if isinstance(error, PhoneKeyReused) else advice.status
    return _told(code, str(advice.title), str(advice.what_to_do), status, **facts)


def _told(code: str, title: str, text: str, status: int, **facts: Any) -> Answer:
    state = "refused" if status == 422 and code != "invalid" else "conflict"
    return jsonify(state=state, code=code, title=title, text=text, **facts), status
