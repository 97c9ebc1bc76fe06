"""
The `rank` policy, planned slowly and plainly.

It follows docs/explanation/planning-rules.md sentence by sentence. What can still be drawn is
counted from the list of all draws each time it is asked, and each trial of a shipment starts from
a copy; nothing is kept up to date on the side.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from headgate.tables.frames import Tables

from .slow_book import ANYBODY, Lane, Line, Pin, SlowBook, weeks_of
from .slow_limits import own_pieces
from .slow_world import Draw, Sent, Use, World


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
        if pieces > self.world.may_send(self.line, item, self.ship):
            self.succeeded = False
        self.world.sent.append(Sent(self.line, item, self.ship, pieces))
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
            pieces = min(wanted - taken, self.world.drawable(item, self.site, pool, bucket),
                         self.world.may_draw(self.line, item, bucket, self.ship, need.is_sold))
            if pieces > 0:
                own = own_pieces(self.world.counted(), self.line, item, bucket, pieces)
                self.world.draw(Draw(self.line, item, self.site, bucket, pieces,
                                     need.item if item != need.item else "", need.lead_days,
                                     pool, self.ship, need.is_sold, own))
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


def last_arrival(book: SlowBook, line: Line) -> int:
    """The last week in which a line's lanes can deliver."""
    return book.horizon - 1 + max((weeks_of(lane.transit_days) for lane in book.lanes_of(line)),
                                  default=0)


def plan_line(world: World, line: Line, any_week: bool = False,
              taken: int = 0) -> tuple[list[Allocation], World]:
    """
    What a line takes from a world, and the world after it.

    any_week : earliest and latest arrival do not count
    taken    : pieces that are placed already
    """
    last = last_arrival(world.book, line)
    first = 0 if any_week else max(0, line.earliest)
    if not any_week and line.latest is not None:
        last = min(last, line.latest)
    made: list[Allocation] = []
    for arrive in range(first, last + 1):
        wanted = line.pieces - taken - sum(row.pieces for row in made)
        if wanted == 0:
            break
        rows, after = ship_in_week(world, line, arrive, wanted)
        if line.complete and sum(row.pieces for row in rows) < wanted:
            continue
        made, world = made + rows, after
    return made, world


def plan_set(world: World, lines: list[Line],
             only: int | None = None) -> tuple[list[Allocation], World]:
    """
    What the lines of a ship set take: all their pieces in the first week in which all can have
    them, or nothing.

    lines : in rank order
    only  : the one week that is tried, whatever the windows
    """
    first = max(max(0, line.earliest) for line in lines)
    last = min(last_arrival(world.book, line) if line.latest is None
               else min(line.latest, last_arrival(world.book, line)) for line in lines)
    for arrive in range(first, last + 1) if only is None else [only]:
        made, after = [], world
        for line in lines:
            rows, after = ship_in_week(after, line, arrive, line.pieces)
            if sum(row.pieces for row in rows) < line.pieces:
                break
            made += rows
        else:
            return made, after
    return [], world


@dataclass(frozen=True, slots=True)
class SlowPlan:
    """
    A plan: the allocations of each line by rank, and the world they leave.

    fixed  : of the allocations those of pins and frozen lines; held : the world that they leave
    broken : pieces of each line by rank that are held and did not fit
    """

    book: SlowBook
    allocations: list[list[Allocation]]
    world: World
    fixed: list[list[Allocation]]
    held: World
    broken: list[int]

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
    fixed, held = hold(book, World(book, quotas=True))
    world, found = held, [list(rows) for rows in fixed]
    for line in book.lines:
        taken = _pieces(found[line.rank])
        if line.pieces == taken:
            continue
        if line.ship_set is None:
            made, world = plan_line(world, line, taken=taken)
        elif line is book.mates(line)[0]:
            made, world = plan_set(world, book.mates(line))
        else:
            made = []
        for row in made:
            found[row.line.rank].append(row)
    pinned = {line.rank: sum(pin.pieces for pin in book.pins if pin.line is line)
              for line in book.lines}
    broken = [(line.pieces if line.frozen else pinned[line.rank]) - _pieces(fixed[line.rank])
              for line in book.lines]
    return SlowPlan(book, [_joined(rows) for rows in found], world, fixed, held,
                    [max(0, pieces) for pieces in broken])


def hold(book: SlowBook, world: World) -> tuple[list[list[Allocation]], World]:
    """What pins and frozen lines hold, and the world after them: pins first, then frozen lines."""
    fixed: list[list[Allocation]] = [[] for _ in book.lines]
    for line in book.lines:
        mates = book.mates(line) if line.pieces else [line]
        pins = [pin for pin in book.pins if pin.line in mates]
        if line is mates[0] and pins:
            made, world = place_pins(world, pins, whole=line.complete)
            for row in made:
                fixed[row.line.rank].append(row)
    for line in book.lines:
        rest = line.pieces - _pieces(fixed[line.rank])
        if not (line.frozen and rest and line.promised is not None):
            continue
        if line.ship_set is None:
            made, after = ship_in_week(world, line, line.promised, rest)
            if not line.complete or _pieces(made) == rest:
                fixed[line.rank] += made
                world = after
        elif line is book.mates(line)[0]:
            made, world = plan_set(world, book.mates(line), only=line.promised)
            for row in made:
                fixed[row.line.rank].append(row)
    return fixed, world


def place_pins(world: World, pins: list[Pin], whole: bool) -> tuple[list[Allocation], World]:
    """
    What pins hold as far as it fits, and the world after them.

    whole : all of it or nothing
    """
    before, made = world, []
    for pin in pins:
        line = pin.line
        lane = next(lane for lane in world.book.lanes_of(line) if lane.site == pin.site)
        pieces = 0
        if 0 <= pin.ship < world.book.horizon and not world.forbids(line, line.item):
            pieces, world = provide(world, line, line.item, lane, pin.ship, pin.pieces)
        if pieces < pin.pieces and whole:
            return [], before
        if pieces:
            made.append(Allocation(line, line.item, pin.site, pin.ship,
                                   pin.ship + weeks_of(lane.transit_days), pieces))
    return made, world


def _pieces(rows: list[Allocation]) -> int:
    return sum(row.pieces for row in rows)


def _joined(rows: list[Allocation]) -> list[Allocation]:
    """One allocation for each item, site and week."""
    found: dict[tuple[str, str, int], Allocation] = {}
    for row in rows:
        key = (row.item, row.site, row.ship)
        more = found[key].pieces if key in found else 0
        found[key] = Allocation(row.line, row.item, row.site, row.ship, row.arrive,
                                row.pieces + more)
    return list(found.values())
