"""Learned chances: plain numbers that say what scikit-learn says, judged on what came later, used only if better."""

import json
from typing import Any

import numpy as np
import pytest

from matching import Needs, Openings, Params, Problem, solve
from matching.judging import LEAST_OF_GROUP, by_group, calibration, enough, scores, split, trial, verdict
from matching.uptake import LEAST, MOST, basis, chance, effects, fit, known, learn

KINDS = np.array(["charity", "station", "volunteers"])


def world(rows: int, *, seed: int = 1, kind: float = 1.5, load: float = 1.2) -> tuple[dict[str, Any], np.ndarray]:
    """Requests whose chance falls with the load and depends on the kind of provider, told in the columns of a table."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(0, 3, rows)
    busy = rng.exponential(1.0, rows)
    true = 1 / (1 + np.exp(-(0.5 + kind * (kinds - 1) - load * (busy - 1))))
    columns = {
        "rate": np.clip(0.7 + rng.normal(0, 0.05, rows), 0, 1),
        "load": busy,
        "provider_kind": KINDS[kinds],
        "weekday": rng.integers(0, 7, rows).astype(np.str_),
    }
    return columns, rng.random(rows) < true


def of_scikit_learn(columns: dict[str, Any], outcome: np.ndarray, asked: dict[str, Any]) -> np.ndarray:
    classifier, transformers = fit(columns, outcome)
    blocks = [t.transform(known(asked[name])[:, None]) for name, t in transformers if t is not None]
    features = np.hstack([np.zeros((len(asked["load"]), 1)), *blocks])
    return np.asarray(classifier.predict_proba(features)[:, 1])


def test_the_plain_numbers_say_what_scikit_learn_says() -> None:
    columns, outcome = world(3000)
    asked, _ = world(2000, seed=2)
    asked["load"] = asked["load"] * 3 - 1  # far outside what was learned from, on both sides
    asked["provider_kind"][:50] = "never seen"
    shape = json.loads(json.dumps(learn(columns, outcome)))
    ours = chance(shape, asked)
    theirs = np.clip(of_scikit_learn(columns, outcome, asked), LEAST, MOST)
    assert np.abs(ours - theirs).max() < 1e-9
    assert ours.std() > 0.1


def test_splines_are_a_partition_of_one_and_constant_outside() -> None:
    knots = [-3.0, -2.0, -1.0, 0.0, 0.5, 2.0, 3.5, 5.0, 6.5]
    values = np.linspace(-5, 9, 400)
    found = basis(values, knots, 3)
    assert found.shape == (400, len(knots) - 4)
    assert np.abs(found.sum(axis=1) - 1).max() < 1e-12
    assert np.array_equal(basis(np.array([-9.0]), knots, 3), basis(np.array([0.0]), knots, 3))
    assert np.array_equal(basis(np.array([9.0]), knots, 3), basis(np.array([2.0]), knots, 3))


def test_unknown_numbers_and_columns_that_never_change_do_no_harm() -> None:
    columns, outcome = world(600)
    columns["load"][:40] = np.nan
    columns["rate"] = np.full(600, 0.8)
    shape = learn(columns, outcome)
    assert [part["name"] for part in shape["numbers"]] == ["load"]
    told = chance(shape, columns | {"load": np.full(600, np.nan)})
    assert np.isfinite(told).all()
    with pytest.raises(ValueError, match="both ways"):
        learn(columns, np.ones(600, np.bool_))


def test_a_model_that_knows_more_than_the_rate_of_the_provider_is_better_and_calibrated() -> None:
    columns, outcome = world(4000)
    sexes = np.where(np.arange(4000) % 2 == 0, "female", "male")
    rows = np.arange(4000)
    shape, measures, said = trial(
        columns, outcome, taught=rows < 3000, judged=rows >= 3000, pairs={"km": columns["load"]}, groups={"sex": sexes}
    )
    assert said == "better"
    assert measures["model"]["brier"] < 0.9 * measures["base"]["brier"]
    assert measures["model"]["brier"] < 0.9 * measures["provider"]["brier"]
    assert measures["model"]["log_loss"] < measures["base"]["log_loss"]
    assert measures["judged"] == 1000 == sum(part["rows"] for part in measures["calibration"])
    assert max(abs(part["foretold"] - part["came"]) for part in measures["calibration"]) < 0.15
    assert [group["code"] for group in measures["groups"]["sex"]["shown"]] == ["female", "male"]
    assert all(abs(one["foretold"] - one["came"]) < 4 * one["error"] for one in measures["groups"]["sex"]["shown"])
    assert {"boosted", "pairs"} <= set(measures)
    told = effects(shape)
    assert told[0][0] == "provider_kind"
    assert told[0][1:3] == ("charity", "volunteers")
    load = next(one for one in told if one[0] == "load")
    assert load[3] > load[4]  # the busier, the smaller the chance


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_noise_is_never_better_than_the_base_rate(seed: int) -> None:
    columns, outcome = world(2000, seed=seed, kind=0, load=0)
    rows = np.arange(2000)
    assert trial(columns, outcome, taught=rows < 1500, judged=rows >= 1500, pairs={}, groups={})[2] == "no_better"


def test_too_few_rows_and_an_outcome_that_hardly_changes_are_not_learned_from() -> None:
    columns, outcome = world(350)
    rows = np.arange(350)
    shape, measures, said = trial(columns, outcome, taught=rows < 260, judged=rows >= 260, pairs={}, groups={})
    assert (shape, measures, said) == ({}, {"judged": 90}, "too_few")
    taught, judged = np.ones(900, np.bool_), np.ones(200, np.bool_)
    taught[:400] = False
    judged[:19] = False
    assert enough(taught, judged) == "one_sided"
    judged[19] = False
    assert enough(taught, judged) is None


def test_a_small_gain_or_one_of_few_rows_does_not_count() -> None:
    came = np.tile([True, True, True, False], 100)
    base = np.full(400, 0.75)
    assert verdict(np.where(came, 0.76, 0.74), {"base": base}, came) == "better"  # sure of every row
    assert verdict(np.where(came, 0.751, 0.749), {"base": base}, came) == "no_better"  # below the margin
    lucky = base.copy()
    lucky[:4] = np.where(came[:4], 0.99, 0.01)
    assert verdict(lucky, {"base": base}, came) == "no_better"
    assert verdict(np.where(came, 0.9, 0.6), {"base": base, "provider": np.where(came, 0.95, 0.1)}, came) == "no_better"


def test_what_is_known_after_the_cut_neither_teaches_nor_judges() -> None:
    requested = np.arange(100.0)
    when_known = requested + 10
    cut, taught, judged = split(requested, when_known)
    assert (int(taught.sum()), int(judged.sum())) == (65, 25)
    assert when_known[taught].max() < cut <= requested[judged].min()
    assert not (taught & judged).any()


def test_measures_by_hand_and_small_groups_are_not_shown() -> None:
    found = scores(np.array([0.5, 0.9]), np.array([True, False]))
    assert found["brier"] == pytest.approx((0.25 + 0.81) / 2)
    assert found["log_loss"] == pytest.approx(-(np.log(0.5) + np.log(0.1)) / 2)
    assert calibration(np.array([0.2, 0.4]), np.array([False, True])) == [
        {"rows": 1, "foretold": 0.2, "came": 0.0},
        {"rows": 1, "foretold": 0.4, "came": 1.0},
    ]
    codes = np.array(["a"] * LEAST_OF_GROUP + ["b"] * (LEAST_OF_GROUP - 1))
    groups = by_group(np.full(len(codes), 0.5), np.arange(len(codes)) % 2 == 0, {"township": codes})
    assert [one["code"] for one in groups["township"]["shown"]] == ["a"]
    assert groups["township"]["small"] == 1


def test_no_chance_overrides_a_hard_rule_or_a_tier() -> None:
    """The urgent need takes the only place though it will hardly be taken on; a rule that fails stays one."""
    needs = Needs.make(3, tier=[1, 4, 1], age=[70, 70, 17], waiting_days=[0, 180, 0])
    openings = Openings.make(
        2, places=[1, 0], p_accept=[LEAST, MOST], p_complete=[LEAST, MOST], min_age=[60, -1],
    )  # fmt: skip
    for accept in (LEAST, MOST):
        sure = Openings.make(2, places=[1, 5], p_accept=[accept, 1.0], p_complete=[accept, 1.0], min_age=[60, 80])
        assert solve(Problem(needs, sure), Params()).assignment.tolist() == [0, -1, -1]
    assert solve(Problem(needs, openings), Params()).assignment.tolist() == [0, -1, -1]
