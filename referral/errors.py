"""Every refusal becomes a page that says what happened and what to do, and keeps what was typed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, SecurityError

from models.errors import DomainError
from referral.access import current_actor, looking
from referral.extensions import db
from referral.i18n import lazy
from referral.origins import ForeignRequest
from referral.transactions import reading

log = structlog.get_logger()
SECRET_FIELDS = frozenset({"csrf_token", "password", "new_password", "repeat_password"})

CODE = re.compile(r"[a-z_]+|(?=.*[a-z])[\w-]{16,}", re.ASCII)
"""What forms send beside what somebody typed: codes and keys."""


@dataclass(frozen=True)
class Advice:
    """What an error page says."""

    status: int
    title: Any
    what_to_do: Any


ADVICE: Mapping[str, Advice] = {
    "wrong_password": Advice(422, lazy("That is not your present password"), lazy("Go back and type it again.")),
    "domain_error": Advice(409, lazy("That is not possible here"), lazy("Go back and look at the record again.")),
    "wrong_step": Advice(
        409,
        lazy("This step is no longer possible"),
        lazy("Somebody has already moved this record on. Open it again to see where it stands."),
    ),
    "reason_missing": Advice(
        422, lazy("A reason is missing"), lazy("This step needs a reason. Go back, choose one and send again.")
    ),
    "plan_exists": Advice(409, lazy("This help is planned already"), lazy("Open its plan and change it there.")),
    "not_taken_on": Advice(
        409,
        lazy("There is nothing to plan"),
        lazy("The referral has not been taken on, or it has ended. Open it again to see where it stands."),
    ),
    "plan_period": Advice(422, lazy("The plan would end before it begins"), lazy("Go back and look at both days.")),
    "plan_not_active": Advice(
        409, lazy("The plan is paused or has ended"), lazy("Let it go on first, or choose a day within it.")
    ),
    "rule_not_understood": Advice(
        422, lazy("This recurrence is not understood"), lazy("Go back and choose days of the week or of the month.")
    ),
    "no_units_left": Advice(
        409, lazy("The plan has not so many units left"), lazy("Ask for less, or change the plan first.")
    ),
    "day_passed": Advice(422, lazy("This day is over"), lazy("Go back and choose a day that is still to come.")),
    "day_to_come": Advice(422, lazy("This day is still to come"), lazy("Sign it when the round is done.")),
    "already_signed": Advice(
        409,
        lazy("This day is signed already"),
        lazy("Open the round again. A wrong entry is corrected among the visits; nothing is overwritten."),
    ),
    "stop_missing": Advice(
        409,
        lazy("The stops of this day have changed"),
        lazy("Open the round again and sign what now stands there."),
    ),
    "units_missing": Advice(
        422, lazy("How much was given?"), lazy("Help does not end without it. Go back and enter the units, 0 for none.")
    ),
    "units_contradict": Advice(
        422,
        lazy("Outcome and units contradict each other"),
        lazy("Not served means nothing was given; else say how much. Go back and put it right."),
    ),
    "already_settled": Advice(
        409, lazy("Somebody has settled this already"), lazy("Open it again to see what was found.")
    ),
    "already_handled": Advice(
        409, lazy("Somebody has acted already"), lazy("Open the person’s page to see what was done.")
    ),
    "nothing_to_confirm": Advice(
        409,
        lazy("There is nothing to confirm yet"),
        lazy("A code is given out, and a word taken, once a provider has promised help."),
    ),
    "already_taken": Advice(
        409,
        lazy("This was taken on that day already"),
        lazy("Choose another day, or correct the sheet that is there."),
    ),
    "not_offered": Advice(409, lazy("This instrument is not offered"), lazy("An administrator can switch it on.")),
    "call_in_future": Advice(
        422, lazy("This moment has not come yet"), lazy("Go back and write down when it happened.")
    ),
    "day_in_future": Advice(422, lazy("This day has not come yet"), lazy("Go back and write down when it happened.")),
    "levels_missing": Advice(
        422, lazy("All five steps need words of their own"), lazy("Go back and say what each step looks like.")
    ),
    "no_place_left": Advice(
        409,
        lazy("The last place has just been taken"),
        lazy("Choose another provider, or leave the need open for the next round."),
    ),
    "fund_short": Advice(
        409,
        lazy("The fund has not so much left"),
        lazy("Choose another provider, ask for more money in the fund, or leave the need open for the next round."),
    ),
    "fund_too_small": Advice(
        409,
        lazy("So much is promised or spent already"),
        lazy("Go back and state at least what is given away."),
    ),
    "amount_missing": Advice(
        409,
        lazy("What does it cost?"),
        lazy("This offer is paid from a fund. Enter the estimated value of the need first, then send it again."),
    ),
    "own_visit": Advice(
        409,
        lazy("That is a visit of your own"),
        lazy("Somebody else must approve, dispute or explain it: another supervisor, or the coordinator."),
    ),
    "hours_not_yours": Advice(
        409, lazy("These hours are for others to decide"), lazy("Go back to the list of those that wait for you.")
    ),
    "hours_already_decided": Advice(
        409,
        lazy("This was decided already"),
        lazy("Somebody else was faster, or the entry was corrected. Open it again to see where it stands."),
    ),
    "quota_too_small": Advice(409, lazy("So much is drawn already"), lazy("Go back and state at least what is drawn.")),
    "contract_number_taken": Advice(
        409, lazy("There is a contract with this number"), lazy("Look for it in the list, or correct the number.")
    ),
    "contract_used_up": Advice(
        409,
        lazy("Nothing is left of the contract"),
        lazy("Nobody else pays for this help there. Choose another provider, or ask the coordinator for more."),
    ),
    "month_not_over": Advice(409, lazy("The month is not over"), lazy("Make the sheet out when its last day is past.")),
    "month_settled": Advice(
        409,
        lazy("There is a sheet already"),
        lazy("A month is settled once, and in order. What changed since goes into the next month by itself."),
    ),
    "own_sheet": Advice(
        409,
        lazy("You made this sheet out"),
        lazy("Somebody else must confirm it. It waits for them."),
    ),
    "figures_changed": Advice(
        409,
        lazy("The figures have changed"),
        lazy("Hours were approved, disputed or corrected since. Throw the draft away and make it out anew."),
    ),
    "deduction_too_large": Advice(409, lazy("More than the month is worth"), lazy("Go back and take off less.")),
    "paid_too_much": Advice(
        409, lazy("More than the sheet says"), lazy("Go back and enter what was paid, at most the sum of the sheet.")
    ),
    "not_entitled": Advice(
        409,
        lazy("This organization may not issue statements"),
        lazy("The coordinator enters where it is written that it may, on the organization's page."),
    ),
    "name_needed": Advice(
        409, lazy("A statement needs a real name"), lazy("This volunteer is entered under an alias.")
    ),
    "nothing_to_state": Advice(
        409, lazy("No hours in these days"), lazy("Choose other days, or record the hours first.")
    ),
    "too_many_hours": Advice(
        409, lazy("More than 24 hours on one day"), lazy("Look at what is entered for that day already.")
    ),
    "already_corrected": Advice(409, lazy("This entry was corrected already"), lazy("Correct the newer one.")),
    "changed_meanwhile": Advice(
        409,
        lazy("Somebody else changed this at the same time"),
        lazy(
            "Nothing was overwritten. Open the record again and enter your change once more; "
            "what you typed is kept below."
        ),
    ),
    "round_at_work": Advice(
        409,
        lazy("A round is being computed already"),
        lazy("Look at the list of rounds: it will be ready in a moment."),
    ),
    "round_overtaken": Advice(
        409,
        lazy("Another round was computed meanwhile"),
        lazy("This one would bring back what stood then. Look at the newer round, or start one."),
    ),
    "study_at_work": Advice(
        409,
        lazy("A study of this area is being computed"),
        lazy("Wait until it is ready: it is shown on the page. Then ask the next question."),
    ),
    "scenario_not_ready": Advice(
        409,
        lazy("This answer is not ready"),
        lazy("It is being computed, it failed, or it was thrown away. Open it again to see where it stands."),
    ),
    "round_not_open": Advice(
        409,
        lazy("This round can no longer be changed"),
        lazy("It is being applied, is applied, or was thrown away. Open it again to see where it stands."),
    ),
    "already_referred": Advice(
        409,
        lazy("This need has already been referred"),
        lazy("Look at the referral that is under way before you make another."),
    ),
    "visit_corrected": Advice(
        409,
        lazy("This entry has been corrected already."),
        lazy("Open the help again and correct the entry that counts now."),
    ),
    "entry_key_reused": Advice(
        409,
        lazy("This form was already saved with other content"),
        lazy("The first entry stands. Open a new form for another visit, or correct the first entry."),
    ),
    "not_a_picture": Advice(
        422,
        lazy("This is no picture that we can read"),
        lazy("Take the photo again, or send the entry without it. JPEG, PNG and WebP up to 12 MB are read."),
    ),
    "phone_clash": Advice(
        409,
        lazy("Something has changed meanwhile"),
        lazy("Nothing was overwritten. Look at both versions, then decide."),
    ),
    "person_gone": Advice(
        409,
        lazy("This person is no longer with you"),
        lazy("Another station looks after them by now, or the referral was taken back. Your entry is kept; ask there."),
    ),
    "not_clear_who": Advice(
        409,
        lazy("It is not clear who was meant"),
        lazy("Choose the person. Nothing was saved yet, and nothing of what you wrote is lost."),
    ),
    "not_eligible": Advice(
        409,
        lazy("This provider cannot take this need"),
        lazy("A rule of the service does not fit. The page of the need shows which."),
    ),
    "needs_go_on": Advice(
        409,
        lazy("Needs of this case are still open"),
        lazy("See to them first: take referrals back, or close the needs with a reason."),
    ),
    "assessed_today": Advice(
        409,
        lazy("There is an assessment of this day already"),
        lazy("Look at it on the page of the case."),
    ),
    "glass_spent": Advice(
        429,
        lazy("You have asked for too many files from outside today"),
        lazy("Five a day are allowed. Ask the station that looks after the person, or your supervisor."),
    ),
    "own_glass": Advice(
        409,
        lazy("Nobody reviews what they opened themselves"),
        lazy("Another supervisor or the coordinator of the area reviews it."),
    ),
    "consent_missing": Advice(
        409,
        lazy("The person has not agreed to this organization"),
        lazy(
            "Nothing was sent. Ask the person, write down what was agreed to on the person’s page, and send again. "
            "In danger to life or health send it as an emergency, with the reason."
        ),
    ),
    "guardian_missing": Advice(
        422,
        lazy("A guardian must agree"),
        lazy("Whoever is under 14 cannot agree alone. Ask a parent or another guardian and write down who it was."),
    ),
    "consent_incomplete": Advice(
        422,
        lazy("Something is missing in what was agreed to"),
        lazy("Say to what, how and by whom it was agreed; spoken consent needs a witness, a “no” needs a reason."),
    ),
    "notice_missing": Advice(
        409,
        lazy("There is no notice yet that could be read to the person"),
        lazy("Whoever runs this installation loads it with “referral seed reference”."),
    ),
    "own_emergency": Advice(
        409,
        lazy("Somebody else must review this"),
        lazy("Whoever sent a referral without consent cannot judge whether it was an emergency."),
    ),
    "already_asked": Advice(
        409,
        lazy("This is asked for already"),
        lazy("Answer the request that is open; a new one may follow."),
    ),
    "second_person": Advice(
        409,
        lazy("A second person is needed"),
        lazy("A supervisor or coordinator who did not write the request down does this."),
    ),
    "leader_needed": Advice(
        409,
        lazy("This is for supervisors and coordinators"),
        lazy("Ask your supervisor to open the request."),
    ),
    "kept_for_now": Advice(
        409,
        lazy("The file cannot be emptied now"),
        lazy("The page of the request shows why. It can be halted instead, and refused with the reason."),
    ),
    "removal_under_way": Advice(
        409,
        lazy("A removal is under way already"),
        lazy("Confirm it, drop it, or wait until it is done."),
    ),
    "nothing_to_remove": Advice(409, lazy("There is nothing to remove"), lazy("Every record is within its time.")),
    "removal_needs_two": Advice(
        409,
        lazy("Somebody else confirms what you proposed"),
        lazy("Ask another administrator or a coordinator."),
    ),
    "file_halted": Advice(
        409,
        lazy("This file is halted"),
        lazy("The person asked for it: nothing in it is changed or sent on until a supervisor ends the halt."),
    ),
    "400": Advice(400, lazy("The page could not read that"), lazy("Go back, check what you typed and send it again.")),
    "foreign": Advice(
        403,
        lazy("This was not sent from here"),
        lazy(
            "Another website tried to change something in your name. Nothing was changed. Use the pages of this site."
        ),
    ),
    "404": Advice(
        404,
        lazy("There is nothing here for you"),
        lazy("The address is wrong, or the record is not one that you may see. Start again from your desk."),
    ),
    "405": Advice(405, lazy("That cannot be done this way"), lazy("Use the buttons of the page.")),
    "413": Advice(
        413, lazy("The file is too large"), lazy("Files may have up to 20 MB. Split the file and try again.")
    ),
    "csrf": Advice(
        400,
        lazy("The page was open for too long"),
        lazy("For your safety the form has expired. Nothing was saved yet; look at what you typed and send it again."),
    ),
    "busy": Advice(
        503,
        lazy("Too many people are writing at this moment"),
        lazy("Nothing was saved. Wait a few seconds, then send again; what you typed is kept below."),
    ),
    "log_not_written": Advice(
        503,
        lazy("The log cannot be written at this moment"),
        lazy("Files of people are shown only if that is logged. Wait a little and open the page again."),
    ),
    "500": Advice(
        500,
        lazy("Something went wrong on our side"),
        lazy("Nothing was half saved. Try again; if it happens again, tell whoever runs this installation."),
    ),
}


def typed() -> list[tuple[str, str]]:
    """Return what the person had typed into the form, without secrets, for keeping on the error page."""
    return [
        (name, value) for name, value in request.form.items(multi=True) if name not in SECRET_FIELDS and value.strip()
    ]


def page(code: str, **facts: Any) -> Response:
    """Return the page of an error in the reader's language."""
    db.session.rollback()
    advice = ADVICE.get(code, ADVICE["domain_error"])
    kept = typed() if request.method == "POST" and code != "413" else []  # which cannot be read at all
    # The look of the view has ended; the bar of the page still says which files are open to the account. It only reads:
    # while another holds SQLite's write lock, the page that says so would wait for it.
    with reading(), looking(db.session, current_actor(), because="error_page"):
        body = render_template(
            "errors/error.html",
            title=advice.title,
            text=advice.what_to_do,
            typed=kept,
            words=[value for _name, value in kept if not CODE.fullmatch(value)],
            back=_page_before(),
            **facts,
        )
    return make_response(body, advice.status)


def _page_before() -> str | None:
    """Return the path of the page the person came from, if it is ours."""
    parts = urlsplit(request.referrer or "")
    if parts.netloc != request.host or parts.path == request.path:
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")


def init_app(app: Flask) -> None:
    """Register a page for each kind of error."""
    app.register_error_handler(DomainError, lambda error: page(error.code, error=error))
    app.register_error_handler(StaleDataError, lambda _error: page("changed_meanwhile"))
    app.register_error_handler(CSRFError, lambda _error: page("csrf"))
    app.register_error_handler(IntegrityError, _refused_by_database)
    app.register_error_handler(OperationalError, _database_busy)
    app.register_error_handler(ForeignRequest, lambda _error: page("foreign"))
    app.register_error_handler(SecurityError, _unknown_host)
    app.register_error_handler(HTTPException, _http)
    if not app.testing:
        app.register_error_handler(Exception, _unexpected)


def _http(error: HTTPException) -> Response | HTTPException:
    if error.code is None or error.code < 400:
        return error
    code = str(error.code)
    return page(code if code in ADVICE else "400" if error.code < 500 else "500")


def _unknown_host(_error: SecurityError) -> Response:
    """Somebody asked for a name that is not ours: no page, for its links would lead to that name."""
    return Response("This site is not known by that name.\n", 400, mimetype="text/plain")


def _refused_by_database(error: IntegrityError) -> Response:
    """A constraint held where two people raced: the later one is told, nothing is half saved."""
    log.warning("constraint", endpoint=request.endpoint, constraint=type(error.orig).__name__)
    return page("changed_meanwhile")


def _database_busy(error: DBAPIError) -> Response:
    log.error("database", endpoint=request.endpoint, error=type(error.orig).__name__)
    return page("busy")


def _unexpected(error: Exception) -> Response:
    log.exception("unexpected", endpoint=request.endpoint, exc_info=error)
    return page("500")
