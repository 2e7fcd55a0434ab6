"""What a worker's own entry holds, with its photo and signature."""

import base64
import uuid

from flask import Response, render_template
from sqlalchemy.orm import Session

from models import Account, PictureKind, Visit, VisitPicture
from referral.access import Act, allow, get_in_scope
from referral.extensions import db
from referral.phone import blueprint
from referral.queries import phone_entries


def _picture(session: Session, actor: Account, key: uuid.UUID) -> VisitPicture | None:
    found: VisitPicture | None = get_in_scope(session, actor, VisitPicture, key)
    return found


@blueprint.get("/visits/<uuid:key>")
@allow(Act.LOG_VISIT, find=phone_entries.own_entry)
def show_visit(visit: Visit) -> str:
    """What did I write?"""
    detail, pictures = phone_entries.beside(db.session, visit)
    return render_template("phone/show_visit.html", visit=visit, detail=detail, pictures=pictures)


@blueprint.get("/pictures/<uuid:key>")
@allow(Act.LOG_VISIT, find=_picture)
def show_picture(picture: VisitPicture) -> Response:
    """The picture itself."""
    kind = "image/png" if picture.kind is PictureKind.SIGNATURE else "image/jpeg"
    answer = Response(base64.b64decode(picture.image), mimetype=kind)
    answer.headers["Cache-Control"] = "no-store"
    return answer
