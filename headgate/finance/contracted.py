"""The contracts of a book as they stand on its day: prices, what has left, what is earned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.finance.contracts import Allocated, Obligations, obligations_of, split_prices
from headgate.finance.exchange import Exchange, day_number, exchange_of
from headgate.finance.services import Starts, Told, amounts_of, performed, starts_of, told_of
from headgate.finance.shares import summed
from headgate.finance.shipments import Shipments
from headgate.finance.under_way import Before, before_of

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Contracted:
    """
    What a book and its ledger say of contracts, without any plan; see the classes' own words.

    before : pieces shipped before
    progress : what came of pieces, step by step, as it was given; None: nobody says
    told   : what was recorded of services themselves
    starts : pieces whose services have started, or will with the delivery of what has left
    """

    book: Book
    exchange: Exchange
    obligations: Obligations
    allocated: Allocated
    before: Before
    told: Told
    starts: Starts
    progress: pl.DataFrame | None = None

    @property
    def as_of(self) -> int:
        """The day of the book, in days since 1970-01-01."""
        return day_number(self.book.settings.as_of)

    @property
    def shipped(self) -> Longs:
        """(order lines,) pieces shipped."""
        return self.obligations.pieces[:self.obligations.lines] - self.book.lines.open

    def value(self, obligation: Longs, first: Longs, last: Longs) -> Longs:
        """
        The allocated price of the pieces after `first` up to `last` of obligations.

        obligation, first, last : (n,); a dated service is one piece
        returns : (n,) cents of the book's currency at the rates of as_of
        """
        place, currency, cents = self.allocated.of_pieces(
            obligation, first, last, self.obligations.pieces[obligation])
        there = self.exchange.convert(cents, currency, np.full(len(cents), self.as_of))
        return summed(place, there, len(obligation))

    def services_earned(self) -> tuple[Longs, Ints, Longs]:
        """What of each stretch of `starts` fell on days before as_of: stretch, currency, cents."""
        start, currency, cents = amounts_of(self.starts, self.obligations, self.allocated)
        return start, currency, performed(self.starts, start, cents, self.as_of)

    def earned(self, held: Longs) -> pl.DataFrame:
        """
        What is recognised by as_of: `contract_id`, `currency` and `cents` of that currency.

        held : (order lines,) pieces that are not shipped and recognised all the same
        """
        lines = np.arange(self.obligations.lines)
        none, shipped = np.zeros_like(lines), self.shipped
        start, currency, cents = self.services_earned()
        parts = [(self.starts.service[start], currency, cents)]
        for first, last in ((none, self.before.recognised), (shipped, shipped + held)):
            place, currency, cents = self.allocated.of_pieces(
                lines, first, last, self.obligations.pieces[lines])
            parts.append((place, currency, cents))
        obligation, number, amount = (np.concatenate([part[k] for part in parts])
                                      for k in range(3))
        contract = pl.Series(self.obligations.contract[obligation])
        return pl.DataFrame({
            "contract_id": self.obligations.names.gather(contract),
            "currency": pl.Series(self.exchange.names, dtype=pl.String).gather(pl.Series(number)),
            "cents": amount}).group_by("contract_id", "currency").agg(pl.col("cents").sum())


def contracted(book: Book, stated_prices: bool = False,
               progress: pl.DataFrame | None = None) -> Contracted:
    """
    The contracts of a book on its day.

    stated_prices, progress : as for `headgate.finance.revenue.revenue_of`
    raises IssuesError : a standalone price is missing that the split of a contract needs; columns
                         of the progress are missing
    """
    exchange = exchange_of(book.tables)
    before = before_of(book, progress)
    obligations = obligations_of(book, exchange, before.prices)
    allocated = split_prices(book, obligations, exchange, stated_prices)
    none = np.zeros(0, dtype=np.int64)
    nothing = Shipments(none, none, none, none, none, none, none, none, none)
    told = told_of(obligations, day_number(book.settings.as_of), progress)
    return Contracted(book, exchange, obligations, allocated, before, told,
                      starts_of(obligations, nothing, before, told), progress)
