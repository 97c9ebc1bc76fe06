"""Changes of places: sites that close, hours, and lanes."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from headgate.scenarios.draft import (
    Draft,
    RefusedError,
    counted,
    fields_of,
    monday,
    nothing,
    scaled,
    selected,
    status_of,
)
from headgate.scenarios.scenario import Change
from headgate.tables.schema import MICRO, UNLIMITED_MICRO

SELECTING = ("resource_id", "site_id")


def site_closes(draft: Draft, change: Change) -> str:
    """A site is closed for whole weeks; what was done, in words."""
    site = pl.col("site_id") == change.values["site_id"]
    first = monday(change.values["from_on"])
    after = first + timedelta(weeks=int(change.values["weeks"]))
    hours = draft.frames["capacity"].select(
        site & pl.col("starts_on").is_between(first, after, closed="left")).to_series()
    due = draft.frames["supply"].select(
        site & pl.col("available_on").is_between(first, after, closed="left")
        & (status_of(draft) != "on_hand")).to_series()
    draft.put("capacity", hours, hours_micro=pl.lit(0))
    draft.put("supply", due, available_on=pl.lit(after))
    return (f"{change.values['site_id']} has no hours from {first} to "
            f"{after - timedelta(days=1)}; {counted(int(due.sum()), 'receipt')} put off to {after}")


def hours(draft: Draft, change: Change) -> str:
    """Hours of resources change; what was done, in words."""
    values = change.values
    start = monday(draft.as_of)
    first = monday(values["from_on"]) if "from_on" in values else start
    last = (monday(values["to_on"]) if "to_on" in values
            else start + timedelta(weeks=draft.settings.horizon_weeks - 1))
    if last < first:
        raise RefusedError(change.issue("scenario.to_on.before", f"must not be before {first}",
                                        "to_on", last))
    if "percent" not in values:
        _fill_weeks(draft, change, first, last)
    mask = selected(draft, change, "capacity", SELECTING) & draft.frames["capacity"].select(
        pl.col("starts_on").is_between(first, last)).to_series()
    if not bool(mask.any()):
        raise nothing(change, f"capacity from {first} to {last}", SELECTING)
    old = draft.frames["capacity"].filter(mask)["hours_micro"]
    if "hours" in values:
        new = pl.Series([values["hours"]], dtype=pl.Int64).new_from_index(0, len(old))
    else:
        # Hours without limit stand for no number, so nothing is added to them.
        ended = old.set(old == UNLIMITED_MICRO, 0)
        new = (scaled(ended, int(values["percent"])) if "percent" in values
               else (ended + int(values["add_hours"]) * MICRO).clip(0))
        new = new.set(old == UNLIMITED_MICRO, UNLIMITED_MICRO)
    draft.put("capacity", mask, hours_micro=new)
    weeks = counted(int((new != old).sum()), "week")
    return f"hours of resources in {weeks}, from {first} to {last + timedelta(days=6)}"


def _fill_weeks(draft: Draft, change: Change, first: date, last: date) -> None:
    """Gives a row of 0 hours to each planned week from first to last that has none."""
    start = monday(draft.as_of)
    planned = [start + timedelta(weeks=week) for week in range(draft.settings.horizon_weeks)]
    weeks = pl.DataFrame({"starts_on": [day for day in planned if first <= day <= last]},
                         schema={"starts_on": pl.Date})
    if all(name in change.values for name in SELECTING):
        # Named both, a resource may stand at a site where it had no hours so far.
        pairs = pl.DataFrame({name: [change.values[name]] for name in SELECTING})
    else:
        pairs = draft.frames["capacity"].filter(
            selected(draft, change, "capacity", SELECTING)).select(SELECTING).unique()
    missing = pairs.join(weeks, how="cross").join(
        draft.frames["capacity"], on=[*SELECTING, "starts_on"], how="anti").sort(
            *SELECTING, "starts_on")
    draft.add("capacity", [{**row, "hours_micro": 0} for row in missing.iter_rows(named=True)])


def lane(draft: Draft, change: Change) -> str:
    """A lane changes or is opened; what was done, in words."""
    cells = fields_of("lanes", change)
    mask = draft.frames["lanes"].select(
        (pl.col("site_id") == cells["site_id"])
        & (pl.col("region") == cells["region"])).to_series()
    way = f"{cells['site_id']} to {cells['region']}"
    if bool(mask.any()):
        draft.put("lanes", mask, **{name: pl.lit(value) for name, value in cells.items()
                                    if name not in ("site_id", "region")})
        return f"other terms of the lane from {way}"
    if "transit_days" not in cells:
        raise RefusedError(change.issue("scenario.field.missing", "must be given: there is no lane "
                                        f"from {way} yet", "transit_days"))
    draft.add("lanes", [cells])
    return f"a new lane from {way}"


def lane_close(draft: Draft, change: Change) -> str:
    """Lanes are closed; what was done, in words."""
    mask = selected(draft, change, "lanes", ("site_id", "region"))
    draft.drop("lanes", mask)
    return f"{counted(int(mask.sum()), 'lane')} closed"
