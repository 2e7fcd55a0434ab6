"""Hours that cannot be split, and money of funds, tier by tier."""

from dataclasses import replace
from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.budgets import plan_budgets, report
from matching.graph import Graph
from matching.hours import plan_hours
from matching.packing import Packing, pack
from matching.packing_bounds import Prices, bound
from matching.packing_parts import fillable, tightened
from matching.packing_prices import Knapsacks, priced

TIERS = 3


def some_packing(seed: int, n: int = 6, m: int = 3, funds: int = 2) -> Packing:
    """A small packing in which hours and money are both short."""
    rng = np.random.default_rng(seed)
    linked = rng.random((n, m)) < 0.7
    need, opening = np.nonzero(linked)
    ptr = np.concatenate([[0], np.cumsum(linked.sum(axis=1))])
    tier = rng.integers(1, TIERS + 1, n).astype(np.int8)
    graph = Graph(
        ptr.astype(np.int64),
        opening.astype(np.int32),
        rng.integers(0, 30, len(need)),
        rng.integers(0, 12, m),
        (TIERS + 1 - tier.astype(np.int64)) * 1000,
    )
    fund = rng.integers(-1, funds, m).astype(np.int32)
    hours, yuan = rng.integers(1, 7, n), rng.integers(0, 9, n) * 100
    money = np.where(fund[graph.opening] >= 0, yuan[graph.need], 0)
    return Packing(graph, tier, TIERS, hours[graph.need], fund, money, rng.integers(0, 13, funds) * 100)


def best(packing: Packing) -> tuple[list[int], int]:
    """Served by tier and cost of the best plan, by trying every one."""
    graph, found = packing.graph, None
    for pairs in product(*([-1, *range(graph.ptr[i], graph.ptr[i + 1])] for i in range(graph.n))):
        chosen = np.array(pairs, dtype=np.int64)
        if packing.holds(chosen):
            served, cost = packing.served(chosen).tolist(), int(graph.cost[chosen[chosen >= 0]].sum())
            if found is None or ([-count for count in served], cost) < ([-count for count in found[0]], found[1]):
                found = served, cost
    assert found is not None
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_small_packings_are_solved_to_the_best_plan_there_is_and_say_so(seed: int) -> None:
    packing = some_packing(seed)
    served, cost = best(packing)
    packed = pack(packing, effort=5.0)
    assert packing.holds(packed.chosen)
    assert packed.served.tolist() == packed.most.tolist() == served == packing.served(packed.chosen).tolist()
    assert packed.cost == packed.cost_bound == cost
    assert packed.value == packed.value_bound == cost + int(packing.graph.penalty[packed.chosen < 0].sum())
    assert packed.gap == packed.people_gap == 0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_without_a_search_plans_hold_and_no_bound_lies_on_the_wrong_side(seed: int) -> None:
    packing = some_packing(seed, funds=1 + seed % 2)
    served, cost = best(packing)
    packed = pack(packing, effort=1e-9)
    assert packing.holds(packed.chosen)
    sure = True
    for tier in range(TIERS):
        if sure:
            assert packed.served[tier] <= served[tier] <= packed.most[tier]
        sure = sure and packed.served[tier] == served[tier]
    if sure:
        assert packed.cost_bound <= cost <= packed.cost
    unmet = np.bincount(packing.tier, minlength=TIERS + 1)[1:] - served
    assert packed.value_bound <= cost + int((unmet * 1000 * np.arange(TIERS, 0, -1)).sum())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_whatever_the_prices_the_bound_is_one(seed: int, other: int) -> None:
    packing, rng = some_packing(seed), np.random.default_rng(other)
    served, cost = best(packing)
    prices = Prices(rng.random(3) * 20, rng.random(2), rng.normal(0, 20, TIERS), np.array(served))
    everybody = np.ones(packing.graph.n, dtype=np.bool_)
    assert bound(packing, packing.graph.cost, everybody, prices) <= cost


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(0, 30))
def test_whatever_the_prices_of_needs_the_bound_of_whole_fillings_is_one(seed: int, other: int, turns: int) -> None:
    packing, rng = some_packing(seed), np.random.default_rng(other)
    served, cost = best(packing)
    prices = Prices(np.zeros(3), rng.random(2), rng.normal(0, 20, TIERS), np.array(served), rng.random(6) * 30)
    everybody = np.ones(packing.graph.n, dtype=np.bool_)
    plain = priced(packing, packing.graph.cost, everybody, prices, turns=0)
    better = priced(packing, packing.graph.cost, everybody, prices, turns=turns)
    assert plain.bound <= better.bound <= cost
    assert ((better.share >= 0) & (better.share <= 1)).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000))
def test_every_opening_is_filled_with_what_is_worth_most(seed: int) -> None:
    packing = some_packing(seed)
    graph, worth = packing.graph, np.random.default_rng(seed).integers(-9, 30, len(packing.use))
    total, taken = Knapsacks(packing).fill(worth)
    for opening in range(graph.m):
        mine = np.flatnonzero(graph.opening == opening)
        fillings = [np.array(which, dtype=bool) for which in product((False, True), repeat=len(mine))]
        within = [one for one in fillings if packing.use[mine][one].sum() <= graph.places[opening]]
        assert total[opening] == max(worth[mine][one].sum() for one in within) == worth[mine][taken[mine]].sum()
        assert packing.use[mine][taken[mine]].sum() <= graph.places[opening]


def test_whole_fillings_prove_more_than_split_needs_and_a_large_opening_never_proves_too_much() -> None:
    graph = Graph(np.array([0, 1, 2]), np.zeros(2, np.int32), np.array([10, 20]), np.array([10]), np.full(2, 1000))
    packing = Packing(
        graph,
        np.ones(2, np.int8),
        1,
        np.array([6, 6]),
        np.full(1, -1, np.int32),
        np.zeros(2, np.int64),
        np.zeros(0, int),
    )
    gain, everybody = np.full(2, -1), np.ones(2, dtype=np.bool_)
    nothing = Prices(np.zeros(1), np.zeros(0), np.zeros(0), np.zeros(0, np.int64), np.zeros(2))
    assert priced(packing, gain, everybody, nothing, turns=0).bound == -1
    assert bound(packing, gain, everybody, replace(nothing, opening=np.array([1 / 6]))) == -1
    wide = replace(packing, use=packing.use * 1001, graph=replace(graph, places=graph.places * 1001))
    assert priced(wide, gain, everybody, nothing, turns=0).bound <= -1


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 30), max_size=9), st.integers(0, 90))
def test_an_opening_is_filled_as_far_as_its_needs_add_up(sizes: list[int], most: int) -> None:
    sums = {
        sum(size for size, used in zip(sizes, which, strict=True) if used)
        for which in product((0, 1), repeat=len(sizes))
    }
    assert fillable(np.array(sizes, dtype=np.int64), most) == max(one for one in sums if one <= most)


def _large(n: int) -> Packing:
    rng = np.random.default_rng(n)
    m, linked = n // 10, 6
    opening = np.sort(rng.permuted(np.tile(np.arange(m), (n, 1)), axis=1)[:, :linked], axis=1).ravel()
    hours, tier = rng.choice([2, 4, 6, 10, 16], n), rng.integers(1, TIERS + 1, n).astype(np.int8)
    graph = Graph(
        np.arange(n + 1, dtype=np.int64) * linked,
        opening.astype(np.int32),
        rng.integers(0, 1000, n * linked),
        np.full(m, int(hours.sum() * 0.85 / m)),
        (TIERS + 1 - tier.astype(np.int64)) * 10_000,
    )
    nobody, none = np.full(m, -1, dtype=np.int32), np.zeros(0, dtype=np.int64)
    return Packing(graph, tier, TIERS, hours[graph.need], nobody, np.zeros(n * linked, np.int64), none)


def test_where_the_cheapest_pairs_cannot_serve_as_many_the_proof_is_not_lost() -> None:
    """Thirty needs, all cheapest at ten full openings, are served at one that nobody likes."""
    n, linked = 30, 11
    cost = np.tile(np.append(np.arange(10), 900), n)
    opening = np.tile(np.arange(linked, dtype=np.int32), n)
    places = np.append(np.full(10, 1), 60)
    graph = Graph(np.arange(n + 1) * linked, opening, cost, places, np.full(n, 10_000))
    plan = plan_hours(graph, np.full(n, 2, np.int32), np.ones(linked, np.bool_), np.ones(n, np.int8), 1, effort=0.5)
    assert plan.served.tolist() == plan.most.tolist() == [n]
    assert plan.cost == plan.cost_bound == 900 * n


def test_larger_packings_carry_a_small_gap_and_the_same_search_finds_the_same_plan() -> None:
    packing = _large(150)
    one, two = (pack(packing, effort=1.0, seed=4) for _ in range(2))
    assert np.array_equal(one.chosen, two.chosen)
    assert packing.holds(one.chosen)
    assert one.served[0] == one.most[0] == (packing.tier == 1).sum()
    assert one.people_gap <= 3
    assert 0 <= one.gap < 0.05


def test_pricing_and_tightening_change_no_plan() -> None:
    packing = some_packing(5)
    assert best(tightened(packing)) == best(packing)


def test_hours_and_places_stand_side_by_side() -> None:
    graph = Graph(
        np.array([0, 2, 4, 6]),
        np.array([0, 1, 0, 1, 0, 1], dtype=np.int32),
        np.array([0, 9, 0, 9, 0, 9]),
        np.array([10, 1]),
        np.full(3, 100),
    )
    tier, hours = np.ones(3, dtype=np.int8), np.array([6, 6, 4], dtype=np.int32)
    plan = plan_hours(graph, hours, np.array([True, False]), tier, 1)
    assert plan.served.tolist() == [3]
    assert graph.placed(plan.chosen)[2] == 0
    assert plan.cost == 9


def test_a_fund_buys_most_people_and_says_what_more_of_it_would_buy() -> None:
    graph = Graph(np.arange(5), np.zeros(4, dtype=np.int32), np.array([5, 1, 1, 1]), np.array([4]), np.full(4, 1000))
    tier, amount = np.array([1, 2, 2, 2], dtype=np.int8), np.array([600, 500, 300, 300])
    fund, left = np.array([0], dtype=np.int32), np.array([1000])
    packed, told = plan_budgets(graph, amount, fund, left, tier, 2)
    assert packed.served.tolist() == [1, 1]
    assert told.proposed.tolist() == [900]
    assert told.wanted.tolist() == [1700]
    assert told.people[0, 0] == 0
    assert 1 / 500 <= told.people[0, 1] <= 1 / 300
    enough, rich = plan_budgets(graph, amount, fund, np.array([1700]), tier, 2)
    assert enough.served.tolist() == [1, 3]
    assert rich.price.tolist() == [0]
    packing = Packing(graph, tier, 2, np.ones(4, np.int64), fund, amount[graph.need], left)
    again = replace(packing, left=np.array([599]))
    poor = pack(again, effort=1.0)
    assert poor.served.tolist() == [0, 1]
    assert report(again, poor, poor.chosen).proposed.tolist() <= [599]
