"""The evaluator: report, definitions, the records behind each figure."""

from flask import Blueprint

blueprint = Blueprint("evaluation", __name__)

from referral.evaluation import (  # noqa: E402, F401  views need the blueprint
    monthly,
    printing,
    sampling,
    snapshots,
    study,
    views,
)
