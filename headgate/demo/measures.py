"""What a demo book turned out to hold, measured from its tables alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np
import polars as pl

from headgate.demo.products import AS_OF

Frames = Mapping[str, pl.DataFrame]

QUARTER_START = date(2025, 11, 1)
"""The first day of the fiscal quarter that ended before AS_OF."""
QUARTER_WEEKS = 13
LAST_WEEKS = 5
"""GPUs of a quarter's last weeks arrive with the customer in the next one: two weeks to build a
rack and test it, up to two on the way, and one because receipts count from the Monday after."""
GRACE_BLACKWELL = ("GB200-NVL72", "GB300-NVL72")
GPUS_IN_PART = {"GPU-H200": 8, "GPU-B200": 8, "GPU-B300": 8, "GPU-MI355X": 8, "GPU-RTX6000": 1,
                "GPU-GB200": 2, "GPU-GB300": 2}
"""GPUs in one piece of a part, by the part's family."""
GB200_PACKAGE_DOLLARS = 35_000
_USED = ("customer_id", "item_id", "quantity", "shipped_quantity", "unit_price", "currency",
         "booked_on", "requested_on", "ship_complete", "late_penalty_per_unit_week", "accepts")


def gpus_per_piece(frames: Frames) -> dict[str, int]:
    """GPUs in one piece of every item of a demo book that holds any, at whatever level."""
    families = frames["items"].filter(pl.col("family").is_in(list(GPUS_IN_PART)))
    found = {item: GPUS_IN_PART[family]
             for item, family in families.select("item_id", "family").iter_rows()}
    rows = _bom_today(frames).select("parent_id", "component_id", "quantity").rows()
    for _ in range(4):  # a rack, its servers or trays, their parts: no tree is deeper
        counts: dict[str, int] = {}
        for parent, component, quantity in rows:
            counts[parent] = counts.get(parent, 0) + quantity * found.get(component, 0)
        found |= {item: count for item, count in counts.items() if count}
    return found


def measures(frames: Frames) -> dict[str, float]:
    """Every figure that the calibration compares, by its name."""
    lines = _priced_lines(frames)
    return _order_figures(lines) | _product_figures(frames, lines) | _supply_figures(frames, lines)


def _bom_today(frames: Frames) -> pl.DataFrame:
    return frames["bom"].filter(pl.col("effective_from").fill_null(AS_OF) <= AS_OF,
                                pl.col("effective_to").fill_null(AS_OF) >= AS_OF)


def _priced_lines(frames: Frames) -> pl.DataFrame:
    """Open order lines with open pieces, price in US cents, standard cost and family."""
    rates = frames["rates"].sort("currency", "on").group_by("currency").last()
    rate = pl.col("currency").replace_strict(
        rates["currency"], rates["rate"].cast(pl.Float64), default=1.0)
    items = frames["items"].select("item_id", "family", "kind",
                                   cost=pl.col("unit_cost").cast(pl.Float64))
    return (frames["orders"].select(_USED)
            .with_columns(pieces=pl.col("quantity") - pl.col("shipped_quantity"),
                          price=pl.col("unit_price").cast(pl.Float64) * rate)
            .filter(pl.col("pieces") > 0)
            .join(items, on="item_id", how="left")
            .with_columns(dollars=pl.col("pieces") * pl.col("price")))


def _order_figures(lines: pl.DataFrame) -> dict[str, float]:
    total = float(lines["dollars"].sum())

    def share(rows: pl.Expr) -> float:
        return 100 * float(lines.filter(rows)["dollars"].sum()) / total

    def of_lines(rows: pl.Expr) -> float:
        return 100 * lines.filter(rows).height / lines.height

    days = (lines["requested_on"] - lines["booked_on"]).dt.total_days().to_numpy()
    return {
        "backlog": total / 1e6,
        "customers": lines["customer_id"].n_unique(),
        "newest_quarter": share(pl.col("booked_on") >= QUARTER_START),
        "grace_blackwell": share(pl.col("family").is_in(GRACE_BLACKWELL)),
        "margin": 100 - 100 * float((lines["pieces"] * lines["cost"]).sum()) / total,
        "lead_weeks": float(np.median(days)) / 7,
        "complete": of_lines(pl.col("ship_complete") == "yes"),
        "penalty": of_lines(pl.col("late_penalty_per_unit_week").is_not_null()),
        "accepts": of_lines(pl.col("accepts").is_not_null()),
        "below_cost": of_lines(pl.col("price") < pl.col("cost")),
    }


def _product_figures(frames: Frames, lines: pl.DataFrame) -> dict[str, float]:
    """Prices and shares; 0 where a small book sells none of a product."""
    costs = {item: float(cost)
             for item, cost in frames["items"].select("item_id", "unit_cost").iter_rows()}
    parts = frames["items"].filter(pl.col("family").is_in(list(GPUS_IN_PART)))["item_id"].to_list()
    medians = {item: float(price) for item, price in
               lines.group_by("item_id").agg(pl.col("price").median()).iter_rows()}
    counts = {(parent, component): quantity for parent, component, quantity in
              _bom_today(frames).select("parent_id", "component_id", "quantity").iter_rows()}
    gpus = gpus_per_piece(frames)
    shares = [100 * counts[item, part] * costs[part] / costs[item]
              for item in costs for part in parts if (item, part) in counts and item[:4] != "tray"]
    shares += [100 * counts[rack, tray] * counts[tray, part] * costs[part] / costs[rack]
               for rack in costs for tray in costs for part in parts
               if (rack, tray) in counts and (tray, part) in counts]
    rack = "rk-gb200-nvl72"
    return {
        "gb200_rack": medians.get(rack, 0.0),
        "gb300_rack": medians.get("rk-gb300-nvl72", 0.0),
        "h200_server": medians.get("xe-h200", 0.0),
        "b200_server": medians.get("xe-b200", 0.0),
        "price_ratio": medians.get("xe-b200", 0.0) / medians.get("r-cpu", 1.0),
        "gpu_of_rack": 100 * gpus[rack] * GB200_PACKAGE_DOLLARS / medians.get(rack, costs[rack]),
        "gpu_share_low": min(shares), "gpu_share_high": max(shares),
        "h200_gpu": costs["gpu-h200-hgx8"] / 8, "b200_gpu": costs["gpu-b200-hgx8"] / 8,
        "rack_gpus": gpus[rack], "rack_trays": counts[rack, "tray-gb200"],
        "rack_switch_trays": counts[rack, "tray-nvl-switch"],
    }


def _supply_figures(frames: Frames, lines: pl.DataFrame) -> dict[str, float]:
    """
    GPUs asked for and there, and what GPUs are worth at the prices of the lines that use them.

    A GPU of a family is worth the dollars of that family's lines for each GPU in them.
    """
    gpus = gpus_per_piece(frames)
    family_of = _gpu_family(frames)
    asked = (lines.filter(pl.col("item_id").is_in(list(gpus)))
             .with_columns(gpus=pl.col("pieces") * pl.col("item_id").replace_strict(gpus),
                           family=pl.col("item_id").replace_strict(family_of))
             .group_by("family").agg(pl.col("gpus").sum(), pl.col("dollars").sum()))
    there = (frames["supply"].filter(pl.col("item_id").is_in(list(gpus)))
             .with_columns(gpus=pl.col("quantity") * pl.col("item_id").replace_strict(gpus),
                           family=pl.col("item_id").replace_strict(family_of),
                           days=(pl.col("available_on") - AS_OF).dt.total_days())
             .join(asked.select("family", worth=pl.col("dollars") / pl.col("gpus")), on="family"))
    firm = there.filter(pl.col("status") != "forecast")
    worth = pl.col("gpus") * pl.col("worth") / 1e6
    soon = pl.col("days") <= 7 * (QUARTER_WEEKS - LAST_WEEKS)
    return {
        "gpu_ratio": float(asked["gpus"].sum()) / float(firm["gpus"].sum()),
        "quarter_worth": float(firm.filter(soon).select(worth.sum()).item()),
        "year_worth": float(there.select(worth.sum()).item()),
    }


def _gpu_family(frames: Frames) -> dict[str, str]:
    """The family of the GPUs in each item that holds any; no item holds two kinds."""
    items = frames["items"].filter(pl.col("family").is_in(list(GPUS_IN_PART)))
    found = dict(items.select("item_id", "family").iter_rows())
    rows = _bom_today(frames).select("parent_id", "component_id").rows()
    for _ in range(4):
        found |= {parent: found[component] for parent, component in rows if component in found}
    return found
