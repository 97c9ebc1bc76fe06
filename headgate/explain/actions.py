"""
What to do about a plan on Monday: expedite, transfer, postpone, use up, call.

Each effect is checked: what is expedited or moved by planning the lines that wait again, what can
come later by the plan's own balance. See "Actions" in docs/explanation/planning-rules.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import friday_of_bucket, monday_of_bucket
from headgate.base.money import short_money
from headgate.book import COMMITTED, NO_LIMIT, Book
from headgate.explain.allowance import Limits
from headgate.explain.line_worth import Worths
from headgate.explain.reasons import Ground
from headgate.explain.relief import Relieved, relieve
from headgate.explain.relief_ways import Change
from headgate.explain.repair import Repair
from headgate.explain.stranded import stranded_parts
from headgate.planner.allocate import Allocation
from headgate.planner.policy import Policy
from headgate.planner.promise import line_ids, promise
from headgate.planner.usage import hours_used
from headgate.tables.actions_schema import ACTIONS
from headgate.tables.plan_schema import PlanFrames

Longs = NDArray[np.int64]
TRIED = 15
"""So many rows, and so many transfers, are tried: those that most waiting dollars ask for."""
MOST_LINES = 200
"""Lines that are planned again for one action, those that wait for it first."""


@dataclass(slots=True)
class _Wish:
    """What some lines that wait would have: a row sooner, or pieces of another pool."""

    change: Change
    lines: list[int] = field(default_factory=list)
    dollars: int = 0
    quantity: int = 0
    week: int = NO_LIMIT


def find_actions(book: Book, policy: Policy, allocation: Allocation, frames: PlanFrames,
                 earlier: pl.DataFrame | None = None,
                 progress: Callable[[str, float], None] | None = None) -> pl.DataFrame:
    """
    The table `headgate.tables.actions_schema.ACTIONS` of a plan.

    earlier  : promises of an older plan, to hold those of this one against; None: the book's own
    progress : called with "relieve" and the share done
    """
    promises = promise(book, allocation)
    ground = Ground.of(book, allocation, hours_used(book, allocation))
    found = relieve(ground, policy, promises, promises.not_on_time(), progress)
    limits = Limits.of(ground, policy)
    # What limits let one of these lines gain depends on all that were planned again before it.
    free = [answer for answer in found if limits.free(answer.line)]
    rows = [*_measured(ground, Worths(book, policy, allocation), free),
            *_postponed(ground, limits), *_stranded(book, frames), *_calls(book, frames, earlier)]
    numbered = [{"place": place, **row} for place, row in enumerate(rows, start=1)]
    return pl.DataFrame(numbered, schema=ACTIONS.types)


def _measured(ground: Ground, worths: Worths, found: list[Relieved]) -> list[dict[str, Any]]:
    """Rows to expedite and pieces to move, by what the plan gains with each."""
    lines = ground.book.lines
    wishes: dict[tuple[str, int, int], _Wish] = {}
    for answer in found:
        seen = set()
        for change in (change for relief in answer.reliefs for change in relief.changes
                       if change.kind in ("pulled_in", "transfer")):
            key = (change.kind, change.gain, change.row if change.row >= 0 else change.loss)
            if key in seen:
                continue
            seen.add(key)
            wish = wishes.setdefault(key, _Wish(change))
            wish.lines.append(answer.line)
            wish.dollars += int(lines.open[answer.line]) * int(lines.price_cents[answer.line])
            wish.quantity += change.quantity
            wish.week = min(wish.week, change.start)
    place = lines.place_by_rank
    repair, told = Repair(ground, worths), []
    for kind in ("pulled_in", "transfer"):
        first = sorted((wish for key, wish in wishes.items() if key[0] == kind), key=lambda wish: (
            -wish.dollars, wish.change.gain, wish.change.row, wish.change.loss))[:TRIED]
        gains = []
        for wish in first:
            order = sorted(wish.lines, key=lambda line: int(place[line]))[:MOST_LINES]
            balance, pieces = _balance_with(ground, wish)
            with_it = repair.gains(order, balance)
            without = repair.gains(order, ground.balance)
            cents = sum(with_it.values()) - sum(without.values())
            helped = sum(more > without.get(line, 0) for line, more in with_it.items())
            if cents > 0:
                gains.append((cents, helped, pieces, wish))
        gains.sort(key=lambda one: (-one[0], one[3].change.gain, one[3].change.row,
                                    one[3].change.loss))
        told += [_told(ground, *one) for one in gains]
    return told


def _balance_with(ground: Ground, wish: _Wish) -> tuple[Longs, int]:
    """The plan's balance with a wish granted, and the pieces that it moves."""
    balance, change = ground.balance.copy(), wish.change
    if change.kind == "pulled_in":
        pieces = int(ground.book.supply.quantity[change.row])
        balance[change.gain, wish.week:change.until] += pieces
        return balance, pieces
    pieces = min(wish.quantity, int(ground.left.free[change.loss, wish.week]))
    balance[change.loss, wish.week:] -= pieces
    balance[change.gain, wish.week:] += pieces
    return balance, pieces


def _told(ground: Ground, cents: int, lines: int, pieces: int, wish: _Wish) -> dict[str, Any]:
    """A measured action as a row."""
    book, pools, change = ground.book, ground.allocation.pools, wish.change
    item, site = book.items.ids[pools.item[change.gain]], book.sites.ids[pools.site[change.gain]]
    by_on = monday_of_bucket(wish.week, book.settings.as_of)
    worth = short_money(cents, book.settings.currency)
    helped = f"{lines:,} {'line gets' if lines == 1 else 'lines get'} more or sooner"
    row = {"item_id": item, "site_id": site, "quantity": pieces, "then_on": by_on,
           "lines": lines, "gain_cents": cents}
    if change.kind == "transfer":
        origin = book.sites.ids[pools.site[change.loss]]
        return row | {"action": "transfer", "from_site_id": origin, "text": (
            f"Move {pieces:,} {item} from {origin} to {site} by the week of {by_on}: {helped}, "
            f"worth {worth}.")}
    reference = book.supply.reference[change.row]
    was_on = monday_of_bucket(int(book.supply.start[change.row]), book.settings.as_of)
    return row | {"action": "expedite", "reference": reference, "was_on": was_on, "text": (
        f"Have {reference} ({pieces:,} {item} at {site}) by the week of {by_on} instead of "
        f"{was_on}: {helped}, worth {worth}.")}


def _postponed(ground: Ground, limits: Limits) -> list[dict[str, Any]]:
    """Receipts to come that could all come later and break no draw, the dearest looked at first."""
    book, supply, pools = ground.book, ground.book.supply, ground.allocation.pools
    balance, horizon, as_of = ground.balance.copy(), book.horizon, book.settings.as_of
    pool_of = pools.find(supply.item, supply.site, supply.slot)
    rows = np.flatnonzero((supply.status == COMMITTED) & (supply.start < horizon))
    held = [int(supply.quantity[row]) * int(book.unit_cost_cents[supply.item[row]])
            for row in rows.tolist()]
    told = []
    for cents, row in sorted(zip(held, rows.tolist(), strict=True), key=lambda one: (
            -one[0], one[1])):
        pool, start, pieces = int(pool_of[row]), int(supply.start[row]), int(supply.quantity[row])
        short = np.flatnonzero(balance[pool, start:] < pieces)
        until = start + int(short[0]) if len(short) else horizon
        # What reservations leave to everybody counts on all that has come of their items.
        kept = limits.allowance is not None and int(
            supply.item[row]) in limits.allowance.groups_of
        if until == start or cents == 0 or kept:
            continue
        balance[pool, start:until] -= pieces
        then_on = monday_of_bucket(until, as_of) if until < horizon else None
        item, site = book.items.ids[supply.item[row]], book.sites.ids[supply.site[row]]
        reference, was_on = supply.reference[row], monday_of_bucket(start, as_of)
        when = (f"is not needed before the week of {then_on}" if then_on else
                "is not needed in the planned weeks")
        told.append({
            "action": "postpone", "item_id": item, "site_id": site, "reference": reference,
            "quantity": pieces, "was_on": was_on, "then_on": then_on, "held_cents": cents,
            "text": f"{reference} ({pieces:,} {item} at {site}, usable from {was_on} on, "
                    f"{short_money(cents, book.settings.currency)}) {when}."})
    return told


def _stranded(book: Book, frames: PlanFrames) -> Iterable[dict[str, Any]]:
    """Stock that waits for something else, the most money first."""
    for row in stranded_parts(book, frames).iter_rows(named=True):
        waits = row["waits_for_id"]
        yield {"action": "use_up", "item_id": row["item_id"], "site_id": row["site_id"],
               "quantity": row["waiting"], "waits_for": waits, "lines": row["waits_for_lines"],
               "held_cents": row["waiting_cents"], "text": (
                   f"{row['waiting']:,} {row['item_id']} at {row['site_id']} "
                   f"({short_money(row['waiting_cents'], book.settings.currency)}) lie unused"
                   + (f" and wait for {waits}." if waits else "."))}


def _calls(book: Book, frames: PlanFrames,
           earlier: pl.DataFrame | None) -> Iterable[dict[str, Any]]:
    """Lines whose promise so far does not hold, the most dollars first."""
    lines = book.lines
    order_id, line_no = line_ids(book, np.arange(len(lines), dtype=np.int32))
    own = pl.DataFrame({
        "order_id": order_id, "line_no": line_no, "price": lines.price_cents, "was_on": [
            None if bucket == -NO_LIMIT else friday_of_bucket(bucket, book.settings.as_of)
            for bucket in lines.promised.tolist()]}, schema_overrides={"was_on": pl.Date})
    if earlier is not None:
        own = own.drop("was_on").join(earlier.select(
            "order_id", "line_no", was_on="promised_on", had="promised_quantity"),
            on=["order_id", "line_no"], how="left")
    else:
        own = own.with_columns(had=pl.lit(NO_LIMIT))
    customers = book.tables.frames["orders"].select("order_id", "line_no", "customer_id")
    # A line that had a date for some of its pieces only misses none of those that had none.
    short = pl.col("promised_quantity") < pl.min_horizontal("had", "open_quantity")
    moved = (frames.frames["promises"].join(own, on=["order_id", "line_no"])
             .join(customers, on=["order_id", "line_no"])
             .filter(pl.col("was_on").is_not_null() & (pl.col("open_quantity") > 0) & (
                 pl.col("promised_on").is_null() | (pl.col("promised_on") > pl.col("was_on"))
                 | short))
             .with_columns(held=pl.col("open_quantity") * pl.col("price"))
             .sort(["held", "order_id", "line_no"], descending=[True, False, False]))
    for row in moved.iter_rows(named=True):
        whole = row["promised_quantity"] == row["open_quantity"]
        then: date | None = row["promised_on"] if whole else None
        now = f"is now {then}" if then else "has no date any more" if not row[
            "promised_quantity"] else (f"now has a date for only {row['promised_quantity']:,} of "
                                       f"{row['open_quantity']:,} pieces")
        yield {"action": "call", "order_id": row["order_id"], "line_no": row["line_no"],
               "customer_id": row["customer_id"], "quantity": row["open_quantity"],
               "was_on": row["was_on"], "then_on": then, "lines": 1, "held_cents": row["held"],
               "text": f"Call {row['customer_id']} about {row['order_id']}/{row['line_no']} "
                       f"({short_money(row['held'], book.settings.currency)}): promised for "
                       f"{row['was_on']}, it {now}."}
