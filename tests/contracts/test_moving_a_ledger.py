"""A ledger moves from one store into another; nothing is recorded by hand that only a store can."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from headgate import session
from headgate.cli import exits
from headgate.stores.store import open_store

DAY = ("--on", "2026-02-02", "--by", "ana")
ASK = ("--item", "xe-b300", "--quantity", 1, "--region", "EMEA")


@pytest.fixture
def held(run, place, tmp_path) -> str:
    """A store with a published plan, and one board held, one released, one committed."""
    session.write_sample(tmp_path / "book")
    for words in (("init", place), ("import", place, tmp_path / "book", "--by", "ana"),
                  ("plan", place, "--out", "week-06", "--no-excel"),
                  ("publish", place, "week-06", *DAY),
                  ("hold", place, *ASK, "--unique", "Q-1"), ("release", place, "hold-1"),
                  ("hold", place, *ASK), ("commit", place, "hold-2", "--order", "SO-9/1"),
                  ("hold", place, *ASK, "--until", "2199-12-31")):
        assert run(*words).code == exits.FINE, words
    return place


@pytest.fixture
def other(place, tmp_path, request) -> str:
    """The address of another store of the same sort, which is not made yet."""
    return (str(tmp_path / "other.db") if place.endswith(".db") else
            str(request.getfixturevalue("postgresql").database()))


def exported(run, store: str, tmp_path: Path) -> Path:
    """All events of a store as a file."""
    file = tmp_path / "events.jsonl"
    assert run("export", store, "--events", file).code == exits.FINE
    return file


def statuses(run, store: str) -> list[tuple[str, str, str | None]]:
    """Each hold with its status and the order that it becomes."""
    return [(one["hold_id"], one["status"], one["order_line"])
            for one in run("hold", store, "--json").json["holds"]]


def test_a_ledger_with_holds_moves_whole(run, held, other, tmp_path):
    """Exported and recorded into an empty store: every event has its number, its time and its hash,
    the proof holds, what is held is held, and the next plan there is made without it. With
    five pieces of an order cancelled there is room for hold-4. Recorded again nothing
    changes; what the first store records afterwards follows."""
    file = exported(run, held, tmp_path)
    assert run("init", other).code == exits.FINE
    said = run("record", other, file, "--by", "bob", "--reason", "moved")
    assert said.code == exits.FINE, said
    with open_store(held) as one, open_store(other) as two:
        assert list(one.read()) == list(two.read())
    assert run("verify", other).out == run("verify", held).out
    assert statuses(run, other) == statuses(run, held) == [
        ("hold-1", "released", None), ("hold-2", "committed", "SO-9/1"), ("hold-3", "held", None)]
    said = run("record", other, file)
    assert "0 events recorded" in said.out and "had been recorded before" in said.out
    assert run("record", held, "--kind", "order_shipped", "--key", "SO-4712/1", "--set",
               "quantity=1", *DAY).code == exits.FINE
    assert "1 event recorded" in run("record", other, exported(run, held, tmp_path)).out
    assert "2 holds of another ledger, until a plan is published here" in run("hold", other).out
    said = run("hold", other, *ASK)
    assert said.code == exits.WRONG_USE and "publish" in said.err
    assert run("release", other, "hold-3").code == exits.FINE
    assert run("record", other, "--kind", "order_cancelled", "--key", "SO-4712/1", "--set",
               "quantity=5", *DAY).code == exits.FINE
    said = run("plan", other, "--out", "week-07", "--no-excel")
    assert "what hold-2 keep is left out of the plan" in said.err
    assert run("publish", other, "week-07", *DAY).code == exits.FINE
    said = run("hold", other, *ASK, "--json").json
    assert said["hold_id"] == "hold-4", said
    assert run("verify", other).code == exits.FINE


def test_an_export_goes_into_an_empty_ledger_only(run, held, other, tmp_path):
    """Numbers of corrections are those of the ledger that they come from: a ledger with events of
    its own refuses the whole, and so does an empty one that which somebody changed."""
    file = exported(run, held, tmp_path)
    run("init", other)
    assert run("record", other, "--kind", "row_set", "--key", "settings:", "--set", "name=x",
               "--set", "as_of=2026-02-02", *DAY).code == exits.FINE
    said = run("record", other, file)
    assert said.code == exits.WRONG_USE and "record.file.other_ledger" in said.err
    assert "headgate init" in said.err
    lines = file.read_text(encoding="utf-8").split("\n")
    row = json.loads(lines[6])
    row["actor"] = "eve"
    lines[6] = json.dumps(row)
    file.write_text("\n".join(lines), encoding="utf-8")
    fresh = str(tmp_path / "fresh.db")
    run("init", fresh)
    said = run("record", fresh, file)
    assert "record.file.changed" in said.err and "row 7" in said.err
    assert run("events", fresh, "--json").json["events"] == []


@pytest.mark.parametrize(("kind", "fields", "command"), [
    ("hold_placed", ("plan=x", "until=2999-01-01T00:00:00+00:00", "hold={}"), "headgate hold"),
    ("hold_committed", (), "headgate commit"), ("hold_released", (), "headgate release"),
    ("hold_expired", (), "the ledger itself"),
    ("plan_published", ("plan_digest=x", "book_digest=y"), "headgate publish")])
def test_what_a_store_records_is_not_recorded_by_hand(run, held, kind, fields, command):
    """A hold without boards could never be proven: refused, and the command that does it named."""
    before = run("verify", held).out
    words = [part for text in fields for part in ("--set", text)]
    said = run("record", held, "--kind", kind, "--key", "hold-3", *words, *DAY)
    assert said.code == exits.FAULTY_BOOK
    assert "record.kind.store" in said.err and command in said.err.replace("\n", " ")
    assert run("verify", held).out == before


def test_a_hold_that_is_none_keeps_nothing(run, held):
    """A ledger may have such an event from a time at which it was taken: it is proven again."""
    from headgate.ledger.events import Event

    now = datetime.now(UTC)
    with open_store(held) as store:
        assert store.append([Event("hold_placed", "hold-9", now.date(), {
            "plan": "x", "until": "2999-01-01T00:00:00+00:00", "hold": {}}, "ana", "", "by-hand")],
            now)[0].sequence
    assert run("verify", held).code == exits.FINE
