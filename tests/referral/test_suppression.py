"""Tables that overlap keep their small cells: an attacker with all of them, and linear programs, learns none."""

import random
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog

from referral.evaluation.suppression import Tables, naive_plan, plan
from referral.withheld import FEWEST

MONTHS = [f"2026-{month:02}" for month in range(1, 13)]
QUARTERS = {f"2026-Q{quarter + 1}": MONTHS[3 * quarter : 3 * quarter + 3] for quarter in range(4)}


def city(seed: int, *, sizes: tuple[int, ...] = (2, 4, 6)) -> Tables:
    """A year of one program: months, quarters and the year, each by several kinds of group, each adding up."""
    chance = random.Random(seed)  # noqa: S311  the same tables in every run
    tables = Tables()
    kinds = {f"kind{number}": [f"v{value}" for value in range(size)] for number, size in enumerate(sizes)}
    first = next(iter(kinds))
    for month in MONTHS:
        values = {value: chance.choice([0, 1, 2, 3, 4, 7, 12, 30, 80]) for value in kinds[first]}
        whole, stage = sum(values.values()), []
        stage.append(tables.add((month, "total", ""), whole))
        for kind, names in kinds.items():
            if kind != first:
                left, values = whole, {}
                for name in names[:-1]:
                    values[name] = min(left, chance.choice([0, 1, 2, 3, 5, 9, 20, 40]))
                    left -= values[name]
                values[names[-1]] = left
            cells = [tables.add((month, kind, name), count) for name, count in values.items()]
            tables.total((month, "total", ""), cells)
            stage += cells
        tables.stages.append(stage)
    for name, months in [*QUARTERS.items(), ("2026", list(QUARTERS))]:
        stage = []
        for _month, kind, value in [cell for cell in list(tables.counts) if cell[0] == months[0]]:
            parts = [(month, kind, value) for month in months]
            stage.append(tables.add((name, kind, value), sum(tables.counts[part] for part in parts)))
            tables.total((name, kind, value), parts)
        for kind, names in kinds.items():
            tables.total((name, "total", ""), [(name, kind, value) for value in names])
        tables.stages.append(stage)
    return tables


def attack(tables: Tables, hidden: set[Any], targets: set[Any]) -> dict[Any, tuple[float, float]]:
    """Least and most possible value of each target, by all equations at once: an attacker's linear programs.

    Written apart from the plan: one system over all cells of all tables, nothing of its algebra.
    """
    cells = sorted(hidden)
    place = {cell: number for number, cell in enumerate(cells)}
    rows, right = [], []
    for equation in tables.equations:
        row = np.zeros(len(cells))
        known = 0
        for cell, sign in equation.items():
            if cell in place:
                row[place[cell]] = sign
            else:
                known += sign * tables.counts[cell]
        if row.any():
            rows.append(row)
            right.append(-known)
    small = {cell for cell in cells if 0 < tables.counts[cell] < FEWEST}
    limits = [(1, FEWEST - 1) if cell in small else (0, None) for cell in cells]
    found = {}
    for cell in sorted(targets):
        goal = np.zeros(len(cells))
        ends = []
        for sign in (1, -1):
            goal[place[cell]] = sign
            if not rows:
                ends.append(limits[place[cell]][0 if sign == 1 else 1])
                continue
            answer = linprog(goal, A_eq=np.array(rows), b_eq=np.array(right), bounds=limits, method="highs")
            assert answer.status in {0, 3}, answer.message
            ends.append(float("inf") if answer.status == 3 else float(answer.x[place[cell]]))
        found[cell] = (ends[0], ends[1])
    return found


@pytest.mark.parametrize("seed", range(2))
def test_no_small_cell_can_be_recomputed_from_all_tables_together(seed: int) -> None:
    tables = city(seed)
    hidden = plan(tables)
    assert tables.small <= hidden
    chance = random.Random(seed)  # noqa: S311
    targets = set(chance.sample(sorted(tables.small), min(16, len(tables.small))))
    for cell, (least, most) in attack(tables, hidden, targets).items():
        assert most - least >= 1 - 1e-6, (cell, tables.counts[cell], least, most)
    assert len(hidden) < len(tables.counts)


def test_the_same_attack_breaks_the_naive_way() -> None:
    tables = city(0)
    hidden = naive_plan(tables)
    found = attack(tables, hidden, set(sorted(hidden)[:30]))
    broken = [cell for cell, (least, most) in found.items() if most - least < 0.5]
    print(f"naive: {len(broken)} of {len(found)} small cells recomputed")  # noqa: T201
    assert len(broken) > len(found) / 4


def test_a_month_hidden_in_a_quarter_cannot_be_found_by_taking_the_other_months_away() -> None:
    tables = Tables()
    for month, count in (("01", 3), ("02", 40), ("03", 50)):
        tables.stages.append([tables.add((month, "total", ""), count)])
    tables.stages.append([tables.add(("Q1", "total", ""), 93)])
    tables.total(("Q1", "total", ""), [(month, "total", "") for month in ("01", "02", "03")])
    # The other months were told before: the quarter gives way.
    assert plan(tables) == {("01", "total", ""), ("Q1", "total", "")}


def test_what_an_earlier_table_told_stays_told() -> None:
    tables = city(7)
    before = Tables(tables.counts, tables.small, tables.equations, tables.stages[:6])
    early, late = plan(before), plan(tables)
    told_first = {cell for stage in tables.stages[:6] for cell in stage} - early
    assert not told_first & late


def test_nothing_small_nothing_withheld() -> None:
    tables = Tables()
    cells = [tables.add((name,), count) for name, count in (("a", 10), ("b", 20), ("all", 30))]
    tables.total(("all",), cells[:2])
    tables.stages.append(cells)
    assert plan(tables) == set()
