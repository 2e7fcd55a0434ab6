"""Charts say what their figures say, to eyes and to readers of screens."""

import re

import pytest
from flask import Flask

from referral import charts
from tests.referral.gallery import make_app
from tests.referral.gallery.drawings import all_charts


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_app()


def test_a_chart_has_a_title_a_description_and_its_table(app: Flask) -> None:
    with app.test_request_context("/"):
        for drawn in all_charts():
            assert "<title" in drawn.svg
            assert "<desc" in drawn.svg
            assert 'role="img"' in drawn.svg
            assert len({len(row) for row in drawn.rows} | {len(drawn.head)}) == 1
            assert "style=" not in drawn.svg
            assert not re.search(r'="[^"]*\bnan\b', drawn.svg)


def test_bars_are_as_long_as_their_figures(app: Flask) -> None:
    with app.test_request_context("/"):
        drawn = charts.bars("A", ("b", "c"), [("x", 100), ("y", 50), ("z", 0)])
    wide = [float(found) for found in re.findall(r'width="([\d.]+)" height="18"', drawn.svg)][1::2]
    assert wide[0] == pytest.approx(2 * wide[1], abs=0.2)
    assert wide[2] == 0


def test_flows_keep_their_sums_and_never_run_in_a_circle(app: Flask) -> None:
    with app.test_request_context("/"):
        drawn = charts.sankey("A", ("a", "b", "c"), [("n1", "s1", 3), ("n2", "s1", 5), ("s1", "p1", 8)])
        blocks = re.findall(r'height="([\d.]+)" rx="3" fill="#\w+"><title>(\w+)', drawn.svg)
        high = {name: float(height) for height, name in blocks}
        assert high["s1"] == high["p1"] == pytest.approx(high["n1"] + high["n2"], abs=0.2)
        with pytest.raises(ValueError, match="circle"):
            charts.sankey("A", ("a", "b", "c"), [("x", "y", 1), ("y", "x", 1)])


def test_charts_of_nothing_can_be_drawn(app: Flask) -> None:
    with app.test_request_context("/"):
        empty = [
            charts.bars("A", ("a", "b"), []),
            charts.columns("A", "a", [], [("b", [])]),
            charts.columns("A", "a", ["x"], [("b", [None])]),
            charts.lines("A", "a", ["x"], [charts.Series("b", [None])]),
            charts.heat("A", "a", ["x"], ["y"], [[None]]),
            charts.sankey("A", ("a", "b", "c"), []),
        ]
    assert all("NaN" not in one.svg for one in empty)


def test_a_missing_figure_breaks_a_line_instead_of_falling_to_zero(app: Flask) -> None:
    with app.test_request_context("/"):
        drawn = charts.lines("A", "a", ["x", "y", "z"], [charts.Series("b", [1, None, 3])])
    assert drawn.svg.count("<polyline") == 2
    assert drawn.rows[1] == ["y", None]
