"""Which supply row serves which draw: FIFO, by the slow planner's draws."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from .slow_book import ANYBODY, Line, SlowBook, SupplyRow
from .slow_planner import SlowPlan
from .slow_world import Draw, World


@dataclass(frozen=True, slots=True)
class Peg:
    """Pieces of one supply row that serve one draw."""

    draw: Draw
    row: SupplyRow
    pieces: int


def pegs_of(plan: SlowPlan) -> list[Peg]:
    """
    Every draw, pegged: first each customer's own rows, then the rows for anybody.

    The pool that the planner drew from does not count here, only what was drawn and when.
    """
    draws = plan.world.all_draws()
    return [peg for item, site in sorted({(draw.item, draw.site) for draw in draws})
            for peg in _pegs_of_place(plan.book, item, site, draws)]


def _pegs_of_place(book: SlowBook, item: str, site: str, draws: list[Draw]) -> list[Peg]:
    waiting = _merged(draw for draw in draws if (draw.item, draw.site) == (item, site))
    missing = [draw.pieces for draw in waiting]
    pegs = []
    for own in (True, False):
        left: dict[tuple[str, int], int] = {}
        for place, draw in enumerate(waiting):
            pool = draw.line.customer if own else ANYBODY
            rows = sorted(book.supply.get((item, site, pool), []),
                          key=lambda row: (row.start, row.available_on, row.reference.encode()))
            for number, row in enumerate(rows):
                pieces = min(missing[place], left.setdefault((pool, number), row.pieces))
                if row.start <= draw.bucket and pieces:
                    left[pool, number] -= pieces
                    missing[place] -= pieces
                    pegs.append(Peg(draw, row, pieces))
    assert not any(missing), "the rows reach for every draw"
    return pegs


def _merged(draws: Iterable[Draw]) -> list[Draw]:
    """Draws of one line, week, component called for and lead days as one, in pegging order."""
    pieces: dict[tuple[Line, int, str, int], Draw] = {}
    for draw in draws:
        key = (draw.line, draw.bucket, draw.stood_in_for, draw.lead_days)
        pieces[key] = replace(draw, pieces=draw.pieces + (pieces[key].pieces if key in pieces
                                                          else 0))
    return [pieces[key] for key in sorted(pieces, key=lambda key: (
        key[1], key[0].rank, key[2].encode(), key[3]))]


def left_by_others(plan: SlowPlan, line: Line) -> World:
    """What all other lines leave of the book; the pool of a piece is that of its pegged row."""
    world = World(plan.book)
    for peg in pegs_of(plan):
        if peg.draw.line is not line:
            world.draw(replace(peg.draw, pieces=peg.pieces, pool=peg.row.pool))
    for use in plan.world.all_uses():
        if use.line is not line:
            world.use(use)
    return world
