"""Holds and commits taken over from one plan to the next, so that publishing breaks none."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from headgate.base.issue import IssuesError
from headgate.promising.holds import Hold, Holds
from headgate.quoting.answers import Taken
from headgate.quoting.desk import Desk


def carried(holds: Holds, desk: Desk,
            outside: Collection[str] = ()) -> tuple[Holds, list[tuple[Hold, str]]]:
    """
    Holds on a new plan, and those that do not fit there, each with the reason in words.

    Each hold and commit is promised again from what the new plan leaves, in the order in which
    they were made, all of it and by its date or before; the date that was told stays. What has
    ended stays as it is.

    desk    : of the new plan
    outside : holds that take nothing from what the new plan leaves: its book was made without what
              they keep, or it serves them as order lines
    """
    made: dict[str, Hold] = {}
    refused: list[tuple[Hold, str]] = []
    for hold_id, hold in holds.holds.items():
        if hold_id in outside:
            hold = replace(hold, shipments=(), draws=(), work=(), counted=())
        elif hold.keeps:
            try:
                quote = desk.quote([hold.request], hold.mode, False, taken_by(made.values()))[0]
            except IssuesError as unknown:
                # The new book may not know what was asked for any more.
                refused.append((hold, unknown.issues[0].text()))
                continue
            if quote.promised_on is None or quote.promised_on > hold.promised_on:
                refused.append((hold, quote.text()))
            hold = replace(hold, shipments=quote.shipments, draws=quote.draws, work=quote.work,
                           counted=quote.counted)
        made[hold_id] = hold
    return replace(holds, plan=desk.fingerprint, holds=made), refused


def taken_by(holds: Collection[Hold]) -> Taken:
    """The pieces and hours that some holds keep."""
    return Taken(tuple(draw for hold in holds if hold.keeps for draw in hold.draws),
                 tuple(work for hold in holds if hold.keeps for work in hold.work),
                 tuple(one for hold in holds if hold.keeps for one in hold.counted))
