"""Services hang on order lines: neither stands in the book on a day without the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from headgate.ledger.accounts import Account, Entry, amendment_of, in_order
from headgate.ledger.events import Event
from headgate.ledger.fields import day_of
from headgate.ledger.parts import Parts
from headgate.ledger.register import Register
from headgate.ledger.rejections import Rejection, refused
from headgate.ledger.rows import line_key

LEAVING = ("order_cancelled", "order_closed", "order_amended", "override")
"""Events with which a line may leave the book; a late amendment may take what is cancelled later"""
HANGING = ("service_booked", "service_amended", "override")
"""Events with which a service may come to hang on a line that is not there."""


class Change(NamedTuple):
    """An entry of a history that is new, or takes the place of the one of its sequence."""

    register: Register[Any]
    key: str
    entry: Entry


class Standing(NamedTuple):
    """From a day on, whether an account stands in the book, and with what a service starts."""

    since: date
    listed: bool
    starts: str


class Timeline(NamedTuple):
    """What stands in the book of one order, day by day: lines by line_no, services by key."""

    lines: dict[int, list[Standing]]
    services: dict[str, list[Standing]]

    def days(self) -> set[date]:
        """The days on which something changes."""
        return {one.since for each in (*self.lines.values(), *self.services.values())
                for one in each}

    def hung(self, day: date) -> set[str]:
        """
        Services that hang on nothing at the end of a day.

        One hangs on the line with whose delivery it starts; one that starts on a day hangs on its
        order, and so on any line of that.
        """
        there = {line_no for line_no, each in self.lines.items() if _on(each, day).listed}
        return {key for key, each in self.services.items() for one in (_on(each, day),)
                if one.listed and not _there(one.starts, there)}


def _there(starts: str, lines: set[int]) -> bool:
    """Whether one of the lines of an order is what a service starts with."""
    if starts.isdecimal():
        return int(starts) in lines
    try:
        return bool(lines) and (not starts or day_of(starts) is not None)
    except ValueError:
        return False


def hanging(state: Parts, key: str, entry: Entry) -> Rejection | None:
    """
    Why a line cannot leave the book by an event; None when it stays, or nothing hangs on it.

    entry : the event, as it would stand in the history of the line
    """
    order_id = key.rpartition("/")[0]
    if not state.sold.services(order_id):
        return None
    found = first_hung(state, order_id, Change(state.lines, key, entry))
    return None if found is None else refused(
        "service_hangs", f"{found[1]} would still stand in the book on {found[0]}; end it on that "
        "day or before")


def without_line(state: Parts, event: Event) -> Rejection | None:
    """
    Why a service cannot hang where an event lets it; None when its line is there, day by day.

    event : of the kinds HANGING
    """
    data, services = event.data, state.services
    on, order_id = event.effective_on, event.key.rpartition("/")[0]
    if event.kind == "override" and data["table"] != "service_lines":
        return None
    starts = (amendment_of(event.kind, data) or data).get("starts")
    if event.kind == "service_booked" and _stands(state, order_id, starts, on):
        return None
    return service_hung(state, event.key, Entry(state.sequence + 1, on, event.kind, data)) if (
        event.kind == "service_booked" or services.get(event.key) is not None) else None


def service_hung(state: Parts, key: str, entry: Entry) -> Rejection | None:
    """Why a service cannot have an entry in its history; None when it hangs on a line always."""
    found = first_hung(state, key.rpartition("/")[0], Change(state.services, key, entry))
    return None if found is None else refused(
        "service_without_line", f"nothing that {found[1]} could hang on stands in the book on "
        f"{found[0]}")


def first_hung(state: Parts, order_id: str, change: Change) -> tuple[date, str] | None:
    """
    The first day on which a service of an order hangs on nothing because of a change, and which.

    What hangs so already, in a ledger from before this was asked, is no fault of the change.
    """
    before, after = _timeline(state, order_id, None), _timeline(state, order_id, change)
    for day in sorted(before.days() | after.days()):
        fresh = after.hung(day) - before.hung(day)
        if fresh:
            return day, min(fresh)
    return None


def _stands(state: Parts, order_id: str, starts: str | None, on: date) -> bool:
    """Whether a line that a service hangs on stands in the book from a day on, as far as known."""
    if starts is not None and starts.isdecimal():
        line = state.lines.get(line_key(order_id, int(starts)))
        return line is not None and line.listed and line.last_on <= on
    lines = (state.lines.at(row) for row in state.sold.of_order(order_id))
    return _there(starts or "", {line.row for line in lines
                                 if line.listed and line.last_on <= on})


def _timeline(state: Parts, order_id: str, change: Change | None) -> Timeline:
    lines: dict[int, list[Standing]] = {}
    services: dict[str, list[Standing]] = {}
    for row in state.sold.of_order(order_id):
        number = int(state.lines.term(row, "line_no"))
        lines[number] = list(_standings(state.lines, state.lines.entries(state.lines.at(row))))
    for row in state.sold.services(order_id):
        key = line_key(order_id, state.services.term(row, "line_no"))
        services[key] = list(_standings(
            state.services, state.services.entries(state.services.at(row))))
    if change is not None:
        register, key, entry = change
        account = register.get(key)
        made = list(_standings(register, [entry] if account is None else
                               register.with_entry(account, entry)))
        if register is state.lines:
            lines[int(key.rpartition("/")[2])] = made
        else:
            services[key] = made
    return Timeline(lines, services)


def _standings(register: Register[Any], entries: Iterable[Entry]) -> Iterator[Standing]:
    """How an account stood at the end of each day on which something happened to it."""
    account: Account | None = None
    starts = ""
    for day, group in groupby(in_order(entries), key=itemgetter(1)):
        for sequence, _, kind, data in group:
            assert data is not None
            if account is None:
                account = register.make.opened(sequence, day, data)
            else:
                account.change(kind, data)
            starts = str((amendment_of(kind, data) or data).get("starts", starts) or "")
        assert account is not None
        yield Standing(day, account.listed, starts)


def _on(standings: list[Standing], day: date) -> Standing:
    found = Standing(date.min, False, "")
    for one in standings:
        if one.since > day:
            break
        found = one
    return found
