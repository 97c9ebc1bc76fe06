"""
Stock that waits: pieces that lie there while what must go with them is not.

A server that lacks its GPUs leaves its memory, disks and chassis on the shelf. Those pieces are
money that waits, and the report names the part that they wait for.
"""

from __future__ import annotations

import polars as pl

from headgate.base.calendar import monday_of_bucket
from headgate.book import FORECAST, Book
from headgate.tables.plan_schema import PlanFrames

STRANDED_WEEKS = 4
"""Stock that nothing draws within so many weeks waits."""

COLUMNS: dict[str, type[pl.DataType]] = {
    "item_id": pl.String, "site_id": pl.String, "on_hand": pl.Int64, "drawn_soon": pl.Int64,
    "waiting": pl.Int64, "never_drawn": pl.Int64, "unit_cost_cents": pl.Int64,
    "waiting_cents": pl.Int64, "waits_for_kind": pl.String, "waits_for_id": pl.String,
    "waits_for_lines": pl.Int64, "waits_for_share": pl.Float64}


def stranded_parts(book: Book, plan: PlanFrames, weeks: int = STRANDED_WEEKS) -> pl.DataFrame:
    """
    Stock that the plan does not draw within the next weeks, the most money first.

    Pieces that can be drawn in the first week meet the draws of the first `weeks` weeks; what is
    left of them waits. `waits_for` is the part or resource that binds most of the dollars among
    the lines that are not on time, wait at this very site and are built with the item.

    returns : COLUMNS: on_hand, drawn_soon (within `weeks`, of the stock), waiting = on_hand -
              drawn_soon, never_drawn (of the waiting, not even within the horizon), standard unit
              cost, waiting_cents, waits_for_kind, waits_for_id (null: no line that waits there
              uses it), waits_for_lines, waits_for_share (0..1 of those lines' open dollars)
    source  : derived here

    A piece of stock counts as drawn before any receipt, as pegging serves the oldest row first.
    """
    soon = monday_of_bucket(weeks, book.settings.as_of)
    draws = plan.frames["consumption"].group_by("item_id", "site_id").agg(
        soon=pl.col("quantity").filter(pl.col("drawn_on") < soon).sum(),
        ever=pl.col("quantity").sum())
    stock = _stock(book, bool(plan.summary["policy"].get("use_forecast", False)))
    waiting = (stock.join(draws, on=["item_id", "site_id"], how="left").fill_null(0)
               .with_columns(drawn_soon=pl.min_horizontal("on_hand", "soon"),
                             never_drawn=(pl.col("on_hand") - pl.col("ever")).clip(0))
               .with_columns(waiting=pl.col("on_hand") - pl.col("drawn_soon"))
               .filter(pl.col("waiting") > 0)
               .with_columns(waiting_cents=pl.col("waiting") * pl.col("unit_cost_cents")))
    found = waiting.join(_waited_for(book, plan), on=["item_id", "site_id"], how="left")
    return (found.sort("waiting_cents", "item_id", "site_id", descending=[True, False, False])
            .select(pl.col(name).cast(kind) for name, kind in COLUMNS.items()))


def _stock(book: Book, use_forecast: bool) -> pl.DataFrame:
    """Pieces of each item and site that can be drawn in the first week, and their unit cost."""
    supply = book.supply
    frame = pl.DataFrame({"item": supply.item, "site": supply.site, "start": supply.start,
                          "quantity": supply.quantity, "status": supply.status})
    counts = pl.lit(True) if use_forecast else pl.col("status") != FORECAST
    items = pl.Series("item_id", book.items.ids, dtype=pl.String)
    sites = pl.Series("site_id", book.sites.ids, dtype=pl.String)
    total = (frame.filter((pl.col("start") == 0) & counts).group_by("item", "site")
             .agg(on_hand=pl.col("quantity").sum()).sort("item", "site"))
    return total.select(items[total["item"]], sites[total["site"]], "on_hand",
                        unit_cost_cents=pl.Series(book.unit_cost_cents)[total["item"]])


def _waited_for(book: Book, plan: PlanFrames) -> pl.DataFrame:
    """For each part and site: what most of the waiting dollars that are built with it wait for."""
    promises = plan.frames["promises"].filter(
        pl.col("status").is_in(["late", "short", "unplanned"]) & pl.col("binding_id").is_not_null())
    orders = book.tables.frames["orders"].select("order_id", "line_no", ordered="item_id")
    prices = pl.DataFrame({"row": book.lines.source_row, "price_cents": book.lines.price_cents})
    priced = orders.with_row_index("row").with_columns(pl.col("row").cast(pl.Int32)).join(
        prices, on="row")
    waiting = (promises.join(priced, on=["order_id", "line_no"])
               .group_by("ordered", "binding_kind", "binding_id", site_id="binding_site_id")
               .agg(lines=pl.len(), cents=(pl.col("open_quantity") * pl.col("price_cents")).sum()))
    blockers = (waiting.join(_built_with(book), on="ordered")
                .filter((pl.col("binding_kind") != "part")
                        | (pl.col("binding_id") != pl.col("item_id")))
                .group_by("item_id", "site_id", "binding_kind", "binding_id")
                .agg(pl.col("lines").sum(), pl.col("cents").sum())
                .with_columns(all_cents=pl.col("cents").sum().over("item_id", "site_id"))
                .sort("item_id", "site_id", "cents", "binding_id", "binding_kind",
                      descending=[False, False, True, False, False]))
    first = blockers.group_by("item_id", "site_id", maintain_order=True).first()
    return first.select("item_id", "site_id", waits_for_kind="binding_kind",
                        waits_for_id="binding_id", waits_for_lines="lines",
                        waits_for_share=pl.col("cents") / pl.col("all_cents").clip(1))


def _built_with(book: Book) -> pl.DataFrame:
    """Which items, at any level, go into each sold item (itself and substitutes included)."""
    forest, ids = book.forest, book.items.ids
    pairs: set[tuple[str, str]] = set()
    for root in range(len(ids)):
        for item in set(forest.item[forest.root_start[root]:forest.root_end[root]].tolist()):
            stand_ins = forest.sub_item[forest.sub_ptr[item]:forest.sub_ptr[item + 1]].tolist()
            pairs.update((ids[root], ids[part]) for part in (item, *stand_ins))
    return pl.DataFrame(sorted(pairs), orient="row",
                        schema={"ordered": pl.String, "item_id": pl.String})
