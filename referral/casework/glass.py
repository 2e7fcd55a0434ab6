"""Opening a file outside one's scope, reading it, giving it back, and reviewing what others opened."""

import wtforms
from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response
from wtforms.validators import InputRequired, Length, ValidationError

from models import GlassAccess, GlassReason, GlassVerdict
from models.glass import GLASS_BUDGET, GLASS_LASTS, SHORTEST_REASON
from referral import clock, log
from referral.access import Act, actor, allow
from referral.actions import glass as acts
from referral.casework import blueprint
from referral.casework.file_in_words import sections, titles_of
from referral.exports import plain
from referral.extensions import db
from referral.forms import Form, choices, coerce
from referral.i18n import _, lazy
from referral.queries import glass
from referral.queries.paging import paginate
from referral.queries.person_file import person_file

Answer = Response | str | tuple[str, int]
HOURS = int(GLASS_LASTS.total_seconds() // 3600)


class GlassForm(Form):
    """Whose file, why, and in whose words."""

    number = wtforms.StringField(
        lazy("File number or whole ID number"),
        [InputRequired(), Length(max=32)],
        description=lazy("Exactly as it stands on the paper. Parts of a number or names find nothing."),
    )
    reason = wtforms.RadioField(
        lazy("Why?"), [InputRequired()], choices=lambda: choices(GlassReason), coerce=coerce(GlassReason)
    )
    words = wtforms.TextAreaField(
        lazy("In your words"),
        [InputRequired(), Length(min=SHORTEST_REASON, max=2000)],
        description=lazy("What has happened, and what you need to know. The supervisors read it."),
    )


class ReviewForm(Form):
    """What whoever reviews it says."""

    verdict = wtforms.RadioField(
        lazy("Was it right to open the file?"),
        [InputRequired()],
        choices=lambda: choices(GlassVerdict),
        coerce=coerce(GlassVerdict),
    )
    note = wtforms.TextAreaField(
        lazy("Note"), [Length(max=2000)], description=lazy("Needed where it was not justified.")
    )

    def validate_note(self, field: wtforms.TextAreaField) -> None:
        """A reproach needs words."""
        if self.verdict.data is GlassVerdict.NOT_JUSTIFIED and not field.data:
            raise ValidationError(_("Please say why it was not justified."))


@blueprint.route("/glass/new", methods=["GET", "POST"])
@allow(Act.OPEN_GLASS)
def open_glass() -> Answer:
    """Open the file of somebody outside the scope for a reason and a limited time."""
    form, at = GlassForm(), clock.now()
    missed = False
    if form.validate_on_submit():
        asked, words = str(form.number.data), str(form.words.data)
        access = acts.open_glass(db.session, asked=asked, reason=form.reason.data, words=words, by=actor(), at=at)
        if access.person_id is not None:
            flash(_("The file is open for %(hours)s hours. The supervisors have been told.", hours=HOURS), "warning")
            return redirect(url_for("casework.show_glass", key=access.id))
        missed = True
    page = render_template(
        "casework/open_glass.html",
        form=form,
        missed=missed,
        left=glass.left_today(db.session, actor(), at),
        budget=GLASS_BUDGET,
        hours=HOURS,
    )
    return page, 422 if form.errors else 200


@blueprint.get("/glass")
@allow(Act.OPEN_GLASS)
def list_glass() -> str:
    """Show what one has opened, and what others said of it."""
    page = paginate(db.session, glass.own(actor()), request.args.get("page", 1, type=int))
    return render_template("casework/list_glass.html", page=page, now=clock.now())


@blueprint.get("/glass/<uuid:key>")
@allow(Act.OPEN_GLASS, find=glass.own_access)
def show_glass(access: GlassAccess) -> str:
    """Show the file that is open, for reading only."""
    assert access.person_id is not None  # noqa: S101  the finder gives live ones only
    file = person_file(db.session, access.person_id, because="a file opened by break-glass")
    log.read(db.session, [access.person_id], purpose=f"glass {access.reason.value}")
    return render_template(
        "casework/show_glass.html",
        access=access,
        person=file.person,
        sections=sections(file, whole=False),
        plain=plain,
        titles_of=titles_of,
    )


@blueprint.post("/glass/<uuid:key>/close")
@allow(Act.OPEN_GLASS, find=glass.own_access)
def close_glass(access: GlassAccess) -> Response:
    """Give the file back before its time."""
    acts.close_glass(db.session, access, by=actor(), at=clock.now())
    flash(_("The file is closed."), "success")
    return redirect(url_for("casework.list_glass"))


@blueprint.route("/glass/<uuid:key>/review", methods=["GET", "POST"])
@allow(Act.REVIEW_GLASS, find=glass.access_to_review)
def review_glass(access: GlassAccess) -> Answer:
    """Say whether somebody was right to open a file."""
    form = ReviewForm()
    if access.reviewed_at is None and form.validate_on_submit():
        acts.review(db.session, access, verdict=form.verdict.data, note=form.note.data, by=actor(), at=clock.now())
        flash(_("Thank you: the review is kept, and whoever opened the file is told."), "success")
        return redirect(url_for("casework.list_reviews"))
    page = render_template("casework/review_glass.html", access=access, form=form, now=clock.now())
    return page, 422 if form.errors else 200


@blueprint.get("/glass/reviews")
@allow(Act.REVIEW_GLASS)
def list_reviews() -> str:
    """Show what waits for a review, and what was reviewed."""
    page = paginate(db.session, glass.reviewed(actor()), request.args.get("page", 1, type=int))
    return render_template("casework/list_reviews.html", waiting=glass.open_reviews(db.session, actor()), page=page)
