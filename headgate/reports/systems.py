"""Panels about what a rack, a GPU server and a CPU server bring, and what is in them."""

from __future__ import annotations

from headgate.base.money import short_money
from headgate.finance.statement import RevenueStatement
from headgate.finance.systems import CONTENTS
from headgate.reports.figures import MEASURED, plain_bars
from headgate.reports.finance_figures import share_bars
from headgate.reports.finance_words import CLASS_WORDS, ONE_OF, capital
from headgate.reports.markup import Panel, chart_text, grid_of
from headgate.reports.numbers import exact_money, part_of, percent

PART_WORDS = {"gpu": "GPUs", "memory": "Memory", "storage": "Storage", "network": "Network"}
REST = "All else"
CONTENT_LEGEND = tuple((f"part-{place}", words)
                       for place, words in enumerate((*PART_WORDS.values(), REST)))


def system_panels(made: RevenueStatement) -> list[Panel]:
    """Revenue and margin of one piece of each class, and the parts of its standard cost."""
    if made.systems.is_empty():
        return []
    return [_pieces(made), _contents(made)]


def _pieces(made: RevenueStatement) -> Panel:
    currency = made.revenue.currency
    bars, cells = [], []
    for row in made.systems.iter_rows(named=True):
        name = capital(CLASS_WORDS[row["class"]])
        rate = percent(part_of(row["margin_cents"], row["revenue_cents"]), 1)
        bars.append((name, row["unit_revenue_cents"], rate,
                     f"{chart_text(name)}: <b>{exact_money(row['unit_revenue_cents'], currency)}"
                     f"</b> a piece<br>Margin: {exact_money(row['unit_margin_cents'], currency)}, "
                     f"{rate}"))
        cells.append((name, f"{row['quantity']:,}", *(exact_money(row[column], currency)
                                                      for column in (
            "revenue_cents", "margin_cents", "unit_revenue_cents", "unit_margin_cents")), rate,
            percent(row["service_attach"], 1),
            exact_money(row["service_cents"] // row["quantity"], currency)))
    told = [(ONE_OF[row["class"]], short_money(row["unit_revenue_cents"], currency))
            for row in made.systems.iter_rows(named=True)]
    finding = ", ".join([f"{told[0][0]} brings {told[0][1]}",
                         *(f"{one} {money}" for one, money in told[1:])])
    return Panel(
        "system-pieces", capital(finding),
        f"Hardware revenue of one piece in {currency}; each bar ends in it and in its margin",
        plain_bars(bars, currency, MEASURED),
        grid_of(f"What a piece brings, {currency}", (
            "Class", "Pieces", "Revenue", "Margin", "Revenue of a piece", "Margin of a piece",
            "Margin, share", "With a service", "Service of a piece"), cells, range(1, 9)))


def _contents(made: RevenueStatement) -> Panel:
    rows, cells = [], []
    for row in made.systems.iter_rows(named=True):
        shares = [row[f"{name}_share"] for name in CONTENTS]
        if shares[0] is None:
            continue
        name = capital(CLASS_WORDS[row["class"]])
        attached = percent(row["service_attach"])
        rows.append((name, [*shares, max(0.0, 1 - sum(shares))], attached))
        cells.append((name, *(percent(share, 1) for share in rows[-1][1]),
                      percent(row["service_attach"], 1)))
    gpus = [f"{percent(row['gpu_share'], 1)} of {ONE_OF[row['class']]}'s"
            for row in made.systems.iter_rows(named=True) if row["gpu_share"]]
    finding = (f"GPUs are {' and '.join(gpus)} standard cost" if gpus else
               "No GPU is in what is sold")
    return Panel(
        "system-contents", finding, "What is in the standard cost of what is sent; at the end of "
        "each bar the share of the pieces that a service is attached to",
        share_bars(rows, [*PART_WORDS.values(), REST]),
        grid_of("Shares of standard cost, and pieces with a service", (
            "Class", *PART_WORDS.values(), REST, "With a service"), cells, range(1, 7)),
        CONTENT_LEGEND)
