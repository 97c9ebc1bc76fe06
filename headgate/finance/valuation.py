"""
Movements in the currency of the book, and what other exchange rates make of what is open.

The value of a line on a day is its open cents times the rate of the day, rounded half to even. A
movement counts the value after it less the value before it, at the rate of its day; a change of
rate counts what is open at the new rate less the same at the old. So the parts sum to the value
exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue, IssuesError
from headgate.finance.exchange import MILLION, Exchange
from headgate.finance.movements import refuse_movements
from headgate.finance.shares import SAFE, before_each

Longs = NDArray[np.int64]

POSITION = ["order_id", "line_no", "customer_id", "segment", "region", "item_id", "site_id",
            "currency"]
"""What a line's open pieces stand under; a line that changes one of these leaves it for another."""


def entries_of(movements: pl.DataFrame, exchange: Exchange, ends: Longs) -> pl.DataFrame:
    """
    Every change of the order backlog, in cents of the book's currency.

    movements : the columns of `headgate.finance.movements.MOVEMENTS`
    ends      : (periods,) last days of periods, since 1970-01-01; the first period is all that
                came before. What is posted after the last of them is left out
    returns   : the columns of POSITION; `place`, the number of the period; `kind`, with `fx`
                beside those of movements; `prior_period`, null unless it is effective in a period
                before that; `quantity`; `cents`
    raises IssuesError : the movements cannot be used; amounts leave 64 bits
    """
    refuse_movements(movements, exchange)
    day = pl.col("posted_on").to_physical().cast(pl.Int64)
    rows = movements.select(
        *POSITION, "kind", "prior_period", "quantity", "amount_cents", "sequence", day=day,
        effective=pl.col("effective_on").to_physical().cast(pl.Int64)).filter(
        pl.col("day") <= int(ends[-1]))
    rows = rows.with_columns(number=pl.Series(exchange.indexes(rows["currency"])))
    own = rows.filter(pl.col("number") == 0).with_columns(cents="amount_cents")
    foreign = by_position(rows.filter(pl.col("number") > 0))
    valued = _Valued.of(foreign, exchange)
    foreign = foreign.with_columns(cents=pl.Series(valued.moved, dtype=pl.Int64))
    moved = pl.concat([part.select(*POSITION, "kind", "prior_period", "quantity", "cents", "day",
                                   "effective") for part in (own, foreign)])
    place = np.searchsorted(ends, moved["day"].to_numpy())
    effective = np.searchsorted(ends, moved["effective"].to_numpy())
    prior = pl.when(pl.Series(effective < place)).then("prior_period")
    moved = moved.with_columns(place=pl.Series(place, dtype=pl.Int64), prior_period=prior).drop(
        "day", "effective")
    made = pl.concat([moved, valued.changes(foreign, exchange, ends).select(moved.columns)])
    if float(made["cents"].cast(pl.Float64).abs().sum()) >= SAFE:
        raise IssuesError([Issue(
            "backlog.amount.total", "error", "movements", "are more than 46,000,000,000,000,000 "
            "in all; are prices and quantities right?", value="the amounts of all movements "
            "together")], "no backlog was worked out")
    return made


def by_position(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of each position together, in the order of posting, and its number."""
    rest = [name for name in rows.columns if name not in POSITION]
    grouped = rows.sort("day", "sequence", maintain_order=True).group_by(
        POSITION, maintain_order=True).agg(rest).with_row_index("position")
    return grouped.explode(rest, empty_as_null=False).with_columns(
        pl.col("position").cast(pl.Int64))


@dataclass(frozen=True, slots=True)
class _Valued:
    """
    Movements in foreign currencies by position; (rows,) each.

    day, number : day of posting, number of the currency
    after       : cents open after the movement, in its currency
    until       : day of the next movement of the position; a day far away after the last
    moved       : what the movement counts, in cents of the book's currency
    """

    day: Longs
    number: Longs
    after: Longs
    until: Longs
    moved: Longs

    @staticmethod
    def of(rows: pl.DataFrame, exchange: Exchange) -> _Valued:
        day, number = rows["day"].to_numpy(), rows["number"].to_numpy().astype(np.int64)
        amount, position = rows["amount_cents"].to_numpy(), rows["position"].to_numpy()
        before = before_each(amount, position)
        after = before + amount
        most = float(np.abs(after.astype(np.float64)).max(initial=0.0))
        if most * float(exchange.micro.max(initial=0)) / MILLION >= SAFE:
            raise IssuesError([Issue(
                "backlog.amount.total", "error", "movements", "is more than "
                "46,000,000,000,000,000; are its price and the rates right?",
                value="what is open of a line, in the book's currency")],
                "no backlog was worked out")
        moved = exchange.convert(after, number, day) - exchange.convert(before, number, day)
        until = np.full(len(day), np.iinfo(np.int64).max)
        same = position[1:] == position[:-1]
        until[:-1][same] = day[1:][same]
        return _Valued(day, number, after, until, moved)

    def changes(self, rows: pl.DataFrame, exchange: Exchange, ends: Longs) -> pl.DataFrame:
        """
        What changed rates make of what is open, one row for each position and period.

        A stretch lasts from a movement to the next one of its position. A rate of that day holds
        before its movements, so that the stretch ends with it. Within a period the changes of
        one stretch sum to what is open at the last rate less the same at the first.
        """
        last = np.minimum(self.until, ends[-1])
        held = np.flatnonzero((self.after != 0) & (last > self.day))
        low = np.searchsorted(ends, self.day[held])
        count = np.searchsorted(ends, last[held]) - low + 1
        row = np.repeat(held, count)
        place = np.arange(len(row)) + np.repeat(low - (np.cumsum(count) - count), count)
        start = np.where(place > 0, np.maximum(self.day[row], ends[place - 1]), self.day[row])
        end = np.minimum(last[row], ends[place])
        open_cents, number = self.after[row], self.number[row]
        cents = (exchange.convert(open_cents, number, end)
                 - exchange.convert(open_cents, number, start))
        told = cents != 0
        return rows[pl.Series(row[told])].select(
            *POSITION, kind=pl.lit("fx"), prior_period=pl.lit(None, pl.String),
            quantity=pl.lit(0, pl.Int64), cents=pl.Series(cents[told], dtype=pl.Int64),
            place=pl.Series(place[told], dtype=pl.Int64))
