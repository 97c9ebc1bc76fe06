"""Sheets of what a backlog becomes: when it converts, who holds it, what may be cancelled of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from headgate.finance.backlog import Backlog
from headgate.reports.finance_words import capital
from headgate.reports.pack import Amount, Formula, Kind, Pack, Page, Share, Value, cut_rows
from headgate.reports.pack_backlog import Told
from headgate.reports.pack_entries import OTHERS
from headgate.reports.pack_walks import MOST_ROWS, meanings_of
from headgate.tables.backlog_schema import DOUBLE_ORDERS

CONVERSION, CUSTOMERS, CANCELLED = "Conversion", "Customers", "Cancellation"


def conversion_page(pack: Pack, made: Backlog) -> None:
    """The order backlog by the fiscal quarter of its promise, and of its shipment by the plan."""
    page = pack.pages[CONVERSION]
    page.title("When the order backlog converts",
               f"Amounts in {made.currency}; promised and shipped each sum to the order backlog")
    page.widths(18, 16, 14, 12, 20, 10, 12, 20, 10)
    frame = made.parts["conversion"].filter(pl.col("by") == "total")
    planned = bool(frame["shipped_cents"].is_not_null().any())
    heads = ["Fiscal quarter", "Status", "Ends on", "Pieces promised", "Promised", "Share",
             "Pieces shipped", "Shipped", "Share"]
    top = 1 + page.heads(heads if planned else heads[:6], (0, 1, 2))
    last = top + frame.height
    sums = {name: int(frame[name].sum()) for name in (
        "promised_quantity", "promised_cents", "shipped_quantity", "shipped_cents")}
    for row in frame.iter_rows(named=True):
        at = page.next + 1
        cells: list[Value] = [row["quarter"] or "Without a date", capital(row["status"]),
                              row["ends_on"]]
        for what, letter in (("promised", "E"), ("shipped", "H"))[:2 if planned else 1]:
            cents = row[f"{what}_cents"] or 0
            cells += [row[f"{what}_quantity"] or 0, Amount(cents),
                      _share(letter, at, last + 1, cents, sums[f"{what}_cents"])]
        page.row(cells)
    whole: list[tuple[str, int, Kind] | None] = [
        ("D", sums["promised_quantity"], "whole"), ("E", sums["promised_cents"], "amount"), None,
        ("G", sums["shipped_quantity"], "whole"), ("H", sums["shipped_cents"], "amount")]
    total = _total(page, ["All", None, None], whole if planned else whole[:2], top, last)
    backlog = Amount(int(made.figures["order_backlog_cents"]))
    pack.same("Promised by quarter = order backlog",
              Formula(page.cell(total, 4), sums["promised_cents"]), backlog)
    if planned:
        pack.same("Shipped by quarter = order backlog",
                  Formula(page.cell(total, 7), sums["shipped_cents"]), backlog)


def customers_page(pack: Pack, made: Backlog) -> None:
    """The customers with the largest backlog, and all others together."""
    page = pack.pages[CUSTOMERS]
    page.title("Who holds the order backlog", f"Amounts in {made.currency}")
    page.widths(8, 28, 12, 12, 12, 20, 10, 20, 10)
    top = 1 + page.heads(["Place", "Customer", "Customers", "Lines", "Pieces", "Backlog", "Share",
                          "Up to here", "Share"], (1,))
    frame = made.parts["concentration"]
    last, backlog = top + frame.height, int(frame["amount_cents"].sum())
    for row in frame.iter_rows(named=True):
        at = page.next + 1
        page.row([row["place"], row["customer_id"] or OTHERS, row["customers"], row["lines"],
                  row["quantity"], Amount(row["amount_cents"]),
                  _share("F", at, last + 1, row["amount_cents"], backlog),
                  Formula(f"SUM(F${top + 1}:F{at})", row["upto_cents"]),
                  _share("H", at, last + 1, row["upto_cents"], backlog, "F")])
    total = _total(page, [None, "All"], [
        ("C", int(frame["customers"].sum()), "whole"), ("D", int(frame["lines"].sum()), "whole"),
        ("E", int(frame["quantity"].sum()), "whole"), ("F", backlog, "amount")], top, last)
    pack.same("Backlog of all customers = order backlog", Formula(page.cell(total, 5), backlog),
              Amount(int(made.figures["order_backlog_cents"])))


def cancellation_page(pack: Pack, made: Backlog, told: Told) -> int:
    """What is left of the backlog by the assumptions, and what may be ordered twice; rows cut."""
    page = pack.pages[CANCELLED]
    page.title("The order backlog less what is assumed to be cancelled",
               f"Amounts in {made.currency}; " + (
                   "nothing is assumed: --assumptions says what is" if
                   made.figures["nothing_assumed"] else "the assumptions stand below"))
    page.widths(36, 20, 20, 20, 20, 20, 20, 60)
    names = ("backlog_cents", "double_cents", "expected_cents", "adjusted_cents")
    top = 1 + page.heads([capital(told.by) if told.by != "total" else "", "Order backlog",
                          "- Ordered twice", "- Cancelled", "Adjusted backlog"])
    frame = told.of(made.parts["cancellation"], names)
    sums = {row["no"]: row for row in frame.group_by("no").agg(
        pl.col(names).sum()).iter_rows(named=True)}
    for number, name in told.numbered:
        row, at = sums.get(number, dict.fromkeys(names, 0)), page.next + 1
        page.row([name, *(Amount(row[column]) for column in names[:3]),
                  Formula(f"B{at}-C{at}-D{at}", row["adjusted_cents"])])
    whole = {name: int(frame[name].sum()) for name in names}
    total = _total(page, ["All"], [(letter, whole[name], "amount") for letter, name in zip(
        "BCDE", names, strict=True)], top, page.next)
    pack.same("Backlog before cancellations = order backlog",
              Formula(page.cell(total, 1), whole["backlog_cents"]),
              Amount(int(made.figures["order_backlog_cents"])))
    own = made.parts["cancellation"].filter(pl.col("by") == "total")["adjusted_cents"].sum()
    pack.same("Adjusted backlog = as headgate tells it",
              Formula(page.cell(total, 4), whole["adjusted_cents"]), Amount(int(own)))
    page.skip()
    _assumed(page, made.figures["assumptions"])
    page.row(["May be one demand, ordered twice: one customer, item and requested week"], "total")
    shown, cut = cut_rows(made.parts["double_orders"], ["customer_id", "item_id",
                                                        "requested_week"], MOST_ROWS, [], OTHERS)
    pack.table(page, shown, meanings_of(DOUBLE_ORDERS), "doubles")
    return cut


def _assumed(page: Page, assumed: Mapping[str, Any]) -> None:
    """What is assumed: the first hazard that holds counts."""
    hazards = assumed["cancellation"]["hazard"]
    if hazards:
        page.heads(["Assumed: cancelled in a week", "Segment", "Weeks late, from", "to",
                    "Firm lines too"], (1, 4))
        for one in hazards:
            page.row([Share(float(one["weekly"])), one["segment"] or "every segment",
                      one["late_weeks_from"], one["late_weeks_to"], "yes" if one["firm"] else "no"])
        page.row(["Weeks that pieces without a date are exposed",
                  assumed["cancellation"]["unpromised_weeks"]])
        page.row(["Share of what may be ordered twice that is",
                  Share(float(assumed["double_orders"]["share"]))])
        page.skip()


def _share(letter: str, at: int, total: int, cents: int, whole: int, of: str = "") -> Formula:
    """A cell's share of the total of its column, or of another one."""
    below = f"{of or letter}${total}"
    return Formula(f'IF({below}=0,"",{letter}{at}/{below})', cents / whole if whole else None,
                   "share")


def _total(page: Page, first: Sequence[Value], sums: Sequence[tuple[str, int, Kind] | None],
           top: int, last: int) -> int:
    """A row of sums of columns, given by their letters; its number."""
    rows = "{0}" + str(top + 1) + ":{0}" + str(last)
    return page.row([*first, *(None if one is None else Formula(
        f"SUM({rows.format(one[0])})" if last > top else "0", one[1], one[2])
        for one in sums)], "total")
