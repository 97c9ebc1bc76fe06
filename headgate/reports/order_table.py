"""The searchable table of orders, as the data that the page's script shows."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from headgate.reports.numbers import reason_note
from headgate.tables.plan_schema import PlanFrames

EPOCH = date(1970, 1, 1)
COLUMNS = ("order_id", "line_no", "customer_id", "segment", "region", "item_id", "open_quantity",
           "promised_quantity", "open_cents", "requested_on", "promised_on", "late_days", "status",
           "note", "text", "relief")
WORDS = ("customer_id", "segment", "region", "item_id", "status", "note", "text", "relief")
"""Columns whose values repeat; the data holds each value once, and its number in the rows."""


def top_lines(lines: pl.DataFrame, top: int) -> pl.DataFrame:
    """The open lines with the most dollars, the most first; ties by order_id, line_no."""
    is_open = pl.col("open_quantity") > 0
    # Only what can be among the first is sorted: a million whole rows would be copied.
    least = lines.filter(is_open)["open_cents"].top_k(top).min()
    return (lines.filter(is_open & (pl.col("open_cents") >= pl.lit(least, pl.Int64)))
            .sort("open_cents", "order_id", "line_no", descending=[True, False, False]).head(top))


def order_data(lines: pl.DataFrame, plan: PlanFrames, top: int,
               why: pl.DataFrame | None = None) -> dict[str, Any]:
    """
    Rows, repeated words and shipments of the lines with the most dollars, for JSON.

    why     : the table `why`; None: nobody is told what would help
    returns : total (open lines), by_status (open lines of each status), currency, columns (their
              names), words (values by column), rows (cells; a word as its number, a date as days
              since 1970), shipments (for each row: ship week, arrival week, site's word, item's
              word, pieces)
    """
    shown = top_lines(lines, top)
    notes = [reason_note(*row) for row in
             shown.select("reason", "binding_id", "binding_site_id").iter_rows()]
    shown = shown.with_columns(note=pl.Series(notes, dtype=pl.String)).join(
        _reliefs(shown, why), on=["order_id", "line_no"], how="left", maintain_order="left")
    words: dict[str, list[str]] = {}
    coded = shown.select(COLUMNS).with_columns(
        pl.col("requested_on").to_physical(), pl.col("promised_on").to_physical())
    for name in WORDS:
        values = shown[name].fill_null("").unique().sort()
        words[name] = values.to_list()
        places = pl.DataFrame({name: values, "place": range(len(values))})
        coded = coded.with_columns(coded.select(pl.col(name).fill_null("")).join(
            places, on=name, how="left", maintain_order="left")["place"].alias(name))
    shipments, more = _shipments(shown, plan)
    return {"total": int((lines["open_quantity"] > 0).sum()),
            "by_status": dict(lines.filter(pl.col("open_quantity") > 0).group_by("status").len()
                              .sort("status").iter_rows()),
            "currency": str(plan.summary["currency"]), "columns": list(COLUMNS),
            "words": {**words, **more}, "rows": [list(row) for row in coded.iter_rows()],
            "shipments": shipments}


def _reliefs(shown: pl.DataFrame, why: pl.DataFrame | None) -> pl.DataFrame:
    """What would help each shown line, without the reason that stands before it in `why`."""
    key = ["order_id", "line_no"]
    if why is None:
        return shown.select(*key, relief=pl.lit(None, pl.String)).clear()
    beside = why.select(*key, "relief", told="text").join(shown.select(*key, "text"), on=key)
    alone = pl.col("told").str.strip_prefix(pl.col("text")).str.strip_chars()
    return beside.select(*key, relief=pl.when(pl.col("relief") == "found").then(
        pl.concat_str(pl.lit("What would help: "), alone)).otherwise(alone))


def _shipments(shown: pl.DataFrame, plan: PlanFrames) -> tuple[list[list[Any]],
                                                               dict[str, list[str]]]:
    """What each shown line is sent, in the order of arrival, and the words that this uses."""
    seats = shown.select("order_id", "line_no").with_row_index("seat")
    sent = (plan.frames["allocations"].join(seats, on=["order_id", "line_no"])
            .sort("seat", "arrive_on", "ship_on", "site_id", "item_id"))
    sites, items = (sent[name].unique().sort().to_list() for name in ("site_id", "item_id"))
    site_place = {name: k for k, name in enumerate(sites)}
    item_place = {name: k for k, name in enumerate(items)}
    shipments: list[list[Any]] = [[] for _ in range(shown.height)]
    columns = ("seat", "ship_on", "arrive_on", "site_id", "item_id", "quantity")
    for seat, ship_on, arrive_on, site, item, pieces in sent.select(columns).iter_rows():
        shipments[seat].append([(ship_on - EPOCH).days, (arrive_on - EPOCH).days,
                                site_place[site], item_place[item], pieces])
    return shipments, {"sites": sites, "sent_items": items}
