"""What a measurement says, and when a bar counts as held."""

from dataclasses import replace
from typing import Any

import pytest

from matching import bench
from matching.bars import Check, checks
from matching.bench import bench_round
from matching.bench_hours import bench_hours, hours_checks

FIGURES: dict[str, Any] = {
    "needs": 10_000,
    "seconds": 0.4,
    "processor_share": 1.0,
    "certified": True,
    "served_by_tier": [10, 20, 5],
    "served_greedy_by_tier": [10, 18, 6],
    "networkx_ratio": 41.0,
    "networkx_agrees": True,
    "decline_p95_ms": 29.0,
    "decline_processor_ms": 20.0,
    "process_mb": 149.0,
}


def missed(**other: Any) -> list[str]:
    return [check.what for check in checks(FIGURES | other) if not check.held]


def test_every_bar_is_checked_and_any_of_them_can_be_missed() -> None:
    assert len(checks(FIGURES)) == 6
    assert missed() == []
    assert missed(seconds=0.51) == ["seconds"]
    assert missed(networkx_ratio=39.9) == missed(networkx_agrees=False) == ["faster than networkx"]
    assert missed(decline_p95_ms=30.1) == ["plan after a decline, p95"]
    assert missed(process_mb=151.0) == missed(process_mb=None) == ["memory of a process"]
    assert missed(certified=False) == ["optimum proved"]


def test_whoever_serves_more_of_an_urgent_tier_may_serve_fewer_of_the_next() -> None:
    assert missed(served_by_tier=[11, 17, 6]) == []
    assert missed(served_by_tier=[9, 25, 6]) == ["served up to each tier, beyond greedy"]
    assert missed(served_by_tier=[10, 18, 5]) == ["served up to each tier, beyond greedy"]


def test_on_a_busy_machine_the_processor_counts_and_that_is_said() -> None:
    assert missed(seconds=1.2, processor_share=0.4) == []
    assert "40% of a processor" in next(
        check.measured
        for check in checks(FIGURES | {"seconds": 1.2, "processor_share": 0.4})
        if check.what == "seconds"
    )
    assert missed(seconds=1.3, processor_share=0.4) == ["seconds"]
    assert missed(seconds=0.51, processor_share=0.9) == ["seconds"]
    assert missed(decline_p95_ms=90.0, processor_share=0.4) == []
    assert missed(decline_p95_ms=90.0, decline_processor_ms=31.0, processor_share=0.4) == ["plan after a decline, p95"]


def test_other_sizes_have_no_times_to_hold() -> None:
    few = checks(FIGURES | {"needs": 400, "seconds": 99.0})
    assert [check.what for check in few] == ["optimum proved", "served up to each tier, beyond greedy"]
    assert all(isinstance(check, Check) and check.held for check in few)
    assert not replace(few[0], held=False).held


def test_a_province_is_measured_city_by_city_on_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "PROVINCE_FROM", 900)
    monkeypatch.setattr(bench, "CITY_NEEDS", 50_000)
    monkeypatch.setattr(bench, "_store", small_city)
    figures = bench_round(150_000)
    assert (figures["cities"], figures["workers"], figures["needs"]) == (3, 2, 900)
    assert figures["certified"]
    assert figures["served"] == sum(figures["served_by_tier"]) >= figures["served_greedy"]
    assert 0 < figures["seconds"] <= figures["wall_seconds"]
    assert figures["process_mb"] is None or figures["process_mb"] > 50
    assert figures["decline_p95_ms"] > 0


def small_city(seed: int, folder: str) -> Any:
    """A small city in the place of a large one; a spawned worker finds it by name."""
    from pathlib import Path

    from matching.snapshots import store
    from matching.synthetic import city

    return store(city(300, seed), Path(folder) / f"{seed}.npz")


def test_hours_are_measured_with_what_is_proved_of_them() -> None:
    figures = bench_hours(200, seconds=0.5)
    assert all(check.held for check in hours_checks(figures))
    assert 0 < figures["hours_given"] <= figures["hours_left"]
    worse = figures | {"needs": 1_000, "gap": 0.02, "served_by_tier": [9, 9, 9, 9], "most_by_tier": [9, 8, 9, 9]}
    assert [check.held for check in hours_checks(worse)] == [False, False]
