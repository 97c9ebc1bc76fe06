"""Promises as the pins of an order draw them, which a re-plan places all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from headgate.base.calendar import bucket_of
from headgate.book import Book
from headgate.planner.kernels.rank import Log
from headgate.planner.pinning import placed_in
from headgate.planner.reach import Stock
from headgate.planner.world import Pools
from headgate.quoting.answers import Quote
from headgate.quoting.asking import Asking

Longs = NDArray[np.int64]


def as_pinned(book: Book, pools: Pools, asking: Asking, quotes: Sequence[Quote],
              stocks: Sequence[Stock]) -> Log | None:
    """
    The allocations of promises as their pins draw, the line of each its place among the promises;
    None where pins cannot hold them: an accepted item is sent, or not all can be had.

    book, pools : of the plan; they know whoever asks
    stocks      : what they may draw on, as `headgate.planner.pinning.placed_in` takes it
    """
    requests = [one.request for one in quotes]
    if any(part.item_id != one.request.item_id for one in quotes for part in one.shipments):
        return None
    pools = replace(pools, permits=asking.permits(pools.permits, requests))
    asked = asking.book_of(book, asking.lines(requests))
    return placed_in(asked, pools, _pins(book, quotes), stocks)


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
