"""
What quotas still allow, counted from what was sent and drawn so far.

Follows the rules of caps and reservations one after another; every question counts all draws
again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .slow_book import Line, Quota, SlowBook

if TYPE_CHECKING:
    from .slow_planner import Draw, Sent

ENDLESS = 10**30


@dataclass(frozen=True, slots=True)
class Counted:
    """What was sent and drawn so far."""

    book: SlowBook
    sent: list[Sent]
    draws: list[Draw]


def cap_left(done: Counted, line: Line, item: str, ship: int) -> int:
    """Pieces of an item that all caps together still let a line send, or draw, for a week."""
    return min((quota.cap - cap_used(done, quota) for quota in done.book.quotas
                if quota.cap is not None and quota.matches(line) and item in quota.items
                and quota.first <= ship <= quota.last), default=ENDLESS)


def cap_used(done: Counted, quota: Quota) -> int:
    """Pieces that count on a cap: sent, or drawn below the sold item, for its weeks."""
    rows: list[Sent | Draw] = [*done.sent, *(draw for draw in done.draws if not draw.is_sold)]
    return sum(row.pieces for row in rows if quota.matches(row.line) and row.item in quota.items
               and quota.first <= row.ship <= quota.last)


def reservation_left(done: Counted, line: Line, item: str, bucket: int) -> int:
    """Pieces of an item that the reservations leave a line to draw in a week."""
    return min((own_left(done, line, item, members, bucket) + common_left(done, items, bucket)
                for items, members in groups(done.book).items() if item in items),
               default=ENDLESS)


def groups(book: SlowBook) -> dict[frozenset[str], list[Quota]]:
    """Reservations of the same items."""
    found: dict[frozenset[str], list[Quota]] = {}
    for quota in book.quotas:
        if quota.kept is not None:
            found.setdefault(quota.items, []).append(quota)
    return found


def own_reservation(book: SlowBook, line: Line, item: str) -> Quota | None:
    """The most specific reservation that matches a line and an item."""
    return min((quota for quota in book.quotas if quota.kept is not None and quota.matches(line)
                and item in quota.items), key=lambda quota: quota.breadth, default=None)


def own_left(done: Counted, line: Line, item: str, members: Iterable[Quota], bucket: int) -> int:
    """Pieces that are left of the line's own reservation, if it is one of these and active."""
    own = own_reservation(done.book, line, item)
    if own is None or own.kept is None or own not in members or not own.is_active(bucket):
        return 0
    return own.kept - sum(pieces for draw in done.draws for name, pieces in draw.own
                          if name == own.quota_id)


def common_left(done: Counted, items: frozenset[str], bucket: int) -> int:
    """Pieces that nobody reserved, in the week in which there are fewest from now on."""
    book = done.book
    left = []
    for week in range(bucket, book.horizon):
        there = sum(row.pieces for (item, _, _), rows in book.supply.items() if item in items
                    for row in rows if row.start <= week)
        kept = sum(quota.kept or 0 for quota in groups(book)[items] if quota.is_active(week))
        counted = sum(draw.pieces - _on_own(book, draw, items) for draw in done.draws
                      if draw.item in items and draw.bucket <= week)
        left.append(max(0, there - kept) - counted)
    return max(0, min(left))


def _on_own(book: SlowBook, draw: Draw, items: frozenset[str]) -> int:
    """Pieces of a draw that count on a reservation of a group."""
    names = {quota.quota_id for quota in groups(book)[items]}
    return sum(pieces for name, pieces in draw.own if name in names)


def own_pieces(done: Counted, line: Line, item: str, bucket: int,
               pieces: int) -> tuple[tuple[str, int], ...]:
    """How many pieces of a draw count on the line's own reservation: as many as are left of it."""
    own = own_reservation(done.book, line, item)
    if own is None:
        return ()
    return ((own.quota_id, min(pieces, own_left(done, line, item, [own], bucket))),)


def counted_by_time(book: SlowBook, sent: list[Sent], draws: list[Draw]) -> Counted:
    """
    What quotas count of a whole plan: whoever draws first counts on its own reservation first.

    In one week it does not matter whose pieces those are.
    """
    done: list[Draw] = []
    for draw in sorted(draws, key=lambda draw: draw.bucket):
        before = Counted(book, [], done)
        own = own_pieces(before, draw.line, draw.item, draw.bucket, draw.pieces)
        done.append(replace(draw, own=own))
    return Counted(book, sent, done)
