"""
The explosion of shipments into draws and hours, followed without a choice.

The needs of one line's shipments from one site in one week are classed by (item, lead days). Of
each class the draws are known; what was not drawn was made, and becomes needs of the class's
components. Items are taken level by level, parents before components.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.verify.allocations import Shipments
from headgate.verify.facts import Book
from headgate.verify.rules import MOST_SHOWN, Findings
from headgate.verify.structure import Structure

Longs = NDArray[np.int64]

GROUP = ("line", "site", "ship")
"""What a class of needs belongs to, besides its item and lead days."""
MOST_ROWS = 150_000
"""Shipments that are exploded at once; more would only take more memory."""


def bucket_at(ship: pl.Expr, days: pl.Expr) -> pl.Expr:
    """The bucket that lies so many days before a shipment, rounded up to weeks."""
    return ship - (days + 6) // 7


@dataclass(frozen=True, slots=True)
class Made:
    """
    What making pieces asks for.

    needs  : the group's columns, item, lead_days, pieces
    hours  : the group's columns, resource, drawn, micro
    cannot : the rows of `made` in whose week the item cannot be made
    """

    needs: pl.DataFrame
    hours: pl.DataFrame
    cannot: pl.DataFrame


def make(made: pl.DataFrame, structure: Structure, clamp: bool) -> Made:
    """
    The needs and hours of made pieces.

    made  : the group's columns, item, lead_days, made (> 0)
    clamp : buckets below 0 count as bucket 0, as in what is wanted; else nothing is made there
    """
    lead = pl.DataFrame({"item": np.arange(len(structure.lead)), "lead": structure.lead})
    made = made.join(lead, on="item", how="left", maintain_order="left").with_columns(
        parts_days=pl.col("lead_days") + pl.col("lead"))
    made = made.with_columns(parts=bucket_at(pl.col("ship"), pl.col("parts_days")))
    if clamp:
        made = made.with_columns(parts=pl.max_horizontal("parts", 0))
    made = made.with_row_index("row")
    below = made.join(structure.bom, left_on="item", right_on="parent", how="inner").filter(
        (pl.col("parts") >= 0) & (pl.col("hold_from") <= pl.col("parts"))
        & (pl.col("parts") <= pl.col("hold_to")))
    can = made.join(below.select("row").unique(), on="row", how="semi")
    groups = [name for name in GROUP if name in made.columns]
    needs = below.select(*groups, item="component", lead_days="parts_days",
                         pieces=pl.col("made") * pl.col("pieces"))
    hours = can.join(structure.steps, on="item", how="inner").select(
        *groups, "resource",
        drawn=bucket_at(pl.col("ship"), pl.col("lead_days") + pl.col("later")),
        micro=pl.col("made") * pl.col("micro"))
    return Made(needs, hours, made.join(can.select("row"), on="row", how="anti"))


@dataclass(frozen=True, slots=True)
class Explosion:
    """
    What the shipments of a plan draw and use.

    draws : line, item, site, drawn, stood (-1 none), lead_days, ship, quantity; every draw
    hours : line, resource, site, drawn, micro; of every line, summed
    """

    draws: pl.DataFrame
    hours: pl.DataFrame


def draws_of(pegging: dict[str, Longs]) -> pl.DataFrame:
    """The draws that the pegging shows, with the ship week that each is for."""
    frame = pl.DataFrame({name: pegging[name] for name in
                          ("line", "item", "site", "drawn", "stood", "lead_days", "quantity")})
    grouped = frame.group_by("line", "item", "site", "drawn", "stood", "lead_days",
                             maintain_order=True).agg(pl.col("quantity").sum())
    return grouped.with_columns(ship=pl.col("drawn") + (pl.col("lead_days") + 6) // 7)


def explode(shipments: Shipments, draws: pl.DataFrame, unpegged: Longs, book: Book,
            structure: Structure, findings: Findings) -> Explosion:
    """
    Follow every shipment down to its draws, and note where they do not fit.

    draws    : as `draws_of` gives them
    unpegged : leaves whose draws the plan does not list, because they follow from the needs
    """
    sent = pl.DataFrame({"line": shipments.line, "site": shipments.site, "ship": shipments.ship,
                         "item": shipments.item, "pieces": shipments.quantity})
    known, hours = [draws], []
    for first, end, low, high in _parts(shipments.line, len(book.lines)):
        part = _Part(book, structure, unpegged, findings)
        part.explode(sent[first:end], draws.filter(pl.col("line").is_between(low, high)))
        known.extend(part.added)
        hours.extend(part.hours)
    return Explosion(pl.concat(known), pl.concat(hours) if hours else _NO_HOURS)


_NO_HOURS = pl.DataFrame(schema={"line": pl.Int64, "resource": pl.Int64, "site": pl.Int64,
                                 "drawn": pl.Int64, "micro": pl.Int64})


def _parts(line: Longs, lines: int) -> list[tuple[int, int, int, int]]:
    """The shipments in parts: first row, end, and the lines from and to which a part reaches."""
    parts, first, low = [], 0, 0
    while low < lines:
        end, high = len(line), lines - 1
        if end - first > MOST_ROWS:
            high = int(line[first + MOST_ROWS - 1])
            end = int(np.searchsorted(line, high, side="right"))
        parts.append((first, end, low, high))
        first, low = end, high + 1
    return parts


class _Part:
    """The explosion of a part of the shipments."""

    def __init__(self, book: Book, structure: Structure, unpegged: Longs,
                 findings: Findings) -> None:
        self.book, self.structure, self.findings = book, structure, findings
        self.unpegged = unpegged
        self.added: list[pl.DataFrame] = []
        self.hours: list[pl.DataFrame] = []

    def explode(self, sent: pl.DataFrame, draws: pl.DataFrame) -> None:
        """Level by level from the items sent to the leaves."""
        key = (*GROUP, "item", "lead_days")
        own = draws.filter(pl.col("stood") < 0).select(*key, own="quantity")
        stood = draws.filter(pl.col("stood") >= 0).with_columns(item="stood").group_by(key).agg(
            stood=pl.col("quantity").sum())
        top = sent.with_columns(lead_days=pl.lit(0, dtype=pl.Int64), sent=pl.col("pieces"))
        waiting = [top]
        needed: list[pl.DataFrame] = []
        while waiting:
            needs = self._of_next_level(waiting)
            needs = needs.join(own, on=key, how="left").join(stood, on=key, how="left")
            needs = self._with_unpegged(needs).with_columns(
                pl.col("own").fill_null(0), pl.col("stood").fill_null(0))
            needs = needs.with_columns(made=pl.col("pieces") - pl.col("own") - pl.col("stood"))
            self._check_level(needs)
            needed.append(needs.select(key))
            made = needs.filter((pl.col("made") > 0) & pl.col("has_bom"))
            if made.height:
                waiting.append(self._below(made))
        self._check_needed(draws, needed, key)

    def _of_next_level(self, waiting: list[pl.DataFrame]) -> pl.DataFrame:
        """The needs of the highest level that waits, summed by class; the others stay waiting."""
        book, level = self.book, self.structure.level
        together = pl.concat(waiting)
        at = level[together["item"].to_numpy()]
        here = at == at.min() if len(at) else np.zeros(0, dtype=np.bool_)
        rest = together.filter(pl.Series(~here, dtype=pl.Boolean))
        waiting[:] = [rest] if rest.height else []
        needs = together.filter(pl.Series(here, dtype=pl.Boolean)).group_by(
            *GROUP, "item", "lead_days").agg(pl.col("pieces").sum(), pl.col("sent").sum())
        return needs.with_columns(
            has_bom=pl.Series(book.made[needs["item"].to_numpy()], dtype=pl.Boolean))

    def _with_unpegged(self, needs: pl.DataFrame) -> pl.DataFrame:
        """Leaves that are not pegged were drawn as needed."""
        if len(self.unpegged) == 0:
            return needs
        leaf = pl.Series(np.isin(needs["item"].to_numpy(), self.unpegged), dtype=pl.Boolean)
        follows = needs.select(leaf & pl.col("own").is_null()).to_series()
        needs = needs.with_columns(own=pl.when(follows).then(
            pl.col("pieces") - pl.col("stood").fill_null(0)).otherwise("own"))
        self.added.append(needs.filter(follows & (needs["own"] > 0)).select(
            "line", "item", "site", drawn=bucket_at(pl.col("ship"), pl.col("lead_days")),
            stood=pl.lit(-1, dtype=pl.Int64), lead_days="lead_days", quantity="own", ship="ship"))
        return needs

    def _below(self, made: pl.DataFrame) -> pl.DataFrame:
        """The needs of what is made, its hours noted."""
        result = make(made.select(*GROUP, "item", "lead_days", "made"), self.structure, False)
        names = self.book.ids
        note_rows(
            self.findings, "check.explosion.make", "allocations", result.cannot,
            lambda row: _shipment(row, self.book),
            lambda row: f"must not need {row['made']} made pieces of {names.items[row['item']]} "
            f"{row['lead_days']} days before the ship week: it cannot be made then")
        self.hours.append(result.hours.group_by("line", "resource", "site", "drawn").agg(
            pl.col("micro").sum()))
        return result.needs.with_columns(sent=pl.lit(0, dtype=pl.Int64)).select(
            "line", "site", "ship", "item", "pieces", "lead_days", "sent")

    def _check_level(self, needs: pl.DataFrame) -> None:
        """Leaves are drawn exactly, made items not beyond their need, the sold piece as itself."""
        wrong = needs.filter((pl.col("made") < 0) | (~pl.col("has_bom") & (pl.col("made") > 0))
                             | (pl.col("stood") > pl.col("pieces") - pl.col("sent"))
                             | (pl.col("has_bom") & (pl.col("stood") > 0)))
        names = self.book.ids
        note_rows(
            self.findings, "check.explosion.draws", "pegging", wrong,
            lambda row: _shipment(row, self.book),
            lambda row: f"must draw {'at most ' if row['has_bom'] else ''}{row['pieces']} pieces "
            f"of {names.items[row['item']]} {row['lead_days']} days before the ship week, "
            f"recomputed from the allocations; {row['own']} are drawn and {row['stood']} replaced")

    def _check_needed(self, draws: pl.DataFrame, needed: list[pl.DataFrame],
                      key: tuple[str, ...]) -> None:
        """Every draw answers a need."""
        asked = draws.with_columns(
            item=pl.when(pl.col("stood") < 0).then("item").otherwise("stood"), drew="item")
        stray = asked.join(pl.concat(needed), on=key, how="anti") if needed else asked
        names = self.book.ids.items
        note_rows(
            self.findings, "check.explosion.unneeded", "pegging", stray,
            lambda row: f"{row['quantity']} pieces of {names[row['drew']]} for "
            f"{_shipment(row, self.book)}",
            lambda _: "must be needed by a shipment of the line; no shipment needs it")


def note_rows(findings: Findings, code: str, table: str, rows: pl.DataFrame,
              value: Callable[[dict[str, Any]], str],
              expected: Callable[[dict[str, Any]], str]) -> None:
    """Note a violation for each row of a frame, in the order of its columns' values."""
    if rows.height == 0:
        return
    shown = rows.sort(rows.columns).head(MOST_SHOWN).to_dicts()
    findings.add_rows(code, table, None, np.arange(rows.height), lambda k: value(shown[k]),
                      lambda k: expected(shown[k]), numbered=False)


def _shipment(row: dict[str, int], book: Book) -> str:
    """A shipment as people name it."""
    return (f"{line_name(row['line'], book)} from {book.ids.sites[row['site']]} "
            f"in the week of {book.calendar.day(row['ship'])}")


def line_name(line: int, book: Book) -> str:
    """An order line as ORDER/LINE."""
    lines = book.lines
    return f"{lines.orders[int(lines.key_order[line])]}/{int(lines.key_line[line])}"

