"""The panel about what would help most: more of a part, or more hours, tried out on the plan."""

from __future__ import annotations

from typing import Any

from headgate.base.money import short_money
from headgate.reports.backlog import LONGEST_NAME
from headgate.reports.figures import paired_bars
from headgate.reports.markup import Panel, chart_text, grid_of
from headgate.reports.numbers import amount, count_of, day, exact_money, shortened
from headgate.tables.plan_schema import PlanFrames

TOP_RELIEFS = 10
MOST_LINES = 200_000
"""In books of more lines a plan tries no relief out."""
MEASURED, PREDICTED = "Measured: the plan repaired with it", "Worth at most, by its price"
LEGEND = (("measured", MEASURED), ("predicted", PREDICTED))


def relief_panel(plan: PlanFrames, currency: str) -> Panel:
    """The reliefs that add most, what each was measured to add beside what its price predicts."""
    found = plan.frames["reliefs"].sort("place")
    if found.is_empty():
        return Panel("reliefs", *_nothing(plan), wide=True)
    rows = found.head(TOP_RELIEFS).to_dicts()
    bars = [(f"{row['id']} · {row['site_id']}", row["measured_cents"], row["predicted_cents"],
             f"{more_of(row)} {when_of(row)}", _hover(row, currency)) for row in rows]
    cells = [(row["id"], row["site_id"], more_of(row), day(row["week"]),
              exact_money(row["price_cents"], currency),
              exact_money(row["predicted_cents"], currency),
              exact_money(row["measured_cents"], currency)) for row in found.to_dicts()]
    heads = ("Part or resource", "Site", "More of it", "There by, or in, the week of",
             "Price of one", "Worth at most, by price", "Measured gain")
    note = (f"Value that each alone would add, in {currency}: measured by repairing the plan with "
            "it, beside its quantity times its price")
    if any(row["measured_cents"] > row["predicted_cents"] for row in rows):
        note += ("; a gain above the price comes from the room that the plan still had below its "
                 "bound")
    return Panel("reliefs", relief_sentence(rows[0], currency), note,
                 paired_bars(bars, (MEASURED, PREDICTED), currency),
                 grid_of("What would help most", heads, cells, (4, 5, 6)), LEGEND, wide=True)


def relief_sentence(row: dict[str, Any], currency: str) -> str:
    """What one row of `reliefs` says: how much more, of what, where, by when, and the gain."""
    measured, predicted = row["measured_cents"], row["predicted_cents"]
    what = shortened(row["id"], LONGEST_NAME)
    site = shortened(row["site_id"], LONGEST_NAME)
    more = (f"{row['quantity']:,} more {what}" if row["kind"] == "part" else
            f"{count_of(row['quantity'], 'more hour', 'more hours')} of {what}")
    limit = short_money(predicted, currency)
    rest = f"at most {limit}" if measured <= predicted else f"its price alone says {limit}"
    return (f"{more} at {site} {when_of(row)} would add {short_money(measured, currency)} "
            f"({rest})")


def more_of(row: dict[str, Any]) -> str:
    """
    How much more a relief is, with its unit.

    >>> more_of({"kind": "resource", "quantity": 1}), more_of({"kind": "part", "quantity": 1200})
    ('1 hour', '1,200 pieces')
    """
    return count_of(row["quantity"], "piece" if row["kind"] == "part" else "hour")


def when_of(row: dict[str, Any]) -> str:
    """By when the pieces are needed, or in which week the hours."""
    return f"{'by' if row['kind'] == 'part' else 'in the week of'} {day(row['week'])}"


def _hover(row: dict[str, Any], currency: str) -> str:
    return (f"{more_of(row)} more of {chart_text(row['id'])} at {chart_text(row['site_id'])}, "
            f"{when_of(row)}<br>Measured: <b>{exact_money(row['measured_cents'], currency)}</b>"
            f"<br>By its price: {exact_money(row['predicted_cents'], currency)}, "
            f"{amount(row['quantity'])} at {exact_money(row['price_cents'], currency)} each")


def _nothing(plan: PlanFrames) -> tuple[str, str]:
    """Why there is no relief: a finding and a note."""
    if plan.summary["policy"]["objective"] != "value":
        return ("What more supply would add is not known of this plan",
                f"Policy {plan.summary['policy']['objective']} weighs no line against another, so "
                "it proves no prices. Plan with policy value to see what would help most.")
    if plan.frames["prices"].is_empty():
        return ("Nothing is scarce: no further piece or hour would add value",
                "Every price of this plan is zero.")
    if plan.summary.get("replan", {}).get("mode") == "repair":
        return ("What more supply would add was not tried",
                "A re-plan that repairs an older plan tries no reliefs out. Plan the book, or "
                "re-plan it with --full, to see what would help most.")
    if plan.summary["lines"]["total"] > MOST_LINES:
        return ("What more supply would add was not tried",
                f"The dearest parts and hours are tried out on books of up to {MOST_LINES:,} "
                "lines.")
    return ("No relief was found that adds value to this plan",
            "The dearest parts and hours were tried out one by one.")
