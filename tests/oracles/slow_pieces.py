"""What came of the pieces of an order line, one single piece after another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

Piece = dict[str, Any]


def pieces_of(order: dict[str, Any], rows: list[dict[str, Any]], as_of: date,
              held: Sequence[tuple[date, int]] = (), arrived: list[tuple[date, Piece]] | None = None
              ) -> tuple[list[Piece], list[Piece]]:
    """
    The pieces of a line that have left by a day and of which steps tell, one by one; and those that
    are held, or came back, and are not away.

    The first that can takes a step; the last of its stage comes back, and is the first to leave
    again, but for pieces that are held: these leave before all others, as they came to be held.
    `served` are the stretches on which it was delivered before that.

    held    : days on which pieces came to be held, before anything else of the day, and how many
    arrived : takes the day and the piece of each delivery
    """
    gone: list[Piece] = []
    back: list[Piece] = []
    waiting: list[Piece] = []
    own: list[dict[str, Any]] = [
        {"step": "held", "effective_on": day, "quantity": count} for day, count in held
        if day <= as_of]
    own += [row for row in rows if (row["order_id"], row["line_no"]) == (
        order["order_id"], order["line_no"]) and row["effective_on"] <= as_of]
    for row in sorted(own, key=lambda row: row["effective_on"]):
        for _ in range(row["quantity"]):
            step, day = row["step"], row["effective_on"]
            if step == "held":
                waiting.append({**(back.pop(0) if back else {"served": []}), "held": day})
            elif step == "shipped":
                piece = (waiting or back or [{"served": []}]).pop(0)
                gone.append({**piece, "shipped": day, "delivered": None, "accepted": None})
            elif step == "returned":
                stage = ("transit", "delivered", "accepted").index(row["stage"])
                last = max(k for k, one in enumerate(gone) if stage == (
                    one["delivered"] is not None) + (one["accepted"] is not None))
                one = gone.pop(last)
                back.insert(sum(1 for other in back if "new" not in other), {
                    "new": True, "served": [*one["served"], *(
                        [(one["delivered"], day)] if one["delivered"] and one["delivered"] < day
                        else [])]})
            else:
                one = next(one for one in gone if one[step] is None and (
                    step == "delivered" or one["delivered"] is not None))
                one[step] = day
                if step == "delivered" and arrived is not None:
                    arrived.append((day, one))
        for one in back:
            one.pop("new", None)
    return gone, waiting + back


def some_held(order: dict[str, Any], rows: list[dict[str, Any]], as_of: date,
              dice: Random) -> list[tuple[date, int]]:
    """Days on which some pieces of a line that had not left came to be held, and how many."""
    found: list[tuple[date, int]] = []
    days = {max(order["booked_on"], as_of - timedelta(days=dice.randint(0, 45)))
            for _ in range(dice.choice([0, 0, 0, 0, 1, 3]))}
    for day in sorted(day for day in days if day <= as_of):
        since = sum(row["quantity"] * {"shipped": 1, "returned": -1}.get(row["step"], 0)
                    for row in rows if day <= row["effective_on"] <= as_of and (
                        row["order_id"], row["line_no"]) == (order["order_id"], order["line_no"]))
        there = order["quantity"] - order["shipped_quantity"] + since
        _, waiting = pieces_of(order, rows, day - timedelta(days=1), found)
        free = there - sum("held" in one for one in waiting)
        if free > 0:
            found.append((day, dice.randint(1, free)))
    return found


Group = tuple[int, list[tuple[date, date]], date, bool]


def groups_of(order: dict[str, Any], rows: list[dict[str, Any]], as_of: date,
              lanes: list[dict[str, Any]], held: Sequence[tuple[date, int]] = ()) -> list[Group]:
    """
    Pieces whose services began together, in the order in which they did.

    returns : how many; the stretches on which they were served by as_of; the day on which their
              term began; whether they have come back and are not away again
    """
    gone, back = pieces_of(order, rows, as_of, held)
    weeks = max((-(-lane["transit_days"] // 7) for lane in lanes
                 if lane["region"] == order["region"]), default=0)
    starts: Counter[Any] = Counter()
    for one in gone[:order["shipped_quantity"]]:
        monday = one["shipped"] - timedelta(days=one["shipped"].weekday())
        begin = one["delivered"] or max(as_of, monday + timedelta(days=7 * weeks + 4))
        past = tuple(one["served"])
        starts[past[0][0] if past else begin, begin, past] += 1
    for one in back:
        if one["served"]:
            starts[one["served"][0][0], date.min, tuple(one["served"])] += 1
    return [(count, [*past, *([(begin, max(begin, as_of))] if begin > date.min else [])], start,
             begin == date.min) for (start, begin, past), count in sorted(
                 starts.items(), key=lambda group: _as_they_went(*group[0]))]


def _as_they_went(_: date, begin: date, past: tuple[tuple[date, date], ...]) -> tuple[Any, ...]:
    """Of pieces that began together, those come first that were away first, then back first."""
    return (*past, (date.max if begin == date.min else begin, date.max))
