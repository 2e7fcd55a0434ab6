"""Charts drawn on the server as SVG from plain figures: they need no scripts, print, and can be saved as they are.

Each function returns a `Chart`: the drawing and the table behind it. Colours are attributes, so that a saved file
keeps them.
"""

from referral.charts.bars import bars, columns
from referral.charts.carriers import Link, carriers
from referral.charts.flow import sankey
from referral.charts.frame import Chart
from referral.charts.heat import heat
from referral.charts.lines import Series, lines
from referral.charts.steps import steps
from referral.charts.tiles import Tile, tiles

__all__ = [
    "Chart",
    "Link",
    "Series",
    "Tile",
    "bars",
    "carriers",
    "columns",
    "heat",
    "lines",
    "sankey",
    "steps",
    "tiles",
]
