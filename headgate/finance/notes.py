"""What whoever reads what was recognised must know: figures that are not those once reported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from headgate.base.calendar import fiscal_year
from headgate.base.money import text_of_cents
from headgate.base.periods import period_of
from headgate.finance.as_reported import CaughtUp
from headgate.finance.contracted import Contracted
from headgate.finance.past import Past

NAMED = 3
"""So many changes of a contract are named."""
CONTRACTS = 20
"""So many contracts are named: of those that changed, the ones with the largest amounts."""
MORE_CAUGHT_UP = ("{} more such amounts: each is a row `catch_up` of the "
                  "table recognised.")
"""Said of those that are not named."""
CAUGHT_UP = ("{}, contract {}: {} of revenue that belongs to earlier quarters stands here, since "
             "changes of it came after they were over ({}). They stay as they were told.")
"""Said of a contract of which a quarter told something else before it changed."""
SHARED_OTHERWISE = ("{}, contract {}: 0.00 {} of revenue in all. Its lines and services have more "
                    "or less of earlier quarters here, since changes of it came after they were "
                    "over ({}). They stay as they were told.")
"""Said of a contract whose catch-ups of lines and services sum to nothing."""


LATER = ("{} was closed before this was recorded, which counts here: {}. Later days have it where "
         "it is posted; --recorded-by tells this day as it was closed.")
"""Said where the day that is asked for was closed, and more of it was recorded later."""


def notes_of(contracts: Contracted, caught: Sequence[CaughtUp], past: Past | None = None,
             first: date | None = None) -> list[str]:
    """
    Sentences on contracts that changed after a quarter, by quarter of the change.

    past  : what changed; None: nothing is known of it
    first : a day; what was caught up in quarters before its own is left out. None: nothing is
    """
    currency = contracts.book.settings.currency
    if first is not None:
        year = fiscal_year(contracts.book.settings.fiscal_year_end)
        since = period_of(year, "quarter", first).starts_on
        caught = [one for one in caught if one.on >= since]
    largest = sorted(caught, key=lambda one: -abs(one.cents))[:CONTRACTS]
    found = [_caught_up(one, currency) for one in caught if one in largest]
    if len(caught) > len(found):
        found.append(MORE_CAUGHT_UP.format(f"{len(caught) - len(found):,}"))
    later = () if past is None or past.modified is None else past.modified.later
    as_of = contracts.book.settings.as_of
    if later:
        found.append(LATER.format(as_of, _told(list(dict.fromkeys(one.told for one in later)))))
    return found


def _caught_up(one: CaughtUp, currency: str) -> str:
    """The sentence of one catch-up."""
    changes = _told(one.changes)
    if not one.cents:
        return SHARED_OTHERWISE.format(one.quarter, one.contract_id, currency, changes)
    sign = "-" if one.cents < 0 else "+"
    return CAUGHT_UP.format(one.quarter, one.contract_id,
                            f"{sign}{text_of_cents(abs(one.cents))} {currency}", changes)


def _told(changes: Sequence[str]) -> str:
    """The first changes, and how many more there are."""
    more = len(changes) - NAMED
    return "; ".join(changes[:NAMED]) + (f" and {more:,} more" if more > 0 else "")
