"""What whoever reads what was recognised must know: figures that are not those once reported."""

from __future__ import annotations

import numpy as np
import polars as pl

from headgate.base.calendar import fiscal_year
from headgate.base.periods import period_of
from headgate.finance.contracted import Contracted
from headgate.finance.shares import summed
from headgate.tables.progress_schema import ORDERED, PRICED

NAMED = 3
"""So many contracts are named."""
RESPLIT = ("Of {} the price is split otherwise than when something of it was recognised: a price, "
           "a service or a line came or changed since. The price of today is split over all that "
           "it sells, so that what had been recognised moved, too; --recorded-by tells a quarter "
           "as it was reported.")
"""Said where the split of a contract is another one than it was."""
LATE = ("Of {}, which was closed, {} recorded later. Here that counts in that quarter, and the "
        "backlog posts it to prior periods; --recorded-by tells the quarter as it was reported.")
"""Said of a closed quarter of which more became known."""


def notes_of(contracts: Contracted, entries: pl.DataFrame, progress: pl.DataFrame) -> list[str]:
    """
    Sentences on splits that were not what they are now, and on what came after a closing.

    entries  : the table `recognised`
    progress : the columns of `headgate.tables.progress_schema.PROGRESS`; without `posted_on`
               nothing is said of closings
    """
    resplit = _resplit(contracts, entries, progress)
    more = len(resplit) - NAMED
    names = ", ".join(resplit[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
    word = "contract" if len(resplit) == 1 else "contracts"
    return [*([RESPLIT.format(f"{word} {names}")] if resplit else []), *_late(contracts, progress)]


def _resplit(contracts: Contracted, entries: pl.DataFrame, progress: pl.DataFrame) -> list[str]:
    """Contracts of several things that changed after something of them was recognised."""
    obligations, orders = contracts.obligations, contracts.book.tables.frames["orders"]
    # Where everything costs what it is said to cost, no change of the one moves the other.
    allocated = contracts.allocated
    moved = summed(allocated.obligation, allocated.cents, len(obligations)) != (
        obligations.stated_cents)
    counts = np.bincount(obligations.contract, minlength=len(obligations.names))
    shared = np.bincount(obligations.contract[moved], minlength=len(obligations.names))
    several = set(obligations.names.filter(pl.Series((counts > 1) & (shared > 0))).to_list())
    found = set()
    if obligations.prices is not None:
        found = set(obligations.names.gather(pl.Series(np.unique(
            obligations.contract[obligations.prices.line]))).to_list())
    begun = entries.filter(pl.col("recognised_on").is_not_null()).group_by("contract_id").agg(
        first=pl.col("recognised_on").min())
    services = obligations.service_ids.with_columns(contract_id=obligations.names.gather(
        pl.Series(obligations.contract[obligations.lines:])))
    changed = progress.filter(pl.col("step") == "amended").join(
        services, on=["order_id", "line_no"]).select("contract_id", day="effective_on")
    booked = orders.select(pl.coalesce("contract_id", "order_id").alias("contract_id"),
                           day="booked_on")
    # The first price of a line is that of its booking; those after it changed something.
    priced = progress.filter(pl.col("step") == PRICED).sort(
        "effective_on", maintain_order=True).filter(
        pl.int_range(pl.len()).over("order_id", "line_no") > 0).join(orders.select(
            "order_id", "line_no", contract_id=pl.coalesce("contract_id", "order_id")),
            on=["order_id", "line_no"]).select("contract_id", day="effective_on")
    since = pl.concat([booked, changed, priced]).join(begun, on="contract_id").filter(
        (pl.col("day") > pl.col("first")) & (pl.col("day") <= contracts.book.settings.as_of))
    found |= set(since["contract_id"].to_list())
    return sorted(found & several)


def _late(contracts: Contracted, progress: pl.DataFrame) -> list[str]:
    """A sentence for each closed quarter of which steps were recorded after it was closed."""
    if "posted_on" not in progress.columns:
        return []
    settings = contracts.book.settings
    year = fiscal_year(settings.fiscal_year_end)
    late = progress.filter(~pl.col("step").is_in([ORDERED, PRICED]),
                           pl.col("posted_on") > pl.col("effective_on"),
                           pl.col("effective_on") <= settings.as_of)
    counts: dict[str, int] = {}
    for day in sorted(late["effective_on"].to_list()):
        name = period_of(year, "quarter", day).name
        counts[name] = counts.get(name, 0) + 1
    return [LATE.format(name, "1 step of pieces or services was" if count == 1 else
                        f"{count:,} steps of pieces or services were")
            for name, count in counts.items()]
