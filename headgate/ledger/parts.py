"""What a state consists of, and the words for what it keeps beside its accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from headgate.ledger.closing import ClosedPeriods
from headgate.ledger.deposits import Deposit
from headgate.ledger.events import GENESIS, Recorded
from headgate.ledger.lines import Line
from headgate.ledger.promises import Promise
from headgate.ledger.register import Register
from headgate.ledger.services import Service
from headgate.ledger.sold import Sold
from headgate.ledger.supplies import Supply

HELD, COMMITTED, RELEASED, EXPIRED = "held", "committed", "released", "expired"


@dataclass(frozen=True, slots=True)
class LedgerHold:
    """
    A hold.

    status     : held, committed, released or expired
    plan       : fingerprint of the plan that it is on
    hold       : as `headgate.promising.plain` writes it; its own status is that of its making
    sequence   : of the event that placed it; placed_on is that event's day
    changed_at : when it got its status
    """

    hold_id: str
    status: str
    plan: str
    until: datetime
    hold: Mapping[str, Any]
    sequence: int
    placed_on: date
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Published:
    """A plan that was published, with the data of its event."""

    sequence: int
    published_on: date
    actor: str
    reason: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Assertion:
    """A balance that was asserted, with the data of its event; `void` when that was voided."""

    sequence: int
    name: str
    effective_on: date
    data: Mapping[str, Any]
    void: bool = False


@dataclass(slots=True)
class Row:
    """
    A row of one of the other tables.

    sequence : of the last event about it
    set_on   : the day from which it has this content
    data     : its fields; JSON text until somebody asks; None when it was removed
    """

    sequence: int
    set_on: date
    data: Mapping[str, Any] | str | None

    def fields(self) -> Mapping[str, Any] | None:
        """The row's fields; None when it was removed."""
        if isinstance(self.data, str):
            self.data = json.loads(self.data)
        return self.data  # type: ignore[return-value]


class Parts:
    """
    Everything that a state holds.

    limit    : events that are effective after it do not count; None: all do
    sequence, last_hash, last_recorded_at : of the last event, whether it counts or not
    marks    : by plan, the sequence of the last hold that was placed on it
    sold     : finds lines and services by order and contract
    later    : by sequence, events beyond the limit, which a correction may bring into it
    """

    __slots__ = ("assertions", "closed", "deposits", "holds", "last_hash",
                 "last_recorded_at", "later", "limit", "lines", "marks", "promises", "published",
                 "rows", "sequence", "services", "sold", "supplies")

    def __init__(self, limit: date | None = None) -> None:
        self.limit = limit
        self.sequence = 0
        self.last_hash = GENESIS
        self.last_recorded_at: datetime | None = None
        self.lines: Register[Line] = Register(Line)
        self.services: Register[Service] = Register(Service)
        self.supplies: Register[Supply] = Register(Supply)
        self.deposits: Register[Deposit] = Register(Deposit)
        self.sold = Sold(self.lines, self.services)
        self.promises: Register[Promise] = Register(Promise)
        self.holds: dict[str, LedgerHold] = {}
        self.marks: dict[str, int] = {}
        self.rows: dict[str, Row] = {}
        self.closed = ClosedPeriods()
        self.published: list[Published] = []
        self.assertions: list[Assertion] = []
        self.later: dict[int, Recorded] = {}

    @property
    def last_closed_on(self) -> date | None:
        """The last day of the last closed period; None while nothing is closed."""
        return self.closed.last_on

    def row(self, key: str) -> Mapping[str, Any] | None:
        """The fields of a row of another table, by its key; None when there is none."""
        row = self.rows.get(key)
        return None if row is None else row.fields()

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of the book; empty before they were set."""
        return self.row("settings:") or {}

    @property
    def currency(self) -> str:
        """The book's currency; US dollars unless the settings say otherwise."""
        return str(self.settings.get("currency") or "USD")
