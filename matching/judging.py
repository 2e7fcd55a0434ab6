"""How good foretold chances are: against what came, against the base rate, and group by group."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.uptake import LEAST, MOST, Chances, Columns, chance, known, learn

LEAST_TAUGHT = 300
"""Rows to learn from; below, a chance would be read out of noise."""
LEAST_JUDGED = 100
LEAST_OF_EACH = 20
"""Rows of either outcome, among those that teach and those that judge."""
MARGIN = 0.02
"""A model must make the Brier score smaller than the better of base rate and provider's rate by this share."""
SURE = 1.645
"""Standard errors by which the rows must agree that it does (one-sided, 95 %)."""
BINS = 10
LEAST_OF_GROUP = 30
"""A group with fewer rows is not shown: its share would be chance, and could speak of single people."""
TAUGHT_SHARE = 0.75

Outcome = NDArray[np.bool_]


def split(requested: NDArray[np.float64], when_known: NDArray[np.float64]) -> tuple[float, Outcome, Outcome]:
    """(cut, rows that teach, rows that judge): what was requested and known before the cut, and what was asked later.

    What was asked before the cut and known after it does neither.
    """
    cut = float(np.quantile(requested, TAUGHT_SHARE)) if len(requested) else 0.0
    return cut, (requested < cut) & (when_known < cut), requested >= cut


def scores(foretold: Chances, came: Outcome) -> dict[str, float]:
    """Brier score and log loss: smaller is better."""
    sure = np.clip(foretold, LEAST, MOST)
    return {
        "brier": float(np.square(foretold - came).mean()),
        "log_loss": float(-np.where(came, np.log(sure), np.log1p(-sure)).mean()),
    }


def calibration(foretold: Chances, came: Outcome) -> list[dict[str, float]]:
    """Ten parts of equal size by the chance foretold: what was foretold on average, and what came."""
    order = np.argsort(foretold, kind="stable")
    return [
        {"rows": len(part), "foretold": float(foretold[part].mean()), "came": float(came[part].mean())}
        for part in np.array_split(order, min(BINS, len(order)))
        if len(part)
    ]


def by_group(foretold: Chances, came: Outcome, groups: Mapping[str, NDArray[np.str_]]) -> dict[str, Any]:
    """For each grouping its groups with enough rows, and how many were too small to show."""
    found: dict[str, Any] = {}
    for name, codes in groups.items():
        shown, small = [], 0
        for code in np.unique(codes).tolist():
            rows = codes == code
            if (count := int(rows.sum())) < LEAST_OF_GROUP:
                small += 1
                continue
            told, share = float(foretold[rows].mean()), float(came[rows].mean())
            error = float(np.sqrt(max(share * (1 - share), 1e-9) / count))
            shown.append({"code": code, "rows": count, "foretold": told, "came": share, "error": error})
        found[name] = {"shown": shown, "small": small}
    return found


def verdict(foretold: Chances, rivals: Mapping[str, Chances], came: Outcome) -> str:
    """`better` where the chances beat every rival by the margin, surely, and in log loss too; else `no_better`."""
    ours = scores(foretold, came)
    for rival in rivals.values():
        theirs = scores(rival, came)
        won = np.square(rival - came) - np.square(foretold - came)
        error = float(won.std(ddof=1) / np.sqrt(len(won)))
        if (
            ours["brier"] > theirs["brier"] * (1 - MARGIN)
            or float(won.mean()) <= SURE * error
            or ours["log_loss"] >= theirs["log_loss"]
        ):
            return "no_better"
    return "better"


def enough(taught: Outcome, judged: Outcome) -> str | None:
    """Why the outcomes cannot be learned from: `too_few` rows, `one_sided`; None where they can."""
    if len(taught) < LEAST_TAUGHT or len(judged) < LEAST_JUDGED:
        return "too_few"
    sides = [int(side.sum()) for rows in (taught, judged) for side in (rows, ~rows)]
    return "one_sided" if min(sides) < LEAST_OF_EACH else None


def boosted(columns: Columns, outcome: Outcome, asked: Columns) -> Chances:
    """float64[n]: what calibrated gradient boosting foretells, rising with the rates: a rival of the plain sum."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import TimeSeriesSplit
    from sklearn.preprocessing import OrdinalEncoder

    names = list(columns)
    words = [name for name in names if columns[name].dtype.kind == "U"]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan)
    if words:
        encoder.fit(np.column_stack([columns[name] for name in words]))

    def features(of: Columns) -> NDArray[np.float64]:
        coded = encoder.transform(np.column_stack([of[name] for name in words])) if words else np.empty((0, 0))
        return np.column_stack([coded[:, words.index(name)] if name in words else of[name] for name in names])

    trees = HistGradientBoostingClassifier(
        max_iter=100,
        max_leaf_nodes=15,
        min_samples_leaf=40,
        monotonic_cst=[int(name in ("rate", "term_rate")) for name in names],
        categorical_features=[name in words for name in names],
        early_stopping=False,
        random_state=0,
    )
    # The rows come in order of time: no fold is judged by what came before it.
    model = CalibratedClassifierCV(trees, method="sigmoid", cv=_folds(outcome, TimeSeriesSplit(3)))
    model.fit(features(columns), outcome)
    foretold: Chances = np.clip(model.predict_proba(features(asked))[:, 1], LEAST, MOST)
    return foretold


def _folds(outcome: Outcome, splitter: Any) -> Any:
    """Folds in order of time, as far as each holds both outcomes; else three that are mixed."""
    folds = list(splitter.split(outcome))
    return folds if all(0 < outcome[part].sum() < len(part) for fold in folds for part in fold) else 3


def trial(
    columns: Columns,
    outcome: Outcome,
    *,
    taught: Outcome,
    judged: Outcome,
    pairs: Columns,
    groups: Mapping[str, NDArray[np.str_]],
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """(shape, measures, verdict): learn from the rows that teach, and judge on the later ones.

    `pairs` are columns that a round cannot use; the measures say what they would add. Shape and measures are empty
    where there is too little to learn from.
    """
    if why := enough(outcome[taught], outcome[judged]):
        return {}, {"judged": int(judged.sum())}, why

    def rows(of: Columns, mask: Outcome) -> dict[str, NDArray[Any]]:
        return {name: column[mask] for name, column in of.items()}

    came, asked = outcome[judged], rows(columns, judged)
    shape = learn(rows(columns, taught), outcome[taught])
    foretold = chance(shape, asked)
    rivals = {"base": np.full(len(came), float(outcome[taught].mean())), "provider": asked["rate"]}
    wider = {name: known(column) for name, column in {**columns, **pairs}.items()}
    others = {
        "boosted": boosted(rows(columns, taught), outcome[taught], asked),
        "pairs": chance(learn(rows(wider, taught), outcome[taught]), rows(wider, judged)),
    }
    measures = {
        "judged": len(came),
        "came": int(came.sum()),
        "model": scores(foretold, came),
        **{name: scores(one, came) for name, one in (rivals | others).items()},
        "calibration": calibration(foretold, came),
        "groups": by_group(foretold, came, {name: codes[judged] for name, codes in groups.items()}),
    }
    return shape, measures, verdict(foretold, rivals, came)
