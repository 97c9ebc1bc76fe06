"""What came of the pieces of an order line, one single piece after another."""

from __future__ import annotations

from datetime import date
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
