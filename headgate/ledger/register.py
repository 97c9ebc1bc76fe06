"""All accounts of one sort, by key: terms in columns, counters one object to an account."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic

from headgate.ledger.accounts import A, Account, Entry, Replay, Terms, amendment_of, replayed
from headgate.ledger.events import data_text
from headgate.ledger.fields import day_of

if TYPE_CHECKING:
    import polars as pl

BASE: tuple[str, ...] = ("sequence", "opened_on", "last_on", "alive", "history", "original")
"""What every account has, as its frame names it."""


class Columns(dict[str, list[Any]]):
    """
    Columns as lists, each read when it is first asked for; all are once `all` was.

    source : the table that they are read from; None: they begin empty
    reader : makes the list of one of its columns
    """

    def __init__(self, names: Sequence[str], source: pl.DataFrame | None = None,
                 reader: Callable[[pl.Series], list[Any]] = list) -> None:
        super().__init__()
        self._names = names
        self._reader = reader
        self.source = source

    def __missing__(self, name: str) -> list[Any]:
        if name not in self._names:
            raise KeyError(name)
        self[name] = values = [] if self.source is None else self._reader(self.source[name])
        return values

    def all(self) -> Columns:
        """The columns, every one of them read, in the order of their names."""
        if len(self) < len(self._names):
            read = {name: self[name] for name in self._names}
            self.clear()
            self.update(read)
        return self


class Register(Generic[A]):
    """
    All accounts of one sort.

    rows     : each key's row
    accounts : by row; None where the account still rests in the columns it was restored from
    terms    : by name, a list with a value for each row
    resting  : by name, what the counters of each row were when the register was restored
    moved    : rows that may have another contract; whoever keeps track of contracts empties it
    """

    __slots__ = ("_appenders", "_names", "accounts", "make", "moved", "resting", "rows", "terms")

    def __init__(self, make: type[A]) -> None:
        self.make = make
        self._names = frozenset(make.TERMS)
        self._appenders: list[tuple[str, Any, Callable[[Any], None]]] = []
        self.rows: dict[str, int] = {}
        self.moved: set[int] = set()
        self.accounts: list[A | None] = []
        self.terms = Columns(make.TERMS)
        self.resting = Columns((*BASE, *make.COUNTERS))

    def get(self, key: str) -> A | None:
        """The account of a key; None when nothing was ever opened under it."""
        row = self.rows.get(key)
        return None if row is None else self.accounts[row] or self._woken(row)

    def at(self, row: int) -> A:
        """The account of a row."""
        return self.accounts[row] or self._woken(row)

    def _woken(self, row: int) -> A:
        """The account of a row that rested until now."""
        resting = self.resting
        account = self.make(resting["sequence"][row], resting["opened_on"][row])
        account.row = row
        account.last_on = resting["last_on"][row]
        account.alive = resting["alive"][row]
        account.history = resting["history"][row]
        original = resting["original"][row]
        account.original = None if original is None else json.loads(original)
        for name in self.make.COUNTERS:
            setattr(account, name, resting[name][row])
        self.accounts[row] = account
        return account

    def term(self, row: int, name: str) -> Any:
        """One term of an account."""
        return self.terms[name][row]

    def value(self, account: A, name: str) -> Any:
        """What stands in a column, a term or a counter, under its name in the book."""
        counter = self.make.COUNTED.get(name)
        return self.terms[name][account.row] if counter is None else getattr(account, counter)

    def last(self, key: str) -> int:
        """The sequence of the last event about a key; 0 for none."""
        account = self.get(key)
        if account is None:
            return 0
        return max(account.sequence, *(entry.sequence for entry in self._history(account)), 0)

    def entries(self, account: A) -> list[Entry]:
        """The history of an account from its opening on, in the order of sequence."""
        opening = [] if not self.make.OPENS else [Entry(
            account.sequence, account.opened_on, self.make.OPENS,
            self._opening(account) if account.alive else None)]
        return opening + self._history(account)

    def _history(self, account: A) -> list[Entry]:
        if account.history is None:
            account.history = []
        elif isinstance(account.history, str):
            account.history = [Entry(sequence, day_of(on), kind, data)
                               for sequence, on, kind, data in json.loads(account.history)]
        return account.history

    def _opening(self, account: A) -> Mapping[str, Any]:
        """The data that an account was opened with."""
        row, defaults = account.row, self.make.DEFAULTS
        data = {name: values[row] for name, values in self.terms.all().items()}
        data |= account.opening_terms()
        data |= account.original or {}
        return {name: value for name, value in data.items()
                if value != defaults[name] and value != []}

    def open(self, key: str, entry: Entry) -> None:
        """Take the first event of a key, or the first after its opening was voided."""
        assert entry.data is not None
        row = self.rows.get(key)
        if row is not None:
            self.put(key, entry)
            return
        account = self.make.opened(entry.sequence, entry.effective_on, entry.data)
        account.row = self.rows[key] = len(self.accounts)
        self.accounts.append(account)
        given = entry.data.get
        for name, default, append in self._appenders or self._all_appenders():
            append(given(name, default))
        if not self.make.OPENS:
            account.history = [entry]
            account.change(entry.kind, entry.data)
            account.seen_on(entry.kind, entry.effective_on)

    def _all_appenders(self) -> list[tuple[str, Any, Callable[[Any], None]]]:
        """How a row is added to each column of terms."""
        defaults = self.make.DEFAULTS
        self._appenders = [(name, defaults[name], values.append)
                           for name, values in self.terms.all().items()]
        return self._appenders

    def take(self, account: A, entry: Entry) -> None:
        """Let an account take an event that it does not refuse, and that comes in order."""
        _, on, kind, data = entry
        assert data is not None
        amendment = amendment_of(kind, data)
        if amendment is not None:
            self._amend(account, amendment)
        account.change(kind, data)
        account.seen_on(kind, on)
        if account.history is None:
            account.history = [entry]
        else:
            self._history(account).append(entry)
        account.last_on = on

    def _amend(self, account: A, amendment: Mapping[str, Any]) -> None:
        """Give terms new values, and keep those that the account was opened with."""
        row, terms = account.row, self.terms
        original = {} if account.original is None else account.original
        opening = account.opening_terms()
        if "contract_id" in amendment:
            self.moved.add(row)
        for name, value in amendment.items():
            if name in opening:
                original.setdefault(name, opening[name])
            if name in self._names:
                original.setdefault(name, terms[name][row])
                terms[name][row] = value
        account.original = original

    def with_entry(self, account: A, entry: Entry) -> list[Entry]:
        """The history of an account with one more entry, or with one instead of its sequence's."""
        entries = [before for before in self.entries(account) if before.sequence != entry.sequence]
        return [*entries, entry]

    def replay(self, account: A, entry: Entry) -> Replay[A]:
        """What an account would be with one more entry, or one instead of its sequence's."""
        return replayed(self.make, self.with_entry(account, entry))

    def put(self, key: str, entry: Entry) -> None:
        """Put an entry into its place in a history, or another one there, and work it out again."""
        row = self.rows[key]
        before = self.at(row)
        entries = sorted(self.with_entry(before, entry), key=lambda one: one.sequence)
        after = replayed(self.make, entries)
        opening = next((one for one in entries if one.kind == self.make.OPENS
                        and one.data is not None), None)
        account = after.account
        if account is None:
            # Nothing counts any more; what was there stays for a later correction.
            before.alive = False
            before.history = [one for one in entries if one.sequence != before.sequence]
            return
        account.row = row
        self.moved.add(row)
        first = account.sequence if self.make.OPENS else 0
        account.history = [one for one in entries if one.sequence != first]
        self.accounts[row] = account
        for name, values in self.terms.all().items():
            values[row] = after.terms.get(name, self.make.DEFAULTS[name])
        if opening is not None and opening.data is not None:
            said, given, defaults = self._opening(account), opening.data, self.make.DEFAULTS
            account.original = {
                name: given.get(name, defaults[name]) for name in {**said, **given}
                if said.get(name, defaults[name]) != given.get(name, defaults[name])} or None

    def find(self, key: str, sequence: int) -> Entry | None:
        """The entry of an event about a key; None when there is no such event."""
        account = self.get(key)
        if account is None:
            return None
        for entry in self.entries(account):
            if entry.sequence == sequence:
                return entry
        return None

    def __iter__(self) -> Iterator[tuple[str, A]]:
        """Every key with its account, in the order in which they were opened."""
        for key, row in self.rows.items():
            yield key, self.at(row)

    def terms_of(self, account: Account) -> Terms:
        """The terms of an account as they are now."""
        return {name: values[account.row] for name, values in self.terms.all().items()}


def history_text(history: list[Entry] | str | None) -> str | None:
    """A history as canonical JSON; None for an empty one."""
    if isinstance(history, str):
        return history
    if not history:
        return None
    return data_text({"h": [[e.sequence, e.effective_on.isoformat(), e.kind, e.data]
                            for e in history]})[5:-1]

