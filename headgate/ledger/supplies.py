"""Supply: what is still to come of each row, and what of it was received."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Self

from headgate.ledger.accounts import Account, Terms, defaults_of, terms_of
from headgate.ledger.rejections import Rejection, refused
from headgate.tables.schema import SUPPLY


class Supply(Account):
    """
    One row of supply.

    committed   : pieces that it was opened with
    quantity    : pieces that are still to come, or stand in the row as it is
    received    : pieces that came in and are there
    received_on : the first day on which some did
    """

    __slots__ = ("committed", "quantity", "received", "received_on")

    OPENS: ClassVar[str] = "supply_committed"
    COUNTED: ClassVar[Mapping[str, str]] = {"quantity": "quantity"}
    TERMS: ClassVar[tuple[str, ...]] = terms_of(SUPPLY, COUNTED)
    DEFAULTS: ClassVar[Mapping[str, Any]] = defaults_of(SUPPLY)
    COUNTERS: ClassVar[tuple[str, ...]] = ("committed", "quantity", "received", "received_on")

    committed: int
    quantity: int
    received: int
    received_on: date | None

    @classmethod
    def opened(cls, sequence: int, opened_on: date, data: Mapping[str, Any]) -> Self:
        """A new row, nothing of it received."""
        supply = cls(sequence, opened_on)
        supply.committed = supply.quantity = data["quantity"]
        supply.received, supply.received_on = 0, None
        return supply

    def refusal(self, kind: str, data: Mapping[str, Any]) -> Rejection | None:
        """Why the supply cannot take an event; None when it can."""
        if kind in ("supply_received", "supply_cut"):
            there = self.received if data.get("received") else self.quantity
            if data["quantity"] > there:
                return refused("more_than_there", f"{data['quantity']} asked, {there} there")
        if kind == "supply_committed":
            return refused("already_there")
        return None

    def change(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take an event that was not refused."""
        if kind == "supply_received":
            self.quantity -= data["quantity"]
            self.received += data["quantity"]
        elif kind == "supply_cut":
            if data.get("received"):
                self.received -= data["quantity"]
            else:
                self.quantity -= data["quantity"]
        elif kind == "supply_amended":
            self.quantity = data.get("quantity", self.quantity)
        elif kind == "override" and data["column"] == "quantity":
            self.quantity = data["new"]

    def seen_on(self, kind: str, on: date) -> None:
        """Keep the first day on which pieces came in."""
        if kind == "supply_received" and self.received_on is None:
            self.received_on = on

    def opening_terms(self) -> Terms:
        """The quantity that was committed."""
        return {"quantity": self.committed}
