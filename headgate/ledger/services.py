"""Services sold with orders: whether each is sold, has begun, and what of it was invoiced."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Self

from headgate.base.money import MAX_CENTS
from headgate.ledger.accounts import Account, defaults_of, terms_of
from headgate.ledger.rejections import Rejection, refused
from headgate.tables.schema import SERVICE_LINES


class Service(Account):
    """
    One service line.

    started   : its term has begun; started_on says on which day
    cancelled : it is sold no more
    closed    : it was sold, and left the book
    invoiced  : cents, credit notes taken off
    """

    __slots__ = ("cancelled", "closed", "invoiced", "started_on")

    OPENS: ClassVar[str] = "service_booked"
    TERMS: ClassVar[tuple[str, ...]] = terms_of(SERVICE_LINES)
    DEFAULTS: ClassVar[Mapping[str, Any]] = defaults_of(SERVICE_LINES)
    COUNTERS: ClassVar[tuple[str, ...]] = ("started_on", "cancelled", "closed", "invoiced")

    started_on: date | None
    cancelled: bool
    closed: bool
    invoiced: int

    @classmethod
    def opened(cls, sequence: int, opened_on: date, data: Mapping[str, Any]) -> Self:
        """A new service line, not begun."""
        service = cls(sequence, opened_on)
        service.started_on = None
        service.cancelled = service.closed = False
        service.invoiced = 0
        return service

    @property
    def listed(self) -> bool:
        """Whether the service stands in the book."""
        return self.alive and not self.closed and not self.cancelled

    def refusal(self, kind: str, data: Mapping[str, Any]) -> Rejection | None:
        """Why the service cannot take an event; None when it can."""
        if kind == "service_booked":
            return refused("already_there")
        if kind == "order_invoiced":
            cents = data["amount_cents"]
            if cents == 0 or self.invoiced + cents > MAX_CENTS:
                return refused("amount_range", f"{cents} cents")
            if self.invoiced + cents < 0:
                return refused("more_than_invoiced", f"{-cents} cents of {self.invoiced}")
            return None
        if kind == "service_started" and self.started_on is not None:
            return refused("wrong_status", f"it began on {self.started_on}")
        if kind in ("service_started", "service_cancelled") and self.cancelled:
            return refused("wrong_status", "it is cancelled")
        if kind == "service_closed" and not self.listed:
            return refused("wrong_status", "it is not in the book")
        return None

    def change(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take an event that was not refused."""
        if kind == "order_invoiced":
            self.invoiced += data["amount_cents"]
        elif kind == "service_cancelled":
            self.cancelled = True
        elif kind == "service_closed":
            self.closed = True
        elif kind == "service_amended":
            # An amendment of one that is not sold any more sells it again.
            self.cancelled = self.closed = False

    def seen_on(self, kind: str, on: date) -> None:
        """Keep the day on which the term began."""
        if kind == "service_started":
            self.started_on = on
