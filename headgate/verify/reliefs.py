"""The table of reliefs: prices and forecasts recomputed, measured gains held to their limit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.verify.facts import Book
from headgate.verify.market import Prices, worth_of_more
from headgate.verify.policy import VALUE
from headgate.verify.rules import Findings, cell, same
from headgate.verify.supply import Supply

Longs = NDArray[np.int64]
TABLE = "reliefs"


def check_reliefs(frame: pl.DataFrame, codes: Mapping[str, Longs], prices: Prices | None,
                  slack: int, book: Book, supply: Supply, findings: Findings) -> None:
    """
    Hold each relief against the plan's prices, and its gain against what they allow.

    codes  : place, kind (0 part, 2 resource), id, site, week, quantity
    prices : None under a policy without them
    slack  : the bound less the plan's weighted value; with more to sell the bound rises by what
             was predicted, so no plan can gain more than both together
    """
    if prices is None:
        findings.add_rows("check.reliefs.policy", TABLE, None, np.arange(frame.height),
                          cell(frame["id"]),
                          same(f"must not be here: only a plan under {VALUE} has reliefs"))
        return
    findings.add_rows("check.reliefs.place", TABLE, "place",
                      np.flatnonzero(codes["place"] != np.arange(1, frame.height + 1)),
                      cell(frame["place"]), lambda row: f"must be {row + 1}: places count up "
                      "from 1 without a gap")
    due = worth_of_more(codes, prices, book, supply)
    price = frame["price_cents"]
    findings.add_rows(
        "check.reliefs.price", TABLE, "price_cents",
        due.ne_missing(price).arg_true().to_numpy(), cell(price),
        lambda row: "must not be here: of this nothing is there by that week, or hours have no "
        "limit, so it has no price" if due[row] is None else
        f"must be {due[row]}, the plan's price in that week")
    _check_cents(frame, slack, findings)


def _check_cents(frame: pl.DataFrame, slack: int, findings: Findings) -> None:
    """What is predicted and measured, in whole numbers of any size."""
    predicted, measured = frame["predicted_cents"].to_list(), frame["measured_cents"].to_list()
    due = [pieces * cents for pieces, cents in zip(
        frame["quantity"].to_list(), frame["price_cents"].to_list(), strict=True)]
    most = [cents + slack for cents in predicted]
    rows = range(frame.height)
    findings.add_rows(
        "check.reliefs.predicted", TABLE, "predicted_cents",
        np.array([row for row in rows if predicted[row] != due[row]], dtype=np.int64),
        cell(frame["predicted_cents"]),
        lambda row: f"must be {due[row]}, quantity times price")
    findings.add_rows(
        "check.reliefs.measured", TABLE, "measured_cents",
        np.array([row for row in rows if measured[row] > most[row]], dtype=np.int64),
        cell(frame["measured_cents"]),
        lambda row: f"must be at most {most[row]}: what is predicted, and what the plan lacks of "
        "its bound")
    findings.add_rows(
        "check.reliefs.order", TABLE, "measured_cents",
        np.array([row for row in rows[1:] if measured[row] > measured[row - 1]], dtype=np.int64),
        cell(frame["measured_cents"]),
        lambda row: f"must be at most {measured[row - 1]}, what the relief above gained")
