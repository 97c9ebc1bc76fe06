"""
What is placed before all others: pins and frozen promises, recomputed and found in the plan.

Both policies begin with the same held shipments, the ones that the rank rules give.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.verify.alone import Questions
from headgate.verify.explosion import line_name
from headgate.verify.facts import ALWAYS, Book
from headgate.verify.placing import NOTHING, Place, Placed, Placer, asking
from headgate.verify.quotas import Left, Quotas, untouched
from headgate.verify.rules import Findings
from headgate.verify.supply import Supply
from headgate.verify.walk import Trees, World

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
SHIPPED = ("line", "item", "site", "ship")
DRAWN = ("line", "item", "site", "drawn", "stood", "lead_days")


@dataclass(frozen=True, slots=True)
class Held:
    """
    The held shipments of a book.

    by_line : what each line with something held was given
    placed, broken : (lines,) pieces that are held and fit, and that do not
    balance : (pools, weeks) pieces that are left; hours : (resources, sites, weeks) left
    left    : of the quotas
    """

    by_line: dict[int, Placed]
    placed: Longs
    broken: Longs
    balance: Longs
    hours: Longs
    left: Left

    def holding(self, book: Book) -> set[int]:
        """
        Lines that a pin or a frozen promise holds: some of their pieces are placed by it, or it is
        due after the requested week.
        """
        lines = book.lines
        late = lines.frozen & (lines.open > 0) & (lines.promised > lines.requested)
        found = set(np.flatnonzero((self.placed > 0) | late).tolist())
        for line, site, ship, _ in book.pins.tolist():
            if ship + book.weeks[site, lines.region[line]] > lines.requested[line]:
                found.add(line)
        return found

    def shipments(self) -> pl.DataFrame:
        """line, item, site, ship and the pieces held, one row for each."""
        rows = [(line, row.item, row.site, row.ship, row.pieces)
                for line, given in self.by_line.items() for row in given.shipments]
        frame = pl.DataFrame(rows, schema=dict.fromkeys((*SHIPPED, "held"), pl.Int64),
                             orient="row")
        return frame.group_by(SHIPPED).agg(pl.col("held").sum())

    def draws(self) -> pl.DataFrame:
        """line, item, site, drawn, stood, lead_days and the pieces held, one row for each."""
        rows = [(line, row.item, row.site, row.bucket, row.stood, row.days, row.pieces)
                for line, given in self.by_line.items() for row in given.draws]
        frame = pl.DataFrame(rows, schema=dict.fromkeys((*DRAWN, "held"), pl.Int64), orient="row")
        return frame.group_by(DRAWN).agg(pl.col("held").sum())


def hold(book: Book, supply: Supply, trees: Trees, quotas: Quotas) -> Held:
    """All pins in rank order, then all frozen lines in rank order, as far as they fit."""
    nothing = np.zeros(len(book.lines), dtype=np.int64)
    if not len(book.pins) and not book.lines.frozen.any():
        return Held({}, nothing, nothing, supply.there, book.hours, untouched(quotas))
    holder = _Holder(book, supply, trees, quotas)
    holder.place_pins()
    holder.keep_promises()
    return holder.held(supply)


class _Holder:
    """Places what is held, a line or a ship set after the other."""

    def __init__(self, book: Book, supply: Supply, trees: Trees, quotas: Quotas) -> None:
        self.book, self.kind = book, quotas.kind
        self.questions = Questions(book, supply)
        world = World(supply, supply.there.tolist(), book.hours.tolist())
        self.placer = Placer(world, trees, book.banned.tolist(), book.calendar.horizon)
        self.place = Place({}, untouched(quotas))
        self.by_line: dict[int, Placed] = {}
        self.claimed = np.zeros(len(book.lines), dtype=np.int64)
        self.mates = sets_of(book)

    def _units(self, chosen: Bools) -> list[list[int]]:
        """Lines in rank order; a ship set in the turn of its best line."""
        lines, seen, units = self.book.lines, set(), []
        for line in lines.by_rank[chosen[lines.by_rank]].tolist():
            ship_set = int(lines.ship_set[line])
            if ship_set < 0:
                units.append([line])
            elif ship_set not in seen:
                seen.add(ship_set)
                units.append(self.mates[ship_set])
        return units

    def place_pins(self) -> None:
        """Pins as far as they fit; those of lines that arrive whole all or none."""
        book = self.book
        pins: dict[int, list[tuple[int, int, int]]] = {}
        for line, site, ship, pieces in book.pins.tolist():
            pins.setdefault(line, []).append((site, ship, pieces))
            self.claimed[line] += pieces
        pinned = self.claimed > 0
        for unit in self._units(pinned):
            made, after = self._pinned([(line, pin) for line in unit for pin in pins.get(line, ())])
            whole = all(given.pieces == self.claimed[line] for line, given in made.items())
            if whole or not book.lines.complete[unit[0]]:
                self._keep(made, after)

    def _pinned(self, pins: list[tuple[int, tuple[int, int, int]]],
                ) -> tuple[dict[int, Placed], Place]:
        """What pins are given one after the other, each of its line's own item."""
        made: dict[int, Placed] = {}
        place = self.place
        for line, (site, ship, pieces) in pins:
            question = self.questions.of(line)
            given = NOTHING
            if 0 <= ship < self.placer.horizon:
                weeks = int(self.book.weeks[site, self.book.lines.region[line]])
                given, place = self.placer.provide(
                    place, question, int(self.kind[line]), question.items[0], site, ship,
                    ship + weeks, pieces)
            made[line] = made.get(line, NOTHING).plus(given)
        return made, place

    def keep_promises(self) -> None:
        """Frozen lines in the bucket of their promise."""
        lines = self.book.lines
        rest = lines.open - self._placed()
        frozen = lines.frozen & (lines.promised > -ALWAYS) & (rest > 0)
        for unit in self._units(frozen):
            asked = [(asking(self.questions.of(line), int(rest[line])), int(self.kind[line]))
                     for line in unit]
            bucket = int(lines.promised[unit[0]])
            if lines.ship_set[unit[0]] >= 0:
                given, after = self.placer.together(self.place, asked, bucket)
                self._keep(dict(zip(unit, given, strict=True)), after)
                continue
            (question, kind), = asked
            made, after = self.placer.arrive(self.place, question, kind, bucket, question.pieces)
            if made.pieces == question.pieces or not question.complete:
                self._keep({unit[0]: made}, after)
        still = lines.frozen & (lines.promised > -ALWAYS)
        self.claimed = np.where(still, lines.open, self.claimed)

    def _keep(self, made: dict[int, Placed], after: Place) -> None:
        for line, given in made.items():
            self.by_line[line] = self.by_line.get(line, NOTHING).plus(given)
        self.place = after

    def _placed(self) -> Longs:
        placed = np.zeros(len(self.book.lines), dtype=np.int64)
        for line, given in self.by_line.items():
            placed[line] = given.pieces
        return placed

    def held(self, supply: Supply) -> Held:
        """What was placed, and what it leaves."""
        balance, hours = supply.there.copy(), self.book.hours.copy()
        for site, walk in self.place.walks.items():
            for pool, row in walk.balance.items():
                balance[pool] = row
            for (resource, bucket), micro in walk.used.items():
                hours[resource, site, bucket] -= micro
        unlimited = self.book.hours >= 2**62
        placed = self._placed()
        left = self.place.left
        assert left is not None
        return Held(self.by_line, placed, np.maximum(0, self.claimed - placed), balance,
                    np.where(unlimited, self.book.hours, hours), left)


def sets_of(book: Book) -> dict[int, list[int]]:
    """The open lines of each ship set in rank order."""
    lines = book.lines
    mates: dict[int, list[int]] = {}
    for line in lines.by_rank[(lines.ship_set[lines.by_rank] >= 0)
                              & (lines.open[lines.by_rank] > 0)].tolist():
        mates.setdefault(int(lines.ship_set[line]), []).append(line)
    return mates


def rest_of(book: Book, supply: Supply, held: Held) -> tuple[Book, Supply]:
    """The book and its supply without what is held: open pieces, hours, and pieces to draw."""
    there = np.minimum.accumulate(held.balance[:, ::-1], axis=1)[:, ::-1]
    received = np.diff(there, axis=1, prepend=0)
    pool, start = np.nonzero(received)
    lines = replace(book.lines, open=book.lines.open - held.placed)
    return (replace(book, lines=lines, hours=held.hours),
            replace(supply, pool=pool, start=start, quantity=received[pool, start], there=there,
                    reference=np.full(len(pool), -1, dtype=np.int64)))


def without_limits(book: Book) -> Book:
    """A book whose held lines may arrive in any week, from any site, and none with others."""
    lines = book.lines
    held = lines.frozen.copy()
    held[book.pins[:, 0]] = True
    sets = np.unique(lines.ship_set[held & (lines.ship_set >= 0)])
    held |= np.isin(lines.ship_set, sets)
    return replace(book, lines=replace(
        lines, earliest=np.where(held, 0, lines.earliest),
        latest=np.where(held, ALWAYS, lines.latest), site=np.where(held, -1, lines.site),
        ship_set=np.where(held, -1, lines.ship_set)))


def check_held(held: Held, shipments: dict[str, Longs], draws: dict[str, Longs] | None,
               book: Book, findings: Findings) -> None:
    """
    What is held is part of the plan: the shipments, and what they draw.

    shipments : line, item, site, ship, quantity
    draws     : line, item, site, drawn, stood, lead_days, quantity; None where pins stand beside
                promises, and may draw what the rules would not take first
    """
    ids, calendar = book.ids, book.calendar
    lacking = _lacking(held.shipments(), shipments, SHIPPED)
    findings.add_rows(
        "check.held.allocation", "allocations", "quantity", np.arange(len(lacking)),
        lambda k: lacking[k]["there"],
        lambda k: f"must be at least {lacking[k]['held']} pieces of "
        f"{ids.items[lacking[k]['item']]} for {line_name(lacking[k]['line'], book)} from "
        f"{ids.sites[lacking[k]['site']]} in the week of {calendar.day(lacking[k]['ship'])}: so "
        "many are held by a pin or a frozen promise, and fit", numbered=False)
    if draws is None:
        return
    missing = _lacking(held.draws(), draws, DRAWN)
    findings.add_rows(
        "check.held.draws", "pegging", "quantity", np.arange(len(missing)),
        lambda k: missing[k]["there"],
        lambda k: f"must be at least {missing[k]['held']} pieces of "
        f"{ids.items[missing[k]['item']]} at {ids.sites[missing[k]['site']]} in the week of "
        f"{calendar.day(missing[k]['drawn'])} for {line_name(missing[k]['line'], book)}: what is "
        "held draws so many", numbered=False)


def _lacking(held: pl.DataFrame, plan: dict[str, Longs],
             key: tuple[str, ...]) -> list[dict[str, int]]:
    """The rows of what is held of which the plan has fewer pieces, with those `there`."""
    rows = pl.DataFrame({name: plan[name] for name in (*key, "quantity")})
    summed = rows.group_by(key).agg(there=pl.col("quantity").sum())
    return held.join(summed, on=key, how="left").with_columns(
        pl.col("there").fill_null(0)).filter(pl.col("there") < pl.col("held")).sort(key).to_dicts()
