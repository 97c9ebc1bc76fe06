"""
Quarters that are over, told by the contracts as they stood at their ends.

A contract that changes later is split anew, and so is what was recognised of it. What that makes of
earlier quarters is a catch-up in the quarter of the change (ASC 606-10-25-13(b), 32-43, 32-44): an
earlier quarter stays as it was told. So does one that was closed in the ledger when more of it was
recorded: that is of the quarter in which it is posted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from headgate.base.calendar import fiscal_year
from headgate.base.periods import Period, period_of, periods
from headgate.book import Book, build_book
from headgate.finance.bill_and_hold import HELD, fitting
from headgate.finance.contracted import Contracted, contracted
from headgate.finance.exchange import day_number
from headgate.finance.past import KEY, Past, known_past
from headgate.finance.recognised import Left, Recognised, quarters_since, recognised_of
from headgate.ledger.item_history import ItemHistory
from headgate.ledger.modifications import Modified
from headgate.tables.revenue_schema import RECOGNISED

CATCH_UP = "catch_up"
"""The rule of what changed contracts say more or less of earlier quarters."""
AMOUNTS = ("quantity", "price_cents", "penalty_cents", "revenue_cents", "standard_cents", "at_once")
"""What is summed; `at_once` is the price at the rates of the day of the book."""
LINE = ("kind", *KEY)
NOT_NEEDED = ("supply", "capacity", "routing", "bom", "substitutes", "pins", "quotas",
              "restrictions")
"""Tables that say nothing of what was recognised."""


@dataclass(frozen=True, slots=True)
class Then:
    """
    The contracts that changed after a quarter was over, as they stood at its end.

    contracts : with the progress and the record up to then, as they were known when the quarter was
                closed; the day of its book is the one after
    made      : what was recognised of them by then
    lines     : order_id, line_no and contract_id of their order lines, cancelled ones among them
    orders    : their order_ids; names : these, and their contracts
    """

    period: Period
    contracts: Contracted
    made: Recognised
    lines: pl.DataFrame
    orders: frozenset[str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """
    What changed contracts say more or less of earlier quarters.

    quarter, on : when it is recognised; cents : revenue, of the book's currency
    changes     : what changed, in words with its day
    """

    quarter: str
    on: date
    contract_id: str
    cents: int
    changes: tuple[str, ...]


def then_of(book: Book, past: Past | None, record: pl.DataFrame | None, held: bool = False,
            stated_prices: bool = False) -> tuple[Then, ...]:
    """
    The contracts of a book that changed, at the end of each quarter that is over, if they did
    after it; in the order of quarters.

    record, stated_prices : as for `headgate.finance.contracted.contracted`
    held   : only those of which something is billed and held
    """
    if past is None or past.modified is None:
        return ()
    settings, modified = book.settings, past.modified.modified
    if held:
        orders = set() if record is None else set(record["order_id"])
        modified = tuple(one for one in modified if one.orders & orders)
    if not modified:
        return ()
    year, begun = fiscal_year(settings.fiscal_year_end), _begun(modified, record)
    items = past.modified.items
    sold = items if stated_prices else items.filled()
    found = []
    first = period_of(year, "quarter", min(one.since for one in modified)).starts_on
    for period in periods(year, "quarter", first, settings.as_of):
        last = period.ends_on
        then = [one for one, since in zip(modified, begun, strict=True)
                if since is not None and since <= last < one.changes[-1].on]
        if last < settings.as_of and then:
            found.append(_then(book, past, then, period, record, sold))
    return tuple(found)


def _begun(modified: Sequence[Modified], record: pl.DataFrame | None) -> list[date | None]:
    """The first day on which anything of each may have been recognised; None: none was."""
    held = {} if record is None else dict(record.group_by("order_id").agg(
        pl.col("held_on").min()).iter_rows())
    found: list[date | None] = []
    for one in modified:
        own = [held[order] for order in one.orders if order in held]
        own += [] if one.begun is None else [one.begun]
        # What began before anybody took down more of it is told of that day.
        found.append(max(min(own), one.since) if own else None)
    return found


def _then(book: Book, past: Past, modified: Sequence[Modified], period: Period,
          record: pl.DataFrame | None, sold: ItemHistory) -> Then:
    """
    Contracts as they stood at the end of a quarter.

    sold : items by their standalone prices, as they are known today
    """
    assert past.modified is not None, "something of it changed"
    day = period.ends_on
    lines, services, items = past.modified.tables(modified, day)
    orders = lines.filter(pl.col("quantity") > 0)
    frames = {name: frame.clear() if name in (*NOT_NEEDED, "orders", "service_lines") else frame
              for name, frame in book.tables.frames.items()}
    own = build_book(replace(book.tables, settings=replace(
        book.settings, as_of=day + timedelta(days=1)), frames={**frames, "items": items}))
    known = known_past(own, Past(orders, services, items=sold.told(day), rates=past.rates))
    gone = orders.filter("closed").join(known.orders, on=KEY, how="anti", maintain_order="left")
    over = services.filter(pl.col("closed") & ~pl.col("cancelled")).join(
        known.services, on=KEY, how="anti", maintain_order="left")
    ids = frozenset[str]().union(*(one.orders for one in modified))
    until = past.modified.progress(modified, day)
    log = None
    if record is not None:
        keys = orders.select(*KEY)
        log = record if "row" in record.columns else record.with_columns(
            row=pl.int_range(2, pl.len() + 2))
        log = log.select("row", *HELD).filter(pl.col("held_on") <= day).join(
            keys, on=KEY, how="semi", maintain_order="left")
        # What is known by now may hold pieces that nobody knew of then.
        log = fitting(known.wide, until, log)
    # Where a standalone price was missing then, and is no more needed now, nobody was told anything
    # that could stay; the stated price stands for it, so that today's answer is not refused.
    contracts = contracted(known.wide, True, until, log, known)
    left = Left(gone.drop("closed"), over.drop("closed", "cancelled"))
    return Then(period, contracts, recognised_of(
        contracts, until, left, past.modified.items, day_number(book.settings.as_of)), lines.select(
            *KEY, contract_id=pl.coalesce("contract_id", "order_id")), ids,
        frozenset[str]().union(*(one.names for one in modified)))


def as_reported(contracts: Contracted, made: Recognised, then: Sequence[Then],
                past: Past | None) -> tuple[Recognised, tuple[CaughtUp, ...]]:
    """
    What was recognised, of quarters that are over as it was told when they were.

    contracts, made : of today
    Rows of the rule CATCH_UP have what later quarters tell of earlier ones. All rows of a line sum
    to what its contract says today. What was recognised before the ledger began is of no quarter,
    and is told by the contracts of today.
    """
    if not then or past is None or past.modified is None:
        return made, ()
    groups = {order: one for one in past.modified.modified for order in one.orders}
    today = _told(made)
    dated = pl.col("recognised_on").is_not_null()
    changed = _of(today, frozenset[str]().union(*(one.orders for one in then))).filter(dated)
    parts = [today.join(changed, on=[*LINE, "recognised_on", "rule"], how="anti",
                        maintain_order="left")]
    today = changed
    caught: list[pl.DataFrame] = []
    # From one evening to the next, today being the last of all: `before` is what the evening of
    # the day `last` told, of `orders`.
    before, orders, last = today.clear(), frozenset[str](), date.min
    for one in (*then, None):
        own = frozenset[str]() if one is None else one.orders
        told = today.clear() if one is None else _told(one.made).filter(dated)
        # Of a contract that did not change after the next quarter, that is told as today.
        for now, which in ((told, orders & own), (today, orders - own)):
            since = pl.col("recognised_on") > last
            rows = _of(now, which)
            parts.append(rows.filter(since))
            caught.append(_caught(_of(before, which), rows.filter(~since), last, contracts,
                                  groups))
        # A contract that was not told before has nothing to catch up with.
        parts.append(_of(told, own - orders))
        if one is not None:
            before, orders, last = told, own, one.period.ends_on
    more = pl.concat(caught)
    rows = pl.concat([*parts, more.select(today.columns)]).sort(
        "order_id", "line_no", "kind", "recognised_on", "rule", nulls_last=False)
    entries = rows.drop("at_once").select(RECOGNISED.names).cast(RECOGNISED.types)
    return replace(made, entries=entries, as_of_cents=rows["at_once"].to_numpy(),
                   quarters=quarters_since(contracts, entries["recognised_on"].drop_nulls())
                   ), _named(more, groups, contracts)


def _told(made: Recognised) -> pl.DataFrame:
    """The rows of what was recognised, with their price at the rates of the day of the book."""
    return made.entries.with_columns(at_once=pl.Series(made.as_of_cents, dtype=pl.Int64))


def _of(rows: pl.DataFrame, orders: frozenset[str]) -> pl.DataFrame:
    """The rows of some orders."""
    return rows.filter(pl.col("order_id").is_in(
        pl.Series(sorted(orders), dtype=pl.String).implode()))


def _caught(before: pl.DataFrame, now: pl.DataFrame, last: date, contracts: Contracted,
            groups: Mapping[str, Modified]) -> pl.DataFrame:
    """
    What is told now of the days up to one, less what was told of them at its evening; by line.

    It is recognised on the day of the last change in the next quarter.
    """
    settings = contracts.book.settings
    both = pl.concat([now, before.with_columns(-pl.col(AMOUNTS))])
    cost = pl.col("standard_cents")
    # Where nobody knows what an item costs, the quarter that did keeps its cost, and of pieces that
    # change beside nobody knows any: that is no margin gained.
    differ = both.group_by(LINE).agg(
        pl.col(AMOUNTS).sum(), unknown=cost.is_null().any()).with_columns(
        pl.when(~pl.col("unknown")).then(cost).otherwise(
            pl.when(pl.col("quantity") == 0).then(0)).alias("standard_cents")).filter(
        pl.any_horizontal(pl.col(AMOUNTS).fill_null(0) != 0)).drop("unknown")
    names = both.unique(LINE, keep="first", maintain_order=True)
    rows = differ.join(names.drop(AMOUNTS), on=LINE).with_columns(
        rule=pl.lit(CATCH_UP), standard_margin_cents=pl.col("revenue_cents") - pl.col(
            "standard_cents"))
    if rows.is_empty():
        return rows.select(now.columns)
    year = fiscal_year(settings.fiscal_year_end)
    period = period_of(year, "quarter", last + timedelta(days=1))
    end = min(period.ends_on, settings.as_of)
    days = {order: max((change.on for change in groups[order].changes if last < change.on <= end),
                       default=end) for order in rows["order_id"].unique()}
    return rows.with_columns(
        quarter=pl.lit(period.name), recognised_on=pl.col("order_id").replace_strict(
            days, return_dtype=pl.Date)).select(now.columns)


def _named(rows: pl.DataFrame, groups: Mapping[str, Modified],
           contracts: Contracted) -> tuple[CaughtUp, ...]:
    """What is caught up, by quarter and contract."""
    year = fiscal_year(contracts.book.settings.fiscal_year_end)
    found = rows.group_by("quarter", "contract_id").agg(
        pl.col("recognised_on").max(), pl.col("revenue_cents").sum(),
        pl.col("order_id").min()).sort("recognised_on", "contract_id")
    as_of, caught = contracts.book.settings.as_of, []
    for quarter, contract, on, cents, order in found.iter_rows():
        period = period_of(year, "quarter", on)
        # In the quarter of the day that is asked for stands, too, what is posted after that day.
        last = date.max if period.ends_on >= as_of else period.ends_on
        caught.append(CaughtUp(quarter, on, contract, cents, tuple(dict.fromkeys(
            change.told for change in groups[order].changes
            if period.starts_on <= change.on <= last))))
    return tuple(caught)
