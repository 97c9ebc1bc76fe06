"""
Movements: every change of the backlog of an order line, with its day, its posting and its amount.

A movement is what an event changes of what the ledger says about any day. For an event that comes
in order that is one row on its own day. One that comes late, or corrects another, may also change
what later events did: a shipment that becomes known after a price change left at the older price,
and the price change then concerned fewer pieces. So the sum of all movements up to a day is what
the state of that day says, to the cent; and the sum of what was posted in a closed period never
changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, NamedTuple

import polars as pl

from headgate.ledger.accounts import Entry, amendment_of, in_order
from headgate.ledger.corrections import corrected
from headgate.ledger.events import Recorded
from headgate.ledger.fold import State
from headgate.ledger.lines import Line
from headgate.ledger.register import Register
from headgate.ledger.snapshots import register_frame

ATTRIBUTES: tuple[str, ...] = ("order_id", "line_no", "customer_id", "segment", "region", "item_id",
                               "site_id", "contract_id", "cancellable", "currency")
"""What a movement says of its line, as it was at that time; null currency: the book's."""
MOVING: tuple[str, ...] = ATTRIBUTES[2:]
"""Attributes that an amendment may change."""
MOVEMENT_KINDS: dict[str, str] = {
    "order_booked": "booked", "order_amended": "amended", "override": "amended",
    "order_cancelled": "cancelled", "order_shipped": "shipped", "order_returned": "returned"}
"""Which event makes which kind of movement; others change nothing that is open."""

MOVEMENTS: dict[str, Any] = {
    "sequence": pl.Int64, "order_id": pl.String, "line_no": pl.Int64, "customer_id": pl.String,
    "segment": pl.String, "region": pl.String, "item_id": pl.String, "site_id": pl.String,
    "contract_id": pl.String, "cancellable": pl.Boolean, "currency": pl.String,
    "kind": pl.String, "effective_on": pl.Date, "posted_on": pl.Date,
    "recorded_at": pl.Datetime("us", "UTC"), "prior_period": pl.String, "quantity": pl.Int64,
    "amount_cents": pl.Int64, "open_quantity": pl.Int64, "open_cents": pl.Int64}
"""
The columns of `movements`.

sequence     : of the event, or of the correction, that made it
quantity, amount_cents : change of the open pieces and of what they are worth, below 0 when they
               become fewer, in the line's own currency
open_quantity, open_cents : what is open of the line at that time after this row
prior_period : the closed period in which it is effective; it is posted after that
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
Attributes = tuple[Any, ...]


class Move(NamedTuple):
    """What one entry of a history does to the backlog of its line, at one set of attributes."""

    sequence: int
    on: date
    attributes: Attributes
    kind: str
    quantity: int
    cents: int


class MovingLine(Line):
    """An order line with no more terms than its movements need."""

    __slots__ = ()

    TERMS: ClassVar[tuple[str, ...]] = ATTRIBUTES


def movements(rows: Iterable[Recorded], state: State | None = None) -> pl.DataFrame:
    """
    The movements of recorded events, in their order: a frame with the columns MOVEMENTS.

    An amendment that changes an attribute is two rows: what was open leaves at the old ones and
    comes in at the new ones, so that every level rolls forward.

    state : what the rows follow; it is carried on to the last of them. None: they are all
    """
    journal = Movements(state)
    for row in rows:
        journal.take(row)
    return journal.frame()


@dataclass(slots=True)
class _Columns:
    """
    The rows so far.

    row    : of the line in its register
    before : place of the row before of the same line; -1 for none
    """

    sequence: list[int] = field(default_factory=list)
    row: list[int] = field(default_factory=list)
    before: list[int] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    effective_on: list[date] = field(default_factory=list)
    posted_on: list[date] = field(default_factory=list)
    prior_period: list[str | None] = field(default_factory=list)
    moment: list[int] = field(default_factory=list)
    quantity: list[int] = field(default_factory=list)
    amount_cents: list[int] = field(default_factory=list)
    open_quantity: list[int] = field(default_factory=list)
    open_cents: list[int] = field(default_factory=list)


class Movements:
    """Collects movements, one recorded event after another."""

    def __init__(self, state: State | None = None) -> None:
        if state is None:
            state = State()
            state.lines = Register[Line](MovingLine)
        self.state = state
        self._out = _Columns()
        self._told: dict[int, Attributes] = {}
        self._marked: set[int] = set()
        self._newest: dict[int, int] = {}
        self._at: datetime | None = None
        self._moment = 0

    def take(self, recorded: Recorded) -> None:
        """Take the next event."""
        event, lines = recorded.event, self.state.lines
        kind = event.kind
        if recorded.recorded_at != self._at:
            self._at = recorded.recorded_at
            self._moment = (self._at - _EPOCH) // _MICROSECOND
        if kind == "correction":
            entry = lines.find(event.key, event.data["corrects"])
            if entry is not None:
                self._rework(recorded, corrected(event, entry))
                return
        moves = MOVEMENT_KINDS.get(kind)
        if moves is None or (kind == "override" and event.data["table"] != "orders"):
            self.state.apply(recorded)
            return
        line = lines.get(event.key)
        if line is None:
            self.state.apply(recorded)
            line = lines.at(lines.rows[event.key])
            self._add(recorded, line.row, moves, line.quantity, line.open_cents, line.quantity,
                      line.open_cents)
        elif line.alive and event.effective_on >= line.last_on:
            self._in_order(recorded, line, moves)
        else:
            self._rework(recorded, Entry(recorded.sequence, event.effective_on, kind, event.data))

    def _in_order(self, recorded: Recorded, line: Line, kind: str) -> None:
        """The row, or two rows, of an event that changes a line as it stands."""
        pieces, cents, row = line.open_quantity, line.open_cents, line.row
        before = None
        if kind == "amended":
            amendment = amendment_of(recorded.event.kind, recorded.event.data) or {}
            terms = self.state.lines.terms
            if any(name in amendment and amendment[name] != terms[name][row] for name in MOVING):
                before = self._attributes(row)
        self.state.apply(recorded)
        left, worth = line.open_quantity, line.open_cents
        if before is None:
            if left != pieces or worth != cents:
                self._add(recorded, row, kind, left - pieces, worth - cents, left, worth)
            return
        after = self._attributes(row)
        if pieces or cents:
            self._told[self._add(recorded, row, kind, -pieces, -cents, 0, 0)] = before
        if left or worth:
            self._told[self._add(recorded, row, kind, left, worth, left, worth)] = after
        self._mark(row, before)

    def _rework(self, recorded: Recorded, entry: Entry) -> None:
        """The rows of an event that comes late, or of a correction."""
        lines, key = self.state.lines, recorded.event.key
        line = lines.at(lines.rows[key])
        before = moves_of(lines.entries(line), lines.make.DEFAULTS)
        shown = self._attributes(line.row)
        self.state.apply(recorded)
        line = lines.at(lines.rows[key])
        after = moves_of(lines.entries(line), lines.make.DEFAULTS)
        done = differences_of(before, after, entry.sequence)
        for place, move in enumerate(done):
            posted_on, prior = self.state.closed.posting(move.on)
            said = [*(one for one in before if one.on <= move.on),
                    *(one for one in done[:place + 1])]
            self._told[self._add(
                recorded, line.row, move.kind, move.quantity, move.cents,
                sum(one.quantity for one in said), sum(one.cents for one in said),
                move.on, posted_on, prior)] = move.attributes
        if shown != self._attributes(line.row):
            self._mark(line.row, shown)

    def _add(self, recorded: Recorded, row: int, kind: str, quantity: int, cents: int, left: int,
             worth: int, on: date | None = None, posted_on: date | None = None,
             prior: str | None = None) -> int:
        """Add a row; its place."""
        out = self._out
        out.sequence.append(recorded.sequence)
        out.row.append(row)
        out.kind.append(kind)
        if on is None or posted_on is None:
            on, posted_on, prior = (recorded.event.effective_on, recorded.posted_on,
                                    recorded.prior_period)
        out.effective_on.append(on)
        out.posted_on.append(posted_on)
        out.prior_period.append(prior)
        out.moment.append(self._moment)
        out.quantity.append(quantity)
        out.amount_cents.append(cents)
        out.open_quantity.append(left)
        out.open_cents.append(worth)
        place = len(out.before)
        out.before.append(self._newest.get(row, -1))
        self._newest[row] = place
        return place

    def _attributes(self, row: int) -> Attributes:
        terms = self.state.lines.terms
        return tuple(terms[name][row] for name in ATTRIBUTES)

    def _mark(self, row: int, before: Attributes) -> None:
        """Give the rows that a line has so far the attributes that it had before a change."""
        place = self._newest.get(row, -1)
        while place >= 0 and place not in self._marked:
            self._told.setdefault(place, before)
            self._marked.add(place)
            place = self._out.before[place]

    def frame(self) -> pl.DataFrame:
        """The movements so far, with the columns MOVEMENTS."""
        out, lines = self._out, self.state.lines
        frame = pl.DataFrame({
            name: pl.Series(name, getattr(out, name), dtype=MOVEMENTS[name])
            for name in ("sequence", "kind", "effective_on", "posted_on", "prior_period",
                         "quantity", "amount_cents", "open_quantity", "open_cents")})
        moments = pl.Series("recorded_at", out.moment, dtype=pl.Int64).cast(
            MOVEMENTS["recorded_at"])
        shown = register_frame(lines, "lines", ATTRIBUTES).drop("key")[
            pl.Series(out.row, dtype=pl.UInt32)]
        if self._told:
            shown = _with_told(shown, self._told)
        return frame.with_columns(moments, *shown.get_columns()).select(*MOVEMENTS)


def _with_told(shown: pl.DataFrame, told: Mapping[int, Attributes]) -> pl.DataFrame:
    """The attributes of all rows, with those of some rows instead of what their line has now."""
    places = pl.Series(list(told), dtype=pl.UInt32)
    others = pl.DataFrame(list(told.values()), schema={
        name: MOVEMENTS[name] for name in ATTRIBUTES}, orient="row")
    return pl.DataFrame([column.clone().scatter(places, others[column.name])
                         for column in shown.get_columns()])


def moves_of(entries: Iterable[Entry], defaults: Mapping[str, Any]) -> list[Move]:
    """What the entries of one line's history do to its backlog, in the order of their days."""
    line: Line | None = None
    moves: list[Move] = []
    shown: dict[str, Any] = {}
    for sequence, on, kind, data in in_order(entries):
        assert data is not None
        if line is None:
            line = Line.opened(sequence, on, data)
            shown = {name: data.get(name, defaults[name]) for name in ATTRIBUTES}
            moves.append(Move(sequence, on, tuple(shown.values()), "booked", line.quantity,
                              line.open_cents))
            continue
        pieces, cents, before = line.open_quantity, line.open_cents, tuple(shown.values())
        line.change(kind, data)
        for name, value in (amendment_of(kind, data) or {}).items():
            if name in shown:
                shown[name] = value
        after = tuple(shown.values())
        left, worth = line.open_quantity, line.open_cents
        if kind not in MOVEMENT_KINDS:
            continue
        name = MOVEMENT_KINDS[kind]
        if after != before:
            moves += [Move(sequence, on, before, name, -pieces, -cents),
                      Move(sequence, on, after, name, left, worth)]
        else:
            moves.append(Move(sequence, on, after, name, left - pieces, worth - cents))
    return moves


def differences_of(before: Sequence[Move], after: Sequence[Move], sequence: int) -> list[Move]:
    """
    What has to be added to some moves so that they become others, in the order of days.

    sequence : of the event whose content changed: its moves are reversed and given anew; of
               others, only the difference
    """
    if [one for one in before if one.sequence == sequence] == [
            one for one in after if one.sequence == sequence]:
        sequence = 0
    found = [one._replace(quantity=-one.quantity, cents=-one.cents)
             for one in before if one.sequence == sequence]
    found += [one for one in after if one.sequence == sequence]
    sums: dict[tuple[int, date, Attributes, str], list[int]] = {}
    for sign, moves in ((-1, before), (1, after)):
        for one in moves:
            if one.sequence != sequence:
                both = sums.setdefault(one[:4], [0, 0])
                both[0] += sign * one.quantity
                both[1] += sign * one.cents
    found += [Move(*what, pieces, cents) for what, (pieces, cents) in sums.items()]
    return sorted((one for one in found if one.quantity or one.cents), key=lambda one: one.on)
