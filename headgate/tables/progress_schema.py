"""What came of pieces and services step by step: the columns that a ledger tells finance."""

from __future__ import annotations

from typing import Any

import polars as pl

PROGRESS: dict[str, Any] = {
    "sequence": pl.Int64, "order_id": pl.String, "line_no": pl.Int64, "step": pl.String,
    "effective_on": pl.Date, "quantity": pl.Int64, "stage": pl.String, "price_cents": pl.Int64,
    "posted_on": pl.Date}
"""
The columns of progress, one row for each step, with their types.

sequence    : of the event; it says in which order the steps of one day count
step        : one of STEPS_OF_PIECES, PRICED, ORDERED, or of a service one of STEPS_OF_SERVICES
quantity    : pieces; of ORDERED those that are ordered from then on; 0 of services and prices
stage       : of a return how far the pieces had come: transit, delivered or accepted
price_cents : of what was shipped, and of PRICED, cents for one piece on that day
posted_on   : effective_on, or the first day after the periods that were closed when it was recorded
"""
NEEDED: tuple[str, ...] = tuple(name for name in PROGRESS if name not in (
    "sequence", "price_cents", "posted_on"))
"""
The columns without which there is no progress.

Without `sequence` the steps of one day count in the order of the rows, without `price_cents` pieces
left at the price of today.
"""
STEPS_OF_PIECES: tuple[str, ...] = ("opening", "shipped", "delivered", "accepted", "returned")
"""The steps of pieces; opening: shipped before the line came into the ledger, nobody says when."""
PRICED = "priced"
"""The price of an order line from a day on, of those that had several; no step of a piece."""
ORDERED = "ordered"
"""
How many pieces of an order line are ordered from a day on, those shipped included; of lines of
which that changed, by an amendment or because some were cancelled.
"""
STEPS_OF_SERVICES: tuple[str, ...] = ("started", "ended", "amended")
"""The steps of services; ended: cancelled; amended: what sells one again."""
