"""PostgreSQL servers that are set up otherwise: writers still come one after another."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier, Thread

import pytest

from headgate.base.issue import IssuesError
from headgate.ledger.closing import ClosedPeriods
from headgate.ledger.events import GENESIS, recorded_of
from headgate.stores.address import address_of
from headgate.stores.engine import writing
from headgate.stores.rows import insert_rows, row_of
from headgate.stores.store import SqlStore, open_store
from headgate.stores.upgrading import make_store
from tests.contracts.ledger_events import NOW, booked, shipped

pytestmark = pytest.mark.needs("postgresql")
WRITERS, EACH = 4, 12


@pytest.fixture(params=["repeatable read", "serializable"])
def store(request, postgresql) -> Iterator[SqlStore]:
    """An empty store on a database whose transactions see one moment unless they say otherwise."""
    import psycopg

    url = postgresql.database()
    address = address_of(url)
    assert address is not None
    with psycopg.connect(url, autocommit=True) as connection:
        (name,) = connection.execute("SELECT current_database()").fetchone()
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = "
                           f"'{request.param}'")
    make_store(address)
    with open_store(address) as made:
        yield made


def test_writers_of_a_server_with_another_default(store: SqlStore):
    """Four writers ship one piece twelve times each, all at once, of a line of forty: forty leave,
    eight are told that none is open, nobody gets an error, and the chain is whole."""
    store.append([booked("SO-1", 40)], NOW)
    start, codes = Barrier(WRITERS), []

    def work(writer: int) -> None:
        with open_store(store.address) as own:
            own.state()
            start.wait()
            for number in range(EACH):
                (answer,) = own.append([shipped("SO-1", 1, f"{writer} {number}")], NOW)
                codes.append(answer.rejection.code if answer.rejection else "recorded")

    threads = [Thread(target=work, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["more_than_open"] * 8 + ["recorded"] * 40
    assert store.verify() == []


def test_what_the_server_refuses_of_many_rows_is_told(store: SqlStore):
    """The same event is written twice, which the key of the table refuses: one line of text, which
    names the store, and no trace of the driver."""
    row = row_of(recorded_of(booked("SO-1"), 1, NOW, ClosedPeriods(), GENESIS))
    with (pytest.raises(IssuesError, match="duplicate key") as refused,
          writing(store.engine, store.shown) as connection):
        insert_rows(connection, [row, row])
    assert [issue.code for issue in refused.value.issues] == ["store.unreadable"]
    assert store.head().sequence == 0
