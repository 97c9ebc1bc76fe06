"""Sheets of sums over the entries: by quarter and segment, by every name, by class of system."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from headgate.finance.statement import RevenueStatement
from headgate.finance.systems import CONTENTS
from headgate.reports.finance_words import CLASS_WORDS, capital
from headgate.reports.pack import (
    Amount,
    Formula,
    Pack,
    Page,
    Share,
    Value,
    cell,
    letters,
)
from headgate.reports.pack_entries import OTHERS, EntryRows

REVENUE, MARGINS, SYSTEMS = "Revenue by quarter x segment", "Margins", "Systems"
ALL_QUARTERS = "All quarters"
MARGIN_DIMENSIONS = ("segment", "customer", "product", "family", "region")
FIRST = 2
"""The column of the first quarter."""


def numbered(rows: EntryRows, dimension: str) -> list[tuple[int, str]]:
    """The names of a dimension with their numbers; 0 stands for all others, if there are any."""
    found = list(enumerate(rows.names[dimension], start=1))
    others = rows.others[dimension]
    return [*found, (0, f"{OTHERS} ({others:,})")] if others else found


def rate(revenue: str, margin: str, values: tuple[int, int]) -> Formula:
    """A margin as a share of its revenue; empty where that is not above 0."""
    part, whole = values[1], values[0]
    return Formula(f'IF({revenue}<=0,"",{margin}/{revenue})', part / whole if whole > 0 else None,
                   "share")


def revenue_page(pack: Pack, made: RevenueStatement, rows: EntryRows) -> None:
    """Revenue, cost, margin and its share by segment and fiscal quarter, one below the other."""
    page = pack.pages[REVENUE]
    page.title("Revenue, cost and margin by fiscal quarter and segment",
               f"Amounts in {made.revenue.currency}; every amount is a sum over the sheet Entries")
    page.widths(6, 34, 17)
    page.sheet.freeze_panes(0, FIRST)
    # Many quarters on the width of one page would be too small to read.
    page.sheet.fit_to_pages(0, 1)
    page.sheet.repeat_columns(0, 1)
    quarters = [period.name for period in made.revenue.quarters]
    sums = {(row["quarter"], row["segment_no"]): row for row in rows.frame.group_by(
        "quarter", "segment_no").agg(pl.col("revenue_cents", "cost_cents").sum()).iter_rows(
        named=True)}
    segments = numbered(rows, "segment")

    def cents(measure: str) -> list[list[int]]:
        return [[sums.get((quarter, number), {}).get(f"{measure}_cents", 0)
                 for quarter in quarters] for number, _ in segments]

    revenue, cost = cents("revenue"), cents("cost")
    tops = [_sums_block(pack, page, measure, quarters, segments, values)
            for measure, values in (("revenue", revenue), ("cost", cost))]
    pack.name("quarters_and_all", page.span(tops[0] - 1, FIRST, tops[0] - 1,
                                            FIRST + len(quarters)))
    _margin_blocks(page, quarters, segments, (revenue, cost), tops)


def _sums_block(pack: Pack, page: Page, measure: str, quarters: Sequence[str],
                segments: Sequence[tuple[int, str]], values: Sequence[Sequence[int]]) -> int:
    """One measure by segment and quarter with its check; the row of the first segment."""
    head = page.heads(["No.", capital(measure), *quarters, ALL_QUARTERS], (1,))
    top, end = head + 1, FIRST + len(quarters)
    for (number, name), row in zip(segments, values, strict=True):
        at = page.next
        page.row([number, name, *(Formula(
            f"SUMIFS(entries_{measure},entries_quarter,{letters(column)}${head + 1},"
            f"entries_segment_no,$A{at + 1})", amount)
            for column, amount in enumerate(row, start=FIRST)),
            Formula(f"SUM({cell(at, FIRST)}:{cell(at, end - 1)})", sum(row))])
    last = page.next - 1
    totals = [sum(column) for column in zip(*values, strict=True)] or [0] * len(quarters)
    whole = [*totals, sum(totals)]
    total = page.row([None, "All segments", *(Formula(
        f"SUM({cell(top, column)}:{cell(last, column)})" if segments else "0", amount)
        for column, amount in enumerate(whole, start=FIRST))], "total")
    entries = page.row([None, "Entries of the quarter", *(Formula(
        f"SUMIFS(entries_{measure},entries_quarter,{letters(column)}${head + 1})", amount)
        for column, amount in enumerate(totals, start=FIRST)),
        Formula(f"SUM(entries_{measure})", whole[-1])])
    same = page.row([None, "The same", *(Formula(
        f"ROUND({cell(total, column)}-{cell(entries, column)},2)=0", True, "truth")
        for column in range(FIRST, end + 1))])
    pack.true(f"{capital(measure)} by segment and quarter = sum of the entries, in every quarter",
              page.span(same, FIRST, same, end))
    page.skip()
    return top


def _margin_blocks(page: Page, quarters: Sequence[str], segments: Sequence[tuple[int, str]],
                   values: tuple[Sequence[Sequence[int]], Sequence[Sequence[int]]],
                   tops: Sequence[int]) -> None:
    """Margin and its share, from the two blocks above them."""
    columns = range(FIRST, FIRST + len(quarters) + 1)
    padded = [[*row, sum(row)] for row in values[0]], [[*row, sum(row)] for row in values[1]]
    sides = [[*side, [sum(column) for column in zip(*side, strict=True)] or [0] * len(columns)]
             for side in padded]
    for share in (False, True):
        page.heads(["No.", "Margin, share of revenue" if share else "Margin", *quarters,
                    ALL_QUARTERS], (1,))
        for place in range(len(segments) + 1):
            number, name = segments[place] if place < len(segments) else (None, "All segments")
            cells: list[Value] = [number, name]
            for column in columns:
                a, b = (cell(top + place, column) for top in tops)
                whole, cost = (side[place][column - FIRST] for side in sides)
                margin = f"({a}-{b})" if share else f"{a}-{b}"
                cells.append(rate(a, margin, (whole, whole - cost)) if share
                             else Formula(margin, whole - cost))
            page.row(cells, "total" if place == len(segments) else "")
        page.skip()


def margins_page(pack: Pack, made: RevenueStatement, rows: EntryRows) -> None:
    """Margins by every dimension, of all quarters or of the one that is chosen at the top."""
    page = pack.pages[MARGINS]
    page.title("Revenue and margin by segment, customer, product, family and region",
               f"Amounts in {made.revenue.currency}. Choose a quarter below, and every sum follows")
    page.widths(6, 34, 14, 18)
    chosen = page.row([None, "Quarter", ALL_QUARTERS])
    page.sheet.write_string(chosen, FIRST, ALL_QUARTERS, pack.style("text", "big"))
    page.sheet.data_validation(chosen, FIRST, chosen, FIRST, {
        "validate": "list", "source": "=quarters_and_all"})
    looked = page.row([None, "What the formulas look for", Formula(
        f'IF({cell(chosen, FIRST)}="{ALL_QUARTERS}","*",{cell(chosen, FIRST)})', "*", "text")])
    pack.name("margins_quarter", page.cell(looked, FIRST))
    page.skip()
    same = [_margin_block(page, rows, dimension) for dimension in MARGIN_DIMENSIONS]
    pack.true("Margins by segment, customer, product, family and region = sum of the entries of "
              "the chosen quarter", ",".join(page.span(row, 3, row, 5) for row in same))


def _margin_block(page: Page, rows: EntryRows, dimension: str) -> int:
    """Margins by one dimension; the row that says whether they sum to the entries."""
    key = f"{dimension}_no"
    sums = rows.sums(key)
    pieces = rows.sums(key, pl.col("kind") == "hardware")
    top = 1 + page.heads(["No.", capital(dimension), "Pieces", "Revenue", "Cost", "Margin",
                          "Margin, share", "Share of revenue"], (1,))
    names = numbered(rows, dimension)
    total = top + len(names)
    whole = {name: sum(row[name] for row in sums.values())
             for name in ("revenue_cents", "cost_cents")}
    for number, name in names:
        own = sums.get(number, {"revenue_cents": 0, "cost_cents": 0})
        at = page.next
        found = f"entries_quarter,margins_quarter,entries_{key},$A{at + 1}"
        revenue, cost = own["revenue_cents"], own["cost_cents"]
        page.row([number, name, Formula(
            f'SUMIFS(entries_quantity,{found},entries_kind,"hardware")',
            pieces.get(number, {}).get("quantity", 0), "whole"),
            Formula(f"SUMIFS(entries_revenue,{found})", revenue),
            Formula(f"SUMIFS(entries_cost,{found})", cost), *_margin_cells(at, revenue, cost),
            Formula(f'IF(D${total + 1}=0,"",D{at + 1}/D${total + 1})',
                    revenue / whole["revenue_cents"] if whole["revenue_cents"] else None,
                    "share")])
    revenue, cost = whole["revenue_cents"], whole["cost_cents"]
    count = sum(row["quantity"] for row in pieces.values())

    def column(letter: str, value: int, kind: str = "amount") -> Formula:
        text = f"SUM({letter}{top + 1}:{letter}{total})" if names else "0"
        return Formula(text, value, "whole" if kind == "whole" else "amount")

    page.row([None, "All", column("C", count, "whole"), column("D", revenue), column("E", cost),
              *_margin_cells(total, revenue, cost), None], "total")
    entries = page.row([None, "Entries of the chosen quarter", None, *(Formula(
        f"SUMIFS(entries_{name},entries_quarter,margins_quarter)", value)
        for name, value in (("revenue", revenue), ("cost", cost), ("margin", revenue - cost)))])
    same = page.row([None, "The same", None, *(Formula(
        f"ROUND({letter}{total + 1}-{letter}{entries + 1},2)=0", True, "truth")
        for letter in "DEF")])
    page.skip()
    return same


def _margin_cells(row: int, revenue: int, cost: int) -> tuple[Formula, Formula]:
    """Margin and its share, from the revenue in column D and the cost in column E."""
    return (Formula(f"D{row + 1}-E{row + 1}", revenue - cost),
            rate(f"D{row + 1}", f"F{row + 1}", (revenue, revenue - cost)))


def systems_page(pack: Pack, made: RevenueStatement, rows: EntryRows) -> None:
    """Racks, GPU servers and CPU servers beside each other, and what is in them."""
    page = pack.pages[SYSTEMS]
    page.title("What a rack, a GPU server and a CPU server bring, and what is in them",
               f"Hardware alone, in {made.revenue.currency}; shares are of the standard cost of "
               "what is sent")
    page.widths(16, 12, 18, 18, 18, 14, 18, 18, 12)
    page.heads(["Class", "Pieces", "Revenue", "Cost", "Margin", "Margin, share",
                "Revenue of a piece", "Margin of a piece", "GPUs", "Memory", "Storage", "Network",
                "All else", "With a service", "Price of these services"])
    sums = rows.sums("class", pl.col("kind") == "hardware")
    top = page.next
    for row in made.systems.iter_rows(named=True):
        page.row(_system_cells(page.next, row, sums))
    bottom = page.next
    if bottom == top:
        page.row(["Nothing is sold"])
        return
    whole = {name: sum(own[name] for own in sums.values())
             for name in ("quantity", "revenue_cents", "cost_cents")}
    columns = (("B", whole["quantity"]), ("C", whole["revenue_cents"]), ("D", whole["cost_cents"]))
    total = page.row(["All", *(Formula(
        f"SUM({letter}{top + 1}:{letter}{bottom})", value,
        "whole" if letter == "B" else "amount") for letter, value in columns), Formula(
        f"C{bottom + 1}-D{bottom + 1}", whole["revenue_cents"] - whole["cost_cents"])], "total")
    for place, name in ((2, "revenue"), (3, "cost")):
        pack.same(f"{capital(name)} of all classes = hardware in the entries",
                  Formula(page.cell(total, place), whole[f"{name}_cents"]),
                  Formula(f'SUMIFS(entries_{name},entries_kind,"hardware")',
                          whole[f"{name}_cents"]))
    told = int(made.systems["revenue_cents"].sum())
    pack.same("Revenue of all classes = as headgate tells of systems",
              Formula(page.cell(total, 2), whole["revenue_cents"]), Amount(told))


def _system_cells(row: int, system: dict[str, object],
                  sums: dict[object, dict[str, int]]) -> list[Value]:
    """One class: sums over the entries, a piece of it, and its contents as they were worked out."""
    words = CLASS_WORDS[str(system["class"])]
    own = sums[words]
    at, pieces = row + 1, own["quantity"]
    margin = own["revenue_cents"] - own["cost_cents"]
    shares = [system[f"{name}_share"] for name in CONTENTS]
    known = [share for share in shares if isinstance(share, float)]

    def found(measure: str, value: int) -> Formula:
        return Formula(f"SUMIFS(entries_{measure},entries_class,$A{at})", value,
                       "whole" if measure == "quantity" else "amount")

    attach, service = system["service_attach"], system["service_cents"]
    return [words, found("quantity", pieces), found("revenue", own["revenue_cents"]),
            found("cost", own["cost_cents"]), Formula(f"C{at}-D{at}", margin),
            rate(f"C{at}", f"E{at}", (own["revenue_cents"], margin)),
            *(Formula(f'IF(B{at}=0,"",{letter}{at}/B{at})', None if not pieces else value / pieces,
                      "amount") for letter, value in (("C", own["revenue_cents"]), ("E", margin))),
            *(Share(share if isinstance(share, float) else None) for share in shares),
            Formula(f'IF(COUNT(I{at}:L{at})=0,"",1-SUM(I{at}:L{at}))',
                    1 - sum(known) if known else None, "share"),
            Share(attach if isinstance(attach, float) else None),
            Amount(service if isinstance(service, int) else 0)]
