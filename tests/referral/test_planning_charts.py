"""The map of townships and the drawing of who carries whom."""

import re

import pytest
from flask import Flask

from referral import charts
from referral.charts.tiles import on_grid
from tests.referral.gallery import make_app


@pytest.fixture(scope="module")
def app() -> Flask:
    return make_app()


def test_places_keep_their_directions_and_none_shares_a_cell() -> None:
    corners = [(32.2, 119.0), (32.2, 119.4), (32.0, 119.0), (32.0, 119.4), (32.1, 119.2)]
    (north_west, north_east, south_west, south_east, _middle) = found = on_grid(corners)
    assert len(set(found)) == 5
    assert north_west[0] < south_west[0]
    assert north_east[0] < south_east[0]
    assert north_west[1] < north_east[1]
    assert south_west[1] < south_east[1]


def test_places_without_a_point_come_last_and_two_hundred_fit() -> None:
    assert on_grid([(None, None)] * 6) == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)]
    some = on_grid([(32.0, 119.0), (None, None), (32.1, 119.1)])
    assert some[1][0] > max(some[0][0], some[2][0])
    many = on_grid([(31 + place % 17 / 10, 119 + place * 7 % 23 / 10) for place in range(200)])
    assert len(set(many)) == 200
    assert max(column for _, column in many) < 8


def test_the_map_says_its_figures_and_marks_the_largest_darkest(app: Flask) -> None:
    with app.test_request_context("/"):
        drawn = charts.tiles(
            "A", ("a", "b"), [charts.Tile("East", 9, 32.0, 120.0), charts.Tile("West", 0, 32.0, 119.0)]
        )
    assert re.search(r'fill="#0a5c55"><title[^>]*>East 9', drawn.svg)
    assert re.search(r'fill="#e9edef"><title[^>]*>West 0', drawn.svg)
    assert drawn.rows == [["East", 9], ["West", 0]]


def test_lines_are_as_thick_as_people_and_who_much_hangs_on_bears_a_sign(app: Flask) -> None:
    links = [charts.Link("A", "x", 8, 0), charts.Link("A", "y", 0, 4), charts.Link("B", "y", 1, 1)]
    with app.test_request_context("/"):
        drawn = charts.carriers("T", ("a", "b", "c", "d"), links, {"A"})
    thick = {
        name: float(width)
        for width, name in re.findall(r'stroke-width="([\d.]+)"[^>]*><title[^>]*>(\S → \S)', drawn.svg)
    }
    assert thick["A → x"] == 2 * thick["A → y"] == 16
    assert drawn.svg.count("stroke-dasharray") == 1
    assert drawn.svg.count(">!</text>") == 1
    assert "A → x 8; A → y 4; B → y 2" in drawn.svg
    assert drawn.rows[0] == ["A", "x", 8, 0]


def test_nothing_can_be_drawn(app: Flask) -> None:
    with app.test_request_context("/"):
        assert charts.tiles("A", ("a", "b"), []).rows == []
        assert charts.carriers("A", ("a", "b", "c", "d"), [], ()).rows == []
