"""The hours of the demo maker: assembly, trays, racks, and the test cells that are short."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from headgate.demo.draws import Stream
from headgate.demo.network import HOLIDAYS, SITE_IDS, SPREADS
from headgate.demo.output import HORIZON_WEEKS, Output
from headgate.demo.products import AS_OF, SOLD, hours_of

MARGINS: dict[str, int] = {
    "assembly": 1700, "burn-in": 1180, "leak-test": 1300, "tray-line": 1300, "tray-test": 1200,
    "rack-integration": 1250, "rack-test": 1080,
}
"""Hours there are for 1,000 that the GPUs of the first quarter need; the test cells are short."""
UNLIMITED = "leak-test"
UNLIMITED_SITE = "austin"
"""One resource at one site is bought from a neighbour as needed: its hours are without limit."""
FIRST_WEEKS = 13


def capacity_frame(output: Output, draw: Stream) -> pl.DataFrame:
    """
    The table `capacity`: a row for each resource, site and week.

    A site that does not have a resource has rows of 0 hours, because each site that ships needs
    rows for every routed resource.
    """
    rows: list[tuple[str, str, date, str]] = []
    for resource in MARGINS:
        largest = max(hours_of(item).get(resource, 0) for item in SOLD)
        for place, site in enumerate(SITE_IDS):
            there = any(resource in hours_of(item) and SPREADS[item].shares[place]
                        for item in SOLD)
            # Two racks must fit into one week's hours, or a small book could never build one.
            base = max(_base_hours(resource, place, output), 2 * largest) if there else 0
            wobble = draw.whole(HORIZON_WEEKS, 970, 1030).tolist()
            for week in range(HORIZON_WEEKS):
                monday = AS_OF + timedelta(weeks=week)
                short = 750 if monday in HOLIDAYS[site] else 1000
                hours = base * (940 + 5 * week) * wobble[week] * short // 10**9
                free = resource == UNLIMITED and site == UNLIMITED_SITE
                rows.append((resource, site, monday, "inf" if free else str(hours)))
    return pl.DataFrame(rows, orient="row", schema={
        "resource_id": pl.String, "site_id": pl.String, "starts_on": pl.Date, "hours": pl.String})


def _base_hours(resource: str, place: int, output: Output) -> int:
    """Hours a week that the output of the first quarter needs at a site, and the margin."""
    micro = sum(int(pieces[place, :FIRST_WEEKS].sum()) * hours_of(item).get(resource, 0)
                for item, pieces in output.built.items())
    return micro * MARGINS[resource] // FIRST_WEEKS // 1_000_000


