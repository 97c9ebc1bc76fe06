"""Why each line waits that is not on time, and what would help: one table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from headgate.base.wording import reason_text
from headgate.book import Book
from headgate.explain.line_relief import LineReliefs, named_reliefs, passed_over
from headgate.explain.reasons import Ground
from headgate.explain.relief import relieve
from headgate.planner.allocate import Allocation
from headgate.planner.policy import Policy
from headgate.planner.promise import promise
from headgate.planner.usage import hours_used
from headgate.tables.why_schema import WHY


def why_all(book: Book, policy: Policy, allocation: Allocation, promises: pl.DataFrame,
            progress: Callable[[str, float], None] | None = None) -> pl.DataFrame:
    """
    The table `headgate.tables.why_schema.WHY` of a plan.

    promises : the plan's table of that name
    progress : called with "relieve" and the share done
    """
    kept = promise(book, allocation)
    late = kept.not_on_time()
    ground = Ground.of(book, allocation, hours_used(book, allocation))
    answers = [named_reliefs(book, allocation.pools, kept, found)
               for found in relieve(ground, policy, kept, late, progress)]
    orders = book.tables.frames["orders"].select(
        "order_id", "line_no", "customer_id", "item_id", "requested_on")
    told = promises[late].join(orders, on=["order_id", "line_no"], how="left",
                               maintain_order="left").rename({"text": "because"})
    told = told.with_columns(because=pl.Series([
        _because(row, answer) for row, answer in zip(told.iter_rows(named=True), answers,
                                                     strict=True)], dtype=pl.String))
    relieved = pl.DataFrame([_row(answer) for answer in answers], schema=_RELIEVED)
    return (told.hstack(relieved)
            .with_columns(text=pl.col("because") + " " + pl.col("text"))
            .select(WHY.names).cast(WHY.types))


_RELIEVED = {name: WHY.types[name] for name in WHY.names
             if name.startswith(("today_", "earliest_", "relie", "displaced", "cost_", "on_time",
                                 "other_", "text"))}


def _because(row: dict[str, Any], found: LineReliefs) -> str:
    """The reason in words: those of the plan, unless what the plan leaves would do."""
    clause = passed_over(row["reason"], found)
    return str(row["because"]) if clause is None else reason_text(
        row["reason"], row["binding_kind"], row["binding_id"], row["binding_site_id"],
        row["binding_on"], clause)


def _row(found: LineReliefs) -> dict[str, Any]:
    """The columns of one line that say what would help."""
    row: dict[str, Any] = dict.fromkeys(_RELIEVED)
    row |= {"today_quantity": found.today_quantity, "today_on": found.today_on,
            "earliest_on": found.earliest_on, "relief": found.state, "text": found.text()}
    relief = found.relief
    if relief is None:
        return row | {"cost_cents": found.loss_cents}
    row |= {"relief_kind": relief.kind, "relief_parts": len(relief.parts),
            "cost_cents": relief.cost_cents, "relieved_on": relief.promised_on,
            "on_time": "yes" if relief.on_time else "no",
            "other_kinds": ";".join(other.kind for other in found.reliefs[1:]) or None}
    if relief.parts:
        part = relief.parts[0]
        taken = {"pulled_in": part.reference, "transfer": part.from_site_id,
                 "substitute": part.from_item_id}
        row |= {"relief_id": part.item_id or part.resource_id or part.quota_id,
                "relief_site_id": part.site_id, "relief_by": part.by_on,
                "relief_from": taken.get(part.kind)}
        if part.kind == "displaced":
            row |= {"displaced": f"{part.order_id}/{part.line_no}",
                    "displaced_promised_on": part.then_on}
        else:
            row["relief_quantity"] = part.quantity
    return row
