"""The chance that help comes about, learned from what came of requests: splines and a logistic curve, as numbers.

Additive, so that each part can be told in words; drawn towards the middle, so that a provider of whom little is known
gets a usual chance. What was learned is plain numbers for JSON: it is evaluated here with numpy alone, and never
holds an object that could run code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Columns = Mapping[str, NDArray[Any]]
Chances = NDArray[np.float64]
Shape = dict[str, Any]
"""`intercept`; `numbers`: name, knots, degree, coefficients; `choices`: name, codes, coefficients. Each with what is
usual, and numbers with their tenth and ninetieth per cent."""

DEGREE = 3
QUANTILES = (0.0, 0.25, 0.5, 0.75, 1.0)
LEAST, MOST = 0.01, 0.99
"""Nothing is certain: a chance never leaves these bounds."""


def learn(columns: Columns, outcome: NDArray[np.bool_]) -> Shape:
    """The additive model of an outcome. Columns of words become choices, columns of numbers splines.

    Raises:
        ValueError: no rows, or an outcome that never changes.
    """
    return as_shape(*fit(columns, outcome), columns)


def fit(columns: Columns, outcome: NDArray[np.bool_]) -> tuple[Any, list[tuple[str, Any]]]:
    """The fitted classifier of scikit-learn and the transformer of each column (None where it never changes)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import OneHotEncoder, SplineTransformer

    if len(outcome) == 0 or bool(outcome.all()) or not bool(outcome.any()):
        raise ValueError("an outcome must come out both ways")
    transformers: list[tuple[str, Any]] = []
    blocks: list[NDArray[np.float64]] = []
    for name, column in columns.items():
        transformer: Any = None
        if column.dtype.kind == "U":
            if len(np.unique(column)) > 1:
                transformer = OneHotEncoder(handle_unknown="ignore", sparse_output=False)
        elif len(knots := np.unique(np.quantile(known(column), QUANTILES))) > 1:
            transformer = SplineTransformer(
                degree=DEGREE, knots=knots[:, None], extrapolation="constant", include_bias=False
            )
        transformers.append((name, transformer))
        if transformer is not None:
            blocks.append(transformer.fit_transform(known(column)[:, None]))
    features = np.hstack([np.zeros((len(outcome), 1)), *blocks])
    classifier = LogisticRegression(C=1.0, max_iter=2000, tol=1e-6)
    return classifier.fit(features, outcome), transformers


def known(column: NDArray[Any]) -> NDArray[Any]:
    """The column with unknown numbers put at the middle of the known ones, 0 where none is known."""
    if column.dtype.kind == "U" or not (missing := np.isnan(column)).any():
        return column
    return np.where(missing, 0.0 if missing.all() else np.nanmedian(column), column)


def as_shape(classifier: Any, transformers: Sequence[tuple[str, Any]], columns: Columns) -> Shape:
    """What was fitted, as plain numbers and words."""
    weights = iter(classifier.coef_[0].tolist()[1:])
    numbers, choices = [], []
    for name, transformer in transformers:
        if transformer is None:
            continue
        column = columns[name]
        if column.dtype.kind == "U":
            codes = [str(code) for code in transformer.categories_[0]]
            counts = {code: int((column == code).sum()) for code in codes}
            usual = max(codes, key=lambda code: counts[code])
            choices.append(
                {"name": name, "codes": codes, "coefficients": [next(weights) for _ in codes], "usual": usual}
            )
            continue
        knots = transformer.bsplines_[0].t.tolist()
        tenth, usual, ninetieth = np.nanquantile(column, (0.1, 0.5, 0.9)).tolist()
        numbers.append(
            {
                "name": name,
                "knots": knots,
                "degree": DEGREE,
                "coefficients": [next(weights) for _ in range(len(knots) - DEGREE - 2)],
                "usual": usual,
                "tenth": tenth,
                "ninetieth": ninetieth,
            }
        )
    return {"intercept": float(classifier.intercept_[0]), "numbers": numbers, "choices": choices}


def basis(values: NDArray[np.float64], knots: Sequence[float], degree: int) -> NDArray[np.float64]:
    """float64[n, len(knots) - degree - 1]: the B-splines at each value (Cox and de Boor); constant outside."""
    t = np.asarray(knots, dtype=np.float64)
    x = np.clip(values, t[degree], t[-degree - 1])[:, None]
    found = ((x >= t[:-1]) & (x < t[1:])).astype(np.float64)
    for order in range(1, degree + 1):
        left, right = t[order:-1] - t[: -order - 1], t[order + 1 :] - t[1:-order]
        found = (x - t[: -order - 1]) / left * found[:, :-1] + (t[order + 1 :] - x) / right * found[:, 1:]
    return found


def logit(shape: Shape, columns: Columns) -> NDArray[np.float64]:
    """float64[n]: the sum of all parts for rows whose columns carry the shape's names; unknown words add nothing."""
    size = len(next(iter(columns.values())))
    total = np.full(size, float(shape["intercept"]))
    for part in shape["numbers"]:
        column = np.asarray(columns[part["name"]], dtype=np.float64)
        values = np.where(np.isnan(column), part["usual"], column)
        total += basis(values, part["knots"], part["degree"])[:, :-1] @ np.asarray(part["coefficients"])
    for part in shape["choices"]:
        worth = dict(zip(part["codes"], part["coefficients"], strict=True))
        codes, at = np.unique(columns[part["name"]], return_inverse=True)
        total += np.array([worth.get(str(code), 0.0) for code in codes])[at]
    return total


def chance(shape: Shape, columns: Columns) -> Chances:
    """float64[n]: the chance of each row, between LEAST and MOST."""
    return np.clip(1 / (1 + np.exp(-logit(shape, columns))), LEAST, MOST)


def effects(shape: Shape) -> list[tuple[str, str | float, str | float, float, float]]:
    """What each part does, all others as usual: (name, low, high, chance at low, chance at high), strongest first.

    Low and high are the tenth and ninetieth per cent of a number, and the worst and the best of the words.
    """
    usual = {part["name"]: part["usual"] for part in (*shape["numbers"], *shape["choices"])}

    def at(name: str, value: str | float) -> float:
        return float(chance(shape, {key: np.array([kept]) for key, kept in (usual | {name: value}).items()})[0])

    found = []
    for part in shape["numbers"]:
        low, high = part["tenth"], part["ninetieth"]
        found.append((part["name"], low, high, at(part["name"], low), at(part["name"], high)))
    for part in shape["choices"]:
        ranked = sorted(zip(part["coefficients"], part["codes"], strict=True))
        worst, best = ranked[0][1], ranked[-1][1]
        found.append((part["name"], worst, best, at(part["name"], worst), at(part["name"], best)))
    return sorted(found, key=lambda one: -abs(one[4] - one[3]))
