"""
Hours that a plan uses of every resource, followed from its tables.

A plan's tables say what is shipped and what is drawn. What is needed and not drawn was made, and
what was made used the hours of its steps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from graphlib import TopologicalSorter

import polars as pl

from headgate.base.calendar import bucket_of
from headgate.book import Book
from headgate.catalog.explosion import BomRow, Step, bom_rows, routing_steps
from headgate.tables.plan_schema import PlanFrames
from headgate.tables.schema import MICRO, UNLIMITED_MICRO

Needs = dict[int, dict[tuple[str, int, int], int]]
"""Pieces of each item by (site, ship bucket, lead days to the shipment)."""


def resource_load(book: Book, plan: PlanFrames) -> pl.DataFrame:
    """
    Used and available hours of each resource, by site and week of the horizon.

    returns : resource_id, site_id, week (Monday), used, there (hours; null without limit), in the
              order of (resource_id, site_id, week); only resources and sites that have hours
    source  : docs/explanation/planning-rules.md, "What one sold piece needs"
    """
    used = _used_micro(book, plan)
    rows: list[tuple[str, str, int, float, float | None]] = []
    for resource, name in enumerate(book.resources.ids):
        for site, place in enumerate(book.sites.ids):
            row = int(book.hours.row[resource, site])
            if row < 0:
                continue
            for bucket, there in enumerate(book.hours.micro[row].tolist()):
                spent = used.get((resource, place, bucket), 0)
                limit = None if there >= UNLIMITED_MICRO else there / MICRO
                rows.append((name, place, bucket, spent / MICRO, limit))
    frame = pl.DataFrame(rows, orient="row", schema={
        "resource_id": pl.String, "site_id": pl.String, "bucket": pl.Int64,
        "used": pl.Float64, "there": pl.Float64})
    monday = pl.lit(book.first_monday) + pl.duration(weeks=pl.col("bucket"))
    return (frame.with_columns(week=monday.cast(pl.Date)).sort("resource_id", "site_id", "week")
            .select("resource_id", "site_id", "week", "used", "there"))


def _used_micro(book: Book, plan: PlanFrames) -> dict[tuple[int, str, int], int]:
    """Millionths of an hour used by (resource, site, bucket); only what is used has a key."""
    frames, as_of = book.tables.frames, book.settings.as_of
    bom = bom_rows(frames["bom"], book.items, as_of)
    steps = routing_steps(frames["routing"], book.items, book.resources)
    needs = _shipped(book, plan)
    drawn = _drawn(book, plan)
    used: dict[tuple[int, str, int], int] = defaultdict(int)
    for item in _parents_first(bom):
        for (site, shipped, days), pieces in needs[item].items():
            made = pieces - drawn.get((item, site, shipped, days), 0)
            if made <= 0:
                continue
            later = _spend(used, steps.get(item, ()), (site, shipped, days), made)
            drawn_in = shipped - _weeks(days + later)
            for row in bom[item]:
                if row.component in bom and row.hold_from <= drawn_in <= row.hold_to:
                    needs[row.component][site, shipped, days + later] += made * row.quantity
    return used


def _spend(used: dict[tuple[int, str, int], int], steps: Sequence[Step],
           need: tuple[str, int, int], made: int) -> int:
    """Books the hours of making an item in the week in which each step ends; its lead days."""
    site, shipped, days = need
    later = 0
    for step in reversed(steps):
        used[step.resource, site, shipped - _weeks(days + later)] += made * step.hours_micro
        later += step.lead_days
    return later


def _parents_first(bom: Mapping[int, Sequence[BomRow]]) -> list[int]:
    """Items that can be made, every parent before the items that go into it."""
    parts = {item: {row.component for row in rows if row.component in bom}
             for item, rows in bom.items()}
    return list(TopologicalSorter(parts).static_order())[::-1]


def _shipped(book: Book, plan: PlanFrames) -> Needs:
    needs: Needs = defaultdict(lambda: defaultdict(int))
    place = {name: k for k, name in enumerate(book.items.ids)}
    shipments = plan.frames["allocations"].group_by("item_id", "site_id", "ship_on").agg(
        pl.col("quantity").sum())
    for item, site, ship_on, pieces in shipments.iter_rows():
        needs[place[item]][site, bucket_of(ship_on, book.settings.as_of), 0] += pieces
    return needs


def _drawn(book: Book, plan: PlanFrames) -> dict[tuple[int, str, int, int], int]:
    """Pieces that met a need from stock, by (item, site, ship bucket, lead days)."""
    place = {name: k for k, name in enumerate(book.items.ids)}
    drawn: dict[tuple[int, str, int, int], int] = defaultdict(int)
    own = plan.frames["consumption"].filter(pl.col("stood_in_for").is_null())
    columns = ("item_id", "site_id", "drawn_on", "lead_days", "quantity")
    for item, site, drawn_on, days, pieces in own.select(columns).iter_rows():
        shipped = bucket_of(drawn_on + timedelta(weeks=_weeks(days)), book.settings.as_of)
        drawn[place[item], site, shipped, days] += pieces
    return drawn


def _weeks(days: int) -> int:
    return -(-days // 7)
