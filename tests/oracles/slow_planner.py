"""
The `rank` policy, planned slowly and plainly.

It follows docs/explanation/planning-rules.md sentence by sentence. What can still be drawn is
counted from the list of all draws each time it is asked, and each trial of a shipment starts from
a copy; nothing is kept up to date on the side.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from headgate.tables.frames import Tables

from .slow_book import ANYBODY, Lane, Line, SlowBook, weeks_of

ENDLESS = 10**30
"""More pieces or hours than any book can ask for."""


@dataclass(frozen=True, slots=True)
class Draw:
    """Pieces drawn from supply for a line; `stood_in_for` is blank unless a substitute was."""

    line: Line
    item: str
    site: str
    bucket: int
    pieces: int
    stood_in_for: str
    lead_days: int
    pool: str


@dataclass(frozen=True, slots=True)
class Use:
    """Hours used for a line, in millionths."""

    line: Line
    resource: str
    site: str
    bucket: int
    micro: int


@dataclass(frozen=True, slots=True)
class Allocation:
    """Pieces shipped for a line."""

    line: Line
    item: str
    site: str
    ship: int
    arrive: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Need:
    """
    Pieces of an item that must be there `lead_days` before the shipment.

    is_sold : it is the item sent itself; only pieces below that one have substitutes
    """

    item: str
    lead_days: int
    pieces: int
    is_sold: bool = False


@dataclass(slots=True)
class World:
    """
    What is there and what was taken of it.

    open_book : leaves and hours come without limit
    lifted    : restrictions do not count
    """

    book: SlowBook
    open_book: bool = False
    lifted: bool = False
    draws: dict[tuple[str, str, str], list[Draw]] = field(default_factory=dict)
    uses: dict[tuple[str, str, int], list[Use]] = field(default_factory=dict)

    def copy(self) -> World:
        """A world that can be changed while this one stays."""
        return World(self.book, self.open_book, self.lifted,
                     {key: list(draws) for key, draws in self.draws.items()},
                     {key: list(uses) for key, uses in self.uses.items()})

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


@dataclass(frozen=True, slots=True)
class StepUse:
    """A step of the walk: what it needs, and how many days before the shipment it ends."""

    resource: str
    bucket: int
    offset_days: int
    micro: int


@dataclass(frozen=True, slots=True)
class LeafNeed:
    """A leaf of the walk, and how many of its pieces were not found."""

    need: Need
    bucket: int
    missing: int


@dataclass(slots=True)
class Walk:
    """
    One pass over the needs of a shipment, in its own copy of the world.

    It goes on where something is missing, before bucket 0 too, so that it also shows all that a
    shipment lacks; `succeeded` tells whether nothing was. In buckets below 0 nothing can be
    drawn, so a walk that gets there does not succeed.
    """

    world: World
    line: Line
    site: str
    ship: int
    succeeded: bool = True
    leaves: list[LeafNeed] = field(default_factory=list)
    steps: list[StepUse] = field(default_factory=list)

    def run(self, item: str, pieces: int) -> Walk:
        """Serve all needs of so many pieces of an item, in walk order."""
        book = self.world.book
        waiting: list[Need] = [Need(item, 0, pieces, is_sold=True)]
        leaves: list[Need] = []
        while waiting:
            need = waiting.pop(0)
            if need.item in book.bom:
                waiting.extend(self._serve(need))
            else:
                leaves.append(need)
        for need in leaves:
            if need.item not in book.substitutes:
                self._serve(need)
        for need in leaves:
            if need.item in book.substitutes:
                self._serve(need)
        return self

    def _serve(self, need: Need) -> list[Need]:
        """Meet a need from stock, by making it or from substitutes; returns the needs below."""
        book, bucket = self.world.book, self.ship - weeks_of(need.lead_days)
        rest = need.pieces - self._take(need, need.item, bucket, need.pieces)
        lead_days = need.lead_days + book.lead_days(need.item)
        parts_bucket = self.ship - weeks_of(lead_days)
        rows = book.holding(need.item, parts_bucket)
        if rows and rest:
            self._make(need, rest)
            return [Need(row.component, lead_days, rest * row.quantity) for row in rows]
        if not need.is_sold:
            for sub in book.choices(need.item, bucket):
                rest -= self._take(need, sub.item, bucket, rest)
        if rest:
            self.succeeded = False
        if need.item not in book.bom and need.pieces:
            self.leaves.append(LeafNeed(need, bucket, rest))
        return []

    def _take(self, need: Need, item: str, bucket: int, wanted: int) -> int:
        """Draw what there is, from the customer's own pieces first; returns the pieces taken."""
        if self.world.forbids(self.line, item):
            return 0
        taken = 0
        for pool in (self.line.customer, ANYBODY):
            pieces = min(wanted - taken, self.world.drawable(item, self.site, pool, bucket))
            if pieces > 0:
                self.world.draw(Draw(self.line, item, self.site, bucket, pieces,
                                     need.item if item != need.item else "", need.lead_days,
                                     pool))
                taken += pieces
        return taken

    def _make(self, need: Need, pieces: int) -> None:
        """Use the hours of all steps of making so many pieces."""
        steps = self.world.book.steps.get(need.item, [])
        for number, step in enumerate(steps):
            later = sum(after.lead_days for after in steps[number + 1:])
            offset_days = need.lead_days + later
            bucket = self.ship - weeks_of(offset_days)
            micro = pieces * step.micro
            if micro > self.world.free_micro(step.resource, self.site, bucket):
                self.succeeded = False
            self.world.use(Use(self.line, step.resource, self.site, bucket, micro))
            self.steps.append(StepUse(step.resource, bucket, offset_days, micro))


def provide(world: World, line: Line, item: str, lane: Lane, ship: int,
            most: int) -> tuple[int, World]:
    """
    The most pieces that a site can ship in a week, at most `most`, and the world after it.

    The number of lots is found by halving: if so many can be shipped, so can fewer.
    """
    pieces, after = 0, world
    low, high = 0, most // line.lot
    lots = min(1, high)
    while low < high:
        walk = Walk(world.copy(), line, lane.site, ship).run(item, lots * line.lot)
        if walk.succeeded:
            low, pieces, after = lots, lots * line.lot, walk.world
        else:
            high = lots - 1
        lots = (low + high + 1) // 2
    return pieces, after


def ship_in_week(world: World, line: Line, arrive: int,
                 wanted: int) -> tuple[list[Allocation], World]:
    """What a line takes in one arrival week: own item first, then accepted ones, nearest site."""
    made: list[Allocation] = []
    for item in dict.fromkeys((line.item, *line.accepts)):
        if world.forbids(line, item):
            continue
        for lane in world.book.lanes_of(line):
            ship = arrive - weeks_of(lane.transit_days)
            if 0 <= ship < world.book.horizon:
                pieces, world = provide(world, line, item, lane, ship, wanted)
                wanted -= pieces
                if pieces:
                    made.append(Allocation(line, item, lane.site, ship, arrive, pieces))
    return made, world


def plan_line(world: World, line: Line, any_week: bool = False) -> tuple[list[Allocation], World]:
    """
    What a line takes from a world, and the world after it.

    any_week : earliest and latest arrival do not count
    """
    last = world.book.horizon - 1 + max(
        (weeks_of(lane.transit_days) for lane in world.book.lanes_of(line)), default=0)
    first = 0 if any_week else max(0, line.earliest)
    if not any_week and line.latest is not None:
        last = min(last, line.latest)
    made: list[Allocation] = []
    for arrive in range(first, last + 1):
        wanted = line.pieces - sum(row.pieces for row in made)
        rows, after = ship_in_week(world, line, arrive, wanted)
        if line.complete and sum(row.pieces for row in rows) < line.pieces:
            continue
        made, world = made + rows, after
        if sum(row.pieces for row in made) == line.pieces:
            break
    return made, world


@dataclass(frozen=True, slots=True)
class SlowPlan:
    """A plan: the allocations of each line by rank, and the world they leave."""

    book: SlowBook
    allocations: list[list[Allocation]]
    world: World

    def status(self, line: Line) -> str:
        """The status word of a line."""
        if line.pieces == 0:
            return "shipped"
        return status_of(line, self.allocations[line.rank])


def status_of(line: Line, rows: list[Allocation]) -> str:
    """The status that so many allocations give a line with open pieces."""
    if not rows:
        return "unplanned"
    if sum(row.pieces for row in rows) < line.pieces:
        return "short"
    return "on_time" if max(row.arrive for row in rows) <= line.requested else "late"


def slow_plan(tables: Tables) -> SlowPlan:
    """The `rank` plan of a checked book."""
    book = SlowBook(tables)
    world = World(book)
    allocations = []
    for line in book.lines:
        made, world = plan_line(world, line) if line.pieces else ([], world)
        allocations.append(made)
    return SlowPlan(book, allocations, world)
