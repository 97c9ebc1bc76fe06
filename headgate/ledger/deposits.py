"""What customers paid in advance for each contract, and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Self

from headgate.base.money import MAX_CENTS, text_of_cents
from headgate.ledger.accounts import Account
from headgate.ledger.rejections import Rejection, refused


class Deposit(Account):
    """
    The deposits of one contract, in cents of one currency.

    currency : as the first event says that names one; None: that of the order
    """

    __slots__ = ("credited", "currency", "received", "refunded")

    COUNTERS: ClassVar[tuple[str, ...]] = ("currency", "received", "refunded", "credited")

    currency: str | None
    received: int
    refunded: int
    credited: int

    @classmethod
    def opened(cls, sequence: int, opened_on: date, data: Mapping[str, Any]) -> Self:
        """A contract without a deposit, in the currency of its first event."""
        deposit = cls(sequence, opened_on)
        deposit.currency = data.get("currency")
        deposit.received = deposit.refunded = deposit.credited = 0
        return deposit

    @property
    def left(self) -> int:
        """What is neither paid back nor set off against an invoice."""
        return self.received - self.refunded - self.credited

    def refusal(self, kind: str, data: Mapping[str, Any]) -> Rejection | None:
        """Why the contract cannot take an event; None when it can."""
        cents = data["amount_cents"]
        if kind == "deposit_received":
            if self.received + cents > MAX_CENTS:
                return refused("amount_range", f"{text_of_cents(cents)} on top of "
                               f"{text_of_cents(self.received)}")
        elif cents > self.left:
            return refused("more_than_deposited", f"{text_of_cents(cents)} asked, "
                           f"{text_of_cents(self.left)} left")
        asked = data.get("currency") or self.currency
        if self.currency and asked != self.currency:
            return refused("currency_other", f"{asked} instead of {self.currency}")
        return None

    def change(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take an event that was not refused."""
        self.currency = self.currency or data.get("currency")
        if kind == "deposit_received":
            self.received += data["amount_cents"]
        elif kind == "deposit_refunded":
            self.refunded += data["amount_cents"]
        else:
            self.credited += data["amount_cents"]
