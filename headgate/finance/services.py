"""Services over their term: which pieces start when, and what falls on which days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.contracts import Allocated, Obligations
from headgate.finance.exchange import Exchange
from headgate.finance.shares import before_each, part_of
from headgate.finance.shipments import Shipments
from headgate.finance.under_way import Before

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Starts:
    """
    Pieces whose service starts on one day, by service, then by day.

    service       : obligation
    first, last   : pieces of the service that have started before these, and with them
    begin, end    : first day of the term, and the day after its last; days since 1970-01-01
    """

    service: Longs
    first: Longs
    last: Longs
    begin: Longs
    end: Longs

    def __len__(self) -> int:
        return len(self.service)


@dataclass(frozen=True, slots=True)
class Days:
    """
    What of a service falls on the days of one stretch; (stretches,) each.

    service, currency : obligation, number of the currency
    before, upto      : cents of the start in that currency that fall on the days of its term
                        before the stretch, and with it
    last_day          : the stretch's last day
    pieces            : pieces that start in it, told in each currency
    """

    service: Longs
    currency: NDArray[np.int32]
    before: Longs
    upto: Longs
    last_day: Longs
    pieces: Longs

    @property
    def cents(self) -> Longs:
        """What falls on the stretch, in its currency."""
        return self.upto - self.before

    def at_rates(self, exchange: Exchange, day: Longs) -> Longs:
        """
        What falls on each stretch in the book's currency, at the rates of the days given.

        Sums up to the stretch and with it are converted, so that the stretches of one rate sum to
        the whole, converted and rounded once.
        """
        return (exchange.convert(self.upto, self.currency, day)
                - exchange.convert(self.before, self.currency, day))


def starts_of(obligations: Obligations, shipments: Shipments, before: Before) -> Starts:
    """
    When the services of a plan start.

    A service that starts with a line starts piece by piece, with the delivery of each; one that
    starts on a date starts whole. Pieces shipped before of which nobody says when they were
    delivered come first and are left out here.
    """
    service = np.arange(obligations.lines, len(obligations))
    dated = obligations.starts_on[service] >= 0
    hung = pl.DataFrame({"service": service[~dated], "line": obligations.line[service[~dated]]})
    sent = shipments.planned
    begun = pl.DataFrame({
        "line": np.concatenate([before.line, shipments.line[sent]]),
        "begin": np.concatenate([before.delivered, shipments.delivered[sent]]),
        "pieces": np.concatenate([before.pieces, shipments.pieces[sent]])}).with_columns(
        pl.col("line").cast(pl.Int32)).group_by("line", "begin").agg(pl.col("pieces").sum())
    tranches = hung.join(begun, on="line").sort("service", "begin")
    first = before_each(tranches["pieces"].to_numpy(), tranches["service"].to_numpy())
    first = first + before.unknown[tranches["line"].to_numpy()]
    whole = service[dated]
    merged = pl.DataFrame({
        "service": np.concatenate([tranches["service"].to_numpy(), whole]),
        "first": np.concatenate([first, np.zeros(len(whole), dtype=np.int64)]),
        "last": np.concatenate([first + tranches["pieces"].to_numpy(),
                                np.ones(len(whole), dtype=np.int64)]),
        "begin": np.concatenate([tranches["begin"].to_numpy(), obligations.starts_on[whole]]),
    }).sort("service", "begin")
    months = pl.Series(obligations.term_months[merged["service"].to_numpy()])
    end = merged.with_columns(months=months).select(
        pl.col("begin").cast(pl.Int32).cast(pl.Date)
        .dt.offset_by(pl.format("{}mo", "months")).to_physical().cast(pl.Int64)).to_series()
    return Starts(merged["service"].to_numpy(), merged["first"].to_numpy(),
                  merged["last"].to_numpy(), merged["begin"].to_numpy(), end.to_numpy())


def amounts_of(starts: Starts, obligations: Obligations,
               allocated: Allocated) -> tuple[Longs, NDArray[np.int32], Longs]:
    """
    What each start gets of its service's allocated price: start, currency, cents; (rows,) each.

    Pieces share the price by cumulative rounding, see `headgate.finance.shares.between`.
    """
    return allocated.of_pieces(starts.service, starts.first, starts.last,
                               obligations.pieces[starts.service])


def over_term(starts: Starts, start: Longs, currency: NDArray[np.int32], cents: Longs,
              edges: Longs) -> Days:
    """
    Amounts spread over the days of their terms, evenly by day.

    What has fallen on all days up to one is rounded down to the cent, so that the stretches of a
    term sum to the amount exactly.

    start, currency, cents : (rows,) as `amounts_of` gives them
    edges   : last days of stretches, in order; the last edge is not before the end of any term
    """
    begin, end = starts.begin[start], starts.end[start]
    low = np.searchsorted(edges, begin)
    count = np.searchsorted(edges, end - 1) - low + 1
    row = np.repeat(np.arange(len(start)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + low[row]
    term = (end - begin)[row]
    until = np.minimum(edges[place] + 1, end[row]) - begin[row]
    total = part_of(cents[row], until, term)
    inner = np.arange(len(row)) > (np.cumsum(count) - count)[row]
    before = np.zeros_like(total)
    before[inner] = total[np.flatnonzero(inner) - 1]
    pieces = np.where(inner, 0, (starts.last - starts.first)[start[row]])
    return Days(starts.service[start[row]], currency[row], before, total,
                np.minimum(edges[place], end[row] - 1), pieces)


def term_edges(starts: Starts, quarter_ends: Longs, exchange: Exchange, as_of: int) -> Longs:
    """The days that cut a term: the day before as_of, quarter ends, days before a new rate."""
    first = int(starts.begin.min(initial=as_of))
    return np.unique(np.concatenate([[as_of - 1], quarter_ends, exchange.changes(first) - 1]))
