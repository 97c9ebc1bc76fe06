"""What came of the pieces of an order line, one single piece after another."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

Piece = dict[str, Any]


def pieces_of(order: dict[str, Any], rows: list[dict[str, Any]], as_of: date
              ) -> tuple[list[Piece], list[Piece]]:
    """
    The pieces of a line that have left by a day and of which steps tell, one by one; and those that
    came back and are not away again.

    The first that can takes a step; the last of its stage comes back, and is the first to leave
    again. `served` are the stretches on which it was delivered before that.
    """
    gone: list[Piece] = []
    back: list[Piece] = []
    own = [row for row in rows if (row["order_id"], row["line_no"]) == (
        order["order_id"], order["line_no"]) and row["effective_on"] <= as_of]
    for row in sorted(own, key=lambda row: row["effective_on"]):
        for _ in range(row["quantity"]):
            step, day = row["step"], row["effective_on"]
            if step == "shipped":
                piece = back.pop(0) if back else {"served": []}
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
                next(one for one in gone if one[step] is None and (
                    step == "delivered" or one["delivered"] is not None))[step] = day
        for one in back:
            one.pop("new", None)
    return gone, back


Group = tuple[int, list[tuple[date, date]], date, bool]


def groups_of(order: dict[str, Any], rows: list[dict[str, Any]], as_of: date,
              lanes: list[dict[str, Any]]) -> list[Group]:
    """
    Pieces whose services began together, in the order in which they did.

    returns : how many; the stretches on which they were served by as_of; the day on which their
              term began; whether they have come back and are not away again
    """
    gone, back = pieces_of(order, rows, as_of)
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
             begin == date.min) for (start, begin, past), count in sorted(starts.items())]
