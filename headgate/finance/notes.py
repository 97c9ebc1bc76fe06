"""What whoever reads what was recognised must know: figures that are not those once reported."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from headgate.base.money import text_of_cents
from headgate.finance.as_reported import CaughtUp
from headgate.finance.contracted import Contracted
from headgate.finance.past import Past
from headgate.ledger.modifications import Change, Late

NAMED = 3
"""So many changes of a contract are named."""
CONTRACTS = 20
"""So many contracts are named: of those that changed, the ones with the largest amounts."""
MORE_CAUGHT_UP = ("{} more such amounts of contracts that changed: each is a row `catch_up` of the "
                  "table recognised.")
"""Said of those that are not named."""
MORE_LATE = "{} more contracts of which something was recorded after its period was closed."
"""Said of those that are not named."""
CAUGHT_UP = ("{}, contract {}: {} of revenue that belongs to earlier quarters stands here, since "
             "the contract changed after they were over ({}). They stay as they were told.")
"""Said of a contract of which something was recognised before it changed."""
SHARED_OTHERWISE = ("{}, contract {}: 0.00 {} of revenue in all. Its lines and services have more "
                    "or less of earlier quarters here, since the contract changed after they were "
                    "over ({}). They stay as they were told.")
"""Said of a contract whose catch-ups of lines and services sum to nothing."""
LATE = ("{}, contract {}: recorded after it was closed ({}). Here that counts on its day, and the "
        "backlog posts it to prior periods; --recorded-by tells what had been known before.")
"""Said of a contract of which more became known of a closed period."""


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


def _late(contracts: Contracted, late: Sequence[Late]) -> list[str]:
    """A sentence for each closed period and contract of which more was recorded afterwards."""
    if not late:
        return []
    obligations = contracts.obligations
    names = obligations.names.gather(pl.Series(obligations.contract))
    ids = pl.concat([obligations.line_ids, obligations.service_ids]).select(
        pl.format("{}/{}", "order_id", "line_no")).to_series()
    known = dict(zip(ids, names, strict=True))
    found: dict[tuple[str, str], list[Change]] = {}
    for key, period, change in late:
        contract = known.get(key, key.rpartition("/")[0])
        found.setdefault((period, contract), []).append(change)
    # Periods stand in the order of their days.
    return [LATE.format(period, contract, _told([f"{one.what} on {one.on}" for one in changes]))
            for (period, contract), changes in sorted(
                found.items(), key=lambda one: (min(one[1]).on, one[0]))]


def _told(changes: Sequence[str]) -> str:
    """The first changes, and how many more there are."""
    more = len(changes) - NAMED
    return "; ".join(changes[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
