"""Promises of record: what each order line was promised, first and last."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Self

from headgate.ledger.accounts import Account
from headgate.ledger.rejections import Rejection, refused


class Promise(Account):
    """
    The promise of one order line; its terms are those of the last event that made or moved it.

    since    : the day on which it was given as it stands
    first_on : the first date that the line was ever promised
    standing : it was not withdrawn
    """

    __slots__ = ("first_on", "since", "standing")

    OPENS: ClassVar[str] = "promise_made"
    TERMS: ClassVar[tuple[str, ...]] = ("promised_on", "quantity", "shipped_quantity",
                                        "plan_digest")
    DEFAULTS: ClassVar[Mapping[str, Any]] = {"promised_on": None, "quantity": None,
                                             "shipped_quantity": 0, "plan_digest": None}
    COUNTERS: ClassVar[tuple[str, ...]] = ("first_on", "since", "standing")

    first_on: str
    since: date
    standing: bool

    @classmethod
    def opened(cls, sequence: int, opened_on: date, data: Mapping[str, Any]) -> Self:
        """A promise as it was first made."""
        promise = cls(sequence, opened_on)
        promise.first_on, promise.since, promise.standing = data["promised_on"], opened_on, True
        return promise

    def refusal(self, kind: str, data: Mapping[str, Any]) -> Rejection | None:
        """Why the promise cannot take an event; None when it can."""
        if kind == "promise_made" and self.standing:
            return refused("already_there", "a promise stands; it is moved, not made")
        if kind != "promise_made" and not self.standing:
            return refused("wrong_status", "no promise stands")
        return None

    def change(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take an event that was not refused."""
        self.standing = kind != "promise_withdrawn"

    def seen_on(self, kind: str, on: date) -> None:
        """Keep the day on which it was given as it stands."""
        self.since = on
