"""What a row of one table must obey by itself, and how rows of two tables must agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from headgate.base.issue import near_miss
from headgate.base.money import MAX_CENTS
from headgate.tables.findings import Findings, Sheet, Wording
from headgate.tables.frames import Settings
from headgate.tables.schema import MICRO

MAX_BOOK_CENTS = 10**18
"""Most that all lines of a book may be worth, so that sums stay inside 64 bits."""


MANY_ORDERS = 10
"""Orders that are named and not there from which on no slip of the pen explains it."""
MOST_COMPARED = 5_000
"""Known names that an unknown one is compared with."""


@dataclass(frozen=True, slots=True)
class Checked:
    """
    All tables under check, with the settings.

    rates : the book's currency for one unit of each foreign one that has a rate by `as_of`
    dated : whether `as_of` and `horizon_weeks` are known; what needs them is left out if not
    """

    sheets: Mapping[str, Sheet]
    settings: Settings
    findings: Findings
    rates: Mapping[str, float]
    dated: bool

    def __getitem__(self, table: str) -> Sheet:
        return self.sheets[table]


def rates_of(rates: Sheet, as_of: date) -> dict[str, float]:
    """The last rate of each currency up to a day."""
    known = (rates.frame.drop_nulls(["currency", "on", "rate_micro"])
             .filter(pl.col("on") <= as_of).sort("currency", "on")
             .group_by("currency", maintain_order=True).last())
    return {name: micro / MICRO for name, micro in
            zip(known["currency"], known["rate_micro"], strict=True)}


def check_rules(book: Checked) -> None:
    """Reports everything that rows of a book must obey apart from keys, ids and structure."""
    _check_periods(book)
    _check_scopes(book)
    _check_mondays(book)
    _check_currencies(book)
    _check_order_rows(book)
    _check_regions(book)
    _check_worth(book)
    _check_service_lines(book)


def wording(told: str, names: Sequence[str]) -> Wording:
    """
    What is said of an unknown name: the text, with a near miss among the known names.

    Of a long list only the start is compared, as with 300,000 order ids each fault would take a
    tenth of a second.
    """
    compared = names[:MOST_COMPARED]
    return lambda value: told + near_miss(value, compared)


def _check_periods(book: Checked) -> None:
    """Every period ends on or after the day on which it starts."""
    for table, first, last in (("bom", "effective_from", "effective_to"),
                               ("substitutes", "effective_from", "effective_to"),
                               ("quotas", "from_on", "to_on"),
                               ("orders", "earliest_on", "latest_on")):
        sheet = book[table]
        rows = sheet.where(pl.col(last) < pl.col(first))
        book.findings.rows(sheet, last, "before", rows, f"must not be before {first}")


def _check_scopes(book: Checked) -> None:
    """A quota or restriction names one item or one family, and the family exists."""
    families = book["items"]["family"].drop_nulls().unique()
    names = families.sort().to_list()
    for table in ("quotas", "restrictions"):
        sheet = book[table]
        both = pl.col("item_id").is_not_null() & pl.col("family").is_not_null()
        neither = pl.col("item_id").is_null() & pl.col("family").is_null()
        book.findings.rows(sheet, "item_id", "scope", sheet.where(both),
                           "must stand alone: give item_id or family, not both")
        book.findings.rows(sheet, "item_id", "scope", sheet.where(neither),
                           "must be given, or else family")
        if book["items"].proves("item_id"):
            unknown = sheet.where(~pl.col("family").is_in(families.implode()))
            book.findings.rows(sheet, "family", "unknown", unknown,
                               wording("is the family of no item", names))


def _check_mondays(book: Checked) -> None:
    sheet = book["capacity"]
    rows = sheet.where(pl.col("starts_on").dt.weekday() != 1)
    book.findings.rows(sheet, "starts_on", "monday", rows, lambda day: (
        f"must be a Monday; that week's is {_monday(day)}"))


def _monday(day: str) -> date:
    given = date.fromisoformat(day)
    return date.fromordinal(given.toordinal() - given.weekday())


def _check_currencies(book: Checked) -> None:
    """Every foreign currency has a rate on or before `as_of`."""
    rates = book["rates"]
    if not book.dated or not rates.proves("currency"):
        return
    own = book.settings.currency
    good = pl.Series([own, *book.rates], dtype=pl.String)
    later = set(rates["currency"].drop_nulls()) - set(book.rates)

    def say(value: str) -> str:
        if value in later:
            return f"has no rate on or before {book.settings.as_of}; the first is later"
        return f"has no rate in {rates.file}{near_miss(value, good.to_list())}"

    for table in ("items", "orders"):
        sheet = book[table]
        rows = (~sheet["currency"].is_in(good.implode())).arg_true()
        book.findings.rows(sheet, "currency", "rate", rows, say)
    same = rates.where(pl.col("currency") == own)
    book.findings.rows(rates, "currency", "own", same, "is the book's own currency; the rate is "
                       "not used")


def _check_order_rows(book: Checked) -> None:
    orders = book["orders"]
    over = orders.where(pl.col("shipped_quantity") > pl.col("quantity"))
    book.findings.rows(orders, "shipped_quantity", "over", over, "must not be above quantity")
    # Without the test of the sign a row that is over would be reported for its lots too.
    ragged = orders.where((pl.col("lot_size") > 1)
                          & (pl.col("quantity") >= pl.col("shipped_quantity"))
                          & ((pl.col("quantity") - pl.col("shipped_quantity"))
                             % pl.col("lot_size") != 0))
    book.findings.rows(orders, "lot_size", "multiple", ragged,
                       "must divide the open pieces, quantity - shipped_quantity")


def _check_regions(book: Checked) -> None:
    """Some lane leads to the region of every order."""
    orders, lanes = book["orders"], book["lanes"]
    if not lanes.proves("region"):
        return
    regions = lanes["region"].drop_nulls().unique()
    names = regions.sort().to_list()
    rows = (~orders["region"].is_in(regions.implode())).arg_true()
    book.findings.rows(orders, "region", "unknown", rows,
                       wording(f"no lane in {lanes.file} leads there", names))


def _check_worth(book: Checked) -> None:
    """
    Amounts of whole rows stay inside 64 bits, in the book's currency.

    Floats are good enough: the limits are far below where 64 bits end.
    """
    orders, items, supply = book["orders"], book["items"], book["supply"]
    most = f"makes the row worth more than {MAX_CENTS // 100:,}; is the amount right?"
    rate = _rate_of(book, "currency")
    costs = items.frame.select("item_id", worth=pl.col("unit_cost_cents") * _rate_of(
        book, "currency"), currency="currency").unique("item_id", keep="first")
    freight = book["lanes"]["cost_per_unit"].max()
    dearest = max(float(costs["worth"].max() or 0), float(freight or 0))  # type: ignore[arg-type]
    quantity = pl.col("quantity").cast(pl.Float64)
    amount = pl.max_horizontal("unit_price_cents", "late_penalty_per_unit_week_cents") * rate
    rows = orders.where(quantity * pl.max_horizontal(amount, pl.lit(dearest)) > MAX_CENTS)
    book.findings.rows(orders, "quantity", "value", rows, most)
    total = orders.frame.select((quantity * pl.col("unit_price_cents") * rate).sum()).item()
    if rows.is_empty() and total > MAX_BOOK_CENTS:
        book.findings.add("orders.unit_price.total", orders.file, "makes all lines together worth "
                          f"more than {MAX_BOOK_CENTS // 100:,}; is the price in cents?",
                          column="unit_price")
    rows = supply.where(quantity * pl.max_horizontal("unit_cost_cents", pl.lit(dearest))
                        > MAX_CENTS)
    book.findings.rows(supply, "quantity", "value", rows, most)


def _rate_of(book: Checked, column: str) -> pl.Expr:
    """The rate of each row's currency; 1 for the book's own and for one without a rate."""
    if not book.rates:
        return pl.lit(1.0)
    return pl.col(column).replace_strict(
        list(book.rates), list(book.rates.values()), default=1.0, return_dtype=pl.Float64)


def _orders_missing(sheet: Sheet, orders: Sheet, rows: pl.Series, findings: Findings) -> bool:
    """
    Says once that so many orders are missing that their file must be short; True if it is so.

    Each of them would be near to some order that is there, which nobody meant.
    """
    missing = sheet["order_id"].gather(rows).unique(maintain_order=True)
    if len(missing) < MANY_ORDERS:
        return False
    findings.add(f"{sheet.name}.order_id.unknown", sheet.file,
                 f"order lines are missing in {orders.file}: {len(rows):,} rows name "
                 f"{len(missing):,} orders that are not there ({', '.join(missing.head(3))}, ...); "
                 f"was {orders.file} cut off? Export it again, whole",
                 row=sheet.line_of(int(rows[0])), column="order_id", value=missing[0])
    return True


def _check_service_lines(book: Checked) -> None:
    sheet, orders, items = book["service_lines"], book["orders"], book["items"]
    if sheet.frame.is_empty():
        return
    services = items.frame.filter(pl.col("kind") == "service")["item_id"]
    others = items.frame.filter(pl.col("kind") != "service")["item_id"]
    rows = sheet.where(pl.col("item_id").is_in(others.implode())
                       & ~pl.col("item_id").is_in(services.implode()))
    book.findings.rows(sheet, "item_id", "kind", rows, "is not of kind service")
    if not orders.proves("order_id"):
        return
    known = orders["order_id"].drop_nulls().unique()
    rows = (~sheet["order_id"].is_in(known.implode())).arg_true()
    if not _orders_missing(sheet, orders, rows, book.findings):
        names = known.sort().to_list() if len(rows) else []
        book.findings.rows(sheet, "order_id", "unknown", rows,
                           wording(f"not in {orders.file}", names))
    starts = sheet.frame.select(
        pl.int_range(pl.len(), dtype=pl.UInt32).alias("row"), "order_id", "starts",
        line_no=pl.col("starts").cast(pl.Int64, strict=False),
        day=pl.col("starts").str.to_date("%Y-%m-%d", strict=False)).filter(
            pl.col("starts").is_not_null() & pl.col("day").is_null()
            & pl.col("order_id").is_in(known.implode()))
    lost = starts.join(orders.frame.select("order_id", "line_no"), on=["order_id", "line_no"],
                       how="anti").sort("row")
    book.findings.rows(sheet, "starts", "unknown", lost["row"],
                       "must be a line_no of the same order in orders, or a date")
