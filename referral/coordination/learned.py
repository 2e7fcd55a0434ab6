"""What was learned: from how many, how good, for whom, and whether rounds use it."""

from flask import render_template

from matching import judging, policy
from models import LearnedKind
from referral.access import Act, allow
from referral.actions.learning_words import LEAST_JUDGED
from referral.actions.suggestions import THRESHOLD
from referral.coordination import blueprint, learned_words
from referral.extensions import db
from referral.queries import learned
from referral.queries.gathering.rates import STRENGTH, USUAL_ACCEPTED, USUAL_COMPLETED
from referral.queries.training import LEFT_OUT

CHANCES = (LearnedKind.ACCEPTANCE, LearnedKind.COMPLETION)


@blueprint.get("/coordination/learned")
@allow(Act.READ_LEARNED)
def show_learned() -> str:
    """Show the last training of each kind and what it is worth."""
    models = learned.latest(db.session)
    areas = learned.areas(db.session, learned_words.townships(models))
    return render_template(
        "coordination/show_learned.html",
        models=models,
        chances=CHANCES,
        words=learned_words,
        areas=areas,
        left_out=LEFT_OUT.values(),
        offers=learned.offers(db.session),
        trainings=learned.trainings(db.session),
        of_words=models.get(LearnedKind.TERM_OF_WORDS),
        usual={"threshold": THRESHOLD, "strength": STRENGTH, "accepted": USUAL_ACCEPTED, "completed": USUAL_COMPLETED},
        least={"taught": judging.LEAST_TAUGHT, "judged": judging.LEAST_JUDGED, "group": judging.LEAST_OF_GROUP,
               "words": LEAST_JUDGED, "draws": policy.LEAST_ROWS, "margin": judging.MARGIN},
    )  # fmt: skip
