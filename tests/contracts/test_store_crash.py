"""
Writers that are ended at any moment: nothing acknowledged is lost, nothing is doubled.

Six ends in the short form; `make soak` ends 200, on both databases.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import monotonic, sleep

from headgate.stores.address import Address
from headgate.stores.store import open_store
from headgate.stores.upgrading import make_store
from tests.contracts.store_workers import batch_of

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("HEADGATE_SOAK", "6"))
WRITERS = 4


class Writers:
    """Four processes that write to one store, each with its journal."""

    def __init__(self, place: str, folder: Path) -> None:
        self.place, self.folder = place, folder
        self.running = [self.begin(number) for number in range(WRITERS)]

    def journal(self, number: int) -> Path:
        """What a writer tells of itself."""
        return self.folder / f"W{number}.jsonl"

    def begin(self, number: int) -> subprocess.Popen[bytes]:
        """Start a writer, for the first time or again."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.contracts.store_workers", "write", self.place,
             f"W{number}", str(self.journal(number))], cwd=ROOT, stderr=subprocess.PIPE)

    def answered(self) -> int:
        """How many answers all writers were given so far."""
        return sum(journal.read_bytes().count(b'"done"') for number in range(WRITERS)
                   if (journal := self.journal(number)).exists())

    def wait_for(self, more: int) -> None:
        """Wait until so many more answers were given; a writer that failed ends the test."""
        wanted, patience = self.answered() + more, monotonic() + 120
        while self.answered() < wanted:
            assert monotonic() < patience, "the writers stand still"
            for process in self.running:
                assert process.poll() is None, process.communicate()[1].decode()
            sleep(0.01)

    def end(self, number: int) -> None:
        """End a writer at once, as `kill -9` does."""
        self.running[number].kill()
        self.running[number].communicate()

    def end_all(self) -> None:
        """End every writer."""
        for number in range(WRITERS):
            self.end(number)

    def entries(self) -> Iterator[tuple[str, dict[str, object]]]:
        """Every whole line of the journals, with the writer's name."""
        for number in range(WRITERS):
            journal = self.journal(number)
            # A writer that was ended while it was still starting has none.
            for line in journal.read_text().splitlines() if journal.exists() else ():
                if line.endswith("}"):
                    yield f"W{number}", json.loads(line)


def test_nothing_is_lost_and_nothing_is_doubled(address: Address, place: str, tmp_path, request):
    """Four writers book lines of ten pieces and ship them, 4 and 6, in one batch each. One of them
    is ended at a random moment and started again, many times; a server of PostgreSQL is ended once
    in a while, too. In the end every batch that was answered stands under the sequences of the
    answer, every batch stands whole and once or not at all, and the ledger is proven."""
    make_store(address)
    dice = Random(address.kind)
    writers = Writers(place, tmp_path)
    try:
        for kill in range(1, KILLS + 1):
            writers.wait_for(dice.randint(1, 12))
            sleep(dice.random() * 0.1)
            if address.kind == "postgresql" and kill % 5 == 0:
                server = request.getfixturevalue("postgresql")
                server.kill()
                server.start()
                continue
            number = dice.randrange(WRITERS)
            writers.end(number)
            writers.running[number] = writers.begin(number)
        writers.wait_for(2 * WRITERS)
    finally:
        writers.end_all()
    check(address, writers)


def check(address: Address, writers: Writers) -> None:
    """What was answered is there, nothing is there twice, and the ledger is sound."""
    with open_store(address) as store:
        rows = list(store.read())
        assert store.verify() == []
        lines = store.state().lines
    by_key = {row.event.idempotency_key: row for row in rows}
    assert len(by_key) == len(rows)
    answered = 0
    for name, entry in writers.entries():
        if "done" in entry:
            answered += 1
            batch = batch_of(name, int(str(entry["done"])))
            assert [by_key[event.idempotency_key].sequence for event in batch] == \
                entry["sequences"]
            assert [by_key[event.idempotency_key].event for event in batch] == batch
    assert answered >= KILLS
    orders = {row.event.key for row in rows}
    assert len(rows) == 3 * len(orders)
    for key in orders:
        line = lines.get(key)
        assert line is not None and (line.quantity, line.shipped) == (10, 10)
