"""What is there in a book, and what was taken of it so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from .slow_book import ANYBODY, Line, SlowBook
from .slow_limits import Counted, cap_left, reservation_left

ENDLESS = 10**30
"""More pieces or hours than any book can ask for."""


@dataclass(frozen=True, slots=True)
class Draw:
    """
    Pieces drawn from supply for a line; `stood_in_for` is blank unless a substitute was.

    ship    : the week of the shipment
    is_sold : it is the item sent itself, from stock
    own     : the line's own reservation and how many of the pieces count on it
    """

    line: Line
    item: str
    site: str
    bucket: int
    pieces: int
    stood_in_for: str
    lead_days: int
    pool: str
    ship: int = 0
    is_sold: bool = False
    own: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """Pieces of an item that leave for a line in a week."""

    line: Line
    item: str
    ship: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Use:
    """Hours used for a line, in millionths."""

    line: Line
    resource: str
    site: str
    bucket: int
    micro: int


@dataclass(slots=True)
class World:
    """
    What is there and what was taken of it.

    open_book : leaves and hours come without limit
    lifted    : restrictions do not count
    quotas    : quotas count
    others    : what quotas count beside what is sent and drawn here
    """

    book: SlowBook
    open_book: bool = False
    lifted: bool = False
    quotas: bool = False
    draws: dict[tuple[str, str, str], list[Draw]] = field(default_factory=dict)
    uses: dict[tuple[str, str, int], list[Use]] = field(default_factory=dict)
    sent: list[Sent] = field(default_factory=list)
    others: Counted | None = None

    def copy(self) -> World:
        """A world that can be changed while this one stays."""
        return World(self.book, self.open_book, self.lifted, self.quotas,
                     {key: list(draws) for key, draws in self.draws.items()},
                     {key: list(uses) for key, uses in self.uses.items()}, list(self.sent),
                     self.others)

    def all_draws(self) -> list[Draw]:
        """Every draw."""
        return [draw for draws in self.draws.values() for draw in draws]

    def all_uses(self) -> list[Use]:
        """Every use of hours."""
        return [use for uses in self.uses.values() for use in uses]

    def draw(self, draw: Draw) -> None:
        """Note a draw."""
        self.draws.setdefault((draw.item, draw.site, draw.pool), []).append(draw)

    def use(self, use: Use) -> None:
        """Note a use of hours."""
        self.uses.setdefault((use.resource, use.site, use.bucket), []).append(use)

    def forbids(self, line: Line, item: str) -> bool:
        """Whether pieces of the item must not be drawn for, or sent to, the line."""
        return not self.lifted and self.book.restricted(line, item)

    def counted(self) -> Counted:
        """What quotas count."""
        if self.others is None:
            return Counted(self.book, self.sent, self.all_draws())
        return Counted(self.others.book, self.others.sent + self.sent,
                       self.others.draws + self.all_draws())

    def may_send(self, line: Line, item: str, ship: int) -> int:
        """Pieces that quotas let a line send in a week."""
        return cap_left(self.counted(), line, item, ship) if self.quotas else ENDLESS

    def may_draw(self, line: Line, item: str, bucket: int, ship: int, is_sold: bool) -> int:
        """Pieces that quotas let a line draw; a sold piece from stock counts as sent already."""
        if not self.quotas or bucket < 0:
            return ENDLESS
        done = self.counted()
        left = reservation_left(done, line, item, bucket)
        return left if is_sold else min(left, cap_left(done, line, item, ship))

    def drawable(self, item: str, site: str, pool: str, bucket: int) -> int:
        """Pieces of a pool that can be drawn in a week: the smallest balance from it on."""
        if bucket < 0:
            return 0
        if self.open_book and item not in self.book.bom:
            return ENDLESS if pool == ANYBODY else 0
        rows = self.book.supply.get((item, site, pool), [])
        if not rows:
            return 0
        draws = self.draws.get((item, site, pool), [])
        return min(sum(row.pieces for row in rows if row.start <= week)
                   - sum(draw.pieces for draw in draws if draw.bucket <= week)
                   for week in range(bucket, self.book.horizon))

    def free_micro(self, resource: str, site: str, bucket: int) -> int:
        """Hours that are left in a week, in millionths."""
        there = self.book.hours.get((resource, site, bucket), 0)
        if there is None or self.open_book:
            return ENDLESS
        return there - sum(use.micro for use in self.uses.get((resource, site, bucket), []))
