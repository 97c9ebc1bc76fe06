"""What whoever reads what was recognised must know: figures that are not those once reported."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from headgate.base.calendar import fiscal_year
from headgate.base.money import text_of_cents
from headgate.base.periods import period_of
from headgate.finance.as_reported import CaughtUp
from headgate.finance.contracted import Contracted
from headgate.tables.progress_schema import ORDERED, PRICED

NAMED = 3
"""So many contracts and changes are named."""
CAUGHT_UP = ("{}, contract {}: {} of revenue that belongs to earlier quarters stands here, since "
             "the contract changed after they were over ({}). They stay as they were told.")
"""Said of a contract of which something was recognised before it changed."""
LATE = ("Of {}, which was closed, {} recorded later. Here that counts in that quarter, and the "
        "backlog posts it to prior periods; --recorded-by tells the quarter as it was reported.")
"""Said of a closed quarter of which more became known."""


def notes_of(contracts: Contracted, caught: Sequence[CaughtUp],
             progress: pl.DataFrame) -> list[str]:
    """
    Sentences on contracts that changed, by quarter, and on what came after a closing.

    progress : the columns of `headgate.tables.progress_schema.PROGRESS`; without `posted_on`
               nothing is said of closings
    """
    currency, found = contracts.book.settings.currency, []
    for one in caught:
        more = len(one.changes) - NAMED
        what = "; ".join(one.changes[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
        cents = f"{'-' if one.cents < 0 else '+'}{text_of_cents(abs(one.cents))} {currency}"
        found.append(CAUGHT_UP.format(one.quarter, one.contract_id, cents, what))
    return [*found, *_late(contracts, progress)]


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
