"""Panels that lead from one number to another, step by step."""

from __future__ import annotations

import polars as pl

from headgate.base.money import short_money
from headgate.finance.statement import RevenueStatement
from headgate.reports.finance_figures import COST, LOSS, Column, Step, two_part_columns, waterfall
from headgate.reports.finance_words import (
    EFFECT_WORDS,
    FIRST_QUARTERS,
    STEP_WORDS,
    WALK_WORDS,
    capital,
)
from headgate.reports.markup import Panel, chart_text, grid_of
from headgate.reports.numbers import exact_money, signed_money

WALK_LEGEND = (("total", "Where the walk begins and ends"), ("gain", "Adds"), ("loss", "Takes off"))
DEFERRED_LEGEND = (("cost", "Released later"), ("loss", "No planned revenue will use it"))


def walk_panels(made: RevenueStatement) -> list[Panel]:
    """From the plan's value to the margin, and from the price of all contracts to the revenue."""
    return [_value_to_margin(made), _price_to_revenue(made)]


def _value_to_margin(made: RevenueStatement) -> Panel:
    currency = made.revenue.currency
    rows = made.reconciliation.to_dicts()
    total, moved = rows[-1], [row for row in rows[:-1] if row["difference_cents"]]
    steps = [Step("Value of the plan", total["plan_cents"], True),
             *(Step(capital(STEP_WORDS[row["step"]]), row["difference_cents"]) for row in moved),
             Step("Margin", total["margin_cents"], True)]
    cells = [(capital(STEP_WORDS[row["step"]]) or "Value of the plan; margin",
              *(exact_money(row[name], currency) for name in (
                  "plan_cents", "margin_cents", "difference_cents")), capital(row["text"]))
             for row in rows]
    finding = (f"The margin is {short_money(total['margin_cents'], currency)}, the value of the "
               f"plan {short_money(total['plan_cents'], currency)}")
    if moved:
        most = max(moved, key=lambda row: abs(row["difference_cents"]))
        finding += (f"; most of the difference: {STEP_WORDS[most['step']]}, "
                    f"{signed_money(most['difference_cents'], currency)}")
    return Panel("value-to-margin", finding, f"From the value of the plan to its margin, in "
                 f"{currency}. The value is planned at standard cost and charges lateness; the "
                 "margin has the cost of the very supply that is pegged",
                 waterfall(steps, currency),
                 grid_of(f"From value to margin, {currency}", (
                     "Step", "In the plan's value", "In margin", "Difference", "What it is"),
                     cells, (1, 2, 3)), WALK_LEGEND)


def _price_to_revenue(made: RevenueStatement) -> Panel:
    currency = made.revenue.currency
    rows = made.price_walk.to_dicts()
    steps = [Step(capital(WALK_WORDS[row["step"]]), row["cents"], place in (0, len(rows) - 1))
             for place, row in enumerate(rows)
             if row["cents"] or place in (0, len(rows) - 1)]
    open_cents = -sum(row["cents"] for row in rows if row["step"].startswith("undated"))
    finding = (f"Contracts of {short_money(rows[0]['cents'], currency)} become "
               f"{short_money(rows[-1]['cents'], currency)} of revenue")
    if open_cents:
        finding += f"; {short_money(open_cents, currency)} is not in the plan"
    cells = [(capital(WALK_WORDS[row["step"]]), exact_money(row["cents"], currency),
              capital(row["text"])) for row in rows]
    return Panel("price-to-revenue", finding, "From the price of all contracts in the book to the "
                 f"revenue of the plan, in {currency}", waterfall(steps, currency),
                 grid_of(f"From price to revenue, {currency}", ("Step", "Amount", "What it is"),
                         cells, (1,)), WALK_LEGEND)


def bridge_panel(made: RevenueStatement) -> Panel | None:
    """From the margin of another plan to that of this one; None where there is no other."""
    if made.bridge is None:
        return None
    currency = made.revenue.currency
    names = ("revenue_cents", "cost_cents", "margin_cents")
    sums = {row["effect"]: row for row in made.bridge.group_by("effect").agg(
        pl.col(names).sum()).iter_rows(named=True)}
    total = {name: int(made.bridge[name].sum()) for name in names}
    now = made.totals["margin_cents"]
    steps = [Step("The other plan", now - total["margin_cents"], True),
             *(Step(capital(words), sums[effect]["margin_cents"])
               for effect, words in EFFECT_WORDS.items()
               if effect in sums and sums[effect]["margin_cents"]),
             Step("This plan", now, True)]
    cells = [(capital(words), *(exact_money(sums[effect][name] if effect in sums else 0, currency)
                                for name in names)) for effect, words in EFFECT_WORDS.items()]
    cells.append(("Difference", *(exact_money(total[name], currency) for name in names)))
    revenue, margin = (_change(total[name], currency) for name in ("revenue_cents", "margin_cents"))
    return Panel("plan-bridge",
                 f"Against the other plan: {revenue} of revenue, {margin} of margin",
                 f"From the margin of the other plan to that of this one, in {currency}",
                 waterfall(steps, currency),
                 grid_of(f"From the other plan to this one, {currency}",
                         ("Effect", "Revenue", "Cost", "Margin"), cells, (1, 2, 3)), WALK_LEGEND)


def _change(cents: int, currency: str) -> str:
    return signed_money(cents, currency) if cents else "no change"


def deferred_panel(made: RevenueStatement) -> Panel | None:
    """Deferred revenue at the end of each quarter; None without billings."""
    if made.deferred is None or made.deferred.is_empty():
        return None
    order = {period.name: place for place, period in enumerate(made.revenue.quarters)}
    columns = ("opening_cents", "released_cents", "closing_cents", "unearned_cents")
    rows = sorted(made.deferred.group_by("currency", "quarter").agg(
        pl.col(columns).sum()).iter_rows(named=True),
        key=lambda row: (row["currency"], order.get(row["quarter"], 0)))
    first = max(dict.fromkeys(row["currency"] for row in rows), key=lambda name: (
        name == made.revenue.currency, name))
    own = [row for row in rows if row["currency"] == first]
    bars = [Column(row["quarter"], row["closing_cents"] - row["unearned_cents"],
                   row["unearned_cents"], short_money(row["closing_cents"], first),
                   short_money(row["closing_cents"], first),
                   f"{chart_text(row['quarter'])}<br>Closing: "
                   f"<b>{exact_money(row['closing_cents'], first)}</b><br>Released: "
                   f"{exact_money(row['released_cents'], first)}") for row in own[:FIRST_QUARTERS]]
    cells = [(row["quarter"], row["currency"], *(exact_money(row[name], row["currency"])
                                                 for name in columns)) for row in rows]
    return Panel("deferred", f"{short_money(own[0]['opening_cents'], first)} is billed or paid and "
                 f"not recognised; the plan releases "
                 f"{short_money(own[0]['released_cents'], first)} of it in {own[0]['quarter']}",
                 f"Deferred revenue at the end of each quarter in {first}, if nothing more is "
                 "billed", two_part_columns(bars, (COST, LOSS), (
                     "Released later", "Never used"), first),
                 grid_of("Deferred revenue, if nothing more is billed", (
                     "Fiscal quarter", "Currency", "Opening", "Released", "Closing",
                     "Of it never used"), cells, (2, 3, 4, 5)), DEFERRED_LEGEND)
