"""Which restrictions forbid what an order line asks for, or a piece that it would be built from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from headgate.book import Book


@dataclass(frozen=True, slots=True)
class RestrictionRule:
    """
    A row of `restrictions` that matches a line and something that it needs; a blank scope is None.

    item_id, family : what the row names, one of them
    hit_item_id     : what of that the line would be sent, or would have drawn for it
    reason          : as the row gives it: export control, licence, ...
    """

    item_id: str | None
    family: str | None
    segment: str | None
    region: str | None
    customer_id: str | None
    reason: str
    hit_item_id: str

    def text(self) -> str:
        """The rule as a clause."""
        what = self.item_id or f"any {self.family}"
        hit = "" if self.item_id else f", such as {self.hit_item_id}"
        scope = [f"{word} {name}" for word, name in (
            ("segment", self.segment), ("region", self.region), ("customer", self.customer_id))
            if name is not None]
        to = f" for {' and '.join(scope)}" if scope else " for anybody"
        return f"{what}{hit}, not{to} ({self.reason})"


def rules_against(book: Book, line: int) -> tuple[RestrictionRule, ...]:
    """
    The restrictions that match a line and an item that could be sent to it, or a piece that could
    be drawn for it, in the order of the table; what could be sent first among what each hits.
    """
    lines, frames = book.lines, book.tables.frames
    row = frames["orders"].row(int(lines.source_row[line]), named=True)
    accepted = lines.accept[lines.accept_ptr[line]:lines.accept_ptr[line + 1]].tolist()
    roots = [int(lines.item[line]), *accepted]
    below = np.unique(np.concatenate([book.forest.drawn_below(root)[0] for root in roots])).tolist()
    asked = [book.items.ids[item] for item in dict.fromkeys([*roots, *below])]
    family = dict(frames["items"].select("item_id", "family").iter_rows())
    found = []
    for rule in frames["restrictions"].iter_rows(named=True):
        if any(rule[name] not in (None, row[name])
               for name in ("segment", "region", "customer_id")):
            continue
        hit = next((name for name in asked if name == rule["item_id"] or (
            rule["family"] is not None and family[name] == rule["family"])), None)
        if hit is not None:
            found.append(RestrictionRule(rule["item_id"], rule["family"], rule["segment"],
                                         rule["region"], rule["customer_id"], rule["reason"], hit))
    return tuple(found)
