"""Promises as the pins of an order draw them, which a re-plan places all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from headgate.base.calendar import bucket_of
from headgate.book import Book
from headgate.planner.kernels.rank import LINE, Lines, Log
from headgate.planner.pinning import placed_in
from headgate.planner.reach import Stock, chosen_rows
from headgate.planner.world import Pools, lines_of
from headgate.quoting.answers import Quote
from headgate.quoting.asking import Asking

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class AsPins:
    """
    Promises as their pins draw.

    lines : the requests as the kernels take them
    log   : all allocations, each of the request at the place of its line
    """

    lines: Lines
    log: Log

    def of(self, place: int) -> Log:
        """The allocations of one request."""
        return chosen_rows(self.log, np.flatnonzero(self.log.rows[:, LINE] == place))


def as_pinned(book: Book, pools: Pools, asking: Asking, quotes: Sequence[Quote],
              stocks: Sequence[Stock]) -> AsPins | None:
    """
    Promises as their pins draw; None where pins cannot hold them: an accepted item is sent, or not
    all can be had.

    book, pools : of the plan; they know whoever asks
    stocks      : what they may draw on, as `headgate.planner.pinning.placed_in` takes it
    """
    requests = [one.request for one in quotes]
    if any(part.item_id != one.request.item_id for one in quotes for part in one.shipments):
        return None
    pools = replace(pools, permits=asking.permits(pools.permits, requests))
    asked = asking.book_of(book, asking.lines(requests))
    log = placed_in(asked, pools, _pins(book, quotes), stocks)
    return None if log is None else AsPins(lines_of(asked, pools.permits), log)


def _pins(book: Book, quotes: Sequence[Quote]) -> Longs:
    """
    (n, 4) place of the promise, site, ship week and pieces of each shipment, in the order of pins:
    by the rank of their lines, week and site.
    """
    as_of = book.settings.as_of
    rows = sorted((quote.request.requested_on or date.max, place, bucket_of(part.ship_on, as_of),
                   book.sites.index(part.site_id), part.quantity)
                  for place, quote in enumerate(quotes) for part in quote.shipments)
    return np.array([(place, site, week, pieces) for _, place, week, site, pieces in rows],
                    dtype=np.int64).reshape(-1, 4)
