"""What the steps and classes of a statement of revenue are called, on a terminal and on a page."""

from __future__ import annotations

FIRST_QUARTERS = 6
"""Quarters that have a row of their own; later ones, of services mostly, have one together."""
STEP_WORDS = {
    "price": "stated price of what is sent", "split": "split by standalone prices",
    "exchange": "rates of later days", "late_penalty": "late penalties",
    "late_rate": "late_rate, no revenue", "not_delivered": "late cost of what is not sent",
    "standard_cost": "standard cost", "purchase_price": "purchase price variance",
    "substitution": "substitutes", "lane": "freight",
    "bill_and_hold": "bill-and-hold, recognised before",
    "under_way": "sent before, recognised later", "services": "services", "total": "",
}
"""The steps from the value of a plan to its margin; the last has no words, as it is two things."""
WALK_WORDS = {
    "contracts": "price of all contracts", "rounding": "rounding of foreign amounts",
    "shipped": "shipped before", "bill_and_hold": "bill-and-hold, recognised before",
    "begun": "services of what was shipped before", "elapsed": "days of services before",
    "cancelled": "services cancelled",
    "undated": "not in the plan", "undated_services": "services of that",
    "exchange": "rates of later days", "late_penalty": "late penalties", "revenue": "revenue",
}
"""The steps from the price of all contracts to revenue."""
RECOGNISED_WORDS = {
    "sold": "price of everything sold", "before": "recognised before the ledger",
    "hardware": "hardware recognised", "bill_and_hold": "bill-and-hold recognised",
    "services": "services recognised", "catch_up": "catch-up of earlier quarters",
    "begun": "services, begun nobody says when", "left": "left, not recognised",
    "not_binding": "may be cancelled", "rounding": "rounding of foreign amounts",
    "rpo": "RPO before late penalties",
}
"""The steps from everything sold to RPO."""
EFFECT_WORDS = {"volume": "volume", "mix": "mix", "price": "price", "part_cost": "part cost",
                "timing": "timing", "services": "services"}
"""The effects between two plans."""
CLASS_WORDS = {"rack": "rack", "gpu_server": "GPU server", "cpu_server": "CPU server",
               "other": "other"}
"""What is sold, by how it is built."""
ONE_OF = {"rack": "a rack", "gpu_server": "a GPU server", "cpu_server": "a CPU server",
          "other": "another piece"}
"""One of each class, within a sentence."""


ROLL_WORDS = {"booked": "booked", "amended": "amended", "fx": "FX", "cancelled": "cancelled",
              "shipped": "shipped", "returned": "returned", "prior_period": "prior periods"}
"""What leads from the opening of a period to its closing."""
UNDATED = {"undated": "Without a date", "rounding": "Rounding of foreign amounts"}
"""The rows of RPO by quarter that are no quarter."""
RPO_WORDS = {
    "order_backlog": "order backlog", "cancellable": "may be cancelled",
    "firm_backlog": "firm backlog", "deposit": "deposits not refundable",
    "split": "split by standalone prices", "bill_and_hold": "bill-and-hold, recognised",
    "in_transit": "on its way", "acceptance": "not accepted yet", "services": "services",
    "late_penalty": "late penalties", "rpo": "RPO", "one_year": "contracts of up to a year",
    "rpo_expedient": "RPO with the one-year expedient", "expedient_back": "these contracts back",
    "not_billed": "not billed", "beyond": "billed beyond RPO",
    "deferred_revenue": "deferred revenue"}
"""The numbers from order backlog to deferred revenue, and what leads from one to the next."""


def capital(words: str) -> str:
    """
    Words at the start of a sentence or a cell; the name of a setting stays as it is.

    >>> capital("late_rate, no revenue"), capital("standard cost")
    ('late_rate, no revenue', 'Standard cost')
    """
    return words if "_" in words.partition(" ")[0] else words[:1].upper() + words[1:]
