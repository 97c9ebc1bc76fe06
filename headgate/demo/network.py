"""Where the demo maker builds and ships, its currencies, and what it must not send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

SITES: tuple[tuple[str, str, str], ...] = (
    ("austin", "Austin", "AMER"),
    ("juarez", "Juarez", "AMER"),
    ("lodz", "Lodz", "EMEA"),
    ("penang", "Penang", "APJ"),
    ("chennai", "Chennai", "APJ"),
)
SITE_IDS: tuple[str, ...] = tuple(site for site, _, _ in SITES)
REGIONS: tuple[str, ...] = ("AMER", "EMEA", "APJ", "LATAM")

LANES: tuple[tuple[str, str, int, str], ...] = (
    ("austin", "AMER", 3, "620.00"), ("austin", "EMEA", 7, "3900.00"),
    ("austin", "APJ", 9, "4600.00"), ("austin", "LATAM", 6, "2900.00"),
    ("juarez", "AMER", 4, "540.00"), ("juarez", "EMEA", 9, "3700.00"),
    ("juarez", "LATAM", 5, "1900.00"),
    ("lodz", "EMEA", 3, "580.00"), ("lodz", "AMER", 8, "3800.00"), ("lodz", "APJ", 9, "4200.00"),
    ("penang", "APJ", 4, "890.00"), ("penang", "AMER", 9, "4400.00"),
    ("penang", "EMEA", 9, "4300.00"),
    ("chennai", "APJ", 5, "760.00"), ("chennai", "EMEA", 8, "2600.00"),
)
"""Site, region, transit days, freight of one piece."""

HOLIDAYS: dict[str, tuple[date, ...]] = {
    "austin": (date(2026, 5, 25), date(2026, 6, 29), date(2026, 11, 23), date(2026, 12, 21)),
    "juarez": (date(2026, 3, 30), date(2026, 9, 14), date(2026, 12, 21)),
    "lodz": (date(2026, 4, 27), date(2026, 8, 10), date(2026, 12, 21)),
    "penang": (date(2026, 2, 16), date(2026, 8, 31)),
    "chennai": (date(2026, 8, 10), date(2026, 11, 2)),
}
"""Mondays of weeks with fewer working days."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How a product's output, and so its parts, spreads over `SITE_IDS`, in per mille."""

    austin: int = 0
    juarez: int = 0
    lodz: int = 0
    penang: int = 0
    chennai: int = 0

    @property
    def shares(self) -> tuple[int, ...]:
        """The shares in the order of `SITE_IDS`; 0 where the product is not built."""
        return (self.austin, self.juarez, self.lodz, self.penang, self.chennai)


_RACKS = Spread(austin=520, lodz=270, penang=210)
_SERVERS = Spread(austin=120, juarez=400, lodz=250, penang=130, chennai=100)
_PCIE = Spread(juarez=560, lodz=260, chennai=180)
SPREADS: dict[str, Spread] = {
    "rk-gb200-nvl72": _RACKS, "rk-gb300-nvl72": _RACKS, "rk-b300-64": _RACKS,
    "xe-b300-liquid": _RACKS, "xe-h200": _SERVERS, "xe-h200-4t": _SERVERS, "xe-b200": _SERVERS,
    "xe-b200-4t": _SERVERS, "xe-b300": _SERVERS, "xe-b300-4t": _SERVERS,
    "xe-mi355x": Spread(juarez=700, penang=300), "xp-rtx8": _PCIE, "xp-rtx4": _PCIE,
    "r-cpu": _PCIE,
}
"""Where each sold product is built. Racks need liquid, power and a rack test: three sites only."""

NEAREST_BUILDER: dict[str, tuple[str, str]] = {
    "AMER": ("austin", "juarez"), "EMEA": ("lodz", "lodz"), "APJ": ("penang", "chennai"),
    "LATAM": ("austin", "juarez"),
}
"""For each region the nearest site that builds racks, and the nearest that builds PCIE servers."""

CURRENCIES: tuple[str, ...] = ("USD", "EUR", "GBP", "JPY")
RATES: tuple[tuple[str, date, str], ...] = (
    ("EUR", date(2025, 8, 4), "1.155"), ("EUR", date(2025, 11, 3), "1.15"),
    ("EUR", date(2026, 2, 2), "1.18"),
    ("GBP", date(2025, 8, 4), "1.33"), ("GBP", date(2025, 11, 3), "1.315"),
    ("GBP", date(2026, 2, 2), "1.365"),
    ("JPY", date(2025, 8, 4), "0.0068"), ("JPY", date(2025, 11, 3), "0.0065"),
    ("JPY", date(2026, 2, 2), "0.00645"),
)
"""Round figures near the rates of those days; no source is claimed."""
MICRO_RATE: tuple[int, ...] = (1_000_000, 1_180_000, 1_365_000, 6_450)
"""Millionths of a dollar for one unit of each of `CURRENCIES`, at the last of `RATES`."""

RESTRICTIONS: tuple[tuple[str | None, str | None, str, str, str], ...] = (
    (None, "GPU-GB300", "enterprise", "APJ", "export control: licence pending"),
    (None, "GPU-B300", "public_sector", "APJ", "export control: licence pending"),
    ("gpu-mi355x-oam8", None, "enterprise", "LATAM", "not certified in this region"),
)
"""Item or family, segment, region, reason."""


def sites_frame() -> pl.DataFrame:
    """The table `sites`."""
    return pl.DataFrame(SITES, orient="row", schema=dict.fromkeys(("site_id", "name", "region"),
                                                                  pl.String))


def lanes_frame() -> pl.DataFrame:
    """The table `lanes`."""
    return pl.DataFrame(LANES, orient="row", schema={
        "site_id": pl.String, "region": pl.String, "transit_days": pl.Int64,
        "cost_per_unit": pl.String})


def rates_frame() -> pl.DataFrame:
    """The table `rates`."""
    return pl.DataFrame(RATES, orient="row", schema={
        "currency": pl.String, "on": pl.Date, "rate": pl.String})


def restrictions_frame(orders: pl.DataFrame) -> pl.DataFrame:
    """
    The table `restrictions`, without rows that would match no segment and region of the orders.

    A small book may have no customer of a segment in a region; a rule for nobody would only make
    the checker warn of a misspelling.
    """
    there = set(orders.select("segment", "region").unique().iter_rows())
    rows = [row for row in RESTRICTIONS if (row[2], row[3]) in there]
    return pl.DataFrame(rows, orient="row", schema=dict.fromkeys(
        ("item_id", "family", "segment", "region", "reason"), pl.String))
