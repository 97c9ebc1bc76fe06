"""
What was recognised before the day of a book: by order line and day, by service and quarter.

The plan tells what will be recognised; this is what was, by the steps that pieces took. A step
counts on its own day, and what came back is taken off on the day on which it came back; what is
billed and held counts since then, and not once more when it ships. A quarter that is over stays as
it was.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import fiscal_year
from headgate.base.periods import Period, period_of, periods
from headgate.finance.contracted import Contracted
from headgate.finance.contracts import Allocated, by_contract
from headgate.finance.exchange import EPOCH, Exchange, day_number
from headgate.finance.recognition import cost_by_day
from headgate.finance.services import Amounts, Days, Starts, amounts_of, over_term, term_edges
from headgate.finance.shares import summed
from headgate.finance.standard_costs import StandardCosts, standard_costs
from headgate.finance.steps import Delivered, Taken, taken_of
from headgate.ledger.item_history import ItemHistory
from headgate.tables.revenue_schema import RECOGNISED

Longs = NDArray[np.int64]
ATTRIBUTES = ("order_id", "line_no", "customer_id", "segment", "region", "item_id")


@dataclass(frozen=True, slots=True)
class Left:
    """
    What has left the book and was sold, typed as its tables are.

    orders   : order lines that are closed, with their `delivered` and `accepted` pieces
    services : service lines that are closed
    """

    orders: pl.DataFrame
    services: pl.DataFrame


@dataclass(frozen=True, slots=True)
class Sold:
    """
    Order lines, those of the book in the order of `Book.lines`, then those that have left it.

    frame     : (lines,) ATTRIBUTES, contract_id, recognise_on, quantity, shipped_quantity,
                requested_on, late_penalty_per_unit_week_cents, currency and unit_price_cents
    allocated : what of the price of its contract each has; of a line that has left it is its own
    taken     : what of them became and ceased to be recognised
    """

    frame: pl.DataFrame
    allocated: Allocated
    taken: Taken

    @property
    def unknown(self) -> Longs:
        """(lines,) pieces of which nobody says when they arrived; they come first."""
        return self.taken.unknown


@dataclass(frozen=True, slots=True)
class Recognised:
    """
    What was recognised by the day of a book. Amounts are cents of the book's currency.

    entries      : the table `recognised`
    quarters     : the fiscal quarters from the first in which anything was, or was billed, to
                   that of the day
    as_of_cents  : (entries,) their price at the rates of the day of the book
    sold         : the order lines
    earned       : contract_id, currency, `day` (since 1970-01-01, -1 before all) and cents of that
                   currency, of the contracts of the book; of services by quarter
    """

    entries: pl.DataFrame
    quarters: tuple[Period, ...]
    as_of_cents: Longs
    sold: Sold
    earned: pl.DataFrame


HELD_RULE = "bill_and_hold"
"""The rule of what is recognised since it is billed and held, and of what of that came back."""


def recognised_of(contracts: Contracted, progress: pl.DataFrame, left: Left,
                  items: ItemHistory | None = None, at: int | None = None) -> Recognised:
    """
    What was recognised by the day of a book.

    Hardware is recognised when its piece takes the step of its line's rule (ASC 606-10-25-30), at
    the price that is allocated to it, less the late penalty that its delivery incurred; services
    evenly by day, up to the day before as_of (606-10-25-27a). What is billed and held is
    recognised on the day since when it is (606-10-55-83).

    contracts : of the book, with the same progress, and with what is billed and held
    progress  : the columns of `headgate.tables.progress_schema.PROGRESS`
    items     : what items cost before; None: all quarters have the standard cost of the book
    at        : the day whose rates `as_of_cents` has, since 1970-01-01; None: that of the book
    """
    at = contracts.as_of if at is None else at
    steps = progress if contracts.held is None else contracts.held.steps
    sold = sold_of(contracts, steps, left)
    found = [_hardware(contracts, sold, steps, at),
             _services(contracts, sold, steps, left, items, at)]
    parts = [frame.select(found[0][0].columns) for frame, *_ in found]
    cents = [at_once for _, at_once, _ in found]
    rows = pl.concat(parts).with_row_index("row")
    days = rows["recognised_on"].drop_nulls()
    quarters = quarters_since(contracts, days)
    names = pl.Series([period.name for period in quarters], dtype=pl.String)
    ends = np.array([day_number(period.ends_on) for period in quarters], dtype=np.int64)
    day = rows["recognised_on"].to_physical().cast(pl.Int64)
    place = pl.Series(np.searchsorted(ends, day.fill_null(0).to_numpy()))
    families = contracts.book.tables.frames["items"].select("item_id", "family").unique("item_id")
    dated = pl.col("recognised_on").is_not_null()
    costs = standard_costs(contracts, rows["item_id"], ends.tolist(), items)
    # What was recognised before all quarters costs what it does now.
    cell = rows.select(pl.when(dated).then(place).otherwise(len(ends))).to_series().to_numpy(), (
        costs.of(rows["item_id"]))
    rows = rows.with_columns(
        quarter=pl.when(dated).then(names.gather(place)), unit=pl.Series(costs.unit[cell]),
        known=pl.Series(costs.known[cell]),
        revenue_cents=pl.col("price_cents") - pl.col("penalty_cents")).join(
        families, on="item_id", how="left", maintain_order="left").with_columns(
        standard_cents=pl.when("known").then(
            pl.when(pl.col("kind") == "hardware").then(pl.col("quantity") * pl.col("unit"))
            .otherwise("standard_cents"))).with_columns(
        standard_margin_cents=pl.col("revenue_cents") - pl.col("standard_cents")).sort(
        "order_id", "line_no", "kind", "recognised_on", "rule", nulls_last=False)
    order = rows["row"].to_numpy()
    return Recognised(rows.select(RECOGNISED.names).cast(RECOGNISED.types), quarters,
                      np.concatenate(cents)[order], sold,
                      pl.concat([earned for *_, earned in found]).group_by(
                          "contract_id", "currency", "day").agg(pl.col("cents").sum()))


def quarters_since(contracts: Contracted, days: pl.Series) -> tuple[Period, ...]:
    """The fiscal quarters from the first of some days, that of the book without any, to that."""
    settings = contracts.book.settings
    year = fiscal_year(settings.fiscal_year_end)
    first = days.min()
    start = min(first, settings.as_of) if isinstance(first, date) else settings.as_of
    return periods(year, "quarter", period_of(year, "quarter", start).starts_on, settings.as_of)


def sold_of(contracts: Contracted, progress: pl.DataFrame, left: Left) -> Sold:
    """The order lines of a book and those that have left it, with what each is worth."""
    obligations, exchange = contracts.obligations, contracts.exchange
    columns = (*ATTRIBUTES, "recognise_on", "quantity", "shipped_quantity", "requested_on",
               "late_penalty_per_unit_week_cents", "currency", "unit_price_cents")
    own, gone = (frame.select(*columns, contract_id=pl.coalesce("contract_id", "order_id"))
                 for frame in (contracts.book.tables.frames["orders"][
                     pl.Series(contracts.book.lines.source_row)], left.orders))
    frame = pl.concat([own, gone])
    of_lines = contracts.allocated.obligation < obligations.lines
    allocated = contracts.allocated
    number = np.arange(own.height, frame.height)
    worth = (gone["quantity"] * gone["unit_price_cents"]).to_numpy()
    taken = taken_of(frame, progress, contracts.book.settings.as_of, np.concatenate([
        contracts.shipped, gone["shipped_quantity"].to_numpy()]))
    return Sold(frame, Allocated(
        np.concatenate([allocated.obligation[of_lines], number]),
        np.concatenate([allocated.currency[of_lines], exchange.indexes(gone["currency"])]),
        np.concatenate([allocated.cents[of_lines], worth])), taken)


def _hardware(contracts: Contracted, sold: Sold, progress: pl.DataFrame,
              as_of: int) -> tuple[pl.DataFrame, Longs, pl.DataFrame]:
    """Rows of order lines by day, their price at the rates of as_of, and what was earned."""
    exchange = contracts.exchange
    taken = sold.taken
    line, day, first, last = taken.line, taken.day, taken.first, taken.last
    parts = _parts(contracts, sold)
    on = np.where(day < 0, as_of, day)
    place, currency, cents = sold.allocated.of_parts(line, *parts)
    price = summed(place, contracts.told_at.convert(cents, currency, on[place]), len(line))
    at_once = _at_one_rate(sold.allocated, exchange, line, *parts, as_of)
    # What was held is late to nobody, be it delivered when it may.
    penalty = _penalties(contracts, sold, progress, line, taken.own_first, taken.own_last, on)
    frame = sold.frame[pl.Series(line)].select(
        *ATTRIBUTES, "contract_id", rule=pl.when(pl.Series(taken.held)).then(
            pl.lit(HELD_RULE)).otherwise("recognise_on")).with_columns(
        kind=pl.lit("hardware"), quantity=pl.Series(last - first, dtype=pl.Int64),
        recognised_on=_dates(day), price_cents=pl.Series(price, dtype=pl.Int64),
        penalty_cents=pl.Series(np.clip(penalty, np.minimum(price, 0), np.maximum(price, 0)),
                                dtype=pl.Int64), standard_cents=pl.lit(None, pl.Int64))
    # What lines earned that belong to no contract of the book, its billings do not have either.
    own = line[place] < contracts.obligations.lines
    return frame, at_once, by_contract(contracts.obligations, exchange, line[place][own],
                                       currency[own], cents[own], day=day[place][own])


def _parts(contracts: Contracted, sold: Sold) -> tuple[Longs, Longs, Longs]:
    """
    Of how many parts of its line each stretch is the first and the last, and how many there are.

    Parts are pieces; where pieces left at several prices, the cents that these were.
    """
    taken, count = sold.taken, contracts.obligations.lines
    stated = np.zeros(sold.frame.height, dtype=np.int64)
    stated[:count] = contracts.obligations.stated_cents[:count]
    priced = taken.priced(stated)[taken.line]
    whole = sold.frame["quantity"].to_numpy()[taken.line]
    return (np.where(priced, taken.before, taken.first), np.where(priced, taken.upto, taken.last),
            np.where(priced, stated[taken.line], whole))


def _at_one_rate(allocated: Allocated, exchange: Exchange, line: Longs, first: Longs, last: Longs,
                 whole: Longs, day: int) -> Longs:
    """
    What stretches of parts of lines are worth at the rates of one day.

    All up to a stretch and with it are converted, so that the stretches of a line sum to the whole,
    converted once.
    """
    none, values = np.zeros_like(first), []
    for until in (first, last):
        place, currency, cents = allocated.of_parts(line, none, until, whole)
        values.append(summed(place, exchange.convert(
            cents, currency, np.full(len(cents), day)), len(line)))
    return np.asarray(values[1] - values[0], dtype=np.int64)


def _penalties(contracts: Contracted, sold: Sold, progress: pl.DataFrame, line: Longs,
               first: Longs, last: Longs, on: Longs) -> Longs:
    """Late penalties that the deliveries of stretches of pieces incurred, at the rates of a day."""
    frame = sold.frame
    delivered = Delivered.of(frame, progress, contracts.book.settings.as_of, sold.unknown,
                             sold.taken.spared)
    weeks = delivered.late_weeks(frame["requested_on"].to_physical().cast(pl.Int64).to_numpy(),
                                 day_number(contracts.book.first_monday))
    rate = frame["late_penalty_per_unit_week_cents"].to_numpy()
    owed = delivered.cents_of(weeks * rate[delivered.line], line, first, last)
    number = contracts.exchange.indexes(frame["currency"])[line]
    return contracts.told_at.convert(owed, number, on)


def _services(contracts: Contracted, sold: Sold, progress: pl.DataFrame, left: Left,
              items: ItemHistory | None, at: int) -> tuple[pl.DataFrame, Longs, pl.DataFrame]:
    """Rows of service lines by quarter, their price at the rates of as_of, and what was earned."""
    parts = [(contracts.starts, amounts_of(contracts.starts, contracts.obligations,
                                           contracts.allocated)),
             _left_services(contracts, sold, progress, left)]
    ids = pl.concat([_service_ids(contracts), _left_ids(contracts, sold, left)])
    year, first = fiscal_year(contracts.book.settings.fiscal_year_end), min(
        int(starts.since.min(initial=contracts.as_of)) for starts, _ in parts)
    ends = np.array([day_number(period.ends_on) for period in periods(
        year, "quarter", EPOCH + timedelta(days=first), contracts.book.settings.as_of)])
    costs_of = standard_costs(contracts, ids["item_id"], ends.tolist(), items)
    item = costs_of.of(ids["item_id"])
    frames, costs, earned = [], [], []
    for starts, amounts in parts:
        edges = term_edges(starts, ends, contracts.told_at, contracts.as_of)
        edges = np.append(edges, max(int(starts.end.max(initial=0)), int(edges[-1]) + 1))
        days = over_term(starts, amounts, edges)
        now = np.full(len(days.last_day), at)
        frames.append(pl.DataFrame({
            "service": days.service, "last_day": days.last_day,
            "quarter": np.searchsorted(ends, days.last_day),
            "price_cents": days.at_rates(contracts.told_at, days.last_day),
            "at_once": days.at_rates(contracts.exchange, now)}, schema=dict.fromkeys((
                "service", "last_day", "quarter", "price_cents", "at_once"),
                pl.Int64)).filter(pl.col("last_day") < contracts.as_of))
        cost, quarter, cents = _cost_by_quarter(
            starts, costs_of, item[starts.service - contracts.obligations.lines], edges, ends)
        own = (days.service < len(contracts.obligations)) & (days.last_day < contracts.as_of)
        earned.append(by_contract(contracts.obligations, contracts.exchange, days.service[own],
                                  days.currency[own], days.cents[own], day=days.last_day[own]))
        # Pieces are counted with the cost, which has one currency; the price may have several.
        costs.append(pl.DataFrame({
            "service": cost.service, "quarter": quarter,
            "quantity": cost.pieces, "standard_cents": cents,
            "last_day": cost.last_day}).filter(
            pl.col("last_day") < contracts.as_of).cast(pl.Int64))
    rows = pl.concat(frames).group_by("service", "quarter", maintain_order=True).agg(
        pl.col("last_day").max(), pl.col("price_cents", "at_once").sum()).join(
        pl.concat(costs).group_by("service", "quarter").agg(
            pl.col("quantity", "standard_cents").sum()),
        on=["service", "quarter"], how="left", maintain_order="left")
    frame = ids[rows["service"] - contracts.obligations.lines].with_columns(
        rule=pl.lit("term"), kind=pl.lit("service"), quantity=rows["quantity"],
        recognised_on=_dates(rows["last_day"].to_numpy()), price_cents=rows["price_cents"],
        penalty_cents=pl.lit(0, pl.Int64), standard_cents=rows["standard_cents"])
    return frame.select(
        *ATTRIBUTES, "contract_id", "rule", "kind", "quantity", "recognised_on", "price_cents",
        "penalty_cents", "standard_cents"), rows["at_once"].to_numpy(), pl.concat(earned)


def _cost_by_quarter(starts: Starts, costs: StandardCosts, item: NDArray[np.intp], edges: Longs,
                     ends: Longs) -> tuple[Days, Longs, Longs]:
    """
    The stretches of services, their quarters, and what each costs at the standard of its quarter.

    item : (starts,) their places among the items of `costs`
    """
    days = cost_by_day(starts, costs.unit[-1][item], edges)
    quarter, cents = np.searchsorted(ends, days.last_day), days.cents.copy()
    units, which = np.unique(costs.unit, axis=0, return_inverse=True)
    for number, unit in enumerate(units):
        own = which.ravel()[quarter] == number
        if own.any() and not np.array_equal(unit, costs.unit[-1]):
            cents[own] = cost_by_day(starts, unit[item], edges).cents[own]
    return days, quarter, cents


def _service_ids(contracts: Contracted) -> pl.DataFrame:
    """ATTRIBUTES and contract of the service lines of the book."""
    obligations = contracts.obligations
    rows = pl.Series(np.arange(obligations.lines, len(obligations)))
    orders = contracts.book.tables.frames["orders"][pl.Series(contracts.book.lines.source_row)]
    line = pl.Series(obligations.line).gather(rows)
    return obligations.service_ids.with_columns(
        **{name: orders[name].gather(line) for name in ("customer_id", "segment", "region")},
        item_id=contracts.book.items.names(obligations.item[obligations.lines:]),
        contract_id=obligations.names.gather(pl.Series(obligations.contract).gather(rows)))


def _left_ids(contracts: Contracted, sold: Sold, left: Left) -> pl.DataFrame:
    """The same of the service lines that have left it: of the line, or first of the order."""
    first = sold.frame.unique("order_id", keep="first", maintain_order=True)
    return left.services.select("order_id", "line_no", "item_id").join(
        first.select("order_id", "customer_id", "segment", "region", "contract_id"),
        on="order_id", how="left", maintain_order="left").select(
        "order_id", "line_no", "customer_id", "segment", "region", "item_id",
        contract_id=pl.coalesce("contract_id", "order_id"))


def _left_services(contracts: Contracted, sold: Sold, progress: pl.DataFrame,
                   left: Left) -> tuple[Starts, Amounts]:
    """When services that have left the book started, and what each start is worth, as stated."""
    services = left.services.with_row_index("place").with_columns(
        start_line=pl.col("starts").cast(pl.Int64, strict=False),
        begin=pl.col("starts").str.to_date("%Y-%m-%d", strict=False).to_physical().cast(pl.Int64))
    delivered = Delivered.of(sold.frame, progress, contracts.book.settings.as_of, sold.unknown)
    cells = sold.frame.with_row_index("line").select("order_id", "line_no", "quantity", "line")
    hung = services.drop("begin", "line_no").rename({"start_line": "line_no"}).join(
        cells, on=["order_id", "line_no"]).join(pl.DataFrame({
            "line": delivered.line, "first": delivered.first, "last": delivered.last,
            "begin": delivered.day}).with_columns(pl.col("line").cast(pl.UInt32)), on="line")
    dated = services.filter(pl.col("begin").is_not_null()).with_columns(
        first=pl.lit(0, pl.Int64), last=pl.lit(1, pl.Int64), quantity=pl.lit(1, pl.Int64))
    columns = ("place", "first", "last", "begin", "term_months", "amount_cents", "quantity")
    rows = pl.concat([part.select(pl.col(columns).cast(pl.Int64)) for part in (hung, dated)])
    rows = rows.filter(pl.col("last") <= pl.col("quantity")).sort("place", "begin")
    end = rows.select(pl.col("begin").cast(pl.Int32).cast(pl.Date).dt.offset_by(
        pl.format("{}mo", "term_months")).to_physical().cast(pl.Int64)).to_series()
    amount, first, last, whole = (rows[name].to_numpy() for name in (
        "amount_cents", "first", "last", "quantity"))
    number = len(contracts.obligations) + rows["place"].to_numpy()
    begin, none = rows["begin"].to_numpy(), np.zeros(0, dtype=np.int64)
    starts = Starts(number, first, first, last, begin, end.to_numpy(), begin, end.to_numpy(),
                    np.zeros(len(begin), dtype=np.bool_), none, none.astype(np.bool_))
    worth = Allocated(np.arange(len(amount)), np.zeros(len(amount), dtype=np.int32), amount)
    place, currency, cents = worth.of_pieces(np.arange(len(amount)), first, last, whole)
    return starts, Amounts(place, currency, np.zeros_like(cents), cents)


def _dates(days: Longs) -> pl.Series:
    """Days since 1970-01-01 as dates; below 0 a blank."""
    values = pl.Series(days, dtype=pl.Int64)
    return pl.DataFrame({"day": values}).select(pl.when(pl.col("day") >= 0).then(
        pl.col("day").cast(pl.Int32).cast(pl.Date))).to_series()
