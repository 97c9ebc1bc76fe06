"""When RPO becomes revenue, by fiscal quarter: what a plan says of the days of recognition."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.contracted import Contracted
from headgate.finance.quarters import Quarters, quarters_until
from headgate.finance.recognition import hardware_of, last_day_of
from headgate.finance.remaining import binding
from headgate.finance.rpo_proof import foreign_of_walk, foreign_parts
from headgate.finance.services import Starts, amounts_of, over_term, starts_of, term_edges
from headgate.finance.shares import summed
from headgate.finance.shipments import Shipments, shipments_of
from headgate.planner.allocate import Allocation
from headgate.tables.backlog_schema import RPO_SCHEDULE

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Schedule:
    """
    RPO by quarter.

    rows    : the table `rpo_schedule`; empty without a plan
    foreign : how many amounts in foreign currencies were rounded to the cent on the way, at most:
              by so many cents the rows may differ from RPO, which is rounded in other parts
    """

    rows: pl.DataFrame
    foreign: int


def rpo_schedule(contracts: Contracted, allocation: Allocation | None, kept: pl.Series,
                 rpo_cents: int) -> Schedule:
    """
    RPO by the quarter in which the plan recognises it, what has no date, and the rounding.

    kept      : as for `headgate.finance.remaining.remaining`
    rpo_cents : RPO, of which `upto_share` is told; the row `rounding` leads to it
    Shipments of lines that do not bind are left out. What has no date are the pieces that no
    shipment brings, and their services; it is worked out by itself, so that the rows come to RPO
    only if all of them are right.
    source : ASC 606-10-50-13(b)(1), time bands
    """
    if allocation is None:
        return Schedule(pl.DataFrame(schema=RPO_SCHEDULE.types), 0)
    book, obligations = contracts.book, contracts.obligations
    shipments = _bound(contracts, shipments_of(book, allocation, contracts.before), kept)
    starts = starts_of(obligations, shipments, contracts.before, contracts.told)
    quarters = quarters_until(book.settings.fiscal_year_end, book.settings.as_of,
                              last_day_of(shipments, starts))
    count = len(quarters.ends)
    sold = hardware_of(book, obligations, contracts.allocated, contracts.exchange, shipments,
                       contracts.before)
    place = quarters.place(shipments.due)
    hardware = summed(place, sold.price_as_of - sold.penalty, count)
    services, stretches = _services(contracts, starts, quarters)
    rest = _undated(contracts, shipments, starts, kept)
    last = int(np.flatnonzero((hardware != 0) | (services != 0)).max(initial=-1)) + 1
    dated = [("dated", quarters.names[k], quarters.periods[k].ends_on, int(hardware[k]),
              int(services[k])) for k in range(last)]
    rows: list[tuple[Any, ...]] = [(*row, row[3] + row[4]) for row in (
        *dated, ("undated", None, None, *rest))]
    gap = rpo_cents - sum(row[-1] for row in rows)
    if gap:
        rows.append(("rounding", None, None, None, None, gap))
    upto = np.cumsum([row[-1] for row in rows])
    share = upto / rpo_cents if rpo_cents > 0 else [None] * len(rows)
    frame = pl.DataFrame(
        [(k, *row, int(sums), part) for k, (row, sums, part) in enumerate(
            zip(rows, upto, share, strict=True), start=1)], schema=RPO_SCHEDULE.types, orient="row")
    parts = foreign_parts(contracts)
    return Schedule(frame, foreign_of_walk(contracts) + stretches
                    + int(parts.sum() + parts[shipments.line].sum()))


def _undated(contracts: Contracted, shipments: Shipments, starts: Starts,
             kept: pl.Series) -> tuple[int, int]:
    """Cents of hardware and of services of the pieces that bind and that no shipment brings."""
    obligations = contracts.obligations
    sent = shipments.planned
    reach = contracts.shipped + summed(shipments.line[sent], shipments.pieces[sent],
                                       obligations.lines)
    lines = np.flatnonzero(binding(contracts, kept))
    # What is held and not planned either was recognised before: it is not undated.
    until = np.maximum(reach, contracts.shipped + contracts.before.held)
    hardware = contracts.value(lines, until[lines], obligations.pieces[lines])
    rows = obligations.lines + np.flatnonzero(~starts.ended)
    rows = rows[(obligations.starts_on[rows] < 0) & np.isin(obligations.line[rows], lines)]
    services = contracts.value(rows, reach[obligations.line[rows]], obligations.pieces[rows])
    return int(hardware.sum()), int(services.sum())


def _bound(contracts: Contracted, shipments: Shipments, kept: pl.Series) -> Shipments:
    """The shipments without what the plan sends of lines that do not bind."""
    rows = np.flatnonzero(~shipments.planned | binding(contracts, kept)[shipments.line])
    return Shipments(**{
        part.name: getattr(shipments, part.name)[rows] for part in fields(Shipments)
        if part.name != "of_allocation"}, of_allocation=np.zeros(0, dtype=np.int64))


def _services(contracts: Contracted, starts: Starts, quarters: Quarters) -> tuple[Longs, int]:
    """(quarters,) what services bring from as_of on, at its rates; how often that is rounded."""
    edges = term_edges(starts, quarters.ends, contracts.exchange, contracts.as_of)
    days = over_term(starts, amounts_of(starts, contracts.obligations, contracts.allocated),
                     edges)
    cents = days.at_rates(contracts.exchange, np.full(len(days.last_day), contracts.as_of))
    later = days.last_day >= contracts.as_of
    return (summed(quarters.place(days.last_day[later]), cents[later], len(quarters.ends)),
            2 * int((days.currency > 0).sum()))
