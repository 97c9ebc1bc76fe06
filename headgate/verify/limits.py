"""Quotas hold, and ship sets arrive whole in one week or not at all."""

from __future__ import annotations

import numpy as np
import polars as pl

from headgate.verify.allocations import Shipments
from headgate.verify.facts import Book
from headgate.verify.held import sets_of
from headgate.verify.quotas import NONE, Counter, Quotas
from headgate.verify.rules import Findings


def counter_of(quotas: Quotas, shipments: Shipments, draws: pl.DataFrame) -> Counter:
    """
    The shipments and draws of a plan for its quotas.

    draws : line, item, site, drawn, stood, lead_days, quantity, ship

    A draw without lead days of an item that is sent there in that week was of the sold item, as
    far as that was sent: it counts on caps as sent already.
    """
    sent = pl.DataFrame({"line": shipments.line, "item": shipments.item, "site": shipments.site,
                         "ship": shipments.ship, "sent": shipments.quantity})
    rows = draws.join(sent, on=["line", "item", "site", "ship"], how="left").with_columns(
        below=pl.when((pl.col("lead_days") == 0) & (pl.col("stood") < 0)).then(
            (pl.col("quantity") - pl.col("sent").fill_null(0)).clip(0)).otherwise("quantity"))
    return Counter(
        quotas, {"line": shipments.line, "item": shipments.item, "ship": shipments.ship,
                 "quantity": shipments.quantity},
        {name: rows[name].to_numpy() for name in ("line", "item", "drawn", "ship", "quantity",
                                                  "below")})


def check_quotas(counter: Counter, book: Book, findings: Findings) -> None:
    """No cap is exceeded, and what is reserved is left to those it is reserved for."""
    quotas, count = counter.quotas, counter.count()
    for place, quota in enumerate(quotas.quotas):
        if quota.cap != NONE and count.caps[place] > quota.cap:
            findings.add("check.quotas.cap", "allocations",
                         f"must be at most {quota.cap} pieces sent, or drawn for what is sent, in "
                         f"the weeks of quota {quota.name}", value=int(count.caps[place]))
    left = counter.left(count)
    for group, common in zip(quotas.groups, left.common, strict=True):
        for week in np.flatnonzero(common < 0)[:1].tolist():
            names = ", ".join(quotas.quotas[place].name for place in group.members)
            findings.add("check.quotas.reserved", "consumption",
                         f"must be at most {int(group.common[week])} pieces drawn by the week of "
                         f"{book.calendar.day(week)} that count on no reservation of their own: "
                         f"the rest of what has come is kept by {names}",
                         value=int(group.common[week] - common[week]))


def check_sets(shipments: Shipments, book: Book, findings: Findings) -> None:
    """The lines of a ship set arrive all in one week, or none of them does."""
    for mates in sets_of(book).values():
        there = shipments.promised[mates] > 0
        weeks = {int(week) for week in shipments.last[mates][there]}
        if there.any() and (not there.all() or len(weeks) > 1):
            row = int(shipments.first_row[mates[int(np.flatnonzero(there)[0])]])
            findings.add("check.allocations.ship_set", "allocations",
                         f"must be part of a set of {len(mates)} lines that all arrive in one "
                         "week, or of which none does", row, "arrive_on",
                         book.calendar.day(max(weeks)))
