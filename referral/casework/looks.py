"""Who has looked at somebody's file: for those who look after the person."""

from flask import render_template, request

from models import Person
from referral.access import Act, allow
from referral.casework import blueprint
from referral.extensions import db
from referral.queries import log, people
from referral.queries.paging import paginate
from referral.vocabulary.log import ACTS
from referral.vocabulary.work import WORDS


@blueprint.get("/people/<uuid:key>/looks")
@allow(Act.READ_LOOKS, find=people.person_in_scope)
def list_looks(person: Person) -> str:
    """Who has looked at this file, when, and what for?"""
    page = paginate(db.session, log.looks(person.id), request.args.get("page", 1, type=int))
    return render_template(
        "casework/list_looks.html",
        person=person,
        page=page,
        names=log.names(db.session, page.items),
        acts=ACTS,
        roles=WORDS["Role"],
    )
