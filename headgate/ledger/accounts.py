"""
What a ledger keeps account of by key: its terms, its counters and its history.

An account's state follows from its events in the order of their days, and of their sequence on one
day. An event that is not effective before the last one changes the counters at once; one that
comes late, or corrects another, is put into its place and the account is worked out again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from operator import itemgetter
from types import MappingProxyType
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar

from headgate.ledger.rejections import Rejection, refused
from headgate.tables.schema import Column, Table

Terms = dict[str, Any]


class Entry(NamedTuple):
    """One event in the history of an account; `data` None: it was voided."""

    sequence: int
    effective_on: date
    kind: str
    data: Mapping[str, Any] | None


class Account:
    """
    One thing with a key.

    row       : where its terms stand in its register
    sequence  : of the event that opened it
    opened_on : the day from which that counts
    last_on   : the last day on which an event of it counts
    alive     : False when the event that opened it was voided
    history   : the later events in the order of their sequence; JSON text as long as nobody asks
    original  : the terms that it was opened with, of those that have got other values
    """

    __slots__ = ("alive", "history", "last_on", "opened_on", "original", "row", "sequence")

    OPENS: ClassVar[str] = ""
    """The kind that opens an account; the first event does when blank."""
    TERMS: ClassVar[tuple[str, ...]] = ()
    """Names of the terms, which its register keeps by column."""
    DEFAULTS: ClassVar[Mapping[str, Any]] = {}
    COUNTERS: ClassVar[tuple[str, ...]] = ()
    """Names of the counters, beside those that every account has."""
    COUNTED: ClassVar[Mapping[str, str]] = {}
    """Columns of the book that counters hold, with the counter of each."""

    row: int
    sequence: int
    opened_on: date
    last_on: date
    alive: bool
    history: list[Entry] | str | None
    original: Terms | None

    def __init__(self, sequence: int, opened_on: date) -> None:
        self.row = -1
        self.sequence = sequence
        self.opened_on = self.last_on = opened_on
        self.alive = True
        self.history = None
        self.original = None

    @property
    def listed(self) -> bool:
        """Whether it stands in the book."""
        return self.alive

    @classmethod
    def opened(cls, sequence: int, opened_on: date, data: Mapping[str, Any]) -> Self:
        """A new account from the event that opens it."""
        raise NotImplementedError

    def refusal(self, kind: str, data: Mapping[str, Any]) -> Rejection | None:
        """Why the account cannot take an event; None when it can."""
        raise NotImplementedError

    def change(self, kind: str, data: Mapping[str, Any]) -> None:
        """Take an event that was not refused."""
        raise NotImplementedError

    def seen_on(self, kind: str, on: date) -> None:
        """Keep the day of an event that was taken, where it matters."""

    def opening_terms(self) -> Terms:
        """What its counters say of the data it was opened with, before any amendment."""
        return {}


A = TypeVar("A", bound=Account)


def default_of(column: Column) -> Any:
    """What a column means that an event leaves out, as a JSON value."""
    if column.kind == "ids":
        return ()
    if column.default is None:
        return None
    if column.kind == "flag":
        return column.default == "yes"
    if column.kind == "money":
        return int(column.default) * 100
    return column.default if column.kind in ("choice", "text", "id") else int(column.default)


def defaults_of(table: Table) -> Terms:
    """What each column of a table means that an event leaves out."""
    return {**{column.field: default_of(column) for column in table.columns}, "extra": None}


def terms_of(table: Table, counted: Mapping[str, str] = MappingProxyType({})) -> tuple[str, ...]:
    """The columns of a table that no counter holds, and `extra`."""
    return (*(column.field for column in table.columns if column.field not in counted), "extra")


def amendment_of(kind: str, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The terms that an event gives new values; None for one that only counts."""
    if kind in _AMENDING:
        return data
    if kind == "override":
        return {data["column"]: data["new"]}
    return None


_AMENDING = frozenset(("order_amended", "service_amended", "supply_amended", "supply_moved",
                       "promise_made", "promise_moved"))


class Broken(NamedTuple):
    """The first event of a history that is not possible after those before it, and why."""

    entry: Entry
    rejection: Rejection


class Replay(NamedTuple, Generic[A]):
    """
    An account worked out from its history.

    account : None when nothing is left of the history, or when it breaks at once
    broken  : where it breaks; the account is then as it was before that
    """

    account: A | None
    terms: Terms
    broken: Broken | None


def in_order(entries: Iterable[Entry]) -> list[Entry]:
    """The entries that count, in the order in which they do."""
    return sorted((entry for entry in entries if entry.data is not None), key=itemgetter(1, 0))


def replayed(make: type[A], entries: Iterable[Entry]) -> Replay[A]:
    """
    An account, worked out from entries in any order.

    >>> replayed(Account, []).account is None
    True
    """
    account: A | None = None
    terms: Terms = {}
    for entry in in_order(entries):
        sequence, effective_on, kind, data = entry
        assert data is not None
        if account is None:
            if make.OPENS and kind != make.OPENS:
                return Replay(None, terms, Broken(entry, refused(
                    "effective_before_booking", f"{effective_on}")))
            account = make.opened(sequence, effective_on, data)
            terms = dict(data)
            if make.OPENS:
                continue
        rejection = account.refusal(kind, data)
        if rejection is not None:
            return Replay(account, terms, Broken(entry, rejection))
        account.change(kind, data)
        account.seen_on(kind, effective_on)
        account.last_on = effective_on
        amendment = amendment_of(kind, data)
        if amendment is not None:
            terms.update(amendment)
    return Replay(account, terms, None)
