"""Sheets that lead from one number to another, and what sits at the ends of quarters."""

from __future__ import annotations

import polars as pl

from headgate.finance.statement import RevenueStatement
from headgate.reports.finance_words import EFFECT_WORDS, STEP_WORDS, WALK_WORDS, capital
from headgate.reports.pack import Amount, Formula, Pack, Page, cut_rows
from headgate.reports.pack_entries import OTHERS, EntryRows
from headgate.tables.plan_schema import PlanTable
from headgate.tables.revenue_schema import BRIDGE, DEFERRED, QUARTER_END

RECONCILIATION, WALK, ENDS = "Reconciliation", "Price walk", "Quarter end"
DEFERRED_SHEET, BRIDGE_SHEET = "Deferred", "Bridge"
MOST_ROWS = 20_000
"""Most rows of a table other than the entries."""
FROM_ENTRIES = {
    "standard_cost": '-SUMIFS(entries_standard,entries_sent,"plan")',
    "purchase_price": "-SUM(entries_variance)", "substitution": "-SUM(entries_substitution)",
    "lane": "-SUM(entries_lane)",
    "under_way": 'SUMIFS(entries_revenue,entries_sent,"before")'
                 '-SUMIFS(entries_standard,entries_sent,"before")'
                 '-SUMIFS(entries_excess,entries_sent,"before")',
    "services": 'SUMIFS(entries_margin,entries_kind,"service")'}
"""The steps to the margin that are sums over the entries."""


def reconciliation_page(pack: Pack, made: RevenueStatement) -> None:
    """From the value of the plan to the margin; each column sums to its last row."""
    page = pack.pages[RECONCILIATION]
    page.title("From the value of the plan to its margin",
               f"Amounts in {made.revenue.currency}; each column sums to its last row")
    page.widths(34, 20, 20, 20, 70)
    top = 1 + page.heads(["Step", "In the plan's value", "In margin", "Difference", "What it is"],
                         (0, 4))
    *rows, total = made.reconciliation.to_dicts()
    for row in rows:
        at, step = page.next + 1, row["step"]
        margin = (Formula(FROM_ENTRIES[step], row["margin_cents"]) if step in FROM_ENTRIES
                  else Amount(row["margin_cents"]))
        page.row([capital(STEP_WORDS[step]), Amount(row["plan_cents"]), margin,
                  Formula(f"C{at}-B{at}", row["difference_cents"]), capital(row["text"])])
    values = [total[f"{name}_cents"] for name in ("plan", "margin", "difference")]
    last = page.row(["Value of the plan; margin", *(Formula(
        f"SUM({letter}{top + 1}:{letter}{page.next})", value)
        for letter, value in zip("BCD", values, strict=True))], "total")
    pack.same("The walk from the plan's value ends at the margin of the entries",
              Formula(page.cell(last, 2), total["margin_cents"]),
              Formula("SUM(entries_margin)", made.totals["margin_cents"]))
    pack.same("It begins with the value that the plan's summary tells",
              Formula(page.cell(last, 1), total["plan_cents"]), Amount(total["plan_cents"]))
    # The first four steps, late penalties included, are what the plan's shipments bring.
    brought = sum(row["margin_cents"] for row in rows[:4])
    pack.same("Its price steps = revenue of what the plan sends, less penalties beyond the price",
              Formula(f"SUM({page.span(top, 2, top + 3)})", brought),
              Formula('SUMIFS(entries_revenue,entries_sent,"plan")'
                      '-SUMIFS(entries_excess,entries_sent,"plan")', brought))


def walk_page(pack: Pack, made: RevenueStatement) -> None:
    """From the price of all contracts to the revenue of the plan."""
    page = pack.pages[WALK]
    page.title("From the price of all contracts to the revenue of the plan",
               f"Amounts in {made.revenue.currency}; the last row is the sum of those above")
    page.widths(38, 20, 70)
    top = 1 + page.heads(["Step", "Amount", "What it is"], (0, 2))
    *rows, total = made.price_walk.to_dicts()
    for row in rows:
        page.row([capital(WALK_WORDS[row["step"]]), Formula("-SUM(entries_penalty)", row["cents"])
                  if row["step"] == "late_penalty" else Amount(row["cents"]),
                  capital(row["text"])])
    last = page.row([capital(WALK_WORDS[total["step"]]),
                     Formula(f"SUM(B{top + 1}:B{page.next})", total["cents"]),
                     capital(total["text"])], "total")
    pack.same("The walk from the contracts' price ends at the revenue of the entries",
              Formula(page.cell(last, 1), total["cents"]),
              Formula("SUM(entries_revenue)", made.totals["revenue_cents"]))
    pack.same("Its row of rounding, beyond what rounding can make",
              Amount(made.revenue.beyond_cents), Amount(0))


def ends_page(pack: Pack, made: RevenueStatement, rows: EntryRows) -> int:
    """What sits in the last two weeks of each quarter, and its lines; how many were left out."""
    page = pack.pages[ENDS]
    page.title("Hardware revenue in the last two weeks of each quarter",
               f"Amounts in {made.revenue.currency}; a slip of two weeks moves them into the next "
               "quarter")
    page.widths(14, 14, 18, 18, 12, 18, 14, 12, 24, 18)
    page.heads(["Quarter", "Ends on", "Hardware", "Last two weeks", "Share", "Of the lines below",
                "The same", "Lines", "Lines with four fifths"])
    last_day = {period.name: period.ends_on for period in made.revenue.quarters}
    top = page.next
    for risk in made.at_risk:
        at = page.next + 1
        held = risk.revenue_cents
        page.row([
            risk.quarter, last_day[risk.quarter],
            Formula(f'SUMIFS(entries_revenue,entries_quarter,$A{at},entries_kind,"hardware")',
                    risk.of_cents),
            Formula(f"SUMIFS(entries_revenue,entries_quarter,$A{at},entries_last_weeks,1)", held),
            Formula(f'IF(C{at}=0,"",D{at}/C{at})',
                    held / risk.of_cents if risk.of_cents else None, "share"),
            Formula(f"SUMIFS(ends_revenue,ends_quarter,$A{at})", held),
            Formula(f"ROUND(D{at}-F{at},2)=0", True, "truth"), risk.lines, risk.most])
    page.skip()
    columns = ["quarter", "place", "order_id", "line_no", "customer_id", "item_id", "quantity",
               "revenue_cents", "recognised_on", "days_left", "reference", "available_on",
               "slack_weeks"]
    frame, cut = cut_rows(made.quarter_end.select(columns).sort("place", maintain_order=True),
                          ["order_id", "line_no"], MOST_ROWS, ["quarter"], OTHERS)
    order = list(last_day)
    frame = frame.sort(_place(order), "place", nulls_last=True, maintain_order=True)
    pack.table(page, frame, meanings_of(QUARTER_END), "ends")
    if made.at_risk:
        pack.true("The lines at the end of each quarter = the entries of its last two weeks",
                  page.span(top, 6, top + len(made.at_risk) - 1))
    return cut


def _place(quarters: list[str]) -> pl.Expr:
    """Where a quarter stands in time."""
    return pl.col("quarter").replace_strict(quarters, range(len(quarters)), return_dtype=pl.Int64)


def meanings_of(table: PlanTable) -> dict[str, str]:
    """What the columns of a table mean, with amounts in place of cents."""
    return {column.name: column.meaning.replace(", in cents", "").replace(" in cents", "")
            + (f"; empty: {column.blank}" if column.blank else "") for column in table.columns}


def deferred_page(pack: Pack, made: RevenueStatement, frame: pl.DataFrame) -> int:
    """Deferred revenue by currency and quarter, and by contract; how many rows were left out."""
    page = pack.pages[DEFERRED_SHEET]
    page.title("Deferred revenue, if nothing more is billed",
               "Opening less released is closing; what no planned revenue will use stays. Amounts "
               "are in the currency that was billed")
    page.widths(20, 12, 12, 18, 18, 18, 18, 14)
    names = ("opening", "released", "closing", "unearned")
    order = [period.name for period in made.revenue.quarters]
    sums = frame.group_by("currency", "quarter").agg(
        pl.col([f"{name}_cents" for name in names]).sum()).sort("currency", _place(order))
    page.heads(["All contracts", "Currency", "Quarter", *map(capital, names), "Ties"],
               (0, 1, 2))
    before: dict[str, int] = {}
    top = page.next
    for row in sums.iter_rows(named=True):
        at, currency = page.next + 1, row["currency"]
        tie = f"ROUND(D{at}-E{at}-F{at},2)=0"
        if currency in before:
            tie = f"AND({tie},ROUND(D{at}-F{before[currency] + 1},2)=0)"
        before[currency] = page.next
        page.row([None, currency, row["quarter"], *(Formula(
            f"SUMIFS(deferred_{name},deferred_currency,$B{at},deferred_quarter,$C{at})",
            row[f"{name}_cents"]) for name in names), Formula(tie, True, "truth")])
    page.skip()
    largest = frame.group_by("contract_id", "currency").agg(
        pl.col("opening_cents").max().alias("most"))
    ranked = frame.join(largest, on=["contract_id", "currency"]).sort(
        "most", "contract_id", "currency", _place(order),
        descending=[True, False, False, False]).drop("most")
    shown, cut = cut_rows(ranked, ["contract_id", "currency"], MOST_ROWS, ["currency", "quarter"],
                          OTHERS)
    pack.table(page, shown, meanings_of(DEFERRED), "deferred")
    if sums.height:
        pack.true("Deferred revenue: opening - released = closing = the next quarter's opening",
                  page.span(top, 7, top + sums.height - 1))
    return cut


def bridge_page(pack: Pack, made: RevenueStatement, bridge: pl.DataFrame,
                before: pl.DataFrame) -> int:
    """From another plan to this one, quarter by quarter; how many rows were left out."""
    page = pack.pages[BRIDGE_SHEET]
    page.title("From the other plan to this one, effect by effect",
               f"Amounts in {made.revenue.currency}; the effects are explained in the "
               "documentation of headgate revenue")
    page.widths(16, 18)
    for measure in ("revenue", "cost", "margin"):
        _bridge_block(pack, page, made, bridge, before, measure)
    order = before["quarter"].to_list()
    ranked = bridge.sort(pl.col("margin_cents").abs(), descending=True, maintain_order=True)
    shown, cut = cut_rows(ranked, ["quarter", "effect", "item_id"], MOST_ROWS,
                          ["quarter", "effect"], OTHERS)
    effects = pl.col("effect").replace_strict(list(EFFECT_WORDS), range(len(EFFECT_WORDS)),
                                              return_dtype=pl.Int64)
    pack.table(page, shown.sort(_place(order), effects, "item_id", nulls_last=True),
               meanings_of(BRIDGE), "bridge")
    return cut


def _bridge_block(pack: Pack, page: Page, made: RevenueStatement, bridge: pl.DataFrame,
                  before: pl.DataFrame, measure: str) -> None:
    """One measure: a row for each quarter and one for all of them."""
    column = f"{measure}_cents"
    top = 1 + page.heads([capital(measure), "Other plan", *map(capital, EFFECT_WORDS.values()),
                          "This plan", "Its entries", "The same"])
    effects = {(row["quarter"], row["effect"]): row[column] for row in bridge.group_by(
        "quarter", "effect").agg(pl.col(column).sum()).iter_rows(named=True)}
    own = dict(made.by("quarter").select("quarter", column).iter_rows())
    sums = []
    for quarter, start in before.select("quarter", column).iter_rows():
        at = page.next + 1
        steps = [effects.get((quarter, effect), 0) for effect in EFFECT_WORDS]
        sums.append([start, *steps, start + sum(steps), own.get(quarter, 0)])
        page.row([quarter, Amount(start), *(Formula(
            f'SUMIFS(bridge_{measure},bridge_quarter,$A{at},bridge_effect,"{effect}")', value)
            for effect, value in zip(EFFECT_WORDS, steps, strict=True)),
            Formula(f"SUM(B{at}:H{at})", sums[-1][-2]),
            Formula(f"SUMIFS(entries_{measure},entries_quarter,$A{at})", sums[-1][-1]),
            Formula(f"ROUND(I{at}-J{at},2)=0", sums[-1][-2] == sums[-1][-1], "truth")])
    last = page.next
    page.row(["All", *(Formula(f"SUM({letter}{top + 1}:{letter}{last})", sum(values))
                       for letter, values in zip("BCDEFGHIJ", zip(*sums, strict=True),
                                                 strict=True))], "total")
    pack.true(f"The other plan's {measure} and its effects = this plan's, in every quarter",
              page.span(top, 10, last - 1), all(row[-2] == row[-1] for row in sums))
    page.skip()
