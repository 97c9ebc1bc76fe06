"""What is doubtful in a book but does not stop: each warning says what will happen."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from headgate.base.calendar import monday_of, monday_of_bucket
from headgate.tables.findings import Sheet
from headgate.tables.rules import Checked, wording


def check_doubts(book: Checked) -> None:
    """
    Adds every warning of a book.

    What compares tables is left out where one of them has an error: it would say twice, and less
    clearly, what that error says.
    """
    sound = book.findings.sound
    _warn_of_orders(book)
    _warn_of_prices(book)
    if sound("orders", "lanes", "sites"):
        _warn_of_lanes(book)
    if sound("orders", "items", "bom", "substitutes"):
        _warn_of_idle_items(book)
    if sound("orders"):
        _warn_of_idle_supply(book)
        _warn_of_nobody(book)
    if book.dated:
        _warn_of_supply(book)
        if sound("capacity", "routing"):
            _warn_of_weeks(book)


def _warn_of_orders(book: Checked) -> None:
    orders = book["orders"]
    rows = orders.where(pl.col("requested_on") < pl.col("booked_on"))
    book.findings.rows(orders, "requested_on", "before_booked", rows, "lies before booked_on")
    lists = (orders.frame.select("accepts", "item_id").with_row_index("row")
             .filter(pl.col("accepts").list.len() > 0))
    again = lists.filter((pl.col("accepts").list.n_unique() < pl.col("accepts").list.len())
                         | pl.col("accepts").list.contains(pl.col("item_id")))["row"]
    book.findings.rows(orders, "accepts", "repeated", again,
                       "names an item twice, or the line's own; it counts once")


def _warn_of_prices(book: Checked) -> None:
    """A price below the standard cost, both in the book's currency."""
    orders, items = book["orders"], book["items"]
    own, rates = book.settings.currency, dict(book.rates)
    costs = {item: cents * _rate(currency, own, rates) for item, cents, currency in
             items.frame.select("item_id", "unit_cost_cents", "currency").iter_rows()
             if item is not None and cents is not None}
    if not costs:
        return
    cost = pl.col("item_id").replace_strict(list(costs), list(costs.values()), default=None,
                                            return_dtype=pl.Float64)
    price = pl.col("unit_price_cents").cast(pl.Float64)
    if rates:
        price = price * pl.col("currency").replace_strict(
            list(rates), [_rate(name, own, rates) for name in rates], default=1.0,
            return_dtype=pl.Float64)
    # Converted amounts are floats: half a cent of slack keeps equal ones from being warned of.
    rows = orders.where(price < cost - 0.5)
    book.findings.rows(orders, "unit_price", "below_cost", rows,
                       "is below the item's standard cost")


def _rate(currency: str | None, own: str, rates: dict[str, float]) -> float:
    return 1.0 if currency is None or currency == own else rates.get(currency, 1.0)


def _warn_of_lanes(book: Checked) -> None:
    orders, lanes = book["orders"], book["lanes"]
    ways = orders.frame.select("region", "site_id").unique()
    anywhere = ways.filter(pl.col("site_id").is_null())["region"].drop_nulls()
    pinned = ways.drop_nulls()
    unused = (lanes.frame.select("region", "site_id").with_row_index("row")
              .filter(~pl.col("region").is_in(anywhere.implode()))
              .join(pinned, on=["region", "site_id"], how="anti").sort("row"))
    if not orders.frame.is_empty():
        book.findings.rows(lanes, "region", "unused", unused["row"],
                           "no order goes this way, so the lane is never used")
    known = lanes["region"].drop_nulls().unique()
    lost = (pinned.join(lanes.frame.select("region", "site_id"), on=["region", "site_id"],
                        how="anti").filter(pl.col("region").is_in(known.implode())))
    if lost.is_empty():
        return
    rows = (orders.frame.select("region", "site_id").with_row_index("row")
            .join(lost, on=["region", "site_id"], how="semi").sort("row")["row"])
    book.findings.rows(orders, "site_id", "lane", rows,
                       "no lane leads from this site to the line's region; it cannot be planned")


def _warn_of_idle_items(book: Checked) -> None:
    """Components that go into nothing."""
    items, bom, orders = book["items"], book["bom"], book["orders"]
    accepted = orders.frame.select("accepts").filter(pl.col("accepts").list.len() > 0).unique()
    needed = pl.concat([
        bom["component_id"], book["substitutes"]["substitute_id"], orders["item_id"].unique(),
        accepted["accepts"].explode(empty_as_null=False)]).drop_nulls().unique()
    rows = items.where((pl.col("kind") == "component")
                       & ~pl.col("item_id").is_in(needed.implode()))
    book.findings.rows(items, "item_id", "unneeded", rows,
                       "is a component that nothing ordered or built needs")


def _warn_of_idle_supply(book: Checked) -> None:
    """Supply that is kept for a customer without an order."""
    orders, supply = book["orders"], book["supply"]
    if supply["reserved_for"].null_count() < len(supply["reserved_for"]):
        customers = orders["customer_id"].drop_nulls().unique()
        rows = (~supply["reserved_for"].is_in(customers.implode())).arg_true()
        names = customers.sort().to_list() if len(rows) else []
        book.findings.rows(supply, "reserved_for", "unknown", rows,
                           wording("has no order, so nobody can use this", names))


def _warn_of_nobody(book: Checked) -> None:
    """A scope that matches no order: a misspelt restriction would protect nothing, silently."""
    for table in ("quotas", "restrictions"):
        sheet = book[table]
        if sheet.frame.is_empty():
            continue
        for column in ("segment", "region", "customer_id"):
            known = book["orders"][column].drop_nulls().unique()
            names = known.sort().to_list()
            rows = (~sheet[column].is_in(known.implode())).arg_true()
            book.findings.rows(sheet, column, "nobody", rows,
                               wording("no order has it, so this row does nothing", names))


def _warn_of_supply(book: Checked) -> None:
    supply, as_of = book["supply"], book.settings.as_of
    status = pl.col("status").fill_null(
        pl.when(pl.col("available_on") <= as_of).then(pl.lit("on_hand"))
        .otherwise(pl.lit("committed")))
    there = status == "on_hand"
    overdue = supply.where(~there & (pl.col("available_on") < as_of))
    book.findings.rows(supply, "available_on", "overdue", overdue,
                       f"is overdue: before {as_of} and not on hand; usable from the week after")
    last = monday_of_bucket(book.settings.horizon_weeks - 1, as_of)
    beyond = supply.where(~there & (pl.col("available_on") > last))
    book.findings.rows(supply, "available_on", "beyond", beyond,
                       f"starts after the last planned week, {last}, and is never drawn")
    future = supply.where(there & (pl.col("available_on") > as_of))
    book.findings.rows(supply, "status", "future", future,
                       "counts as there now, though available_on is after as_of")


def _warn_of_weeks(book: Checked) -> None:
    """
    Weeks of the horizon in which a routed resource has no row, once for each resource and site.

    A pair without any row is an error of its own (`routing.resource_id.capacity`).
    """
    capacity, weeks = book["capacity"], book.settings.horizon_weeks
    first = monday_of(book.settings.as_of)
    last = first + timedelta(weeks=weeks - 1)
    routed = book["routing"]["resource_id"].drop_nulls().unique()
    there = capacity.frame.with_row_index("row").filter(
        pl.col("resource_id").is_in(routed.implode())).with_columns(
            inside=pl.col("starts_on").is_between(first, last))
    pairs = (there.group_by("resource_id", "site_id").agg(
        pl.col("row").min(), pl.col("starts_on").filter(pl.col("inside")).n_unique().alias("had"),
        pl.col("starts_on").filter(pl.col("inside")).alias("days"))
        .filter(pl.col("had") < weeks).sort("row"))
    told = {}
    for row, had, days in zip(pairs["row"], pairs["had"], pairs["days"].to_list(), strict=True):
        gap = _first_gap(set(days), first, weeks)
        told[row] = f"{weeks - had} weeks without a row, the first {gap}: no hours in them"
    _report_gaps(book, capacity, told)


def _first_gap(days: set[date], first: date, weeks: int) -> date:
    return next(day for day in (first + timedelta(weeks=week) for week in range(weeks))
                if day not in days)


def _report_gaps(book: Checked, capacity: Sheet, told: dict[int, str]) -> None:
    rows = pl.Series(sorted(told), dtype=pl.UInt32)
    names = pl.Series([None], dtype=pl.String).new_from_index(0, capacity.frame.height)
    pairs = [f"{capacity['resource_id'][row]} at {capacity['site_id'][row]}" for row in rows]
    by_pair = {pair: told[row] for pair, row in zip(pairs, rows, strict=True)}
    book.findings.rows(capacity, "starts_on", "gap", rows, lambda pair: by_pair[pair],
                       names.scatter(rows, pl.Series(pairs, dtype=pl.String)) if pairs else names)
