"""The contracts of a book as they stand on its day: prices, what has left, what is earned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.finance.bill_and_hold import Held, held_of
from headgate.finance.contracts import (
    Allocated,
    Obligations,
    by_contract,
    obligations_of,
    split_prices,
)
from headgate.finance.exchange import Exchange, day_number, exchange_of, exchange_told
from headgate.finance.past import Past
from headgate.finance.services import (
    Performed,
    Starts,
    Told,
    amounts_of,
    performed,
    starts_of,
    told_of,
)
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
    told   : what was recorded of services themselves
    starts : pieces whose services have started, or will with the delivery of what has left
    told_at : the rates with which days were told, those that were closed as they were then
    held   : what is billed and held; None: no record of it was given
    """

    book: Book
    exchange: Exchange
    obligations: Obligations
    allocated: Allocated
    before: Before
    told: Told
    starts: Starts
    told_at: Exchange
    held: Held | None = None

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

    def services_earned(self) -> tuple[Longs, Performed]:
        """The stretches of `starts`, and what of each fell on days before as_of; (rows,) each."""
        amounts = amounts_of(self.starts, self.obligations, self.allocated)
        return amounts.start, performed(self.starts, amounts, self.as_of)

    def earned(self) -> pl.DataFrame:
        """What is recognised by as_of: `contract_id`, `currency` and `cents` of that currency."""
        lines = np.arange(self.obligations.lines)
        start, done = self.services_earned()
        parts = [(self.starts.service[start], done.currency, done.cents), self.allocated.of_pieces(
            lines, np.zeros_like(lines), self.before.recognised, self.obligations.pieces[lines])]
        obligation, number, amount = (np.concatenate([part[k] for part in parts])
                                      for k in range(3))
        return by_contract(self.obligations, self.exchange, obligation, number, amount).group_by(
            "contract_id", "currency").agg(pl.col("cents").sum())


def contracted(book: Book, stated_prices: bool = False,
               progress: pl.DataFrame | None = None, record: pl.DataFrame | None = None,
               past: Past | None = None) -> Contracted:
    """
    The contracts of a book on its day.

    stated_prices, progress : as for `headgate.finance.revenue.revenue_of`
    record : as for `headgate.finance.bill_and_hold.held_of`; None: nobody says that anything is
             billed and held
    past   : what items cost alone when they were sold, and the rates of closed days; None: the
             tables alone say both
    raises IssuesError : a standalone price is missing that the split of a contract needs; columns
                         of the progress are missing; the record does not fit the book
    """
    exchange = exchange_of(book.tables)
    held = None if record is None else held_of(book, progress, record)
    before = before_of(book, progress if held is None else held.steps)
    obligations = obligations_of(book, exchange, before.prices)
    told_at = exchange_told(exchange, None if past is None else past.rates)
    items = None if past is None else past.items
    prices = None if items is None else (items if stated_prices else items.filled()).prices()
    allocated = split_prices(book, obligations, told_at, stated_prices, prices)
    none = np.zeros(0, dtype=np.int64)
    nothing = Shipments(none, none, none, none, none, none, none, none, none)
    told = told_of(obligations, day_number(book.settings.as_of), progress)
    return Contracted(book, exchange, obligations, allocated, before, told,
                      starts_of(obligations, nothing, before, told), told_at, held)
