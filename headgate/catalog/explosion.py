"""
The needs of every sold item as flat arrays, in the order in which the planner walks them.

A tree is laid out once for each sold item: node 0 is the sold piece itself, then the items that
have BOM rows (parents before children), then leaves without substitutes, then leaves with. See
"Walk order" in docs/explanation/planning-rules.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import bucket_of, first_bucket_from
from headgate.base.issue import Issue, IssuesError
from headgate.catalog.indexes import IdMap
from headgate.tables.codes import issue_of
from headgate.tables.schema import MICRO

MAX_NODES = 20_000
"""Most needs of one sold item; more means a BOM that repeats itself at every level."""
MAX_PIECES = 2**24
"""Most pieces of one need in one sold piece: times the largest order it stays inside 63 bits."""
ALWAYS_FROM, ALWAYS_TO = -(2**30), 2**30

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class BomRow:
    """One BOM row with ids as indexes and its period as first and last bucket."""

    component: int
    quantity: int
    hold_from: int
    hold_to: int


@dataclass(frozen=True, slots=True)
class Step:
    """One routing step: resource index, millionths of an hour for a piece, lead days."""

    resource: int
    hours_micro: int
    lead_days: int


@dataclass(frozen=True, slots=True)
class Node:
    """One need of a sold item while the tree is laid out."""

    item: int
    parent: int
    quantity: int
    hold_from: int
    hold_to: int
    days: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Forest:
    """
    The trees of all sold items.

    root_start, root_end : (items,) first node and end of an item's tree; equal when it is not sold
    item, parent         : (nodes,) item index; node index of the parent, -1 for a sold piece
    quantity, pieces     : (nodes,) int64 pieces in one piece of the parent, and in one sold piece
    hold_from, hold_to   : (nodes,) buckets in which the node's BOM row holds
    days, offset         : (nodes,) lead days from the need to the shipment; whole weeks, rounded up
    has_bom              : (nodes,) 1 when the item can be made
    child_ptr, child     : (nodes + 1,), node indexes of the children
    step_*               : (nodes + 1,) pointer; resource, millionths of an hour, offset in weeks
    sub_*                : (items + 1,) pointer; substitute, its buckets, extra cost in cents
    """

    root_start: Ints
    root_end: Ints
    item: Ints
    parent: Ints
    quantity: Longs
    pieces: Longs
    hold_from: Ints
    hold_to: Ints
    days: Ints
    offset: Ints
    has_bom: NDArray[np.int8]
    child_ptr: Ints
    child: Ints
    step_ptr: Ints
    step_resource: Ints
    step_micro: Longs
    step_offset: Ints
    sub_ptr: Ints
    sub_item: Ints
    sub_from: Ints
    sub_to: Ints
    sub_cost_cents: Longs

    def drawn_below(self, root: int) -> tuple[Longs, Longs]:
        """
        Items, and the most pieces of each that the needs below one piece of a sold item can draw.

        An item counts for every need of its own and for every one that it may stand in for.
        """
        nodes = np.arange(self.root_start[root] + 1, self.root_end[root])
        needed = self.item[nodes].astype(np.int64)
        counts = np.where(self.has_bom[nodes] == 0, np.diff(self.sub_ptr)[needed], 0)
        first = np.repeat(self.sub_ptr[needed] - np.cumsum(counts) + counts, counts)
        stood = self.sub_item[first + np.arange(counts.sum())]
        # One item may stand in for another in several periods, which is one way to draw it.
        pairs = np.unique(np.stack([np.concatenate([nodes, np.repeat(nodes, counts)]),
                                    np.concatenate([needed, stood])]), axis=1)
        items, place = np.unique(pairs[1], return_inverse=True)
        pieces = np.zeros(len(items), dtype=np.int64)
        np.add.at(pieces, place.ravel(), self.pieces[pairs[0]])
        return items, pieces


def period(from_day: date | None, to_day: date | None, as_of: date) -> tuple[int, int]:
    """First and last bucket whose Monday lies in a period; a blank end is open."""
    start = ALWAYS_FROM if from_day is None else first_bucket_from(from_day, as_of)
    end = ALWAYS_TO if to_day is None else bucket_of(to_day, as_of)
    return start, end


def bom_rows(bom: pl.DataFrame, items: IdMap, as_of: date) -> dict[int, list[BomRow]]:
    """BOM rows of each parent, by component_id, then by first bucket."""
    place = {name: k for k, name in enumerate(items.ids)}
    rows: dict[int, list[BomRow]] = {}
    columns = ("parent_id", "component_id", "quantity", "effective_from", "effective_to")
    for parent, component, quantity, start, end in bom.select(columns).iter_rows():
        low, high = period(start, end, as_of)
        rows.setdefault(place[parent], []).append(BomRow(place[component], quantity, low, high))
    for group in rows.values():
        group.sort(key=lambda row: (row.component, row.hold_from, row.hold_to))
    return rows


def routing_steps(routing: pl.DataFrame, items: IdMap, resources: IdMap) -> dict[int, list[Step]]:
    """Steps of each item in file order."""
    place = {name: k for k, name in enumerate(items.ids)}
    seat = {name: k for k, name in enumerate(resources.ids)}
    steps: dict[int, list[Step]] = {}
    columns = ("item_id", "resource_id", "hours_per_unit_micro", "lead_days")
    for item, resource, micro, days in routing.select(columns).iter_rows():
        steps.setdefault(place[item], []).append(Step(seat[resource], micro, days))
    return steps


def substitute_rows(table: pl.DataFrame, items: IdMap,
                    as_of: date) -> dict[int, list[tuple[int, ...]]]:
    """
    Substitutes of each item: (substitute, first bucket, last bucket, extra cost in cents).

    The order is preference, then substitute_id, then first bucket.
    """
    place = {name: k for k, name in enumerate(items.ids)}
    found: dict[int, list[tuple[int, ...]]] = {}
    columns = ("item_id", "substitute_id", "preference", "effective_from", "effective_to",
               "extra_cost_cents")
    for item, other, preference, start, end, cents in table.select(columns).iter_rows():
        low, high = period(start, end, as_of)
        found.setdefault(place[item], []).append((preference, place[other], low, high, cents))
    return {item: [row[1:] for row in sorted(rows)] for item, rows in found.items()}


def lay_out(roots: Sequence[int], items: IdMap, bom: Mapping[int, list[BomRow]],
            steps: Mapping[int, list[Step]],
            substitutes: Mapping[int, list[tuple[int, ...]]]) -> Forest:
    """
    The forest of the sold items.

    roots : item indexes in rising order
    raises IssuesError : a tree has more than MAX_NODES needs or more than MAX_PIECES of a piece
    """
    root_start = np.zeros(len(items), dtype=np.int32)
    root_end = np.zeros(len(items), dtype=np.int32)
    nodes: list[Node] = []
    issues: list[Issue] = []
    for root in roots:
        tree = _tree(root, bom, steps, substitutes)
        if len(tree) > MAX_NODES or max(node.pieces for node in tree) > MAX_PIECES:
            issues.append(issue_of(
                "bom.quantity.tree", "bom", f"may have at most {MAX_NODES:,} needs and "
                f"{MAX_PIECES:,} pieces of one part in one sold piece; check the quantities",
                column="parent_id", value=items.ids[root]))
            continue
        root_start[root] = len(nodes)
        nodes.extend(node if node.parent < 0 else
                     Node(node.item, node.parent + int(root_start[root]), node.quantity,
                          node.hold_from, node.hold_to, node.days, node.pieces) for node in tree)
        root_end[root] = len(nodes)
    if issues:
        raise IssuesError(issues)
    return _flatten(nodes, root_start, root_end, bom, steps, substitutes, len(items))


def hours_of_trees(forest: Forest) -> NDArray[np.float64]:
    """(items,) hours of all resources in one piece of each sold item, all of it made."""
    micro = np.concatenate([[0], np.cumsum(forest.step_micro)])
    hours = forest.pieces * (np.diff(micro[forest.step_ptr]) / MICRO)
    before = np.concatenate([[0.0], np.cumsum(hours)])
    return np.asarray(before[forest.root_end] - before[forest.root_start])


def _tree(root: int, bom: Mapping[int, list[BomRow]], steps: Mapping[int, list[Step]],
          substitutes: Mapping[int, list[tuple[int, ...]]]) -> list[Node]:
    """The needs of one sold piece in walk order; a parent's number always comes first."""
    breadth_first = [Node(root, -1, 1, ALWAYS_FROM, ALWAYS_TO, 0, 1)]
    position = 0
    while position < len(breadth_first) <= MAX_NODES:
        node = breadth_first[position]
        below = node.days + sum(step.lead_days for step in steps.get(node.item, ()))
        breadth_first.extend(
            Node(row.component, position, row.quantity, row.hold_from, row.hold_to, below,
                 min(node.pieces * row.quantity, MAX_PIECES + 1))
            for row in bom.get(node.item, ()))
        position += 1

    def walk_class(place: int) -> int:
        item = breadth_first[place].item
        return 0 if item in bom else 2 if substitutes.get(item) else 1

    order = sorted(range(len(breadth_first)), key=lambda place: (walk_class(place), place))
    seat = {place: k for k, place in enumerate(order)}
    return [Node(n.item, seat[n.parent] if n.parent >= 0 else -1, n.quantity, n.hold_from,
                 n.hold_to, n.days, n.pieces) for n in (breadth_first[place] for place in order)]


def _flatten(nodes: Sequence[Node], root_start: Ints, root_end: Ints,
             bom: Mapping[int, list[BomRow]], steps: Mapping[int, list[Step]],
             substitutes: Mapping[int, list[tuple[int, ...]]], item_count: int) -> Forest:
    children: list[list[int]] = [[] for _ in nodes]
    for place, node in enumerate(nodes):
        if node.parent >= 0:
            children[node.parent].append(place)
    step_rows = [_step_rows(node, steps.get(node.item, []) if node.item in bom else [])
                 for node in nodes]
    sub_rows = [substitutes.get(item, []) for item in range(item_count)]
    flat_steps = [row for rows in step_rows for row in rows]
    flat_subs = [row for rows in sub_rows for row in rows]
    return Forest(
        root_start=root_start, root_end=root_end,
        item=_ints([n.item for n in nodes]), parent=_ints([n.parent for n in nodes]),
        quantity=_longs([n.quantity for n in nodes]), pieces=_longs([n.pieces for n in nodes]),
        hold_from=_ints([n.hold_from for n in nodes]), hold_to=_ints([n.hold_to for n in nodes]),
        days=_ints([n.days for n in nodes]), offset=_ints([-(-n.days // 7) for n in nodes]),
        has_bom=np.array([n.item in bom for n in nodes], dtype=np.int8),
        child_ptr=_pointer([len(group) for group in children]),
        child=_ints([place for group in children for place in group]),
        step_ptr=_pointer([len(rows) for rows in step_rows]),
        step_resource=_ints([row[0] for row in flat_steps]),
        step_micro=_longs([row[1] for row in flat_steps]),
        step_offset=_ints([row[2] for row in flat_steps]),
        sub_ptr=_pointer([len(rows) for rows in sub_rows]),
        sub_item=_ints([row[0] for row in flat_subs]),
        sub_from=_ints([row[1] for row in flat_subs]), sub_to=_ints([row[2] for row in flat_subs]),
        sub_cost_cents=_longs([row[3] for row in flat_subs]))


def _step_rows(node: Node, steps: Sequence[Step]) -> list[tuple[int, int, int]]:
    """Resource, hours and offset of each step: its hours fall in the week in which it ends."""
    rows = []
    later = 0
    for step in reversed(steps):
        rows.append((step.resource, step.hours_micro, -(-(node.days + later) // 7)))
        later += step.lead_days
    return rows[::-1]


def _ints(values: Sequence[int]) -> Ints:
    return np.array(values, dtype=np.int32)


def _longs(values: Sequence[int]) -> Longs:
    return np.array(values, dtype=np.int64)


def _pointer(counts: Sequence[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
