"""The weights of the score that a round takes when nobody says otherwise."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from matching import PARTS, Params


@cache
def usual() -> Params:
    """Return the parameters of the platform."""
    return Params()


def most(params: Mapping[str, Any] | None = None) -> dict[str, int]:
    """Return the most points that each part of the score can count against a pair."""
    chosen = usual() if params is None else Params.from_dict(params)
    return {name: getattr(chosen, f"weight_{name}") for name in PARTS}


def checked(params: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return parameters with the missing ones filled in; BadParams where one is unknown or outside its range."""
    return Params.from_dict(params or {}).as_dict()
