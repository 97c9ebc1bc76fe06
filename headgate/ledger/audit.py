"""The audit of a ledger: the chain, every event against its rules, and asserted balances."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from headgate.base.issue import Issue
from headgate.ledger.balances import broken_assertions
from headgate.ledger.events import GENESIS, Recorded, chain_faults
from headgate.ledger.fold import State


def audit(rows: Iterable[Recorded], file: str = "ledger") -> Iterator[Issue]:
    """
    Every fault of recorded events, from the first one on.

    The chain of hashes must hold; every event must be one that the state before it takes, and be
    posted where it belongs; and every balance that was asserted, and not voided, must still be so.
    After a fault of the chain nothing is looked at any more: what follows could be anything.

    file : the store as its user knows it
    """
    state, before, hash_before = State(), 0, GENESIS
    for row in rows:
        broken = list(chain_faults([row], before, hash_before, file))
        if state.last_recorded_at is not None and row.recorded_at < state.last_recorded_at:
            broken.append(Issue("ledger.chain.time", "error", file, "was recorded before the event "
                                "before it", row.sequence, "sequence", str(row.sequence)))
        if broken:
            yield from broken
            return
        before, hash_before = row.sequence, row.hash
        rejection = state.judge(row.event, row.recorded_at)
        if rejection is not None:
            yield Issue(f"ledger.event.{rejection.code}", "error", file,
                        f"must not have been recorded: {rejection.text}", row.sequence, "event",
                        f"{row.event.kind} {row.event.key}")
            return
        if (row.posted_on, row.prior_period) != state.closed.posting(row.event.effective_on):
            yield Issue("ledger.event.posted", "error", file, "is not posted on its day, or after "
                        "the last closed period", row.sequence, "posted_on", str(row.posted_on))
        state.apply(row)
    yield from broken_assertions(state, file)
