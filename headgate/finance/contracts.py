"""
What each contract promises, and its price split over it by standalone prices.

An obligation is an order line or a service line (ASC 606-10-25-14, distinct goods and services).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue, IssuesError
from headgate.base.money import MAX_CENTS
from headgate.book import Book
from headgate.finance.exchange import Exchange
from headgate.finance.shares import between
from headgate.finance.under_way import Prices

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
CONSEQUENCE = "no revenue was worked out"


@dataclass(frozen=True, slots=True)
class Obligations:
    """
    The order lines in the order of `Book.lines`, then the service lines by order_id and line_no.

    lines        : how many of the obligations are order lines
    line         : order line of each; of a service the one that it starts with, else the first
                   of its order
    starts_on    : days since 1970-01-01 of a service that starts on a date; -1 for all others
    pieces       : pieces ordered; of a service the pieces of the line that it starts with, else 1
    item         : index of the item sold
    currency     : number of `Exchange.names`
    stated_cents : price as the contract states it, in that currency
    contract     : number of the contract, contracts in the order of their names
    names        : (contracts,) those names
    order        : the obligations by contract, order_id, line_no: the order of a split
    term_months  : of services; 0 for order lines
    line_ids, service_ids : order_id and line_no of the order lines, and of the service lines
    prices       : of pieces that left at another price than that of today; None: there are none
    """

    lines: int
    line: Ints
    starts_on: Longs
    pieces: Longs
    item: Ints
    currency: Ints
    stated_cents: Longs
    contract: Longs
    names: pl.Series
    order: Longs
    term_months: Longs
    line_ids: pl.DataFrame
    service_ids: pl.DataFrame
    prices: Prices | None = None

    def __len__(self) -> int:
        return len(self.line)

    @property
    def places(self) -> Longs:
        """The place of each obligation among all by order_id, line_no; lines before services."""
        keys = pl.concat([self.line_ids, self.service_ids])
        order = keys.select(pl.arg_sort_by("order_id", "line_no", pl.int_range(pl.len())))
        places = np.empty(len(self), dtype=np.int64)
        places[order.to_series().to_numpy()] = np.arange(len(self))
        return places


def by_contract(obligations: Obligations, exchange: Exchange, obligation: Longs, currency: Ints,
                cents: Longs, **more: Longs) -> pl.DataFrame:
    """
    Amounts of obligations under the names of their contracts and currencies.

    obligation, currency, cents : (rows,) as `Allocated` has them; more : further columns
    returns : contract_id, currency, cents, and the further columns; (rows,)
    """
    return pl.DataFrame({
        "contract_id": obligations.names.gather(pl.Series(obligations.contract[obligation])),
        "currency": pl.Series(exchange.names, dtype=pl.String).gather(pl.Series(currency)),
        "cents": pl.Series(cents, dtype=pl.Int64),
        **{name: pl.Series(values, dtype=pl.Int64) for name, values in more.items()}})


@dataclass(frozen=True, slots=True)
class Allocated:
    """
    What of the price of its contract each obligation gets, a row for each currency.

    obligation, currency, cents : (rows,) by obligation, then currency
    prices : of pieces that left at another price than that of today; None: there are none
    """

    obligation: Longs
    currency: Ints
    cents: Longs
    prices: Prices | None = None

    def of_pieces(self, obligation: Longs, first: Longs, last: Longs,
                  whole: Longs) -> tuple[Longs, Ints, Longs]:
        """
        What the pieces after `first` up to `last` of an obligation's `whole` pieces get.

        obligation, first, last, whole : (asked,) each
        returns : place among those asked, currency, cents; a row for each currency, in order
        Cumulative rounding, see `headgate.finance.shares.between`. Pieces of one line that were
        sold at several prices share in proportion to these: what has left keeps its price when
        that of the others changes (ASC 606-10-25-13).
        """
        if self.prices is not None:
            first, last, whole = (self.prices.worth(obligation, pieces)
                                  for pieces in (first, last, whole))
        return self.of_parts(obligation, first, last, whole)

    def of_parts(self, obligation: Longs, first: Longs, last: Longs,
                 whole: Longs) -> tuple[Longs, Ints, Longs]:
        """The same of parts of any kind, be it pieces or what these are worth as stated."""
        low = np.searchsorted(self.obligation, obligation)
        count = np.searchsorted(self.obligation, obligation, side="right") - low
        asked = np.repeat(np.arange(len(obligation)), count)
        row = np.arange(len(asked)) - np.repeat(np.cumsum(count) - count, count) + low[asked]
        cents = between(self.cents[row], first[asked], last[asked], whole[asked])
        return asked, self.currency[row], cents


def obligations_of(book: Book, exchange: Exchange, prices: Prices | None = None) -> Obligations:
    """
    Every obligation of every contract in the book, with what is shipped already.

    prices : of pieces that left at another price than that of today
    """
    orders = book.tables.frames["orders"][pl.Series(book.lines.source_row)].select(
        "order_id", "line_no", "item_id", "quantity", "unit_price_cents", "currency",
        contract=pl.coalesce("contract_id", "order_id")).with_row_index("line")
    services = book.tables.frames["service_lines"].sort("order_id", "line_no").select(
        "order_id", "line_no", "item_id", "amount_cents", "term_months",
        start_line=pl.col("starts").cast(pl.Int64, strict=False),
        start_day=pl.col("starts").str.to_date("%Y-%m-%d", strict=False).to_physical())
    first = orders.group_by("order_id").agg(pl.col("line").min().alias("first"))
    hung = (services.with_row_index("row").join(first, on="order_id", how="left")
            .join(orders.select("order_id", pl.col("line_no").alias("start_line"), "line"),
                  on=["order_id", "start_line"], how="left").sort("row"))
    line = hung.select(pl.coalesce("line", "first")).to_series().to_numpy().astype(np.int32)
    dated = hung["line"].is_null().to_numpy()
    quantity = orders["quantity"].to_numpy()
    contract = pl.concat([orders["contract"], orders["contract"].gather(pl.Series(line))])
    names = contract.unique().sort()
    number = contract.cast(pl.Enum(names)).to_physical().cast(pl.Int64)
    keys = pl.concat([orders.select("order_id", "line_no"), services.select("order_id", "line_no")])
    order = keys.with_columns(contract=number).select(
        pl.arg_sort_by("contract", "order_id", "line_no", pl.int_range(pl.len()))).to_series()
    count = len(services)
    stated = (quantity * orders["unit_price_cents"].to_numpy()).astype(np.int64)
    return Obligations(
        lines=len(orders), line=np.concatenate([np.arange(len(orders), dtype=np.int32), line]),
        starts_on=np.concatenate([np.full(len(orders), -1), np.where(
            dated, hung["start_day"].fill_null(-1).to_numpy(), -1)]).astype(np.int64),
        pieces=np.concatenate([quantity, np.where(dated, 1, quantity[line])]).astype(np.int64),
        item=book.items.indexes(pl.concat([orders["item_id"], services["item_id"]])),
        currency=np.concatenate([exchange.indexes(orders["currency"]),
                                 np.zeros(count, dtype=np.int32)]),
        stated_cents=np.concatenate([stated if prices is None else prices.stated(stated),
                                     services["amount_cents"].to_numpy()]).astype(np.int64),
        contract=number.to_numpy(), names=names, order=order.to_numpy().astype(np.int64),
        term_months=np.concatenate([np.zeros(len(orders), dtype=np.int64),
                                    services["term_months"].to_numpy()]),
        line_ids=orders.select("order_id", "line_no"),
        service_ids=services.select("order_id", "line_no"), prices=prices)


def split_prices(book: Book, obligations: Obligations, exchange: Exchange,
                 stated_prices: bool = False, prices: pl.DataFrame | None = None) -> Allocated:
    """
    The price of every contract, split over its obligations in proportion to standalone prices.

    A contract with one obligation keeps its price. Of the others each currency is split by
    itself, in the order of (order_id, line_no) with cumulative rounding: what the obligations up
    to one have together is rounded down to the cent. A standalone price is that of the day on which
    the line was booked, of a service the line that it hangs on. They are converted at the rates of
    the day on which the first line of the contract was booked, for the proportion alone: it is
    that of the inception (606-10-32-43), and no later price or rate moves what was recognised.

    stated_prices : a price as stated stands for a standalone price that is missing
    prices : standalone prices by day, see `headgate.ledger.item_history.ItemHistory.prices`; None,
             and of an item that they lack: that of the table `items`
    raises IssuesError : a contract has several obligations and one has no standalone price
    source : ASC 606-10-32-31 to 32-34
    """
    counts = np.bincount(obligations.contract, minlength=len(obligations.names))
    several = counts[obligations.contract] > 1
    alone = np.flatnonzero(~several)
    weight = _weights(book, obligations, exchange, several, stated_prices, prices)
    rows = obligations.order[several[obligations.order]]
    split = _split(obligations, weight, rows)
    obligation = np.concatenate([alone, split["obligation"].to_numpy()])
    currency = np.concatenate([obligations.currency[alone], split["currency"].to_numpy()])
    cents = np.concatenate([obligations.stated_cents[alone], split["cents"].to_numpy()])
    place = np.lexsort((currency, obligation))
    return Allocated(obligation[place].astype(np.int64), currency[place].astype(np.int32),
                     cents[place].astype(np.int64), obligations.prices)


def _split(obligations: Obligations, weight: Longs, rows: Longs) -> pl.DataFrame:
    """Obligation, currency, cents of contracts with several obligations, given in split order."""
    frame = pl.DataFrame({
        "obligation": rows, "contract": obligations.contract[rows], "weight": weight[rows],
        "currency": obligations.currency[rows], "stated": obligations.stated_cents[rows]})
    price = frame.group_by("contract", "currency").agg(pl.col("stated").sum().alias("price"))
    # Int128: the product of a contract's price and a sum of standalone prices may leave 64 bits.
    upto = pl.col("weight").cast(pl.Int128).cum_sum().over("contract")
    whole = pl.col("weight").cast(pl.Int128).sum().over("contract")
    shares = frame.with_columns(upto=upto, whole=whole).select(
        "obligation", "contract", "whole", "upto", before=pl.col("upto") - pl.col("weight"))
    wide = pl.col("price").cast(pl.Int128)
    return shares.join(price, on="contract").select(
        "obligation", "currency",
        cents=(wide * pl.col("upto") // pl.col("whole")
               - wide * pl.col("before") // pl.col("whole")).cast(pl.Int64))


def _weights(book: Book, obligations: Obligations, exchange: Exchange,
             several: NDArray[np.bool_], stated_prices: bool,
             prices: pl.DataFrame | None) -> Longs:
    """
    The standalone price of each obligation in the book's currency, for all its pieces.

    Of a contract whose standalone prices are all 0 the stated prices count: nothing else is known.
    """
    items = book.tables.frames["items"]
    place = np.empty(len(book.items), dtype=np.int64)
    place[book.items.indexes(items["item_id"])] = np.arange(len(items))
    booked = _booked(book, obligations)
    alone = _standalone(book, obligations, place, None if prices is None else prices.filter(
        pl.col("currency").is_null() | pl.col("currency").is_in(exchange.names)))
    missing = alone["standalone_price_cents"].is_null().to_numpy()
    price = exchange.convert(alone["standalone_price_cents"].fill_null(-1).to_numpy(),
                             exchange.indexes(alone["currency"]), booked)
    stated = exchange.convert(obligations.stated_cents, obligations.currency, booked)
    unknown = several & missing
    _refuse_missing(book, obligations, place, unknown & (not stated_prices))
    _refuse_large(book, obligations, place, price, several & ~unknown)
    weight = np.where(missing, stated, np.where(several, price, 0) * obligations.pieces)
    known = pl.DataFrame({"contract": obligations.contract, "weight": weight}).select(
        pl.col("weight").cast(pl.Int128).sum().over("contract") > 0).to_series().to_numpy()
    # A contract that is worth nothing has nothing to split, by whatever weights.
    return np.where(known, weight, np.maximum(stated, 1)).astype(np.int64)


def _standalone(book: Book, obligations: Obligations, place: Longs,
                prices: pl.DataFrame | None) -> pl.DataFrame:
    """(obligations,) standalone_price_cents of one piece and its currency, when it was sold."""
    columns = ("standalone_price_cents", "currency")
    now = book.tables.frames["items"].select("item_id", *columns)[
        pl.Series(place[obligations.item])]
    if prices is None:
        return now
    booked = book.tables.frames["orders"]["booked_on"][pl.Series(book.lines.source_row)]
    then = now.select("item_id", row=pl.int_range(pl.len()), on=booked.gather(
        pl.Series(obligations.line))).sort("on").join_asof(
        prices.with_columns(known=True).sort("on"), on="on", by="item_id",
        check_sortedness=False).sort("row")
    known = then["known"].is_not_null()
    return now.select(pl.when(known).then(then[name]).otherwise(pl.col(name)).alias(name)
                      for name in columns)


def _booked(book: Book, obligations: Obligations) -> Longs:
    """(obligations,) the day on which the first line of their contract was booked."""
    days = book.tables.frames["orders"]["booked_on"].to_physical().cast(pl.Int64).to_numpy()[
        book.lines.source_row]
    first = np.full(len(obligations.names), np.iinfo(np.int64).max)
    np.minimum.at(first, obligations.contract[:obligations.lines], days)
    return first[obligations.contract]


def _refuse_missing(book: Book, obligations: Obligations, place: Longs,
                    unknown: NDArray[np.bool_]) -> None:
    """Raises IssuesError that names every item whose standalone price is needed, once."""
    rows = obligations.order[unknown[obligations.order]]
    if len(rows) == 0:
        return
    items, first, count = np.unique(obligations.item[rows], return_index=True, return_counts=True)
    issues = []
    for item, where, times in zip(items.tolist(), first.tolist(), count.tolist(), strict=True):
        contract = obligations.names[int(obligations.contract[rows[where]])]
        others = f" and {times - 1:,} more obligations do" if times > 1 else ""
        issues.append(Issue(
            "items.standalone_price.needed", "error", "items",
            f"must be given for {book.items.ids[item]}: contract {contract} sells it beside other "
            f"things{others}, and its price is split by standalone prices; or let stated prices "
            "stand for them (--stated-prices)", int(place[item]) + 2, "standalone_price"))
    issues.sort(key=lambda issue: issue.row or 0)
    raise IssuesError(issues, CONSEQUENCE)


def _refuse_large(book: Book, obligations: Obligations, place: Longs, price: Longs,
                  rows: NDArray[np.bool_]) -> None:
    """Raises IssuesError where a standalone price of all pieces leaves the range of a cell."""
    large = np.flatnonzero(rows & (price.astype(np.float64) * obligations.pieces > MAX_CENTS))
    if len(large):
        items = np.unique(obligations.item[large]).tolist()
        raise IssuesError([Issue(
            "items.standalone_price.value", "error", "items",
            f"makes a line of {book.items.ids[item]} worth more than {MAX_CENTS // 100:,} when "
            "sold alone; is the amount right?", int(place[item]) + 2, "standalone_price")
            for item in items], CONSEQUENCE)
