"""Which promises a re-plan moved, by how far, why, and at what cost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.wording import classes_before, move_text
from headgate.book import Book
from headgate.planner.confirmed import Confirmed
from headgate.planner.kernels.kept import NEVER
from headgate.planner.numbering import KEY, line_numbers
from headgate.planner.promise import (
    Promises,
    dates_or_blank,
    line_ids,
    mondays,
)
from headgate.planner.replan_policy import CLASSES, GAIN, WIN
from headgate.tables.plan_schema import MOVES

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Why:
    """
    Why each line's promise moved, if it did; (lines,) each.

    reason : one of `headgate.base.wording.MOVE_REASONS`
    id, site : what ran short and where, None nothing; week : its bucket
    """

    reason: pl.Series
    id: pl.Series
    site: pl.Series
    week: Longs


@dataclass(frozen=True, slots=True)
class Change:
    """
    What became of each line's promise; (lines,) each.

    had      : lines that had a date for pieces that are still open
    last     : bucket by which as many pieces are there as had a date; of a line that had none or
               lost pieces its last arrival, NEVER none
    missing  : of the promised pieces, those that have no date any more
    stays    : of `had`, lines that stay where the older plan had moved them, none lost
    moved, later, earlier, lost, gained : of all promises; a promise is one of the first three
    exception : the class could not be held to
    """

    had: Bools
    last: Longs
    missing: Longs
    stays: Bools
    moved: Bools
    later: Bools
    earlier: Bools
    lost: Bools
    gained: Bools
    exception: Bools


def change_of(book: Book, had: Confirmed, promises: Promises, old: pl.DataFrame,
              new: pl.DataFrame) -> Change:
    """
    Old promises against new ones.

    A promise is lost when fewer of its pieces have a date, gained when more have: what comes beside
    what had a date, and later, takes nothing away. One that the older plan had moved already, and
    that is planned as it was there, is not moved again.

    old, new : the older plan's table `allocations`, and this one's
    """
    lines = book.lines
    dated = (had.promised != NEVER) & (had.due > 0) & (lines.open > 0)
    missing = np.where(dated, np.maximum(0, had.due - promises.pieces), 0)
    lost = missing > 0
    gained = had.known & (promises.pieces > had.pieces + had.added * dated) & (lines.open > 0)
    last = np.where(promises.last >= 0, promises.last.astype(np.int64), NEVER)
    more = dated & (promises.pieces > had.due)
    last = np.where(more, _there_by(book, had.due, new), last)
    # Of the older plan's pieces the first have shipped since, and the last are beside the promise.
    # Where that plan ends with the promise, it had moved nothing, however much has shipped.
    given = _given(book, old)
    planned = _there_by(book, given - had.pieces + had.due, old)
    held = dated & (last != NEVER) & ~lost
    stays = held & (last == planned) & (had.planned != had.promised)
    both = held & ~stays
    later, earlier = both & (last > had.promised), both & (last < had.promised)
    whole = (promises.pieces == lines.open) & (promises.last <= lines.requested)
    worse = (had.group <= GAIN) & (later | lost)
    exception = worse | ((had.group == WIN) & (lines.open > 0) & ~whole)
    return Change(dated, last, missing, stays, later | earlier | lost, later, earlier, lost, gained,
                  exception)


def _given(book: Book, allocations: pl.DataFrame) -> Longs:
    """(lines,) pieces that a plan gives each line."""
    line, pieces = line_numbers(book, allocations), allocations["quantity"].to_numpy()
    known = line >= 0
    return np.bincount(line[known], pieces[known], len(book.lines)).astype(np.int64)


def _there_by(book: Book, pieces: Longs, allocations: pl.DataFrame) -> Longs:
    """(lines,) the bucket by which so many pieces of a line have arrived, NEVER if they do not."""
    line = line_numbers(book, allocations)
    known = np.flatnonzero(line >= 0)
    rows = allocations.select("arrive_on", "quantity")[pl.Series(known)].with_columns(
        line=pl.Series(line[known]), wanted=pl.Series(pieces[line[known]]))
    there = rows.sort("line", "arrive_on").filter(
        pl.col("quantity").cum_sum().over("line") >= pl.col("wanted")).group_by("line").agg(
        by=pl.col("arrive_on").min())
    found = np.full(len(pieces), NEVER, dtype=np.int64)
    days = (there["by"] - pl.Series([book.first_monday])).dt.total_days().to_numpy()
    found[there["line"].to_numpy()] = days // 7
    return found


def moved_pieces(book: Book, allocations: pl.DataFrame, new: pl.DataFrame) -> Longs:
    """
    (lines,) pieces that arrive in another week than they did, or in one of the plans only.

    allocations, new : the older plan's table `allocations`, and this one's
    """
    keys = ["order_id", "line_no", "arrive_on"]
    old = allocations.filter(pl.col("ship_on") >= book.first_monday).group_by(keys).agg(
        old=pl.col("quantity").sum())
    now = new.group_by(keys).agg(new=pl.col("quantity").sum())
    gap = pl.col("old").fill_null(0) - pl.col("new").fill_null(0)
    sums = old.join(now, on=keys, how="full", coalesce=True).group_by("order_id", "line_no").agg(
        less=gap.clip(lower_bound=0).sum(), more=(-gap).clip(lower_bound=0).sum())
    order_id, line_no = line_ids(book, np.arange(len(book.lines)))
    lines = pl.DataFrame({"order_id": order_id, "line_no": line_no}).join(
        sums, on=KEY, how="left", maintain_order="left")
    less, more = (lines[name].fill_null(0).cast(pl.Int64).to_numpy() for name in ("less", "more"))
    return np.asarray(np.maximum(less, more), dtype=np.int64)


def move_frame(book: Book, had: Confirmed, change: Change, promises: Promises, pieces: Longs,
               why: Why) -> pl.DataFrame:
    """The `moves` table: promises with another date or fewer or more pieces, and exceptions."""
    chosen = np.flatnonzero(change.moved | change.gained | change.exception)
    # Of a line that stays where the older plan had moved it, only what is new is told.
    old = np.where(change.stays, change.last, had.promised)[chosen]
    new = change.last[chosen]
    old_there, new_there = change.had[chosen], new != NEVER
    # What comes earlier of a promise that lost its last pieces does not come sooner for it.
    both = old_there & new_there & ~change.lost[chosen]
    weeks = np.where(both, new - old, 0)
    order_id, line_no = line_ids(book, chosen)
    moved = pieces[chosen]
    unmoved = pl.Series(~(change.moved | change.gained)[chosen])
    rows = pl.Series(chosen)
    # Who had nothing to give up, or lost nothing, did not give up: what others gave serves it.
    grown = pl.Series((change.gained & ~change.moved)[chosen])
    told = why.reason.gather(rows)
    reason = pl.select(pl.when(unmoved).then(pl.lit("kept")).when(grown & (told == "class")).then(
        pl.lit("freed")).otherwise(told)).to_series()
    named = reason.is_in(["part", "resource", "quota", "pin"])
    frame = pl.DataFrame({
        "order_id": order_id, "line_no": line_no,
        "class": pl.Series(CLASSES).gather(pl.Series(had.group[chosen])),
        "old_promised_on": dates_or_blank(book, np.where(old_there, old, 0), old_there, 4),
        "new_promised_on": dates_or_blank(book, np.where(new_there, new, 0), new_there, 4),
        "days": pl.select(pl.when(pl.Series(both)).then(pl.Series(7 * weeks))).to_series(),
        "old_quantity": had.due[chosen], "new_quantity": promises.pieces[chosen],
        "moved_quantity": moved, "moved_cents": moved * book.lines.price_cents[chosen],
        "cost_cents": cost_cents(book, had, change, pieces)[chosen],
        "exception": pl.select(pl.when(pl.Series(change.exception[chosen])).then(
            pl.Series(CLASSES).gather(pl.Series(had.group[chosen])))).to_series(),
        "reason": reason,
        "binding_id": pl.select(pl.when(named).then(why.id.gather(rows))).to_series(),
        "binding_site_id": pl.select(pl.when(named).then(why.site.gather(rows))).to_series(),
        "binding_on": pl.select(pl.when(named).then(mondays(
            book, why.week[chosen]))).to_series()})
    texts = move_texts(frame)
    return frame.with_columns(text=pl.Series(texts, dtype=pl.String)).select(MOVES.names).cast(
        MOVES.types)


def move_texts(frame: pl.DataFrame) -> list[str]:
    """The wording of each row of a table of moves that has none yet."""
    moved = set(frame.filter(pl.col("reason") != "kept")["class"])
    found = []
    for row in frame.iter_rows(named=True):
        worse = (row["days"] or 0) > 0 or row["new_quantity"] < row["old_quantity"]
        found.append(move_text(row["reason"], row["binding_id"], row["binding_site_id"],
                               row["binding_on"], row["days"],
                               classes_before(row["class"], moved) if worse else ()))
    return found


def cost_cents(book: Book, had: Confirmed, change: Change, pieces: Longs) -> Longs:
    """(lines,) what the policy charges for moved promises, by their moved pieces."""
    return had.charged(np.arange(len(book.lines)), change.moved, change.last, pieces,
                       change.missing, book.horizon)


def stability(book: Book, had: Confirmed, change: Change, frame: pl.DataFrame,
              promises: pl.DataFrame) -> dict[str, object]:
    """
    The figures of a re-plan, as `summary.json` records them under `replan`.

    promises : the older plan's table
    """
    lines = book.lines
    line = line_numbers(book, promises.filter(pl.col("promised_on").is_not_null()))
    gone = (line < 0) | (np.append(lines.open, 0)[line] == 0)
    count = int(change.had.sum())
    price = lines.price_cents.astype(object)
    dollars = int((had.due.astype(object) * price * change.had).sum()) if len(lines) else 0
    days = frame["days"].fill_null(0).abs()
    weighted = int((days.cast(pl.Int128) * frame["moved_cents"]).sum())
    reasons = frame.group_by("reason").len().sort("reason")
    return {
        "promises": {"before": count, "kept": count - int(change.moved.sum()),
                     "moved": int(change.moved.sum()), "later": int(change.later.sum()),
                     "earlier": int(change.earlier.sum()), "lost": int(change.lost.sum()),
                     "withdrawn": int((change.lost & (change.last == NEVER)).sum()),
                     "gained": int(change.gained.sum()), "gone": int(gone.sum())},
        "exceptions": int(change.exception.sum()),
        "share_moved": round(int(change.moved.sum()) / count, 6) if count else None,
        "days_by_dollar": round(weighted / dollars, 6) if dollars else None,
        "moved_cents": int(frame["moved_cents"].sum()),
        "cost_cents": int(frame["cost_cents"].sum()),
        "reasons": dict(zip(reasons["reason"].to_list(), reasons["len"].to_list(), strict=True)),
    }
