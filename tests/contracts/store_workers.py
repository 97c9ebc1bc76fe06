"""
Programs that tests run beside one another on one store, and end at any moment.

`write ADDRESS NAME JOURNAL` appends batches until it is ended. What it is about to send and what it
was answered stand in the journal, one JSON text on each line; started again it first sends once
more what was not answered, as any client would.

`hold ADDRESS COUNT` holds one board so many times, one after another, once it is told to begin.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import sleep

from headgate.base.issue import IssuesError
from headgate.ledger.events import Event
from headgate.stores.store import SqlStore, open_store
from tests.contracts.ledger_events import booked, shipped

SNAPSHOTS, AGAIN = 0.03, 0.1
"""How often a writer keeps a snapshot, and how often it sends something a second time."""


def batch_of(name: str, number: int) -> list[Event]:
    """One order line, booked and shipped in two parts: to be recorded whole or not at all."""
    order = f"{name}-{number}"
    return [booked(order, 10), shipped(order, 4, f"ship {order}"),
            shipped(order, 6, f"rest {order}")]


def write(address: str, name: str, journal: Path) -> None:
    """Append batches until the process is ended."""
    lines = journal.read_text().splitlines() if journal.exists() else []
    # The last line may be cut off where the process was ended.
    told = [json.loads(line) for line in lines if line.endswith("}")]
    begun = [entry["begin"] for entry in told if "begin" in entry]
    answered = {entry["done"] for entry in told if "done" in entry}
    dice = Random(f"{name} {len(lines)}")
    with journal.open("a") as out:
        if lines and not lines[-1].endswith("}"):
            out.write("\n")
        waiting = [number for number in begun if number not in answered]
        number = max(begun, default=0)
        while True:
            if not waiting:
                number += 1
                waiting = [number, *([dice.randint(1, number)] if dice.random() < AGAIN else [])]
            try:
                with open_store(address) as store:
                    while waiting:
                        send(store, name, waiting.pop(0), out)
                    if dice.random() < SNAPSHOTS:
                        store.snapshot()
            except IssuesError as error:
                # A server that was ended comes back; whatever else is wrong must be seen.
                if error.issues[0].code not in ("store.unreadable", "store.busy"):
                    raise
                sleep(0.05)


def send(store: SqlStore, name: str, number: int, out: object) -> None:
    """Append one batch, and write down its beginning and its answer."""
    tell(out, {"begin": number})
    answers = store.append(batch_of(name, number), datetime.now(UTC))
    tell(out, {"done": number, "sequences": [answer.sequence for answer in answers]})


def tell(out: object, entry: dict[str, object]) -> None:
    """Write a line of the journal in one call: it is there whole, or was never told."""
    os.write(out.fileno(), f"{json.dumps(entry)}\n".encode())  # type: ignore[attr-defined]


def hold(address: str, count: int) -> None:
    """Hold one board so many times; print what each attempt was answered."""
    from headgate.quoting.requests import Request
    from headgate.session.storing import Storage

    now = datetime.now(UTC)
    with Storage(address, now) as storage:
        kept = storage.holds()
        assert kept is not None
        # Everything is read and compiled before the race.
        storage.quote(kept.name, [Request("board", 1, "AMER")], "atp", False)
        say("ready")
        sys.stdin.readline()
        answers = [storage.hold(Request("board", 1, "AMER"), now + timedelta(hours=1),
                                f"{os.getpid()} {number}", "atp") for number in range(count)]
    say(json.dumps([answer.code for answer in answers]))


def say(line: str) -> None:
    """Tell the test that started this program."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], sys.argv[3], Path(sys.argv[4]))
    else:
        hold(sys.argv[2], int(sys.argv[3]))
