"""One generation of an item takes the place of another from a day on."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from headgate.scenarios.draft import Draft, RefusedError, counted, status_of
from headgate.scenarios.scenario import Change


def generation(draft: Draft, change: Change) -> str:
    """BOM rows, later receipts and, if asked for, a substitute change; what was done, in words."""
    old, new = change.values["old_item_id"], change.values["new_item_id"]
    if old == new:
        raise RefusedError(change.issue("scenario.field.type", "must be another item than "
                                        "old_item_id", "new_item_id", new))
    _new_item(draft, change, old, new)
    parents = _bom(draft, change, old, new)
    receipts, done = _supply(draft, change, old, new)
    if change.values.get("use_up", False):
        _use_up(draft, change, old, new)
    return (f"{new} in place of {old} in {counted(parents, 'BOM row')} from "
            f"{change.values['from_on']} on; {counted(receipts, 'later receipt')} {done}")


def _new_item(draft: Draft, change: Change, old: str, new: str) -> None:
    """The new item's row of items: made from the old one's, or with another cost."""
    items = draft.frames["items"]
    cost = change.values.get("unit_cost")
    mask = items["item_id"] == new
    if bool(mask.any()):
        if cost is not None:
            draft.put("items", mask, unit_cost_cents=pl.lit(cost))
        return
    if cost is None:
        raise RefusedError(change.issue("scenario.field.missing", f"must be given: {new} is not in "
                                        "items", "unit_cost"))
    like = items.row(by_predicate=pl.col("item_id") == old, named=True)
    draft.add("items", [{"item_id": new, "unit_cost_cents": cost,
                         **{name: like[name] for name in ("kind", "family", "currency",
                                                          "term_months")}}])


def _bom(draft: Draft, change: Change, old: str, new: str) -> int:
    """Ends the old item's BOM rows and begins the new one's; how many rows begin."""
    day = change.values["from_on"]
    bom = draft.frames["bom"]
    begins, ends = pl.col("effective_from"), pl.col("effective_to")
    touched = (pl.col("component_id") == old) & (ends.is_null() | (ends >= day))
    later = bom.select(touched & (begins >= day).fill_null(False)).to_series()
    running = bom.select(touched & (begins.is_null() | (begins < day))).to_series()
    rows = int(later.sum()) + int(running.sum())
    if not rows:
        raise RefusedError(change.issue("scenario.match.nothing", f"goes into nothing from {day} "
                                        "on, so that nothing can take its place", "old_item_id",
                                        old))
    fresh = [{"parent_id": row["parent_id"], "component_id": new, "quantity": row["quantity"],
              "effective_from": day, "effective_to": row["effective_to"]}
             for row in bom.filter(running).iter_rows(named=True)]
    draft.put("bom", later, component_id=pl.lit(new))
    draft.put("bom", running, effective_to=pl.lit(day - timedelta(days=1)))
    draft.add("bom", fresh)
    return rows


def _supply(draft: Draft, change: Change, old: str, new: str) -> tuple[int, str]:
    """What later receipts of the old item do: how many there are, and the words for it."""
    way = change.values.get("supply", "move")
    mask = draft.frames["supply"].select(
        (pl.col("item_id") == old) & (pl.col("available_on") >= change.values["from_on"])
        & (status_of(draft) != "on_hand")).to_series()
    if way == "move":
        draft.put("supply", mask, item_id=pl.lit(new),
                  unit_cost_cents=pl.lit(None, dtype=pl.Int64))
    elif way == "cut":
        draft.drop("supply", mask)
    return int(mask.sum()), {"move": "of it instead", "cut": "cut", "keep": "kept"}[way]


def _use_up(draft: Draft, change: Change, old: str, new: str) -> None:
    """The old item may stand in for the new one, as the last of its substitutes."""
    rows = draft.frames["substitutes"].filter(pl.col("item_id") == new)
    if rows.filter(pl.col("substitute_id") == old).height:
        raise RefusedError(change.issue("scenario.match.exists", f"{old} is a substitute of {new} "
                                        "already", "use_up"))
    last = rows["preference"].max()
    draft.add("substitutes", [{
        "item_id": new, "substitute_id": old, "effective_from": change.values["from_on"],
        "preference": (last if isinstance(last, int) else 0) + 1}])
