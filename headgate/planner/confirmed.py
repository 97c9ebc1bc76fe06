"""What an older plan confirmed to each line of a book, and what moving that costs."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.money import scale_cents
from headgate.book import Book
from headgate.planner.kernels.kept import EARLIEST_KEPT, NEVER, PROMISED, TIER
from headgate.planner.replan_policy import CLASSES, FILL, LOSE, ReplanPolicy, groups_of
from headgate.planner.world import ship_sets

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Confirmed:
    """
    One entry for each line of the book.

    known     : whether the older plan had the line
    promised  : last arrival bucket, NEVER none; may lie before bucket 0
    pieces    : of what is still open, what had a date
    added     : pieces that are open now and were not ordered then
    open      : pieces open then
    late      : whether it was late or short of pieces then
    group     : class, as its place in CLASSES
    frozen    : whether it is promised within the fence
    later, earlier : cents for a piece that is promised one week later, or earlier
    """

    known: Bools
    promised: Longs
    pieces: Longs
    added: Longs
    open: Longs
    late: Bools
    group: Longs
    frozen: Bools
    later: Floats
    earlier: Floats

    def without(self, placed: Longs, left: Longs) -> Confirmed:
        """
        What of it is to be kept beside allocations that are fixed.

        placed, left : (lines,) pieces that are fixed, and open pieces that are not
        """
        return replace(self, pieces=np.minimum(left, np.maximum(0, self.pieces - placed)),
                       open=self.open - placed)

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


def confirmed_of(book: Book, policy: ReplanPolicy, promises: pl.DataFrame,
                 allocations: pl.DataFrame) -> Confirmed:
    """
    What the older plan's tables `promises` and `allocations` say of the lines of a book.

    Lines that only the older plan has are left out: they were shipped or cancelled.
    """
    lines = book.lines
    orders = book.tables.frames["orders"].select("order_id", "line_no")[
        pl.Series(lines.source_row)]
    had = promises.select("order_id", "line_no", "open_quantity", "promised_on", "status")
    table = orders.join(had, on=["order_id", "line_no"], how="left", maintain_order="left")
    there = table["promised_on"].is_not_null().to_numpy()
    first = np.datetime64(book.first_monday, "D")
    days = table["promised_on"].fill_null(book.first_monday).to_numpy().astype("datetime64[D]")
    promised = np.where(there, (days - first).astype(np.int64) // 7, NEVER)
    near = there & (promised < policy.near_weeks)
    before = table["open_quantity"].fill_null(0).to_numpy()
    known = table["status"].is_not_null().to_numpy()
    factor = np.where(near, policy.near_thousandths / 1000.0, 1.0)
    # The lines of a ship set move together: its best line's class counts, and any of their fences.
    heads = _heads(book)
    group = groups_of(book, policy)[heads]
    return Confirmed(
        known, promised, _still_dated(book, orders, before, allocations),
        np.where(known, np.maximum(0, lines.open - before), 0), before,
        table["status"].is_in(["late", "short", "unplanned"]).fill_null(False).to_numpy(),
        group, _any_mate(heads, there & (promised < policy.fence_weeks)),
        np.multiply(scale_cents(lines.price_cents, policy.later_millionths), factor),
        np.multiply(scale_cents(lines.price_cents, policy.earlier_millionths), factor))


def _still_dated(book: Book, orders: pl.DataFrame, before: Longs,
                 allocations: pl.DataFrame) -> Longs:
    """
    (lines,) pieces still open that had a date: those to ship from now on, and those whose week has
    passed and that were not shipped in it.
    """
    future = pl.col("ship_on") >= book.first_monday
    sums = allocations.group_by("order_id", "line_no").agg(
        future=pl.col("quantity").filter(future).sum(),
        past=pl.col("quantity").filter(~future).sum())
    table = orders.join(sums, on=["order_id", "line_no"], how="left", maintain_order="left")
    ahead, past = (table[name].fill_null(0).to_numpy() for name in ("future", "past"))
    missed = np.maximum(0, past - np.maximum(0, before - book.lines.open))
    return np.asarray(np.minimum(book.lines.open, ahead + missed), dtype=np.int64)


def _heads(book: Book) -> Longs:
    """(lines,) the best line of each line's ship set, or the line itself."""
    ship_set, ptr, mates = ship_sets(book)
    found = np.arange(len(book.lines))
    if len(mates):
        found[mates] = mates[ptr[:-1]][ship_set[mates]]
    return found


def _any_mate(heads: Longs, chosen: Bools) -> Bools:
    """(lines,) whether a line or one of its ship set is chosen."""
    found = np.zeros(len(heads), dtype=np.bool_)
    found[heads[chosen]] = True
    return found[heads]
