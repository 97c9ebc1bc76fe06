"""
Measure the ledger: events in, states out, proof; on SQLite, and on PostgreSQL where it is.

Each step runs in a process of its own, so that its peak memory is its own. The events are five to
an order line, each day's lines after those of the day before: booked, amended, shipped, delivered,
invoiced; of every second line all is shipped, and it is closed instead of amended; every tenth has
a service instead of an amendment. A book of one item stands before them, so that the statements of
finance can be made. Beside them the same rows go into the same table by the driver alone: nothing
judged, nothing hashed, nothing kept in memory.

    python benchmarks/ledger.py --events 1000000
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FIRST, NOON = date(2025, 2, 3), datetime(2026, 2, 2, 12, tzinfo=UTC)
DAYS, TAIL, PER_LINE = 360, 10_000, 5
REGIONS = ("AMER", "EMEA", "APJ")
EVENTS_A_LINE = 1.76
"""What an order line of the demo book becomes, its supply and services included."""


def book_rows() -> Iterator[Any]:
    """The events of the book that the order lines are of, without these."""
    from headgate.ledger.events import Event

    rows: dict[str, dict[str, Any]] = {
        "settings:": {"name": "bench", "as_of": "2026-02-02", "horizon_weeks": 26,
                      "fiscal_year_end": "12-31", "currency": "USD"},
        "items:xe-b300": {"item_id": "xe-b300", "kind": "server", "unit_cost_cents": 31_200_000,
                          "standalone_price_cents": 41_500_000},
        "items:support": {"item_id": "support", "kind": "service", "unit_cost_cents": 0,
                          "standalone_price_cents": 300_000, "term_months": 12},
        "sites:austin": {"site_id": "austin"}}
    for region in REGIONS:
        rows[f"lanes:austin/{region}"] = {"site_id": "austin", "region": region, "transit_days": 4}
    for key, data in rows.items():
        yield Event("row_set", key, FIRST, data, "bench", "", key)
    yield Event("supply_committed", "PO-1", FIRST, {
        "item_id": "xe-b300", "site_id": "austin", "available_on": "2026-02-02",
        "quantity": 1_000_000}, "bench", "", "PO-1")


def events_of(count: int, first: int = 0) -> Iterator[Any]:
    """Events of `count / 5` order lines, numbered from `first` on."""
    from headgate.ledger.events import Event

    for number in range(first, first + count // PER_LINE):
        order, day = f"SO-{number:07d}", FIRST + timedelta(days=number % DAYS)
        key, later = f"{order}/1", (day + timedelta(days=5)).isoformat()
        done = number % 2 == 1
        data = {"order_id": order, "line_no": 1, "customer_id": f"cust-{number % 300:03d}",
                "segment": ("hyperscaler", "neocloud", "enterprise")[number % 3],
                "region": REGIONS[number % 7 % 3], "item_id": "xe-b300",
                "quantity": 8 if done else 10 + number % 90, "unit_price_cents": 41_500_000,
                "booked_on": day.isoformat(), "requested_on": later, "cancellable": False}
        second = (key, "order_amended", {"unit_price_cents": 40_900_000 + number % 99})
        if number % 10 == 0:
            second = (f"{order}/2", "service_booked", {
                "order_id": order, "line_no": 2, "item_id": "support", "amount_cents": 2_400_000,
                "starts": "1", "term_months": 12})
        steps = [(key, "order_booked", data), second, (key, "order_shipped", {
            "quantity": 8, "site_id": "austin"}), (key, "order_delivered", {"quantity": 6}),
            (key, "order_invoiced", {"amount_cents": 8 * 40_900_000})]
        if done:
            del steps[1]
            steps.append((key, "order_closed", {}))
        for about, kind, more in steps:
            yield Event(kind, about, day, more, "bench", "", f"{kind}:{number}")


def opened(place: str) -> Any:
    """The store at a place."""
    from headgate.stores.store import open_store

    return open_store(place)


def append(place: str, events: int) -> dict[str, Any]:
    """All events in one transaction into an empty store."""
    from headgate.stores.address import address_of
    from headgate.stores.upgrading import make_store

    address = address_of(place)
    assert address is not None
    make_store(address)
    with opened(place) as store:
        started, worked = perf_counter(), process_time()
        with store.writer(NOON) as writer:
            answers = writer.append(chain(book_rows(), events_of(events)))
        assert all(answer.rejection is None for answer in answers)
        return {"seconds": perf_counter() - started, "cpu": process_time() - worked,
                "events": len(answers)}


def rows_alone(place: str, events: int) -> dict[str, Any]:
    """The same rows by the driver alone, read from the store that was filled before."""
    with sqlite3.connect(place) as source:
        rows = source.execute("SELECT * FROM events").fetchall()
        made = [sql for (sql,) in source.execute(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'events' AND sql IS NOT NULL")]
    other = Path(f"{place}.rows")
    started, worked = perf_counter(), process_time()
    with sqlite3.connect(other) as target:
        for sql in made:
            target.execute(sql)
        target.executemany(f"INSERT INTO events VALUES ({', '.join('?' * len(rows[0]))})", rows)
    target.close()
    seconds, cpu = perf_counter() - started, process_time() - worked
    other.unlink()
    return {"seconds": seconds, "cpu": cpu}


def fold(place: str, events: int) -> dict[str, Any]:
    """The state from the first event on."""
    with opened(place) as store:
        return timed(store.state)


def snapshot(place: str, events: int) -> dict[str, Any]:
    """A snapshot of the newest state, and a tail of later events that is not in it."""
    with opened(place) as store:
        found = timed(store.snapshot)
        store.append(list(events_of(TAIL, events)), NOON)
        return found


def state(place: str, events: int) -> dict[str, Any]:
    """The state from the snapshot and its tail."""
    with opened(place) as store:
        return timed(store.state)


def verify(place: str, events: int) -> dict[str, Any]:
    """The proof of everything."""
    with opened(place) as store:
        found = timed(store.verify)
        assert found["answer"] == []
        return found


def one_event(place: str, events: int) -> dict[str, Any]:
    """A hundred events, each in a transaction of its own, with the state in memory."""
    with opened(place) as store:
        store.append(list(events_of(PER_LINE, events + TAIL)), NOON)
        wanted = list(events_of(100, events + 2 * TAIL))
        started, worked = perf_counter(), process_time()
        for event in wanted:
            store.append([event], NOON)
        return {"seconds": (perf_counter() - started) / 100, "cpu": (process_time() - worked) / 100}


def close(place: str, events: int) -> dict[str, Any]:
    """The closing of a month, which proves the chain before."""
    from headgate.session.recording import close_period
    from headgate.session.storing import Storage

    with Storage(place, NOON) as storage:
        return timed(lambda: close_period(storage, "2025-12", date(2026, 1, 5), "bench"))


def backlog(place: str, events: int) -> dict[str, Any]:
    """The backlog statement of a store, from its events to the last table."""
    from headgate import session
    from headgate.session.storing import Storage

    def told() -> None:
        with Storage(place, NOON) as storage:
            book = storage.book()
            known = storage.journals(None, book, storage.sequence)
            made = session.backlog(book, by=("segment", "customer"), billings=known.billings,
                                   movements=known.movements, progress=known.progress,
                                   past=known.past, rates=known.rates)
            assert made.figures["ties_hold"]

    return timed(told)


def revenue(place: str, events: int) -> dict[str, Any]:
    """What was recognised by the day of a store's book, from its events to the last table."""
    from headgate import session
    from headgate.session.storing import Storage

    def told() -> None:
        with Storage(place, NOON) as storage:
            book = storage.book()
            known = storage.journals(None, book, storage.sequence)
            made = session.recognised(book, known.progress, known.left, billings=known.billings,
                                      past=known.past)
            assert made.figures

    return timed(told)


def import_demo(place: str, events: int) -> dict[str, Any]:
    """`headgate import` of a demo book that becomes about as many events, with its snapshot."""
    from headgate import session
    from headgate.session.ledger import import_book
    from headgate.session.storing import Storage
    from headgate.stores.address import address_of
    from headgate.stores.upgrading import make_store

    book = Path(f"{place}.book")
    session.write_demo(book, int(events / EVENTS_A_LINE), 1)
    address = address_of(f"{place}.imported.db")
    assert address is not None
    make_store(address)
    with Storage(address, NOON) as storage:
        started, worked = perf_counter(), process_time()
        made = import_book(storage, book, actor="bench")
        return {"seconds": perf_counter() - started, "cpu": process_time() - worked,
                "events": made.events}


def timed(work: Any) -> dict[str, Any]:
    """Seconds of the clock and of this process that something took."""
    started, worked = perf_counter(), process_time()
    answer = work()
    return {"seconds": perf_counter() - started, "cpu": process_time() - worked,
            "answer": answer if isinstance(answer, list | int) else None}


STEPS = {"append": append, "rows alone": rows_alone, "fold": fold, "snapshot": snapshot,
         "state": state, "verify": verify, "one event": one_event, "close": close,
         "backlog": backlog, "revenue": revenue, "import": import_demo}
TOLD = {"append": "append, one transaction", "rows alone": "the same rows by the driver alone",
        "fold": "state, from the first event", "snapshot": "snapshot",
        "state": f"state, from a snapshot and {TAIL:,} later events", "verify": "verify",
        "one event": "one event, a transaction of its own",
        "close": "close a month, which proves the chain",
        "backlog": "backlog statement of the store", "revenue": "what was recognised of the store",
        "import": "import of a demo book"}
SQLITE_ONLY = ("rows alone", "import")


def measured(step: str, place: str, events: int) -> dict[str, Any]:
    """A step in a process of its own."""
    done = subprocess.run([sys.executable, __file__, "--step", step, "--place", place, "--events",
                           str(events)], capture_output=True, text=True, check=False, cwd=ROOT,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert done.returncode == 0, (done.returncode, done.stderr)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def print_table(title: str, place: str, events: int) -> None:
    """The steps on one store."""
    print(f"\n{title}\n\n| step | events | s | CPU s | µs an event | MB |\n"
          "|---|---:|---:|---:|---:|---:|", flush=True)
    for step, told in TOLD.items():
        if "postgresql" in place and step in SQLITE_ONLY:
            continue
        found = measured(step, place, events)
        count = found.get("events") or (1 if step == "one event" else events)
        print(f"| {told} | {count:,} | {found['seconds']:,.3f} | {found['cpu']:,.3f} | "
              f"{found['seconds'] / count * 1e6:,.1f} | {found['mb']:,} |", flush=True)


def main() -> None:
    """Print the tables, or one step's figures for the process that asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--step", choices=tuple(STEPS))
    parser.add_argument("--place")
    asked = parser.parse_args()
    if asked.step:
        found = STEPS[asked.step](asked.place, asked.events)
        found["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(json.dumps(found))
        return
    import polars as pl

    import headgate
    from tests import postgres_server

    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores; headgate "
          f"{headgate.__version__}, Python {platform.python_version()}, SQLite "
          f"{sqlite3.sqlite_version}, polars {pl.__version__}")
    with tempfile.TemporaryDirectory(dir=ROOT) as folder:
        place = str(Path(folder) / "store.db")
        print_table("SQLite", place, asked.events)
        print(f"\nThe file has {Path(place).stat().st_size / asked.events:,.0f} bytes an event.")
    if postgres_server.can_run():
        server = postgres_server.PostgresServer()
        try:
            print_table("PostgreSQL, which need not wait for the disk", server.database(),
                        asked.events)
        finally:
            server.stop()


if __name__ == "__main__":
    main()
