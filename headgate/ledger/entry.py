"""What is asked of an event when it is recorded, and not again when the ledger is proven."""

from __future__ import annotations

from typing import Any

from headgate.base.calendar import fiscal_year
from headgate.base.issue import near_miss
from headgate.base.periods import period_named
from headgate.ledger.balances import SCOPE_COLUMNS
from headgate.ledger.events import Event
from headgate.ledger.hanging import HANGING, without_line
from headgate.ledger.parts import Parts
from headgate.ledger.rejections import Rejection, first_of, refused
from headgate.ledger.set_off import LOWERING, set_off


class Entry:
    """
    What a ledger asks of new events, beyond that they can have happened and are well formed.

    Ledgers may hold events from before these rules, which are then no fault of theirs.
    """

    def __init__(self, state: Parts) -> None:
        self.state = state

    def wrong(self, event: Event) -> Rejection | None:
        """Why an event is not recorded; None when it is. Its data are well formed."""
        if event.kind == "period_closed":
            return self._period(event)
        if event.kind == "deposit_received":
            return self._deposit(event, event.data)
        if event.kind in ("deposit_refunded", "deposit_credited"):
            return self._deposit(event, event.data) if self._unknown(event.key) else None
        if event.kind == "balance_asserted":
            return self._scope(event)
        found = without_line(self.state, event) if event.kind in HANGING else None
        return first_of(found, set_off(self.state, event)) if event.kind in LOWERING else found

    def _period(self, event: Event) -> Rejection | None:
        """A name that the book's calendar knows means its days there."""
        rule, name = self.state.settings.get("fiscal_year_end"), event.data["name"]
        if rule is None:
            return None
        try:
            period = period_named(fiscal_year(str(rule)), name)
        except ValueError:
            return None
        days = period.starts_on.isoformat(), period.ends_on.isoformat()
        if (event.data["starts_on"], event.data["ends_on"]) == days:
            return None
        return refused("period_other", f"{period.name} is {days[0]} to {days[1]} by the fiscal "
                       f"year that ends {rule}; close it with `headgate close`, or give another "
                       "name")

    def _unknown(self, key: str) -> bool:
        """Whether nothing was ever paid in advance under a key."""
        deposit = self.state.deposits.get(key)
        return deposit is None or not deposit.alive

    def _deposit(self, event: Event, data: Any) -> Rejection | None:
        """A deposit is for a contract or an order that was sold."""
        key, order_id, sold = event.key, data.get("order_id"), self.state.sold
        contracts = sold.contracts(key)
        if not contracts:
            if data.get("before_order"):
                return None if data.get("currency") else refused(
                    "malformed", "currency must be given: no order says it yet")
            return refused("unknown_key", f"{key} is neither a contract nor an order"
                           f"{near_miss(key, sold.names())}; book the order first, or say "
                           "that it comes later: before_order, with the currency")
        if key not in contracts:
            return refused("unknown_key", f"{key} is an order of the contract "
                           f"{' and '.join(sorted(contracts))}, which is the key of its deposits; "
                           "order_id may name the order")
        if order_id is not None and key not in sold.contracts(order_id):
            return refused("unknown_key", f"{order_id} is no order of {key}")
        return None

    def _scope(self, event: Event) -> Rejection | None:
        """A balance is of lines with a value that a line has had; of none it says nothing."""
        scope = event.data.get("scope") or {}
        asked = [(name, value) for name, value in scope.items() if name in SCOPE_COLUMNS]
        if event.data.get("currency") not in (None, self.state.currency):
            asked.append(("currency", event.data["currency"]))
        for name, value in asked:
            known = self._values(name)
            if value is None or value in known or self._was(name, value):
                continue
            return refused("unknown_key", f"no line has {name} = {value}"
                           + near_miss(str(value), sorted(str(one) for one in known if one)))
        return None

    def _values(self, name: str) -> set[Any]:
        """What lines have in a column now."""
        if name != "family":
            return set(self.state.lines.terms[name])
        return {(row.fields() or {}).get("family") for key, row in self.state.rows.items()
                if key.startswith("items:")}

    def _was(self, name: str, value: Any) -> bool:
        """Whether a line once had a value in a column."""
        lines = self.state.lines
        return any(entry.data is not None and entry.data.get(name) == value
                   for _, line in lines for entry in lines.entries(line))
