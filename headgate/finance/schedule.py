"""When RPO becomes revenue, by fiscal quarter: what a plan says of the days of recognition."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.contracted import Contracted
from headgate.finance.quarters import Quarters, quarters_until
from headgate.finance.recognition import hardware_of, last_day_of
from headgate.finance.remaining import binding
from headgate.finance.services import Starts, amounts_of, over_term, starts_of, term_edges
from headgate.finance.shares import before_each, summed
from headgate.finance.shipments import Shipments, shipments_of
from headgate.planner.allocate import Allocation
from headgate.tables.backlog_schema import RPO_SCHEDULE

Longs = NDArray[np.int64]


def rpo_schedule(contracts: Contracted, allocation: Allocation | None, kept: pl.Series,
                 held: Longs, rpo_cents: int) -> pl.DataFrame:
    """
    The table `rpo_schedule`: RPO by the quarter in which the plan recognises it.

    kept, held : as for `headgate.finance.remaining.remaining`
    rpo_cents  : RPO; what has no date in the plan is the rest of it, with the cents by which
                 foreign amounts round otherwise in parts
    Empty without a plan. Shipments of lines that do not bind are left out.
    source : ASC 606-10-50-13(b)(1), time bands
    """
    if allocation is None:
        return pl.DataFrame(schema=RPO_SCHEDULE.types)
    book, obligations = contracts.book, contracts.obligations
    shipments = _bound(contracts, shipments_of(book, allocation, contracts.before), kept)
    starts = starts_of(obligations, shipments, contracts.before, contracts.told)
    quarters = quarters_until(book.settings.fiscal_year_end, book.settings.as_of,
                              last_day_of(shipments, starts))
    count = len(quarters.ends)
    penalty = hardware_of(book, obligations, contracts.allocated, contracts.exchange, shipments,
                          contracts.before).penalty
    place = quarters.place(shipments.due)
    hardware = summed(place, _price(contracts, shipments, held) - penalty, count)
    services = _services(contracts, starts, quarters)
    rest = rpo_cents - int(hardware.sum()) - int(services.sum())
    last = int(np.flatnonzero((hardware != 0) | (services != 0)).max(initial=-1)) + 1
    rows = pl.DataFrame({
        "place": range(1, last + 2), "quarter": [*quarters.names[:last], None],
        "ends_on": [*(period.ends_on for period in quarters.periods[:last]), None],
        "hardware_cents": [*hardware[:last].tolist(), None],
        "services_cents": [*services[:last].tolist(), None],
        "rpo_cents": [*(hardware + services)[:last].tolist(), rest]}, schema={
        name: RPO_SCHEDULE.types[name] for name in RPO_SCHEDULE.names[:6]})
    upto = rows["rpo_cents"].cum_sum().to_numpy()
    share = upto / rpo_cents if rpo_cents > 0 else [None] * rows.height
    return rows.with_columns(upto_cents=pl.Series(upto), upto_share=pl.Series(
        share, dtype=pl.Float64)).select(RPO_SCHEDULE.names).cast(RPO_SCHEDULE.types)


def _bound(contracts: Contracted, shipments: Shipments, kept: pl.Series) -> Shipments:
    """The shipments without what the plan sends of lines that do not bind."""
    rows = np.flatnonzero(~shipments.planned | binding(contracts, kept)[shipments.line])
    return Shipments(**{
        part.name: getattr(shipments, part.name)[rows] for part in fields(Shipments)
        if part.name != "of_allocation"}, of_allocation=np.zeros(0, dtype=np.int64))


def _price(contracts: Contracted, shipments: Shipments, held: Longs) -> Longs:
    """(shipments,) allocated price; the first open pieces of a line may be recognised already."""
    line, pieces = shipments.line, shipments.pieces
    first = contracts.before.recognised[line] + before_each(pieces, line)
    done = contracts.shipped[line] + held[line]
    cut = np.where(shipments.planned, np.clip(done - first, 0, pieces), 0)
    return contracts.value(line, first + cut, first + pieces)


def _services(contracts: Contracted, starts: Starts, quarters: Quarters) -> Longs:
    """(quarters,) what services bring from as_of on, at its rates."""
    edges = term_edges(starts, quarters.ends, contracts.exchange, contracts.as_of)
    days = over_term(starts, *amounts_of(starts, contracts.obligations, contracts.allocated),
                     edges)
    cents = days.at_rates(contracts.exchange, np.full(len(days.last_day), contracts.as_of))
    later = days.last_day >= contracts.as_of
    return summed(quarters.place(days.last_day[later]), cents[later], len(quarters.ends))
