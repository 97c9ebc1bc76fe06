"""Who draws what, by week and by line, and which supply row each draw is pegged to."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.planner.allocate import Allocation, draw_weeks
from headgate.planner.kernels.peg import peg_fifo
from headgate.planner.policy import Policy
from headgate.planner.world import usable_supply

KEYS = ("line", "item", "site", "week", "stood", "days")


def drawn_rows(book: Book, allocation: Allocation,
               items: NDArray[np.bool_] | None = None) -> pl.DataFrame:
    """
    One row for each draw: line, item, site, week, stood (-1 none), days, pieces.

    items : (items,) only these; None all. Indexes are Int32, pieces Int64.
    """
    forest, pools = book.forest, allocation.pools
    item = pools.item[allocation.pool]
    chosen = slice(None) if items is None else np.flatnonzero(items[item])
    node = allocation.node[chosen]
    called = forest.item[node]
    drawn = item[chosen]
    return pl.DataFrame({
        "line": allocation.line[allocation.owner][chosen],
        "item": drawn, "site": pools.site[allocation.pool[chosen]],
        "week": draw_weeks(book, allocation)[chosen],
        "stood": np.where(called == drawn, -1, called).astype(np.int32),
        "days": forest.days[node], "pieces": allocation.pieces[chosen]})


def consumed_rows(drawn: pl.DataFrame) -> pl.DataFrame:
    """Draws of all lines together: item, site, week, stood, days, pieces, in that order."""
    return (drawn.lazy().group_by(KEYS[1:]).agg(pl.col("pieces").sum()).sort(KEYS[1:])
            .collect())


def pegged_rows(book: Book, policy: Policy, drawn: pl.DataFrame) -> pl.DataFrame:
    """
    The drawn rows met with supply rows, FIFO: KEYS, `row` (of `Book.supply`), pieces.

    Sorted by line, item, site, week, reference, stood, days; rows of one reference are one.
    """
    return _by_reference(book, matched_rows(book, policy, drawn))


def matched_rows(book: Book, policy: Policy, drawn: pl.DataFrame) -> pl.DataFrame:
    """The drawn rows met with supply rows, FIFO, one row for each pair: KEYS, `row`, pieces."""
    draws = _merged(book, drawn, book.lines.place_by_rank)
    supply = book.supply
    usable = np.flatnonzero(usable_supply(book, policy))
    row_pair = supply.item[usable].astype(np.int64) * len(book.sites) + supply.site[usable]
    draw_pair = (draws["item"].to_numpy().astype(np.int64) * len(book.sites)
                 + draws["site"].to_numpy())
    pairs = np.unique(draw_pair)
    draw_ptr = np.searchsorted(draw_pair, np.concatenate([pairs, [2**62]]))
    first, last = np.searchsorted(row_pair, pairs), np.searchsorted(row_pair, pairs, "right")
    wanted = np.repeat(first - np.concatenate([[0], np.cumsum(last - first)[:-1]]), last - first)
    rows = usable[wanted + np.arange(len(wanted))] if len(pairs) else usable[:0]
    row_ptr = np.concatenate([[0], np.cumsum(last - first)]).astype(np.int64)
    room = draws.height + 2 * len(rows) + 1
    out_draw, out_row = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    out_pieces = np.empty(room, dtype=np.int64)
    slots = book.lines.slot[draws["line"].to_numpy()]
    count = peg_fifo(draw_ptr.astype(np.int64), draws["week"].to_numpy(), slots,
                     draws["pieces"].to_numpy().copy(), row_ptr, supply.start[rows],
                     supply.slot[rows], supply.quantity[rows].copy(), out_draw, out_row,
                     out_pieces)
    assert count >= 0, "a plan drew a piece that no supply row brings in time"
    met = draws.select(KEYS)[out_draw[:count]]
    return met.with_columns(row=pl.Series(rows[out_row[:count]]),
                            pieces=pl.Series(out_pieces[:count]))


def _merged(book: Book, drawn: pl.DataFrame, place: NDArray[np.int64]) -> pl.DataFrame:
    """Draws in pegging order, those alike in all KEYS as one."""
    column = {name: drawn[name].to_numpy() for name in KEYS}
    order, new = _sorted_groups([
        (column["item"], len(book.items)), (column["site"], len(book.sites)),
        (column["week"], book.horizon), (place[column["line"]], len(book.lines)),
        (column["stood"] + 1, len(book.items) + 1), (column["days"], _longest(drawn))])
    pieces = np.add.reduceat(drawn["pieces"].to_numpy()[order], new) if len(new) else (
        np.zeros(0, dtype=np.int64))
    return drawn.select(KEYS)[order[new]].with_columns(pieces=pl.Series(pieces))


def _by_reference(book: Book, met: pl.DataFrame) -> pl.DataFrame:
    """Pegs in the table's order, those of one reference as one row."""
    text = book.supply.reference.rank("dense").to_numpy().astype(np.int64)
    row = met["row"].to_numpy()
    column = {name: met[name].to_numpy() for name in KEYS}
    order, new = _sorted_groups([
        (column["line"], len(book.lines)), (column["item"], len(book.items)),
        (column["site"], len(book.sites)), (column["week"], book.horizon),
        (text[row], int(text.max(initial=0)) + 1), (column["stood"] + 1, len(book.items) + 1),
        (column["days"], _longest(met))])
    pieces = np.add.reduceat(met["pieces"].to_numpy()[order], new) if len(new) else (
        np.zeros(0, dtype=np.int64))
    return met.select(*KEYS, "row")[order[new]].with_columns(pieces=pl.Series(pieces))


def _longest(rows: pl.DataFrame) -> int:
    return int(rows["days"].to_numpy().max(initial=0)) + 1


def _sorted_groups(
        columns: list[tuple[NDArray[np.integer], int]]) -> tuple[NDArray[np.int64],
                                                                 NDArray[np.int64]]:
    """
    The order that sorts rows by several columns, and where in it a new group begins.

    columns : most important first, each with a number that its values stay below

    The columns become one number where 63 bits hold it, which sorts ten times faster.
    """
    size = 1
    for _, below in columns:
        size *= max(1, below)
    if size < 2**63:
        key = np.zeros(len(columns[0][0]), dtype=np.int64)
        for values, below in columns:
            key *= max(1, below)
            key += values
        order = np.argsort(key)
        new = np.flatnonzero(np.diff(key[order], prepend=-1))
        return order, new
    order = np.lexsort([values for values, _ in reversed(columns)])
    differs = np.zeros(len(order), dtype=bool)
    differs[:1] = True
    for values, _ in columns:
        differs[1:] |= np.diff(values[order]) != 0
    return order, np.flatnonzero(differs)
