"""Order lines: what is ordered, open, shipped, delivered, accepted and invoiced of each."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Self

from headgate.base.money import MAX_CENTS, text_of_cents
from headgate.ledger.accounts import Account, Terms, defaults_of, terms_of
from headgate.ledger.rejections import Rejection, refused
from headgate.tables.schema import ORDERS


class Line(Account):
    """
    An order line.

    ordered   : pieces that were booked
    quantity  : pieces that stay ordered, those shipped included
    price     : cents for one piece
    shipped, delivered, accepted : pieces that have come so far, each a part of the one before
    invoiced  : cents, credit notes taken off
    closed    : nothing was open, and it left the book
    """

    __slots__ = ("accepted", "closed", "delivered", "invoiced", "ordered", "price", "quantity",
                 "shipped")

    OPENS: ClassVar[str] = "order_booked"
    COUNTED: ClassVar[Mapping[str, str]] = {
        "quantity": "quantity", "unit_price_cents": "price", "shipped_quantity": "shipped"}
    TERMS: ClassVar[tuple[str, ...]] = terms_of(ORDERS, COUNTED)
    DEFAULTS: ClassVar[Mapping[str, Any]] = defaults_of(ORDERS)
    COUNTERS: ClassVar[tuple[str, ...]] = ("ordered", "quantity", "price", "shipped", "delivered",
                                           "accepted", "invoiced", "closed")

    ordered: int
    quantity: int
    price: int
    shipped: int
    delivered: int
    accepted: int
    invoiced: int
    closed: bool

    @classmethod
    def opened(cls, sequence: int, opened_on: date, data: Mapping[str, Any]) -> Self:
        """A new line, all of it open."""
        line = cls(sequence, opened_on)
        line.ordered = line.quantity = data["quantity"]
        line.price = data["unit_price_cents"]
        line.shipped = line.delivered = line.accepted = line.invoiced = 0
        line.closed = False
        return line

    @property
    def open_quantity(self) -> int:
        """Pieces that are ordered and not shipped."""
        return self.quantity - self.shipped

    @property
    def open_cents(self) -> int:
        """What they are worth, in the line's own currency."""
        return (self.quantity - self.shipped) * self.price

    @property
    def listed(self) -> bool:
        """Whether the line stands in the book."""
        return self.alive and not self.closed and self.quantity > 0

    def refusal(self, kind: str, data: Mapping[str, Any]) -> Rejection | None:
        """Why the line cannot take an event; None when it can."""
        if kind in _PIECES:
            return self._too_many(kind, data)
        if kind == "order_amended":
            return self._wrong_amendment(data)
        if kind == "override":
            return self._wrong_amendment({data["column"]: data["new"]})
        if kind == "order_invoiced":
            return self._wrong_invoice(data["amount_cents"])
        if kind == "order_closed" and (self.closed or self.quantity > self.shipped):
            return refused("wrong_status", "it is closed already" if self.closed else
                           f"{self.open_quantity} pieces are open")
        if kind == "order_booked":
            return refused("already_there")
        return None

    def _too_many(self, kind: str, data: Mapping[str, Any]) -> Rejection | None:
        stage = _PIECES[kind] or data.get("stage", "transit")
        asked = data["quantity"]
        there = (self.quantity - self.shipped if stage == "open" else
                 self.shipped - self.delivered if stage == "transit" else
                 self.delivered - self.accepted if stage == "delivered" else self.accepted)
        return None if asked <= there else refused(_STAGES[stage], f"{asked} asked, {there} there")

    def _wrong_amendment(self, data: Mapping[str, Any]) -> Rejection | None:
        quantity = data.get("quantity", self.quantity)
        price = data.get("unit_price_cents", self.price)
        if quantity * price > MAX_CENTS:
            return refused("amount_range", f"{quantity} pieces at {text_of_cents(price)}")
        if quantity < self.shipped:
            return refused("below_shipped", f"{quantity} asked, {self.shipped} shipped")
        return None

    def _wrong_invoice(self, cents: int) -> Rejection | None:
        if cents == 0 or self.invoiced + cents > MAX_CENTS:
            return refused("amount_range", text_of_cents(cents))
        if self.invoiced + cents < 0:
            return refused("more_than_invoiced", f"{text_of_cents(-cents)} of "
                           f"{text_of_cents(self.invoiced)}")
        return None

    def change(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take an event that was not refused."""
        if kind == "order_shipped":
            self.shipped += data["quantity"]
        elif kind == "order_cancelled":
            self.quantity -= data["quantity"]
        elif kind == "order_delivered":
            self.delivered += data["quantity"]
        elif kind == "order_accepted":
            self.accepted += data["quantity"]
        elif kind == "order_returned":
            self._take_back(data["quantity"], data.get("stage", "transit"))
        elif kind == "order_amended":
            self.quantity = data.get("quantity", self.quantity)
            self.price = data.get("unit_price_cents", self.price)
            self.closed = False
        elif kind == "override":
            self.change("order_amended", {data["column"]: data["new"]})
        elif kind == "order_invoiced":
            self.invoiced += data["amount_cents"]
        elif kind == "order_closed":
            self.closed = True

    def _take_back(self, pieces: int, stage: str) -> None:
        self.shipped -= pieces
        self.closed = False
        if stage != "transit":
            self.delivered -= pieces
        if stage == "accepted":
            self.accepted -= pieces

    def opening_terms(self) -> Terms:
        """Quantity and price as they were booked."""
        return {"quantity": self.ordered, "unit_price_cents": self.price}


_PIECES = {"order_shipped": "open", "order_cancelled": "open", "order_delivered": "transit",
           "order_accepted": "delivered", "order_returned": ""}
"""Where the pieces of an event come from; a return says so itself."""
_STAGES = {"open": "more_than_open", "transit": "more_than_shipped",
           "delivered": "more_than_delivered", "accepted": "more_than_accepted"}
