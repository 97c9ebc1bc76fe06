"""What a rack or a GPU server brings beside a CPU server, and what is in each."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import bucket_of
from headgate.book import Book
from headgate.catalog.explosion import bom_rows
from headgate.finance.contracts import Obligations
from headgate.finance.revenue import Revenue
from headgate.finance.shares import summed
from headgate.tables.revenue_schema import SYSTEMS

Longs = NDArray[np.int64]

CONTENTS: dict[str, tuple[str, ...]] = {
    "gpu": ("gpu",),
    "memory": ("ddr", "dimm", "mem", "hbm"),
    "storage": ("ssd", "hdd", "nvme", "stor", "flash"),
    "network": ("nic", "dpu", "switch", "net", "cable"),
}
"""How the family of a component begins, or its item_id where it has no family, small letters."""
CLASSES = ("rack", "gpu_server", "cpu_server", "other")


def contents_of(book: Book) -> dict[str, Longs]:
    """
    Cents of each of CONTENTS in the standard cost of every item, with the BOM of as_of's week.

    Components count with their standard cost, whatever level they go in at: (items,) each.
    """
    items = book.tables.frames["items"]
    names = items.select("item_id", word=pl.coalesce("family", "item_id").str.to_lowercase(),
                         leaf=pl.col("kind") == "component")
    found = {name: np.zeros(len(book.items), dtype=np.int64) for name in CONTENTS}
    for item_id, word, leaf in names.iter_rows():
        for name, beginnings in CONTENTS.items():
            if leaf and word.startswith(beginnings):
                item = book.items.index(item_id)
                found[name][item] = book.unit_cost_cents[item]
    as_of = book.settings.as_of
    bom = bom_rows(book.tables.frames["bom"], book.items, as_of)
    week = bucket_of(as_of, as_of)
    done: set[int] = set()

    def fill(parent: int) -> None:
        """Fill in an item after everything that goes into it."""
        done.add(parent)
        for row in bom.get(parent, ()):
            if row.component not in done:
                fill(row.component)
            if row.hold_from <= week <= row.hold_to:
                for cents in found.values():
                    cents[parent] += row.quantity * cents[row.component]

    for parent in bom:
        if parent not in done:
            fill(parent)
    return found


def class_of_items(book: Book, gpus: Longs) -> Longs:
    """The place in CLASSES of every item: by its kind, servers by whether a GPU goes in."""
    kind = np.full(len(book.items), CLASSES.index("other"), dtype=np.int64)
    for item_id, name in book.tables.frames["items"].select("item_id", "kind").iter_rows():
        item = book.items.index(item_id)
        if name == "rack":
            kind[item] = CLASSES.index("rack")
        elif name == "server":
            kind[item] = CLASSES.index("gpu_server" if gpus[item] else "cpu_server")
    return kind


def systems(revenue: Revenue) -> pl.DataFrame:
    """
    The table `systems`: racks, GPU servers, CPU servers and the rest, beside each other.

    A line's class is that of the item sold; what is in a piece is told of the item sent. Services
    count with what their term brings for the pieces that the plan delivers.
    """
    facts = revenue.facts
    book, shipments, costs = facts.book, facts.shipments, facts.costs
    contents = contents_of(book)
    kind = class_of_items(book, contents["gpu"])
    size = len(CLASSES)
    of_shipment = kind[book.lines.item[shipments.line]]
    revenue_cents = summed(of_shipment, facts.hardware.price - facts.hardware.penalty, size)
    cost = summed(of_shipment, costs.full + facts.hardware.excess, size)
    pieces = summed(of_shipment, shipments.pieces, size)
    sent, quantity = facts.allocation.item, facts.allocation.quantity
    sent_kind = kind[book.lines.item[facts.allocation.line]]
    standard = summed(sent_kind, quantity * book.unit_cost_cents[sent], size)
    inside = {name: summed(sent_kind, quantity * cents[sent], size)
              for name, cents in contents.items()}
    attached, services = _services(revenue, kind)

    def each(part: Longs, whole: Longs) -> list[int]:
        return [int(a) // int(b) if b else 0 for a, b in zip(part, whole, strict=True)]

    def share(part: Longs, whole: Longs) -> list[float | None]:
        return [round(int(a) / int(b), 6) if b else None for a, b in zip(part, whole, strict=True)]

    frame = pl.DataFrame({
        "class": list(CLASSES), "quantity": pieces, "revenue_cents": revenue_cents,
        "cost_cents": cost, "margin_cents": revenue_cents - cost,
        "unit_revenue_cents": each(revenue_cents, pieces),
        "unit_margin_cents": each(revenue_cents - cost, pieces),
        **{f"{name}_share": share(cents, standard) for name, cents in inside.items()},
        "service_attach": share(attached, pieces), "service_cents": services,
    }, schema=SYSTEMS.types)
    return frame.filter(pl.col("quantity") > 0)


def _services(revenue: Revenue, kind: Longs) -> tuple[Longs, Longs]:
    """By class: pieces with a service that starts with their line, and what services bring."""
    facts = revenue.facts
    book, obligations, shipments = facts.book, facts.obligations, facts.shipments
    has = np.zeros(obligations.lines, dtype=np.bool_)
    has[obligations.line[_hung(obligations)]] = True
    of_shipment = kind[book.lines.item[shipments.line]]
    attached = summed(of_shipment, np.where(has[shipments.line], shipments.pieces, 0), len(CLASSES))
    rows = facts.service
    brought = summed(kind[book.lines.item[obligations.line[rows.service]]], rows.price,
                     len(CLASSES))
    return attached, brought


def _hung(obligations: Obligations) -> Longs:
    """The services that start with an order line."""
    services = np.arange(obligations.lines, len(obligations))
    return services[obligations.starts_on[services] < 0]
