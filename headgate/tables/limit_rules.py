"""What frozen lines, ship sets, pins and reservations must obey, within themselves and together."""

from __future__ import annotations

import polars as pl

from headgate.tables.findings import Sheet
from headgate.tables.rules import Checked, wording

LINE = ("order_id", "line_no")


def check_limits(book: Checked) -> None:
    """
    Reports frozen lines without a promise, sets that are frozen in part, pins that cannot hold,
    and reservations of what never comes.

    What compares tables is left out where the other table has an error of its own.
    """
    _check_frozen(book)
    _check_pinned_lines(book)
    if book.findings.sound("orders", "lanes", "pins") and not book["pins"].frame.is_empty():
        lines = _lines(book["orders"])
        _check_pin_sites(book, lines)
        _check_pin_pieces(book, lines)
        if book.findings.sound("pins"):
            _check_whole_lines(book, lines)
    if book.findings.sound("items", "supply", "quotas"):
        _warn_of_idle_reservations(book)


def _open() -> pl.Expr:
    return pl.col("quantity") - pl.col("shipped_quantity")


def _lines(orders: Sheet) -> pl.DataFrame:
    """What pins ask of an order line, by its key."""
    return orders.frame.select(
        *LINE, "region", "ship_set", "ship_complete", open=_open(), lot="lot_size",
        only_site="site_id")


def _week(column: str) -> pl.Expr:
    """The Monday of the week that a day lies in."""
    return pl.col(column).dt.truncate("1w")


def _check_frozen(book: Checked) -> None:
    """A frozen line has a promise to keep; the lines of a set keep the same one, or none."""
    orders = book["orders"]
    still = _open() > 0
    bare = orders.where(pl.col("frozen") & pl.col("promised_on").is_null() & still)
    book.findings.rows(orders, "frozen", "promised", bare,
                       "must not be yes without promised_on, the promise to keep")
    sets = (orders.frame.with_row_index("row").filter(pl.col("ship_set").is_not_null() & still)
            .with_columns(held=pl.when("frozen").then(_week("promised_on"))))
    torn = sets.filter((pl.col("frozen").n_unique().over("ship_set") > 1)
                       | (pl.col("held").n_unique().over("ship_set") > 1))
    first = torn.unique("ship_set", keep="first").sort("row")
    book.findings.rows(orders, "ship_set", "frozen", first["row"],
                       "is frozen for some of its lines only, or for several weeks; freeze all its "
                       "open lines with promised_on in one week, or none")


def _check_pinned_lines(book: Checked) -> None:
    """A pin names an order line."""
    pins, orders = book["pins"], book["orders"]
    if pins.frame.is_empty() or not all(orders.proves(name) for name in LINE):
        return
    known = orders["order_id"].drop_nulls().unique()
    rows = (~pins["order_id"].is_in(known.implode())).arg_true()
    names = known.sort().to_list() if len(rows) else []
    book.findings.rows(pins, "order_id", "unknown", rows, wording(f"not in {orders.file}", names))
    lost = (pins.frame.with_row_index("row").drop_nulls(LINE)
            .filter(pl.col("order_id").is_in(known.implode()))
            .join(orders.frame.select(LINE), on=LINE, how="anti").sort("row"))
    book.findings.rows(pins, "line_no", "unknown", lost["row"],
                       f"is no line of this order in {orders.file}")


def _pinned(book: Checked, lines: pl.DataFrame) -> pl.DataFrame:
    """The pins with their rows and lines, the pieces that they hold, and when these arrive."""
    lanes = book["lanes"].frame.select("site_id", "region", "transit_days")
    return (book["pins"].frame.with_row_index("row").drop_nulls((*LINE, "site_id", "ship_on"))
            .join(lines, on=LINE, how="inner").join(lanes, on=("site_id", "region"), how="left")
            .with_columns(held=pl.coalesce("quantity", "open"), arrives=_week("ship_on")
                          + pl.duration(weeks=(pl.col("transit_days") + 6) // 7))
            .sort("row"))


def _check_pin_sites(book: Checked, lines: pl.DataFrame) -> None:
    """Something is open, and may leave from the pin's site."""
    pins, rows = book["pins"], _pinned(book, lines)
    shipped = rows.filter(pl.col("open") == 0)["row"]
    book.findings.rows(pins, "line_no", "shipped", shipped,
                       "has nothing open that a pin could hold; delete the pin")
    astray = rows.filter(pl.col("transit_days").is_null())["row"]
    book.findings.rows(pins, "site_id", "lane", astray,
                       f"must have a lane to the line's region in {book['lanes'].file}")
    elsewhere = rows.filter(pl.col("only_site") != pl.col("site_id"))["row"]
    book.findings.rows(pins, "site_id", "other", elsewhere,
                       f"must be the site_id of the line in {book['orders'].file}, its only site")
    if book.dated:
        last = pl.lit(book.settings.as_of).dt.truncate("1w") + pl.duration(
            weeks=book.settings.horizon_weeks - 1)
        outside = rows.filter((pl.col("ship_on") < pl.lit(book.settings.as_of).dt.truncate("1w"))
                              | (_week("ship_on") > last))["row"]
        book.findings.rows(pins, "ship_on", "outside", outside,
                           "lies outside the planned weeks, so this pin will be broken")


def _check_pin_pieces(book: Checked, lines: pl.DataFrame) -> None:
    """Pins hold no more than is open, in lots."""
    pins, rows = book["pins"], _pinned(book, lines).filter(pl.col("open") > 0)
    total = pl.col("held").sum().over(LINE)
    over = rows.with_columns(total=total).filter(pl.col("total") > pl.col("open")).unique(
        LINE, keep="first").sort("row")
    told = dict(zip(over["row"], over.select("total", "open").rows(), strict=True))
    shown = pl.Series([None], dtype=pl.String).new_from_index(0, pins.frame.height)
    values = [str(pieces) for pieces, _ in told.values()]
    still = {str(pieces): most for pieces, most in told.values()}
    book.findings.rows(pins, "quantity", "over", over["row"], lambda value: (
        f"is held by all pins of this line together; {still[value]} are open"),
        shown.scatter(over["row"], pl.Series(values, dtype=pl.String)))
    ragged = rows.filter(pl.col("held") % pl.col("lot") != 0)["row"]
    book.findings.rows(pins, "quantity", "lot", ragged,
                       "must be a multiple of the line's lot_size")


def _check_whole_lines(book: Checked, lines: pl.DataFrame) -> None:
    """Lines that arrive whole are held whole, in one week, and with all lines of their set."""
    pins = book["pins"]
    rows = _pinned(book, lines).filter(pl.col("ship_complete") | pl.col("ship_set").is_not_null())
    part = rows.filter(pl.col("held").sum().over(LINE) < pl.col("open")).unique(
        LINE, keep="first").sort("row")
    book.findings.rows(pins, "quantity", "complete", part["row"],
                       "must be all open pieces, together with the line's other pins: the line "
                       "arrives whole, or with its ship set")
    split = rows.filter(pl.col("arrives").n_unique().over(LINE) > 1).unique(
        LINE, keep="first").sort("row")
    book.findings.rows(pins, "ship_on", "complete", split["row"],
                       "must let all pins of this line arrive in one week: the line arrives whole, "
                       "or with its ship set")
    if len(part) or len(split):
        return
    mates = (lines.filter(pl.col("ship_set").is_not_null() & (pl.col("open") > 0))
             .join(rows.select(*LINE, "arrives", "row").unique(LINE, keep="first"), on=LINE,
                   how="left"))
    torn = (mates.filter((pl.col("arrives").n_unique().over("ship_set") > 1)
                         & pl.col("row").is_not_null())
            .sort("row").unique("ship_set", keep="first", maintain_order=True))
    book.findings.rows(pins, "order_id", "ship_set", torn["row"],
                       "has a line in a ship set that is pinned in part; pin all its open lines to "
                       "arrive in one week, or none")


def _warn_of_idle_reservations(book: Checked) -> None:
    """A reservation of items that have no supply at all keeps nothing."""
    quotas, items = book["quotas"], book["items"]
    stocked = book["supply"]["item_id"].drop_nulls().unique()
    families = items.frame.filter(pl.col("item_id").is_in(stocked.implode()))[
        "family"].drop_nulls().unique()
    there = (pl.col("item_id").is_in(stocked.implode())
             | pl.col("family").is_in(families.implode()))
    idle = quotas.where((pl.col("reserved_quantity") > 0) & ~there.fill_null(False))
    book.findings.rows(quotas, "reserved_quantity", "unsupplied", idle,
                       "keeps nothing: no row of supply has these items")
