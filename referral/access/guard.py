"""The one decorator that every view carries: may this account do this act, and to this record?"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import abort, current_app, make_response, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from models import Account
from referral import clock, log
from referral.access.scopes import opened_files
from referral.access.viewer import look_as, looking
from referral.acts import WAYS, WITHOUT_ACCOUNT, Act
from referral.extensions import db
from referral.transactions import reading

FIRST_ACTS = frozenset({Act.SIGN_IN, Act.USE_OWN_ACCOUNT})
"""What somebody may do who must first choose a better password or set a second factor up."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def may(actor: Account | None, act: Act) -> bool:
    """Say whether somebody may do an act at all (to records inside the scope)."""
    if actor is None:
        return act in WITHOUT_ACCOUNT
    return actor.role in WAYS[act]


def current_actor() -> Account | None:
    """Return the account that is signed in, or None."""
    return current_user.account if current_user.is_authenticated else None


def actor() -> Account:
    """Return the account that is signed in; for views behind `allow`."""
    account = current_actor()
    if account is None:
        abort(404)
    return account


Finder = Callable[..., Any]
"""finder(session, actor, **address) → the record inside the actor's scope, or None."""


def allow(act: Act, *, find: Finder | None = None) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Guard a view: may this account do `act`, and to this record? Then run it in one transaction.

    `find(session, actor, **address)` loads the record inside the actor's scope, and the view gets it as its only
    argument; without `find` the view gets the parts of the address. Answers 404 for what may not be known. A view
    that answers below 400 to a writing request is committed once; anything else is rolled back. Whose files were read
    stands in the log before the answer leaves.
    """

    def guard(view: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(view)
        def guarded(**address: Any) -> Response:
            with looking(db.session, None, because=act.value):
                try:
                    response = answered(address)
                except BaseException:
                    db.session.rollback()
                    log.write_reads(db.session)
                    raise
                log.write_reads(db.session)
                return response

        def answered(address: dict[str, Any]) -> Response:
            if request.method in SAFE_METHODS:
                # Marked before the account is loaded, else SQLite would give the page the one write lock.
                with reading():
                    response = checked(address)
                    # The look is over: what it read is logged next, and SQLite has one write lock.
                    db.session.commit()
                    return response
            response = checked(address)
            if response.status_code < 400:
                db.session.commit()
            else:
                db.session.rollback()
            return response

        def checked(address: dict[str, Any]) -> Response:
            account = current_actor()
            if account is None and act not in WITHOUT_ACCOUNT:
                return redirect(url_for("account.sign_in", next=request.full_path if request.method == "GET" else None))
            if not may(account, act):
                abort(404)
            if account is not None and act not in FIRST_ACTS and (first := current_user.first):
                return redirect(url_for(first))
            # An opened file is for reading: it does not leave with a list.
            if account is not None and request.method in SAFE_METHODS and not hasattr(view, "asks_reason"):
                account.opened_files = opened_files(db.session, account, clock.now())
            look_as(db.session, account, because=act.value)
            return _answer(view, find, account, address)

        guarded.act = act  # type: ignore[attr-defined]  # read by `unguarded`
        return guarded

    return guard


def _answer(
    view: Callable[..., Any], find: Finder | None, account: Account | None, address: dict[str, Any]
) -> Response:
    if find is None:
        return make_response(view(**address))
    record = find(db.session, account, **address)
    if record is None:
        abort(404)
    return make_response(view(record))


def unguarded() -> list[str]:
    """Return the endpoints of the application that no `allow` guards; the application does not start with any."""
    return [
        endpoint
        for endpoint, view in current_app.view_functions.items()
        if not endpoint.endswith("static") and not hasattr(view, "act")
    ]
