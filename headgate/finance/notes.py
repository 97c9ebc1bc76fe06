"""What whoever reads what was recognised must know: figures that are not those once reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from headgate.base.calendar import fiscal_year
from headgate.base.money import text_of_cents
from headgate.base.periods import period_of
from headgate.finance.as_reported import CaughtUp
from headgate.finance.contracted import Contracted
from headgate.finance.past import Past
from headgate.ledger.modifications import Change

NAMED = 3
"""So many changes of a contract are named."""
CONTRACTS = 20
"""So many contracts are named: of those that changed, the ones with the largest amounts."""
MORE_CAUGHT_UP = ("{} more such amounts of contracts that changed: each is a row `catch_up` of the "
                  "table recognised.")
"""Said of those that are not named."""
MORE_LATE = "{} more contracts of which something was recorded after a quarter was closed."
"""Said of those that are not named."""
CAUGHT_UP = ("{}, contract {}: {} of revenue that belongs to earlier quarters stands here, since "
             "the contract changed after they were over ({}). They stay as they were told.")
"""Said of a contract of which something was recognised before it changed."""
SHARED_OTHERWISE = ("{}, contract {}: 0.00 {} of revenue in all. Its lines and services have more "
                    "or less of earlier quarters here, since the contract changed after they were "
                    "over ({}). They stay as they were told.")
"""Said of a contract whose catch-ups of lines and services sum to nothing."""
LATE = ("{}, contract {}: recorded after it was closed ({}). Here that counts in that quarter, "
        "and the backlog posts it to prior periods; --recorded-by tells the quarter as it was "
        "reported.")
"""Said of a contract of which more became known of a closed quarter."""


def notes_of(contracts: Contracted, caught: Sequence[CaughtUp], past: Past | None) -> list[str]:
    """
    Sentences on contracts that changed, by quarter, and on what came after a closing.

    past : what changed, and what was recorded late; None: nothing is known of either
    """
    currency = contracts.book.settings.currency
    largest = sorted(caught, key=lambda one: -abs(one.cents))[:CONTRACTS]
    found = [_caught_up(one, currency) for one in caught if one in largest]
    if len(caught) > len(found):
        found.append(MORE_CAUGHT_UP.format(f"{len(caught) - len(found):,}"))
    late = [] if past is None or past.modified is None else _late(contracts, past.modified.late)
    more = [MORE_LATE.format(f"{len(late) - CONTRACTS:,}")] if len(late) > CONTRACTS else []
    return [*found, *late[:CONTRACTS], *more]


def _caught_up(one: CaughtUp, currency: str) -> str:
    """The sentence of one catch-up."""
    changes = _told(one.changes)
    if not one.cents:
        return SHARED_OTHERWISE.format(one.quarter, one.contract_id, currency, changes)
    sign = "-" if one.cents < 0 else "+"
    return CAUGHT_UP.format(one.quarter, one.contract_id,
                            f"{sign}{text_of_cents(abs(one.cents))} {currency}", changes)


def _late(contracts: Contracted, late: Sequence[tuple[str, Change]]) -> list[str]:
    """A sentence for each closed quarter and contract of which more was recorded afterwards."""
    if not late:
        return []
    obligations = contracts.obligations
    year = fiscal_year(contracts.book.settings.fiscal_year_end)
    names = obligations.names.gather(pl.Series(obligations.contract))
    ids = pl.concat([obligations.line_ids, obligations.service_ids]).select(
        pl.format("{}/{}", "order_id", "line_no")).to_series()
    known = dict(zip(ids, names, strict=True))
    found: dict[tuple[date, str, str], list[str]] = {}
    for key, change in late:
        period = period_of(year, "quarter", change.on)
        contract = known.get(key, key.rpartition("/")[0])
        found.setdefault((period.starts_on, period.name, contract), []).append(
            f"{change.what} on {change.on}")
    return [LATE.format(quarter, contract, _told(changes))
            for (_, quarter, contract), changes in sorted(found.items())]


def _told(changes: Sequence[str]) -> str:
    """The first changes, and how many more there are."""
    more = len(changes) - NAMED
    return "; ".join(changes[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
