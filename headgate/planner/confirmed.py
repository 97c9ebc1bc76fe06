"""What an older plan confirmed to each line of a book, and what moving that costs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.money import scale_cents
from headgate.book import Book
from headgate.planner.kernels.kept import EARLIEST_KEPT, NEVER, PROMISED, TIER
from headgate.planner.replan_policy import CLASSES, FILL, LOSE, ReplanPolicy, groups_of

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """
    One entry for each line of the book.

    known     : whether the older plan had the line
    promised  : last arrival bucket, NEVER none; may lie before bucket 0
    pieces, open : promised and open then
    late      : whether it was late or short of pieces then
    group     : class, as its place in CLASSES
    frozen    : whether it is promised within the fence
    later, earlier : cents for a piece that is promised one week later, or earlier
    """

    known: Bools
    promised: Longs
    pieces: Longs
    open: Longs
    late: Bools
    group: Longs
    frozen: Bools
    later: Floats
    earlier: Floats

    def terms(self) -> tuple[Longs, Floats]:
        """`terms` and `money` as `headgate.planner.kernels.kept.Old` takes them."""
        terms = np.zeros((len(self.known), 3), dtype=np.int64)
        terms[:, PROMISED] = self.promised
        terms[:, TIER] = len(CLASSES) * self.frozen + LOSE - self.group
        fill = self.group == FILL
        # A line of this class that had nothing gets nothing: it may begin after all weeks.
        terms[fill, EARLIEST_KEPT] = np.where(self.promised[fill] == NEVER, -NEVER,
                                              self.promised[fill])
        terms[~self.known, EARLIEST_KEPT] = 0
        return terms, np.stack([self.later, self.earlier], axis=1)


def confirmed_of(book: Book, policy: ReplanPolicy, promises: pl.DataFrame) -> Confirmed:
    """
    What the older plan's table `promises` says of the lines of a book.

    Lines that only the older plan has are left out: they were shipped or cancelled.
    """
    lines = book.lines
    orders = book.tables.frames["orders"].select("order_id", "line_no")[
        pl.Series(lines.source_row)]
    had = promises.select("order_id", "line_no", "open_quantity", "promised_quantity",
                          "promised_on", "status")
    table = orders.join(had, on=["order_id", "line_no"], how="left", maintain_order="left")
    there = table["promised_on"].is_not_null().to_numpy()
    first = np.datetime64(book.first_monday, "D")
    days = table["promised_on"].fill_null(book.first_monday).to_numpy().astype("datetime64[D]")
    promised = np.where(there, (days - first).astype(np.int64) // 7, NEVER)
    near = there & (promised < policy.near_weeks)
    factor = np.where(near, policy.near_thousandths / 1000.0, 1.0)
    return Confirmed(
        table["status"].is_not_null().to_numpy(), promised,
        table["promised_quantity"].fill_null(0).to_numpy(),
        table["open_quantity"].fill_null(0).to_numpy(),
        table["status"].is_in(["late", "short", "unplanned"]).fill_null(False).to_numpy(),
        groups_of(book, policy), there & (promised < policy.fence_weeks),
        np.multiply(scale_cents(lines.price_cents, policy.later_millionths), factor),
        np.multiply(scale_cents(lines.price_cents, policy.earlier_millionths), factor))
