"""What is asked of an event when it is recorded, and not again when the ledger is proven."""

from __future__ import annotations

from headgate.base.calendar import fiscal_year
from headgate.base.periods import period_named
from headgate.ledger.events import Event
from headgate.ledger.parts import Parts
from headgate.ledger.rejections import Rejection, refused


def wrong_entry(state: Parts, event: Event) -> Rejection | None:
    """
    Why an event that could have happened is not recorded all the same; None when it is.

    Its data are well formed. Ledgers may hold such events from before these rules.
    """
    if event.kind == "period_closed":
        return _period(state, event)
    return None


def _period(state: Parts, event: Event) -> Rejection | None:
    """A name that the book's calendar knows means its days there."""
    rule, name = state.settings.get("fiscal_year_end"), event.data["name"]
    if rule is None:
        return None
    try:
        period = period_named(fiscal_year(str(rule)), name)
    except ValueError:
        return None
    starts_on, ends_on = period.starts_on.isoformat(), period.ends_on.isoformat()
    if (event.data["starts_on"], event.data["ends_on"]) == (starts_on, ends_on):
        return None
    return refused("period_other", f"{period.name} is {starts_on} to {ends_on} by the fiscal year "
                   f"that ends {rule}; close it with `headgate close`, or give another name")
