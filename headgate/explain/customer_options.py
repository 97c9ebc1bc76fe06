"""What a customer could decide to have a line sooner, each planned with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headgate.base.calendar import friday_of_bucket
from headgate.book import NO_LIMIT, Book
from headgate.catalog.restrictions import banned_for
from headgate.explain.allowance import Limits
from headgate.explain.line_worth import Weighed
from headgate.explain.reasons import Desk, Ground
from headgate.explain.relief_kernels import GIVEN, LAST, LOG_END, LOG_FIRST
from headgate.explain.trials import Trial, Trials
from headgate.planner.kernels.rank import (
    ACCEPT,
    ACCEPT_END,
    BAN,
    CLAIM,
    COMPLETE,
    EARLIEST,
    LATEST,
    LINE,
    REGION,
    SOLD,
    Log,
)
from headgate.planner.permits import Matches, quotas_of
from headgate.planner.policy import Policy

Longs = NDArray[np.int64]

ITEMS_TRIED, SHOWN = 12, 2
"""Items that are tried instead of the one ordered, and of items and regions the most told."""
AS_IT_IS = "as_it_is"
ORDER = (AS_IT_IS, "partial", "dates", "item", "region")
"""Kinds of options in the order in which they are told: the least change first."""


@dataclass(frozen=True, slots=True)
class CustomerOption:
    """
    Something that is the customer's to decide.

    kind        : "partial" some pieces ahead of the rest; "dates" other first and last dates;
                  "item" another item; "region" another region
    name        : the item or region
    quantity    : pieces that could be there by `promised_on`
    """

    kind: str
    name: str | None
    quantity: int
    promised_on: date

    def text(self) -> str:
        """The option as a clause."""
        when = f"by {self.promised_on}"
        if self.kind == "partial":
            return f"{self.quantity:,} {when}, if not all have to arrive together"
        if self.kind == "dates":
            return f"all of it {when}, if the order's own dates allowed it"
        if self.kind == "item":
            return f"{self.name} instead, all of it {when}"
        return f"all of it {when}, delivered in {self.name}"

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"kind": self.kind, "name": self.name, "quantity": self.quantity,
                "promised_on": self.promised_on.isoformat()}


@dataclass(frozen=True, slots=True)
class _Asked:
    """
    A line as it could be asked for: a row of `Lines.rows`, and the last arrival that counts; first
    as it is asked for, which shows what needs no change.
    """

    kind: str
    name: str | None
    row: Longs
    goal: int
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Sooner:
    """
    What would bring a line sooner than planned.

    as_it_is : last arrival bucket of all of it on what the plan leaves, nothing changed; None: that
               is no sooner
    options  : what the customer could change, each sooner than that; none where that is in time
    """

    as_it_is: int | None
    options: tuple[CustomerOption, ...]


def customer_options(ground: Ground, policy: Policy, limits: Limits, line: int, last: int,
                     pieces: int, named: Callable[[str], str]) -> Sooner:
    """
    What a customer could change to have a line sooner, on what the plan leaves for it; under
    `value` only what brings more than what is planned, so that nothing is offered in vain. What
    comes as soon without a change is no option.

    limits       : what the plan leaves of quotas; a line with a pin, a frozen promise or a ship set
                   is not the customer's alone to change
    last, pieces : the last arrival bucket in the plan, -1 none, and how much arrives
    named        : how an item is called
    """
    if limits.spared[line]:
        return Sooner(None, ())
    book, ground = ground.book, limits.ground
    goal = last - 1 if pieces == book.lines.open[line] else NO_LIMIT
    banned = [*book.bans.banned]
    asked = [_Asked(AS_IT_IS, None, ground.lines.rows[line].copy(), goal),
             *_partial(ground, line, goal), *_dates(ground, line, goal),
             *_items(ground, line, goal, named), *_regions(ground, line, goal, banned)]
    rows = np.repeat(np.array([one.row for one in asked]), 2, axis=0)
    first, end = ground.allocation.ptr[line], ground.allocation.ptr[line + 1]
    # Each way of asking is a line of its own that gives back what the one line has: the rows at
    # the odd places only end the rows of the log of those at the even ones.
    ptr = np.array([first, end] * len(asked) + [end], dtype=np.int64)
    packed = ground.lines
    own = replace(ground, lines=packed._replace(rows=rows, banned=np.array(banned, dtype=np.int8)),
                  allocation=replace(ground.allocation, ptr=ptr))
    out, logs = Trials(Desk(own), limits).outcome(
        [Trial(2 * place, (), one.goal, giver=line) for place, one in enumerate(asked)], keep=True)
    pays = _pays(ground, policy, line)
    found = [(one, int(row[GIVEN]), int(row[LAST]))
             for one, row, log in zip(asked, out, logs, strict=True)
             if (row[GIVEN] == book.lines.open[line] or (not one.whole and row[GIVEN] > 0))
             and pays(one.whole, log, int(row[LOG_FIRST]), int(row[LOG_END]))]
    found.sort(key=lambda each: (ORDER.index(each[0].kind), each[2], each[0].name or ""))
    told: list[CustomerOption] = []
    free = next((arrival for one, _, arrival in found if one.kind == AS_IT_IS), None)
    # What is in time as it stands needs nobody to change anything.
    enough = -1 if free is None or free <= book.lines.requested[line] else free
    for one, given, arrival in found:
        if one.kind == AS_IT_IS or (free is not None and arrival >= enough):
            continue
        if sum(option.kind == one.kind for option in told) < (1 if one.name is None else SHOWN):
            told.append(CustomerOption(one.kind, one.name, given,
                                       friday_of_bucket(arrival, book.settings.as_of)))
    return Sooner(free, tuple(told))


def _pays(ground: Ground, policy: Policy, line: int) -> Callable[[bool, Log, int, int], bool]:
    """
    Whether some rows of a log bring the line more than what is planned; of an option that is not
    whole, as its rest comes later, more than nothing.
    """
    if policy.objective != "value":
        return lambda whole, log, first, end: True
    weighed = Weighed(ground.book, policy, ground.allocation)
    planned = weighed.planned((line,))[0]
    nothing = weighed.of((line,), ground.allocation.log, 0, 0)[0]

    def pays(whole: bool, log: Log, first: int, end: int) -> bool:
        rows = log.rows.copy()
        rows[:, LINE] = line
        worth, _ = weighed.of((line,), log._replace(rows=rows), first, end)
        return worth > (planned if whole else nothing)
    return pays


def _partial(ground: Ground, line: int, goal: int) -> list[_Asked]:
    """A line that ships complete, in parts: what is there in time, else what is there sooner."""
    row = ground.lines.rows[line].copy()
    if not row[COMPLETE] or ground.book.lines.open[line] == 1:
        return []
    row[COMPLETE] = 0
    requested = int(ground.book.lines.requested[line])
    # The second is told only where nothing is there in time: both sort as one kind, by date.
    return [_Asked("partial", None, row, min(goal, requested), False),
            _Asked("partial", None, row, goal, False)]


def _dates(ground: Ground, line: int, goal: int) -> list[_Asked]:
    """The line without its own first and last dates."""
    row = ground.lines.rows[line].copy()
    if row[EARLIEST] <= 0 and row[LATEST] >= NO_LIMIT:
        return []
    row[EARLIEST], row[LATEST] = min(0, row[EARLIEST]), NO_LIMIT
    return [_Asked("dates", None, row, goal)]


def _items(ground: Ground, line: int, goal: int, named: Callable[[str], str]) -> list[_Asked]:
    """The line for other sold items of the same family and kind that may be sent to it."""
    book, lines = ground.book, ground.book.lines
    items = book.tables.frames["items"].select("item_id", "family", "kind")
    own = book.items.ids[lines.item[line]]
    family, kind = items.row(items["item_id"].to_list().index(own))[1:]
    if family is None:
        return []
    accepted = set(lines.accept[lines.accept_ptr[line]:lines.accept_ptr[line + 1]].tolist())
    found = []
    for name, other_family, other_kind in items.sort("item_id").iter_rows():
        index = book.items.index(name)
        sold = book.forest.root_end[index] > book.forest.root_start[index]
        if (other_family, other_kind) == (family, kind) and sold and index not in accepted and (
                name != own and not book.bans.banned[lines.ban[line], index]):
            row = ground.lines.rows[line].copy()
            row[SOLD], row[ACCEPT_END] = index, row[ACCEPT]
            found.append(_Asked("item", named(name), row, goal))
    return found[:ITEMS_TRIED]


def _regions(ground: Ground, line: int, goal: int, banned: list[NDArray[np.int8]]) -> list[_Asked]:
    """The line to other regions, under the restrictions that hold there."""
    book = ground.book
    frames, order = book.tables.frames, _order(book, line)
    permits, matches = ground.allocation.pools.permits, Matches(quotas_of(book))
    slot, found = int(book.lines.slot[line]), []
    for region, name in enumerate(book.regions.ids):
        reached = book.lanes.ptr[region] < book.lanes.ptr[region + 1]
        # What other quotas would leave there is not known of a scope in which nobody orders.
        claim = permits.known.get((slot, matches.of((order["segment"], name,
                                                     order["customer_id"]))))
        if region == book.lines.region[line] or not reached or claim is None:
            continue
        row = ground.lines.rows[line].copy()
        row[REGION], row[BAN], row[CLAIM] = region, len(banned), claim
        banned.append(banned_for(frames["restrictions"], frames["items"], book.items,
                                 order["segment"], name, order["customer_id"]))
        found.append(_Asked("region", name, row, goal))
    return found


def _order(book: Book, line: int) -> dict[str, Any]:
    row: dict[str, Any] = book.tables.frames["orders"].row(int(book.lines.source_row[line]),
                                                           named=True)
    return row
