"""The evaluator: report, definitions, the records behind each figure."""

from flask import Blueprint

blueprint = Blueprint("evaluation", __name__)

from referral.evaluation import views  # noqa: E402, F401  views need the blueprint
