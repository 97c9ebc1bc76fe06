"""What every store of a ledger offers, whichever database it keeps the events in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from headgate.base.issue import Issue
from headgate.ledger.events import Event, Recorded
from headgate.ledger.fold import State
from headgate.ledger.rejections import Rejection


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What became of one event.

    sequence  : under which it is recorded; None when it was rejected
    rejection : why not; None when it is recorded
    repeated  : it had been recorded before, under the same idempotency key; nothing changed
    """

    sequence: int | None
    rejection: Rejection | None = None
    repeated: bool = False


class Store(Protocol):
    """
    A ledger that lasts.

    Whatever `append` has answered is on disk, once, in one order for all who write and read.
    """

    def append(self, events: Sequence[Event], now: datetime, *,
               atomic: bool = True) -> list[Answer]:
        """
        Record events in one transaction; an answer for each, in their order.

        now    : the time, with a zone
        atomic : when one is rejected, none is recorded: the answers say of the rejected ones why
                 not, and of the others neither a sequence nor a rejection
        """

    def read(self, after: int = 0, until: int | None = None) -> Iterator[Recorded]:
        """The events after a sequence, up to and with another, in their order."""

    def state(self, effective_on: date | None = None,
              recorded_at: datetime | None = None) -> State:
        """
        The state at (effective_on <=, recorded_at <=); the newest without either.

        It is the caller's own: whatever is done with it changes nothing in the store.
        """

    def snapshot(self) -> int:
        """Keep the newest state, so that the next one is quicker; the sequence that it is of."""

    def verify(self) -> list[Issue]:
        """Every fault of the chain of hashes, of the events, and of balances that were asserted."""

    def close(self) -> None:
        """Let go of the database."""
