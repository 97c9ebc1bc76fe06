"""The five kinds of customers of the demo maker, and what they buy, as numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from headgate.demo.network import REGIONS
from headgate.demo.products import SOLD


@dataclass(frozen=True, slots=True)
class Segment:
    """
    One kind of customers. Shares are per mille, margins in hundredths of a percent of the price.

    lines, customers, dollars : the segment's share of the backlog's lines, customers, dollars
    order_lines    : weights of 1, 2, 3, ... lines in an order
    spread         : spread of order sizes, in hundredths of their natural logarithm
    schedule       : True: the lines of an order are one platform on a delivery schedule
    mix            : weights of the sold items: by dollars with `schedule`, else by lines
    regions        : weights of `REGIONS`
    lag_weeks      : median of the weeks from booking to the first requested week
    priorities     : weights of the priorities 1 to 4
    penalties      : lines with a late penalty
    complete       : lines that ship complete, where their size allows it
    currencies     : for each region, weights of USD, EUR, GBP, JPY
    rack_margin, server_margin : lowest and highest margin of a line
    """

    name: str
    lines: int
    customers: int
    dollars: int
    order_lines: tuple[int, ...]
    spread: int
    schedule: bool
    mix: Mapping[str, int]
    regions: tuple[int, ...]
    lag_weeks: int
    priorities: tuple[int, int, int, int]
    penalties: int
    complete: int
    rack_margin: tuple[int, int]
    server_margin: tuple[int, int]
    currencies: Mapping[str, tuple[int, int, int, int]]

    @property
    def item_weights(self) -> tuple[int, ...]:
        """The mix in the order of `SOLD`."""
        return tuple(self.mix.get(item, 0) for item in SOLD)

    def currency_weights(self, region: int) -> tuple[int, int, int, int]:
        """Weights of the currencies in a region, a number of `REGIONS`."""
        return self.currencies.get(REGIONS[region], (1, 0, 0, 0))


_LOCAL = {"EMEA": (50, 36, 14, 0), "APJ": (75, 0, 0, 25)}

SEGMENTS: tuple[Segment, ...] = (
    Segment("hyperscaler", 30, 2, 160, (0, 0, 0, 1, 2, 3, 3, 3, 3, 2, 2, 1), 80, True,
            {"rk-gb300-nvl72": 760, "rk-gb200-nvl72": 210, "xe-b300": 10, "xe-mi355x": 20},
            (760, 140, 100, 0), 23, (25, 40, 35, 0), 700, 60, (350, 750), (500, 850),
            {}),
    Segment("neocloud", 90, 15, 520, (0, 1, 1, 2, 3, 3, 3, 2, 2, 1, 1, 1), 110, True,
            {"rk-gb300-nvl72": 770, "rk-gb200-nvl72": 195, "rk-b300-64": 12, "xe-b300": 8,
             "xe-b200": 8, "xe-h200": 3, "xe-mi355x": 4},
            (560, 260, 160, 20), 26, (6, 24, 63, 7), 600, 120, (350, 850), (600, 1000),
            {"EMEA": (80, 18, 2, 0)}),
    Segment("sovereign", 30, 10, 200, (0, 1, 2, 3, 3, 2, 2, 1), 110, True,
            {"rk-gb300-nvl72": 670, "rk-gb200-nvl72": 270, "rk-b300-64": 20, "xe-b300": 20,
             "xe-b200": 8, "xe-mi355x": 12},
            (60, 520, 360, 60), 27, (20, 42, 34, 4), 650, 120, (600, 1100), (800, 1200),
            {"EMEA": (70, 28, 2, 0), "APJ": (85, 0, 0, 15)}),
    Segment("enterprise", 700, 823, 95, (66, 28, 6), 75, False,
            {"xe-h200": 80, "xe-h200-4t": 30, "xe-b200": 165, "xe-b200-4t": 50, "xe-b300": 125,
             "xe-b300-4t": 40, "xe-b300-liquid": 25, "xe-mi355x": 30, "xp-rtx8": 150,
             "xp-rtx4": 130, "r-cpu": 150, "rk-b300-64": 3, "rk-gb200-nvl72": 7,
             "rk-gb300-nvl72": 15},
            (590, 230, 140, 40), 21, (6, 24, 62, 8), 310, 340, (700, 1000), (950, 1450),
            _LOCAL),
    Segment("public_sector", 150, 150, 25, (70, 25, 5), 75, False,
            {"xe-h200": 130, "xe-h200-4t": 50, "xe-b200": 175, "xe-b200-4t": 50, "xe-b300": 95,
             "xe-b300-4t": 30, "xe-mi355x": 40, "xp-rtx8": 140, "xp-rtx4": 110, "r-cpu": 162,
             "rk-gb200-nvl72": 6, "rk-gb300-nvl72": 12},
            (520, 320, 120, 40), 23, (7, 25, 61, 7), 240, 420, (700, 1000), (850, 1300),
            _LOCAL),
)
