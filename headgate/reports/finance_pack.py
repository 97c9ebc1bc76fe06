"""The Excel pack of a statement of revenue: sums that are formulas, checks that read TRUE."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from headgate.finance.statement import SCOPE, RevenueStatement
from headgate.reports.numbers import count_of
from headgate.reports.pack import CHECKS, SUMMARY, Amount, Formula, Pack, Page
from headgate.reports.pack_entries import (
    MOST_ENTRIES,
    MOST_NAMES,
    OTHERS,
    EntryRows,
    entry_meanings,
    entry_rows,
)
from headgate.reports.pack_frame import checks_page, ending, opening
from headgate.reports.pack_margins import (
    MARGINS,
    REVENUE,
    SYSTEMS,
    margins_page,
    rate,
    revenue_page,
    systems_page,
)
from headgate.reports.pack_recognised import RECOGNISED_CONTENTS, recognised_pages
from headgate.reports.pack_walks import (
    BRIDGE_SHEET,
    DEFERRED_SHEET,
    ENDS,
    RECONCILIATION,
    WALK,
    bridge_page,
    deferred_page,
    ends_page,
    reconciliation_page,
    walk_page,
)

ENTRIES_SHEET = "Entries"
CONTENTS = {
    CHECKS: "everything that must tie; its top cell is TRUE when all of it does",
    REVENUE: "revenue, cost and margin by segment and fiscal quarter",
    MARGINS: "by segment, customer, product, family and region, of a quarter of your choice",
    RECONCILIATION: "from the value of the plan to its margin",
    WALK: "from the price of all contracts to the revenue of the plan",
    ENDS: "what sits in the last two weeks of each quarter, line by line",
    SYSTEMS: "racks, GPU servers and CPU servers beside each other",
    DEFERRED_SHEET: "billed or paid and not recognised, by contract and quarter",
    BRIDGE_SHEET: "from the other plan to this one, effect by effect",
    ENTRIES_SHEET: "the data: each shipment, and each service in each quarter",
    **RECOGNISED_CONTENTS,
}
"""The sheets after the first, and what each holds."""


def pack_bytes(made: RevenueStatement, most: int = MOST_ENTRIES) -> bytes:
    """
    The content of an .xlsx file; the same statement gives the same bytes.

    most : most entries with a row of their own; the summary says what is left out
    """
    given = {DEFERRED_SHEET: made.deferred is not None, BRIDGE_SHEET: made.bridge is not None,
             **dict.fromkeys(RECOGNISED_CONTENTS, made.so_far is not None)}
    names = [SUMMARY, *(name for name in CONTENTS if given.get(name, True))]
    settings = made.revenue.facts.book.settings
    pack = Pack.begin(names, f"Revenue and margin of {settings.name}", settings.as_of)
    rows = entry_rows(made, most)
    _entry_checks(pack, made)
    revenue_page(pack, made, rows)
    margins_page(pack, made, rows)
    reconciliation_page(pack, made)
    walk_page(pack, made)
    left_out = {ENDS: ends_page(pack, made, rows)}
    systems_page(pack, made, rows)
    if made.deferred is not None:
        left_out[DEFERRED_SHEET] = deferred_page(pack, made, made.deferred)
    if made.bridge is not None and made.before is not None:
        left_out[BRIDGE_SHEET] = bridge_page(pack, made, made.bridge, made.before)
    _entries_page(pack, made, rows)
    words = [] if made.so_far is None else recognised_pages(pack, made.so_far, most)
    _summary_page(pack, made, rows, left_out, words)
    checks_page(pack)
    return pack.finish()


def _entry_checks(pack: Pack, made: RevenueStatement) -> None:
    """What must hold of the entries by themselves."""
    for name, cents in made.totals.items():
        word = name.removesuffix("_cents")
        pack.same(f"{word.capitalize()} of the entries = as headgate tells it",
                  Formula(f"SUM(entries_{word})", cents), Amount(cents))
    sums = {name: int(made.entries[f"{name}_cents"].sum()) for name in (
        "price", "penalty", "standard", "variance", "substitution", "lane", "excess")}
    pack.same("Revenue = price - late penalties",
              Formula("SUM(entries_revenue)", made.totals["revenue_cents"]),
              Formula("SUM(entries_price)-SUM(entries_penalty)", sums["price"] - sums["penalty"]))
    parts = ("standard", "variance", "substitution", "lane", "excess")
    pack.same("Cost = standard cost + price variance + substitutes + freight + penalties beyond "
              "the price", Formula("SUM(entries_cost)", made.totals["cost_cents"]),
              Formula("+".join(f"SUM(entries_{name})" for name in parts),
                      sum(sums[name] for name in parts)))
    pack.same("Margin = revenue - cost",
              Formula("SUM(entries_margin)", made.totals["margin_cents"]),
              Formula("SUM(entries_revenue)-SUM(entries_cost)",
                      made.totals["revenue_cents"] - made.totals["cost_cents"]))


def _entries_page(pack: Pack, made: RevenueStatement, rows: EntryRows) -> None:
    page = pack.pages[ENTRIES_SHEET]
    page.title("Entries: each shipment, and each service in each quarter",
               f"Amounts in {made.revenue.currency}" + (
                   f"; the last rows hold {count_of(rows.lines, 'line')} with the least revenue "
                   "together"
                   if rows.lines else ""))
    page.widths(16, 8, 11, 8, 12, 16, 16, 14, 10, 20, 14, 11, 13, 11, 12, 10, 16)
    top, _ = pack.table(page, rows.frame, entry_meanings(), "entries")
    page.sheet.freeze_panes(top, 2)


def _summary_page(pack: Pack, made: RevenueStatement, rows: EntryRows,
                  left_out: dict[str, int], words: Sequence[str]) -> None:
    figures = made.figures()
    page = opening(pack, f"Revenue and margin of {figures['book_name']}", figures)
    _quarter_table(page, made, rows)
    ending(pack, page, CONTENTS, [*_left_out_words(rows, left_out), *words, SCOPE])


def _quarter_table(page: Page, made: RevenueStatement, rows: EntryRows) -> None:
    """Hardware and services, cost and margin, of each fiscal quarter and of all."""
    top = 1 + page.heads(["Fiscal quarter", "Hardware", "Services", "Revenue", "Cost", "Margin",
                          "Margin, share", "Late penalties"])
    sums = rows.sums("quarter")
    service = rows.sums("quarter", pl.col("kind") == "service")
    cents: list[list[int]] = []
    for period in made.revenue.quarters:
        at, own = page.next + 1, sums.get(period.name, {})
        own_service = service.get(period.name, {}).get("revenue_cents", 0)
        revenue, cost, penalty = (own.get(f"{name}_cents", 0) for name in (
            "revenue", "cost", "penalty"))
        cents.append([revenue - own_service, own_service, revenue, cost, revenue - cost, penalty])
        found = f"entries_quarter,$A{at}"
        page.row([period.name, *(Formula(
            f'SUMIFS(entries_revenue,{found},entries_kind,"{kind}")', value)
            for kind, value in (("hardware", revenue - own_service), ("service", own_service))),
            Formula(f"B{at}+C{at}", revenue), Formula(f"SUMIFS(entries_cost,{found})", cost),
            Formula(f"D{at}-E{at}", revenue - cost),
            rate(f"D{at}", f"F{at}", (revenue, revenue - cost)),
            Formula(f"SUMIFS(entries_penalty,{found})", penalty)])
    whole = [sum(column) for column in zip(*cents, strict=True)]
    at = page.next + 1

    def total(letter: str, value: int) -> Formula:
        return Formula(f"SUM({letter}{top + 1}:{letter}{at - 1})", value)

    page.row(["All", *(total(letter, value) for letter, value in zip("BCDEF", whole[:5],
                                                                     strict=True)),
              rate(f"D{at}", f"F{at}", (whole[2], whole[4])), total("H", whole[5])], "total")


def _left_out_words(rows: EntryRows, left_out: dict[str, int]) -> list[str]:
    """What the workbook does not tell one by one."""
    words = []
    if rows.lines:
        words.append(f"Entries: {count_of(rows.lines, 'line')} with the least revenue, of "
                     f"{rows.total:,} entries in all, stand together as '{OTHERS}'; headgate "
                     "revenue --out writes them all.")
    words += [f"{name}: {count_of(count, 'row')} together as '{OTHERS}'; headgate revenue --out "
              "writes them all." for name, count in left_out.items() if count]
    for dimension, count in rows.others.items():
        if count:
            words.append(f"Margins: the {MOST_NAMES} {dimension} names with the most revenue stand "
                         f"alone, {count:,} more together.")
    return words
