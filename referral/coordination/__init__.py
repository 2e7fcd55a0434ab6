"""The coordinator: needs, rounds, catalogue, imports."""

from flask import Blueprint

from referral import explanations

blueprint = Blueprint("coordination", __name__)
blueprint.record_once(lambda state: explanations.init_app(state.app))  # type: ignore[arg-type]  # it is a Flask

from referral.coordination import (  # noqa: E402, F401  views need the blueprint
    catalogue,
    contracts,
    entitling,
    funds,
    imports,
    learned,
    network,
    parameters,
    planning,
    proposals,
    rounds,
    scenario_files,
    scenarios,
    silence,
    views,
)
