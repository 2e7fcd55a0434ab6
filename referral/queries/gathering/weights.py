"""The most points that each part of the score can count against a pair."""

from collections.abc import Mapping
from typing import Any

from matching import PARTS, Params


def most(params: Mapping[str, Any]) -> dict[str, int]:
    """Return the most points that each part counts with these parameters, as `queries.parameters.in_force` gives."""
    chosen = Params.from_dict(params)
    return {name: getattr(chosen, f"weight_{name}") for name in PARTS}
