"""Events of another ledger taken over as they were recorded there: numbers, times and hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from headgate.base.issue import Issue, IssuesError
from headgate.ledger.events import Recorded, data_text, recorded_of
from headgate.ledger.store import Answer
from headgate.promising.holds import COMMITTED, EXPIRED, RELEASED, Holds
from headgate.promising.plain import read_hold
from headgate.stores.holding import Kept, is_hold, read_kept, write_kept
from headgate.stores.rows import insert_rows, row_of
from headgate.stores.schema import EVENTS
from headgate.stores.writer import CHUNK, Progress, Writer, uncollected

NOTHING = "nothing was recorded"
ENDED = {"hold_committed": COMMITTED, "hold_released": RELEASED, "hold_expired": EXPIRED}


def restore(writer: Writer, rows: Sequence[Recorded], file: str, lines: Sequence[int | None],
            progress: Progress | None = None) -> list[Answer]:
    """
    Take over every event of an export; an answer for each.

    The ledger has no events, or begins with those of the export, which are left as they are. Holds
    stand as they stood: what they keep is kept from the next plan that is made here.

    file, lines : of the export, as its user knows it, and at which line each event stands
    raises IssuesError : the ledger has other events; an event is not what was recorded
    """
    known = min(writer.head.sequence, len(rows))
    if known and _hash_at(writer, known) != rows[known - 1].hash:
        raise IssuesError([Issue(
            "record.file.other_ledger", "error", file, f"holds all events of another ledger, and "
            f"{writer.shown} has events of its own: record it into an empty ledger (headgate "
            "init). To record some of its events here as new ones, keep their lines without "
            "sequence, previous_hash and hash")], NOTHING)
    answers = [Answer(row.sequence, repeated=True) for row in rows[:known]]
    with uncollected():
        for start in range(known, len(rows), CHUNK):
            part = rows[start:start + CHUNK]
            for recorded in part:
                _take(writer, recorded, file, lines[recorded.sequence - 1])
                answers.append(Answer(recorded.sequence))
            insert_rows(writer.connection, [row_of(recorded) for recorded in part])
            if progress is not None:
                progress("writing events", len(answers) / len(rows))
    _restore_holds(writer, rows[known:])
    return answers


def _hash_at(writer: Writer, sequence: int) -> str | None:
    found: str | None = writer.connection.execute(
        sa.select(EVENTS.c.hash).where(EVENTS.c.sequence == sequence)).scalar()
    return found


def _take(writer: Writer, recorded: Recorded, file: str, line: int | None) -> None:
    """Let the state take an event, if it is what was recorded and could happen."""
    event, state = recorded.event, writer.state

    def refuse(code: str, told: str) -> IssuesError:
        return IssuesError([Issue(code, "error", file, told, line, event.kind, event.key)], NOTHING)

    try:
        made = recorded_of(event, recorded.sequence, recorded.recorded_at, state.closed,
                           state.last_hash, data_text(event.data))
    except ValueError:
        made = None
    before = state.last_recorded_at
    if made != recorded or (before is not None and recorded.recorded_at < before):
        raise refuse("record.file.changed", "is not what was recorded: export the ledger again. To "
                     "record changed events as new ones, leave out sequence, previous_hash and "
                     "hash of every line")
    rejection = state.judge(event, recorded.recorded_at)
    if rejection is not None:
        raise refuse(f"ledger.{rejection.code}", rejection.text)
    state.apply(recorded)
    writer.applied += 1


def _restore_holds(writer: Writer, rows: Sequence[Recorded]) -> None:
    """Keep what the events say of holds, as the store itself does when something is held."""
    told = [row for row in rows if row.event.kind == "hold_placed" or row.event.kind in ENDED]
    if not told:
        return
    before = read_kept(writer.connection)
    kept = before or Kept("", Holds(""))
    holds, orders, plan = dict(kept.holds.holds), dict(kept.orders), kept.holds.plan
    for row in told:
        event = row.event
        if event.kind == "hold_placed":
            # What an event that was recorded by hand says may be no hold; then it keeps nothing.
            if is_hold(event.data["hold"]):
                holds[event.key] = read_hold(event.data["hold"])
                plan = event.data["plan"]
        elif event.key in holds:
            holds[event.key] = replace(holds[event.key], status=ENDED[event.kind],
                                       changed_at=row.recorded_at)
            if event.data.get("order_line"):
                orders[event.key] = event.data["order_line"]
    write_kept(writer, before, replace(kept, orders=orders, holds=replace(
        kept.holds, plan=plan, holds=holds, clock=told[-1].recorded_at)))
