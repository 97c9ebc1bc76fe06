"""
FIFO: which supply row serves which draw, recomputed for all draws at once.

For one pool of pieces let `Q` be what its draws ask for up to and with a draw, and `R` what rows
started by the draw's week hold. Served in order, each as far as the rows reach, the draws up to
one get `Q + min(0, min over the draws so far of (R - Q))`; derived here. Draws and rows then are
intervals on one axis of pieces, and a draw meets the rows whose intervals it overlaps.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.verify.explosion import line_name
from headgate.verify.facts import Book
from headgate.verify.rules import Findings
from headgate.verify.supply import ANYBODY, Supply

Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pegs:
    """
    Pieces of supply rows that serve draws; (pegs,) each.

    draw, row : indexes of the draw and of the supply row; pool : the row's pool
    left      : (pools, weeks) what all draws leave of each pool, by week
    """

    draw: Longs
    row: Longs
    pool: Longs
    pieces: Longs
    left: Longs


def peg(draws: dict[str, Longs], book: Book, supply: Supply, findings: Findings) -> Pegs | None:
    """
    The pegging of all draws; None when some draw finds no pieces, which is noted.

    draws : line, item, site, drawn, stood, lead_days, quantity; one row for each draw
    """
    order = _fifo_order(draws, book)
    line, item, site = draws["line"][order], draws["item"][order], draws["site"][order]
    drawn, quantity = draws["drawn"][order], draws["quantity"][order]
    reserved = supply.find(item, site, book.lines.customer[line])
    from_reserved = _served(reserved, drawn, quantity, supply)
    rest = quantity - from_reserved
    anybody = supply.find(item, site, np.full(len(item), ANYBODY, dtype=np.int64))
    from_anybody = _served(anybody, drawn, rest, supply)
    short = np.flatnonzero(from_anybody < rest)
    ids = book.ids
    findings.add_rows(
        "check.explosion.supply", "consumption", None, short,
        lambda k: f"{ids.items[item[k]]} at {ids.sites[site[k]]} in the week of "
        f"{book.calendar.day(int(drawn[k]))}",
        lambda k: f"must not be drawn beyond its supply: {rest[k] - from_anybody[k]} of "
        f"{quantity[k]} pieces for {line_name(int(line[k]), book)} are not there by then",
        numbered=False)
    if len(short):
        return None
    draw = np.concatenate([order, order])
    pool = np.concatenate([reserved, anybody])
    pieces = np.concatenate([from_reserved, rest])
    some = pieces > 0
    return _overlaps(draw[some], pool[some], pieces[some], draws["drawn"], supply)


def _fifo_order(draws: dict[str, Longs], book: Book) -> Longs:
    """Draws by (item, site), then drawn_on, rank of the line, stood_in_for, lead_days."""
    sites, weeks, lines = len(book.ids.sites), book.calendar.horizon, len(book.lines)
    first = (draws["item"] * sites + draws["site"]) * weeks + draws["drawn"]
    first = first * lines + book.lines.rank[draws["line"]]
    longest = int(draws["lead_days"].max(initial=0)) + 1
    return np.lexsort(((draws["stood"] + 1) * longest + draws["lead_days"], first))


def _served(pool: Longs, drawn: Longs, quantity: Longs, supply: Supply) -> Longs:
    """Pieces that each draw gets from its pool; draws stand in FIFO order, pool -1 gives none."""
    served = np.zeros(len(pool), dtype=np.int64)
    at = np.flatnonzero((pool >= 0) & (quantity > 0))
    if len(at) == 0:
        return served
    at = at[np.argsort(pool[at], kind="stable")]
    frame = pl.DataFrame({"pool": pool[at], "asked": quantity[at],
                          "there": supply.there[pool[at], drawn[at]]})
    asked = frame.with_columns(upto=pl.col("asked").cum_sum().over("pool"))
    reach = asked.with_columns(
        got=pl.col("upto") + pl.min_horizontal(
            0, (pl.col("there") - pl.col("upto")).cum_min().over("pool")))
    each = reach.select(pl.col("got") - pl.col("got").shift(1, fill_value=0).over("pool"))
    served[at] = each.to_series().to_numpy()
    return served


def _overlaps(draw: Longs, pool: Longs, pieces: Longs, drawn: Longs, supply: Supply) -> Pegs:
    """Lay served pieces and rows, pool by pool, on one axis and cut them at each other's ends."""
    order = np.argsort(pool, kind="stable")
    draw, pool, pieces = draw[order], pool[order], pieces[order]
    row_end = np.cumsum(supply.quantity)
    row_start = row_end - supply.quantity
    pool_start = row_start[np.searchsorted(supply.pool, np.arange(len(supply.pool_item)))]
    end = np.cumsum(pieces)
    before_pool = (end - pieces)[np.searchsorted(pool, pool)]
    end = end - before_pool + pool_start[pool]
    start = end - pieces
    first = np.searchsorted(row_end, start, side="right")
    last = np.searchsorted(row_end, end, side="left")
    count = last - first + 1
    which = np.repeat(np.arange(len(draw)), count)
    row = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count) + first[which]
    cut = np.minimum(end[which], row_end[row]) - np.maximum(start[which], row_start[row])
    taken = np.zeros_like(supply.there)
    np.add.at(taken, (pool[which], drawn[draw[which]]), cut)
    return Pegs(draw[which], row, pool[which], cut, supply.there - np.cumsum(taken, axis=1))


def pegging_rows(draws: dict[str, Longs], pegs: Pegs, pegged: NDArray[np.bool_],
                 supply: Supply, book: Book) -> dict[str, Longs]:
    """
    The pegging table that the draws call for, coded and in the order of its key.

    pegged : (items,) whether the plan pegs an item
    """
    shown = pegged[draws["item"][pegs.draw]]
    draw, row, pieces = pegs.draw[shown], pegs.row[shown], pegs.pieces[shown]
    rows = {name: draws[name][draw]
            for name in ("line", "item", "site", "drawn", "stood", "lead_days")}
    rows["reference"], rows["quantity"] = supply.reference[row], pieces
    sites, items, weeks = len(book.ids.sites), len(book.ids.items), book.calendar.horizon
    first = ((rows["line"] * items + rows["item"]) * sites + rows["site"]) * weeks + rows["drawn"]
    longest = int(rows["lead_days"].max(initial=0)) + 1
    second = (rows["reference"] * (items + 1) + rows["stood"] + 1) * longest + rows["lead_days"]
    order = np.lexsort((second, first))
    rows = {name: column[order] for name, column in rows.items()}
    first, second = first[order], second[order]
    starts = np.flatnonzero(np.concatenate(
        [np.ones(min(1, len(first)), dtype=np.bool_),
         (first[1:] != first[:-1]) | (second[1:] != second[:-1])]))
    # Two rows of one reference, item and site are one row of the table.
    total = np.add.reduceat(rows["quantity"], starts) if len(starts) else rows["quantity"]
    rows = {name: column[starts] for name, column in rows.items()}
    rows["quantity"] = total
    return rows
