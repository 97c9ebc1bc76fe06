"""Sheets of a backlog's ages, and of what binds of it: firm backlog, RPO, deferred revenue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from headgate.finance.ageing import BASES, LAST_DAYS, age_name
from headgate.finance.backlog import Backlog
from headgate.reports.finance_words import RPO_WORDS, UNDATED, capital
from headgate.reports.pack import Amount, Formula, Pack, Page, Value, cut_rows, letters
from headgate.reports.pack_backlog import NUMBERED, Told
from headgate.reports.pack_entries import MOST_ENTRIES, OTHERS
from headgate.reports.pack_walks import MOST_ROWS, meanings_of
from headgate.tables.backlog_schema import AGEING, OBLIGATIONS

AGES, RECONCILED, SCHEDULE, OBLIGATIONS_SHEET = (
    "Ageing", "Reconciliation", "RPO by quarter", "Obligations")
NAMED = 6
"""The column of the first name in the sheet of ages."""
OF_LINES = {"order_backlog": "backlog", **{name: name for name in (
    "cancellable", "deposit", "split", "bill_and_hold", "in_transit", "acceptance", "services",
    "late_penalty", "one_year")}}
"""The steps of the walk that are sums over the obligations, and their columns."""
PROVED = {"firm_backlog": "firm", "rpo": "rpo", "rpo_expedient": "rpo_expedient"}
"""Numbers of the walk that have a column of their own, against which they are held."""


# ------------------------------------------------------------------ ages

def ages_page(pack: Pack, made: Backlog, told: Told) -> int:
    """How old the backlog is, and how late, by name; how many rows were left out."""
    page = pack.pages[AGES]
    page.title("How long the backlog has been open, and how long it is past its dates",
               f"Amounts in {made.currency}; each of the tables sums to the order backlog")
    page.widths(6, 36, 10, 10, 18, 12, 18)
    frame = told.of(made.parts["ageing"], ["basis", "place", "age", "lines", "quantity",
                                           "amount_cents"])
    same = [_ages_block(page, made, told, frame, basis, words) for basis, words in BASES.items()]
    shown, cut = cut_rows(frame, ["name"], MOST_ROWS, ["no", "basis", "place", "age"], OTHERS)
    pack.table(page, shown, {**meanings_of(AGEING), **NUMBERED}, "ages")
    pack.true("Ages since the booking, past the requested date and past the promise each sum to "
              "the order backlog", ",".join(same))
    return cut


def _ages_block(page: Page, made: Backlog, told: Told, frame: pl.DataFrame, basis: str,
                words: str) -> str:
    """One basis: an age in each row; the cell that says whether it sums to the backlog."""
    names = told.numbered if told.by != "total" else []
    own = frame.filter(pl.col("basis") == basis)
    cents = {(row["place"], row["no"]): row["amount_cents"] for row in own.group_by(
        "place", "no").agg(pl.col("amount_cents").sum()).iter_rows(named=True)}
    sums = {row["place"]: row for row in own.group_by("place").agg(
        pl.col("lines", "quantity", "amount_cents").sum()).iter_rows(named=True)}
    whole = sum(row["amount_cents"] for row in sums.values())
    numbers = page.row([None] * NAMED + [number for number, _ in names]) if names else 0
    top = 1 + page.heads(["No.", capital(words), "Lines", "Pieces", "Backlog", "Share", *(
        name for _, name in names)], (1,))
    last = top + len(LAST_DAYS[basis]) + 1
    for place in range(1, len(LAST_DAYS[basis]) + 3):
        at, row = page.next + 1, sums.get(place, {})
        found = f'ages_basis,"{basis}",ages_place,$A{at}'
        page.row([place, capital(age_name(basis, place - 1)),
                  Formula(f"SUMIFS(ages_lines,{found})", row.get("lines", 0), "whole"),
                  Formula(f"SUMIFS(ages_quantity,{found})", row.get("quantity", 0), "whole"),
                  Formula(f"SUMIFS(ages_amount,{found})", row.get("amount_cents", 0)), Formula(
            f'IF(E${last + 2}=0,"",E{at}/E${last + 2})',
            row.get("amount_cents", 0) / whole if whole else None, "share"), *(Formula(
                f"SUMIFS(ages_amount,{found},ages_no,{letters(column)}${numbers + 1})",
                cents.get((place, number), 0))
                for column, (number, _) in enumerate(names, start=NAMED))])
    columns = [("C", sum(row["lines"] for row in sums.values()), "whole"),
               ("D", sum(row["quantity"] for row in sums.values()), "whole"),
               ("E", whole, "amount")]
    by_name = [(letters(column), sum(amount for (_, no), amount in cents.items() if no == number),
                "amount") for column, (number, _) in enumerate(names, start=NAMED)]

    def total(letter: str, value: int, kind: Any) -> Formula:
        return Formula(f"SUM({letter}{top + 1}:{letter}{last + 1})", value, kind)

    at = page.row([None, "All", *(total(*column) for column in columns), None,
                   *(total(*column) for column in by_name)], "total")
    across = (f",ROUND(E{at + 1}-SUM({by_name[0][0]}{at + 1}:{by_name[-1][0]}{at + 1}),2)=0"
              if by_name else "")
    told_cents = Amount(int(made.figures["order_backlog_cents"]))
    page.row([None, "Order backlog as headgate tells it", None, None, told_cents])
    same = page.row([None, "The same", None, None, Formula(
        f"AND(ROUND(E{at + 1}-E{at + 2},2)=0{across})", True, "truth")])
    page.skip()
    return page.cell(same, 4)


# ------------------------------------------------------------------ reconciliation

def reconciliation_page(pack: Pack, made: Backlog) -> dict[str, tuple[str, int]]:
    """From order backlog to deferred revenue; the cell and the cents of each number."""
    page = pack.pages[RECONCILED]
    page.title("From order backlog to firm backlog, RPO and deferred revenue",
               f"Amounts in {made.currency}; every number is the one before it and the changes "
               "between them")
    page.widths(36, 20, 34, 90)
    page.heads(["Step", "Amount", "Paragraph", "What it is"], (0, 2, 3))
    numbers: dict[str, tuple[str, int]] = {}
    before = one_year = 0
    for row in made.rpo_walk.iter_rows(named=True):
        step, at = row["step"], page.next
        amount: Value
        if row["cents"] is None:
            amount = None
        elif step == "order_backlog" or row["kind"] == "change":
            amount = (Formula(f"SUM(obligations_{OF_LINES[step]})", row["cents"])
                      if step in OF_LINES else
                      Formula(f"-B{one_year + 1}", row["cents"]) if step == "expedient_back" else
                      Amount(row["cents"]))
        else:
            amount = Formula(f"SUM(B{before + 1}:B{at})", row["cents"])
        if row["kind"] == "number":
            before = at
            if row["cents"] is not None:
                numbers[step] = (page.cell(at, 1), row["cents"])
        if step == "one_year":
            one_year = at
        page.row([capital(RPO_WORDS[step]), amount, row["rule"], capital(row["text"])],
                 "total" if row["kind"] == "number" else "")
    for step, (place, cents) in numbers.items():
        words = capital(RPO_WORDS[step])
        pack.same(f"{words} = as headgate tells it", Formula(place, cents),
                  Amount(int(made.figures[f"{step}_cents"])))
        if step in PROVED:
            pack.same(f"{words} = sum of the obligations", Formula(place, cents),
                      Formula(f"SUM(obligations_{PROVED[step]})", cents))
    return numbers


def schedule_page(pack: Pack, made: Backlog) -> None:
    """RPO by the fiscal quarter in which the plan recognises it."""
    page = pack.pages[SCHEDULE]
    page.title("When RPO becomes revenue, by the plan", f"Amounts in {made.currency}")
    page.widths(20, 14, 20, 20, 20, 20, 12)
    top = 1 + page.heads(["Fiscal quarter", "Ends on", "Hardware", "Services", "RPO",
                          "Up to here", "Share"])
    rows = made.parts["rpo_schedule"].to_dicts()
    whole = sum(row["rpo_cents"] for row in rows)
    last = top + len(rows)
    for row in rows:
        at = page.next + 1
        dated = row["kind"] != "rounding"
        page.row([
            row["quarter"] or UNDATED[row["kind"]], row["ends_on"],
            *(Amount(row[name]) if dated else None for name in ("hardware_cents",
                                                                "services_cents")),
            Formula(f"C{at}+D{at}", row["rpo_cents"]) if dated else Amount(row["rpo_cents"]),
            Formula(f"SUM(E${top + 1}:E{at})", row["upto_cents"]),
            Formula(f'IF(E${last + 1}=0,"",F{at}/E${last + 1})',
                    row["upto_cents"] / whole if whole else None, "share")])
    total = page.row(["All", None, None, None, Formula(f"SUM(E{top + 1}:E{last})", whole)], "total")
    pack.same("RPO by quarter = sum of the obligations", Formula(page.cell(total, 4), whole),
              Formula("SUM(obligations_rpo)", int(made.figures["rpo_cents"])))


def obligations_page(pack: Pack, made: Backlog, most: int = MOST_ENTRIES) -> int:
    """The order lines and service lines behind every number; how many were left out."""
    page = pack.pages[OBLIGATIONS_SHEET]
    page.title("What is owed to customers: each order line and each service line",
               f"Amounts in {made.currency}")
    page.widths(16, 8, 11, 16, 16, 14, 10, 20, 14, 10, 16)
    frame = made.parts["obligations"]
    if frame.height > most:
        frame = frame.sort(pl.max_horizontal("backlog_cents", pl.col("rpo_cents").abs()),
                           descending=True, maintain_order=True)
    shown, cut = cut_rows(frame, ["order_id", "line_no", "kind"], most, ["kind"], OTHERS)
    top, _ = pack.table(page, shown, meanings_of(OBLIGATIONS), "obligations")
    page.sheet.freeze_panes(top, 2)
    return cut


def tie_checks(pack: Pack, ties: Sequence[dict[str, Any]]) -> None:
    """What headgate held against each other when it worked the backlog out."""
    for row in ties:
        pack.same(f"{capital(row['check'])}, as headgate tells them", Amount(row["one_cents"]),
                  Amount(row["other_cents"]))
