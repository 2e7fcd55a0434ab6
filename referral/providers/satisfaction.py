"""What the people an organization served think of it, as far as a provider may know."""

from flask import render_template

from referral.access import Act, actor, allow
from referral.extensions import db
from referral.providers import blueprint
from referral.queries import closing


@blueprint.get("/satisfaction")
@allow(Act.READ_INBOX)
def show_satisfaction() -> str:
    """Show the mean of at least five answers with the share that answered; never one answer."""
    organization_id = actor().organization_id
    rated = closing.satisfaction_of(db.session, organization_id) if organization_id else closing.Rated(0, None, None)
    return render_template("providers/show_satisfaction.html", rated=rated, smallest=closing.SMALLEST_SHOWN)
