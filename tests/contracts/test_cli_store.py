"""A store wherever a book may stand, and the commands of the ledger: on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from headgate import session
from headgate.cli import exits
from headgate.stores.engine import writing
from headgate.stores.schema import EVENTS
from headgate.stores.store import open_store

DAY = ("--on", "2026-02-02", "--by", "ana")
LINE = "SO-4711/1"


@pytest.fixture(scope="module")
def sample(tmp_path_factory) -> Path:
    """A small book and its plan; nobody writes in it."""
    folder = tmp_path_factory.mktemp("sample")
    session.write_sample(folder / "book")
    session.plan(session.read_book(folder / "book")).write(folder / "plan", excel=False)
    return folder


@pytest.fixture
def book(sample, tmp_path) -> Path:
    """The book, of one's own."""
    return Path(shutil.copytree(sample / "book", tmp_path / "book"))


@pytest.fixture
def store(run, place, book) -> str:
    """A store that holds the sample book."""
    assert run("init", place).code == exits.FINE
    assert run("import", place, book, "--by", "ana").code == exits.FINE
    return place


@pytest.fixture
def planned(run, store) -> str:
    """The same with a published plan `week-06`."""
    assert run("plan", store, "--out", "week-06").code == exits.FINE
    assert run("publish", store, "week-06", *DAY).code == exits.FINE
    return store


def kinds(run, store: str, *options: object) -> list[str]:
    """The kinds of the events of a store."""
    return [row["kind"] for row in run("events", store, "--json", *options).json["events"]]


def change(book: Path, table: str, old: str, new: str) -> None:
    """Change a text in a table of a book."""
    file = book / f"{table}.csv"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


# ------------------------------------------------------------------ a book in a store

def test_a_book_goes_in_and_comes_out(run, place, book, tmp_path):
    """Made, imported, validated and exported: the digest is that of the folder every time; the
    same book again records nothing, and a dry run before the first recorded nothing either."""
    said = run("init", place)
    assert said.code == exits.FINE and "headgate import" in said.out
    assert run("init", place, "--json").json["made"] is False
    dry = run("import", place, book, "--dry-run", "--json").json
    assert dry["events"] > 50 and kinds(run, place) == []
    first = run("import", place, book, "--by", "ana", "--json").json
    assert first["counts"] == dry["counts"]
    assert first["last"] == first["events"]
    again = run("import", place, book, "--json").json
    assert again["events"] == 0
    digest = run("validate", book, "--json").json["book_digest"]
    assert first["book_digest"] == digest
    assert run("validate", place, "--json").json["book_digest"] == digest
    assert run("export", place, "--out", tmp_path / "out").code == exits.FINE
    assert run("validate", tmp_path / "out", "--json").json["book_digest"] == digest
    assert {row["actor"] for row in run("events", place, "--json").json["events"]} == {"ana"}


def test_a_changed_book_becomes_its_differences(run, store, book):
    """One price goes up and a receipt comes a week later: two events, and no other."""
    before = len(kinds(run, store))
    change(book, "orders", "415000.00", "420000.00")
    change(book, "supply", "2026-03-09", "2026-03-16")
    assert run("import", store, book).code == exits.FINE
    assert sorted(kinds(run, store)[before:]) == ["order_amended", "supply_moved"]
    assert run("validate", store, "--json").json["book_digest"] == \
        run("validate", book, "--json").json["book_digest"]


@pytest.mark.parametrize(("missing", "recorded"), [
    ("cancelled", "order_cancelled"), ("shipped", "order_shipped"), ("keep", None)])
def test_a_line_that_is_absent_needs_a_word(run, store, book, missing, recorded):
    """A line is in the book no more: refused and named, until the option says what became of it."""
    rows = (book / "orders.csv").read_text(encoding="utf-8").splitlines()
    gone = rows.pop()
    (book / "orders.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (book / "pins.csv").unlink()
    before = len(kinds(run, store))
    said = run("import", store, book)
    assert said.code == exits.FAULTY_BOOK
    assert gone.split(",")[0] in said.err and "import.orders.missing" in said.err
    assert "with --missing cancelled, shipped or keep" in said.err
    assert len(kinds(run, store)) == before
    assert run("import", store, book, "--missing", missing).code == exits.FINE
    assert (recorded in kinds(run, store)[before:]) == (recorded is not None)
    lines = run("validate", store, "--json").json["rows"]["orders"]
    assert lines == len(rows) - 1 + (missing == "keep")


def test_every_planning_command_takes_a_store(run, sample, store, tmp_path):
    """Each answers from the store what it answers from the folder: the same plan, proven, the same
    reasons, quotes, revenue and scenarios."""
    folder, plan = sample / "book", sample / "plan"
    made = run("plan", store, "--out", "week-06", "--no-excel", "--json")
    assert made.code == exits.FINE
    there = json.loads((plan / "summary.json").read_text(encoding="utf-8"))
    for name in ("book_digest", "lines", "value", "certificate", "work"):
        assert made.json["summary"][name] == there[name], name
    scenario = tmp_path / "slip.toml"
    scenario.write_text('name = "slip"\n[[change]]\nkind = "supply_slip"\n'
                        'item_id = "gpu-b300"\nweeks = 2\n', encoding="utf-8")
    calls: list[tuple[object, ...]] = [
        ("check", "{plan}"), ("why", "{plan}", LINE), ("why", "{plan}", "--all"),
        ("actions", "{plan}"), ("where-used", "{plan}", "gpu-b300"),
        ("quote", "{plan}", "--item", "xe-b300", "--quantity", 1, "--region", "EMEA"),
        ("revenue", "{plan}"), ("replan", "--from", "{plan}"), ("validate",),
        ("scenario", scenario)]
    for name, *words in calls:
        answers = []
        for where, named in ((store, "latest"), (folder, plan)):
            filled = [str(word).format(plan=named) for word in words]
            said = run(name, where, *filled, "--json")
            assert said.code == exits.FINE, (name, said)
            answers.append(without_times(said.json))
        # What was recognised only a store can tell.
        own = {table: answers[0].pop(table) for table in (
            "by_quarter", "recognised_walk", "recognised_ties") if name == "revenue"}
        assert all(own.values())
        assert answers[0] == answers[1], name
    assert run("compare", "week-06", "latest", "--book", store).code == exits.FINE
    assert run("report", store, "latest", "--out", tmp_path / "r.html").code == exits.FINE
    assert "Backlog" in (tmp_path / "r.html").read_text(encoding="utf-8")


def without_times(document: object) -> object:
    """A document without what differs from run to run: seconds, memory, digests of files."""
    if isinstance(document, dict):
        return {name: without_times(part) for name, part in document.items()
                if name not in ("seconds", "peak_memory_mb", "digest", "tables", "plan")}
    return [without_times(part) for part in document] if isinstance(document, list) else document


def test_plans_have_names(run, planned):
    """A draft is replaced by the next one of its name, a published plan is not; what is no name,
    and what is no plan, is told with what comes near."""
    assert run("plan", planned, "--out", "draft", "--no-excel").code == exits.FINE
    assert run("plan", planned, "--out", "draft", "--policy", "rank").code == exits.FINE
    assert run("check", planned, "draft").code == exits.FINE
    said = run("plan", planned, "--out", "week-06")
    assert said.code == exits.WRONG_USE and "store.plan.published" in said.err
    for name in ("latest", "../x", "a b", ""):
        assert run("plan", planned, "--out", name).code == exits.WRONG_USE
    said = run("check", planned, "week-6")
    assert said.code == exits.WRONG_USE and 'did you mean "week-06"' in said.err


def test_a_plan_keeps_the_book_that_it_was_made_of(run, planned, book):
    """The book changes after the plan: the plan is still proven against its own book, and the next
    plan is made of the changed one."""
    change(book, "orders", "415000.00", "420000.00")
    assert run("import", planned, book).code == exits.FINE
    assert run("check", planned, "week-06").code == exits.FINE
    assert run("plan", planned, "--out", "week-07").code == exits.FINE
    said = run("compare", "week-06", "week-07", "--book", planned)
    assert "DIFFERENT BOOKS" in said.out


def test_a_later_day_is_planned_when_it_is_said(run, store):
    """Pieces ship on Thursday, the book is of Monday: the plan of Monday leaves that out and says
    so, that of the next Monday counts it. A folder has its day in its settings."""
    ship = ("--kind", "order_shipped", "--key", "SO-4712/1", "--set", "quantity=4",
            "--on", "2026-02-05")
    assert run("record", store, *ship).code == exits.FINE
    said = run("plan", store, "--out", "monday", "--no-excel")
    assert "1 event of the ledger count only after 2026-02-02" in said.err.replace("\n", " ")
    later = run("plan", store, "--out", "next", "--as-of", "2026-02-09", "--json", "--no-excel")
    assert later.json["summary"]["as_of"] == "2026-02-09"
    monday = run("compare", "monday", "next", "--book", store, "--json")
    assert monday.code == exits.FINE
    assert run("plan", "nowhere", "--out", "x").code == exits.WRONG_USE


# ------------------------------------------------------------------ promises and holds

def test_publishing_records_the_promises(run, planned):
    """Every promised line gets an event and the plan one more; published again nothing changes;
    the dates are the promised_on of the next book."""
    recorded = kinds(run, planned)
    assert recorded.count("promise_made") == 2 and recorded.count("plan_published") == 1
    said = run("publish", planned, "week-06", "--by", "bob")
    assert "was published on 2026-02-02 by ana; nothing was changed" in said.out
    assert kinds(run, planned) == recorded
    document = run("publish", planned, "latest", "--json").json
    assert document["already"] and document["publication"]["by"] == "ana"
    with session.Storage(planned, datetime.now(UTC)) as storage:
        orders = storage.book().tables.frames["orders"]
        promises = pl.read_csv(storage.plan("week-06") / "promises.csv", try_parse_dates=True)
    assert orders["promised_on"].to_list() == promises["promised_on"].to_list()


def test_the_next_publication_follows_the_last(run, planned, book):
    """A receipt comes five weeks later: the promise of its line moves, the other stays and gets no
    second event. --after is for folders."""
    before = len(kinds(run, planned))
    change(book, "supply", "2026-03-09", "2026-04-13")
    assert run("import", planned, book).code == exits.FINE
    assert run("plan", planned, "--out", "week-07", "--no-excel").code == exits.FINE
    said = run("publish", planned, "week-07", "--on", "2026-02-09", "--after", "week-06")
    assert said.code == exits.WRONG_USE and "leave out --after" in said.err
    made = run("publish", planned, "week-07", "--on", "2026-02-09", "--json").json
    assert made["publication"]["number"] == 2
    assert made["publication"]["figures"]["later"] == 1
    assert [kind for kind in kinds(run, planned)[before:] if kind.startswith("p")] == [
        "promise_moved", "plan_published"]


def free(run, store: str) -> int:
    """Boards that the plan published last can still promise to EMEA."""
    asked = ("--item", "xe-b300", "--quantity", 100, "--region", "EMEA")
    return int(run("quote", store, "latest", *asked, "--json").json["quotes"][0]["quantity"])


def test_hold_commit_release(run, planned):
    """All boards that are left are held: a quote finds none. Released, they are there again;
    committed, they are kept for good, and cannot be released."""
    left = free(run, planned)
    assert left > 0
    ask = ("--item", "xe-b300", "--quantity", left, "--region", "EMEA")
    held = run("hold", planned, *ask, "--unique", "Q-1", "--json")
    assert held.code == exits.FINE and held.json["hold_id"] == "hold-1"
    assert run("hold", planned, *ask, "--unique", "Q-1", "--json").json == held.json
    assert free(run, planned) == 0
    refused = run("hold", planned, *ask, "--json")
    assert refused.code == exits.SAYS_NO and refused.json["code"] == "not_enough"
    assert refused.json["text"].startswith("Not all that was asked for can be promised. ")
    assert run("release", planned, "hold-1").code == exits.FINE
    assert free(run, planned) == left
    assert run("hold", planned, *ask, "--json").json["hold_id"] == "hold-2"
    assert run("commit", planned, "hold-2", "--order", "SO-9/1").code == exits.FINE
    assert run("release", planned, "hold-2", "--json").json["code"] == "committed"
    assert "released with a reason (--reason)" in run("release", planned, "hold-2").out
    shown = run("hold", planned, "--json").json
    assert [(one["hold_id"], one["status"]) for one in shown["holds"]] == [
        ("hold-1", "released"), ("hold-2", "committed")]
    assert "SO-9/1" in run("hold", planned).out
    assert [kind for kind in kinds(run, planned) if kind.startswith("hold")] == [
        "hold_placed", "hold_released", "hold_placed", "hold_committed"]
    assert run("verify", planned).code == exits.FINE
    given = run("release", planned, "hold-2", "--reason", "another order was meant")
    assert given.code == exits.FINE and free(run, planned) == left
    assert run("verify", planned).code == exits.FINE


def test_a_commit_becomes_what_was_held(run, planned):
    """One board for AMER is held, for a customer of the segment enterprise. Order line SO-4712/1
    has 8 boards for AMER and is of the segment neocloud: the commit is refused and says how the
    line differs. One that is not booked yet may be named. What is like the line becomes it."""
    ask = ("--item", "xe-b300", "--quantity", 1, "--region")
    assert run("hold", planned, *ask, "AMER", "--segment", "enterprise").code == exits.FINE
    refused = run("commit", planned, "hold-1", "--order", "SO-4712/1", "--unique", "C", "--json")
    assert refused.code == exits.SAYS_NO and refused.json["code"] == "other_order"
    assert "SO-4712/1: its segment is neocloud, not enterprise." in refused.json["text"]
    assert "Name the order line that hold-1 becomes (--order)" in refused.json["text"]
    again = run("commit", planned, "hold-1", "--order", "SO-9/1", "--unique", "C")
    assert again.code == exits.FINE, "the key is free for the line that was meant"
    assert run("release", planned, "hold-1", "--reason", "in error").code == exits.FINE
    assert run("hold", planned, *ask, "AMER", "--segment", "neocloud").code == exits.FINE
    assert run("commit", planned, "hold-2", "--order", "SO-4712/1").code == exits.FINE


def test_a_hold_says_what_a_quote_warns_of(run, planned):
    """A segment with a slip holds all the same, with the name that was perhaps meant. Wanted in
    the week of the book, the board comes later, and that is said first."""
    ask = ("--item", "xe-b300", "--quantity", 1, "--region", "EMEA", "--segment", "neoclod",
           "--by", "2026-02-06")
    said = run("hold", planned, *ask)
    assert said.code == exits.FINE
    quoted = run("quote", planned, "latest", *ask, "--json").json["issues"]
    assert [issue["code"] for issue in quoted] == ["quote.segment.nobody"]
    assert run("hold", planned, *ask, "--json").json["issues"] == quoted
    words = " ".join(said.out.split())
    assert words.startswith("hold-1: LATER THAN ASKED: it is held for 2026-")
    assert "segment = neoclod" in words and 'did you mean "neocloud"?' in words


def with_order(book: Path, order: str, pieces: int) -> None:
    """Add an order like the second one of the book."""
    orders = book / "orders.csv"
    header, *rows = orders.read_text(encoding="utf-8").splitlines()
    cells = dict(zip(header.split(","), rows[-1].split(","), strict=True))
    cells |= {"order_id": order, "quantity": str(pieces), "shipped_quantity": "0"}
    orders.write_text("\n".join([header, *rows, ",".join(cells.values())]) + "\n",
                      encoding="utf-8")


def test_the_next_plan_leaves_held_boards_alone(run, planned, book):
    """One board is held. The next plan is made without it, and says so; published, the hold is on
    it. Committed for an order that the book then has, the board is the order's, and the next plan
    has it again."""
    ask = ("--item", "xe-b300", "--quantity", 1, "--region", "EMEA")
    assert run("hold", planned, *ask).code == exits.FINE
    said = run("plan", planned, "--out", "next", "--no-excel")
    assert "what hold-1 keep is left out of the plan" in said.err
    assert run("check", planned, "next").code == exits.FINE
    assert run("publish", planned, "next", *DAY).code == exits.FINE
    assert run("hold", planned, "--json").json["plan"] == "next"
    assert run("verify", planned).code == exits.FINE
    assert run("commit", planned, "hold-1", "--order", "SO-9/1").code == exits.FINE
    with_order(book, "SO-9", 1)
    assert run("import", planned, book).code == exits.FINE
    said = run("plan", planned, "--out", "served", "--no-excel")
    assert "left out of the plan" not in said.err
    assert "hold-1 became SO-9/1: its region is AMER, not EMEA: " in said.err
    assert run("publish", planned, "served", *DAY).code == exits.FINE
    assert run("verify", planned).code == exits.FINE


def test_a_hold_that_does_not_fit_stops_a_publication(run, planned):
    """A plan is made, then a board is held that this plan ships to somebody: publishing it would
    give the board away twice, so it is refused and the hold is named. Released, it goes."""
    ask = ("--item", "xe-b300", "--quantity", 1, "--region", "EMEA")
    assert run("plan", planned, "--out", "draft", "--no-excel").code == exits.FINE
    assert run("hold", planned, *ask).code == exits.FINE
    said = run("publish", planned, "draft", *DAY)
    assert said.code == exits.WRONG_USE
    assert "store.hold.carried" in said.err and "hold-1" in said.err
    assert run("release", planned, "hold-1").code == exits.FINE
    assert run("publish", planned, "draft", *DAY).code == exits.FINE
    assert run("verify", planned).code == exits.FINE


def test_nothing_is_held_before_a_plan_is_published(run, store):
    """A hold is a promise, and a draft makes none."""
    said = run("hold", store, "--item", "xe-b300", "--quantity", 1, "--region", "EMEA")
    assert said.code == exits.WRONG_USE and "headgate publish" in said.err
    assert run("hold", store, "--json").json == {"ok": True, "plan": None, "holds": []}


# ------------------------------------------------------------------ events

def test_one_event_by_options(run, store):
    """Four pieces ship; the same document again is not recorded twice; 100 more are refused with
    the code of the rejection, and what cannot be read is named."""
    ship = ("record", store, "--kind", "order_shipped", "--key", LINE, *DAY, "--reason", "truck 7",
            "--unique", "D-1")
    said = run(*ship, "--set", "quantity=4")
    assert said.code == exits.FINE and "1 event recorded" in said.out
    assert "1 had been recorded before" in run(*ship, "--set", "quantity=4").out
    last = run("events", store, "--key", LINE, "--json").json["events"][-1]
    assert (last["data"], last["actor"], last["reason"]) == ({"quantity": 4}, "ana", "truck 7")
    said = run(*ship[:-1], "D-2", "--set", "quantity=100")
    assert said.code == exits.FAULTY_BOOK and "ledger.more_than_open" in said.err
    said = run(*ship[:-1], "D-2", "--set", "quantty=1")
    assert 'did you mean "quantity"' in said.err
    assert "whole number" in run(*ship[:-1], "D-2", "--set", "quantity=four").err
    assert run(*ship[:-1], "D-2", "--set", "quantity").code == exits.WRONG_USE
    assert 'did you mean "order_shipped"' in run(
        "record", store, "--kind", "order_shiped", "--key", LINE).err
    assert run("record", store, "--kind", "order_shipped").code == exits.WRONG_USE


def test_a_shipment_of_a_day_to_come_is_told(run, store):
    """Somebody writes 2099 for 2026: the shipment is taken, and the day is told, also to programs.
    One that happened is taken without a word."""
    ship = ("record", store, "--kind", "order_shipped", "--key", LINE, "--set", "quantity=1")
    said = run(*ship, "--on", "2099-02-02")
    assert said.code == exits.FINE
    assert "effective_on = 2099-02-02" in said.err and "day to come" in said.err
    (issue,) = run(*ship, "--on", "2099-02-03", "--json").json["issues"]
    assert (issue["code"], issue["severity"]) == ("ledger.effective.to_come", "warning")
    assert run(*ship, *DAY).err == ""
    assert run(*ship, *DAY, "--json").json["issues"] == []


def test_events_of_a_table(run, store, tmp_path):
    """A CSV with amounts in decimals, flags and lists; the same file twice counts once. With a
    fault in two rows nothing is recorded and both are named."""
    file = tmp_path / "events.csv"
    file.write_text(
        "kind,key,effective_on,idempotency_key,quantity,amount,site_id,unit_price,cancellable\n"
        f"order_shipped,{LINE},2026-02-03,D-1,4,,austin,,\n"
        f"order_invoiced,{LINE},2026-02-04,I-1,,1660000.00,,,\n"
        f"order_amended,{LINE},2026-02-04,A-1,,,,409000.5,no\n", encoding="utf-8")
    assert "3 events recorded" in run("record", store, file, "--by", "ana").out
    rows = run("events", store, "--key", LINE, "--json").json["events"][-3:]
    assert [row["data"] for row in rows] == [
        {"quantity": 4, "site_id": "austin"}, {"amount_cents": 166000000},
        {"unit_price_cents": 40900050, "cancellable": False}]
    assert "3 had been recorded before" in run("record", store, file).out
    before = len(kinds(run, store))
    file.write_text(f"kind,key,quantity\norder_shipped,{LINE},x\norder_sent,{LINE},2\n",
                    encoding="utf-8")
    said = run("record", store, file, *DAY)
    assert said.code == exits.FAULTY_BOOK
    for words in ("row 2", "row 3", "idempotency_key", "record.kind.unknown"):
        assert words in said.err
    assert len(kinds(run, store)) == before


def test_events_come_out_and_go_in_again(run, place, store, tmp_path, request):
    """Exported as JSON lines and recorded in an empty store: the same content in the same order,
    and the same state; recorded in the store that they came from, they change nothing."""
    file = tmp_path / "events.jsonl"
    assert run("export", store, "--events", file).code == exits.FINE
    other = (str(tmp_path / "other.db") if place.endswith(".db") else
             str(request.getfixturevalue("postgresql").database()))
    assert run("init", other).code == exits.FINE
    assert run("record", other, file).code == exits.FINE
    with open_store(store) as one, open_store(other) as two:
        assert [row.event for row in one.read()] == [row.event for row in two.read()]
    before = len(kinds(run, store))
    assert run("record", store, file, "--json").json["repeated"] == before
    assert len(kinds(run, store)) == before
    file.write_text('{"kind": "order_shipped", "key": "x"', encoding="utf-8")
    assert "record.line.json" in run("record", store, file).err
    file.write_text('{"kind": "order_shipped", "key": "x", "quantity": 4}', encoding="utf-8")
    assert "record.field.unknown" in run("record", store, file).err
    other_file = tmp_path / "notes.txt"
    other_file.write_text("mine")
    assert run("export", store, "--events", other_file).code == exits.WRONG_USE
    assert other_file.read_text() == "mine"


def test_events_are_found(run, store):
    """By key, by kind, and by the time of recording; an unknown kind is told with what is near."""
    assert kinds(run, store, "--kind", "service_booked") == ["service_booked"]
    assert set(kinds(run, store, "--key", LINE)) == {"order_booked"}
    assert kinds(run, store, "--since", "2100-01-01") == []
    assert len(kinds(run, store, "--since", "2020-01-01")) == len(kinds(run, store))
    assert 'did you mean "order_booked"' in run("events", store, "--kind", "order_boked").err
    assert "The last ones" in run("events", store, "--lines", 3).out


def test_state_now_and_then(run, store, tmp_path):
    """64 + 8 pieces are open; on the third 4 of them ship. As of the second all 72 are open; as it
    was known before the import there was nothing."""
    assert run("state", store, "--json").json["pieces"] == 72
    run("record", store, "--kind", "order_shipped", "--key", LINE, "--set", "quantity=4",
        "--on", "2026-02-03")
    assert run("state", store, "--json").json["pieces"] == 68
    assert run("state", store, "--as-of", "2026-02-02", "--json").json["pieces"] == 72
    assert run("state", store, "--recorded-by", "2020-01-01", "--json").json["pieces"] == 0
    for form in ("csv", "parquet"):
        out = tmp_path / form
        for _ in range(2):
            assert run("state", store, "--out", out, "--format", form).code == exits.FINE
        assert (out / f"lines.{form}").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    assert run("state", store, "--out", tmp_path / "mine").code == exits.WRONG_USE


def test_a_closed_period_stays(run, store):
    """FY26 Q4 ends on 2026-01-30. Closed, it is closed; what ships in it later is posted on the
    day after. A period that is not over, and a name that is none, are refused."""
    said = run("close", store, "fy26 q4", *DAY)
    assert said.code == exits.FINE and "2026-01-30" in said.out
    for again in (DAY, ("--on", "2026-03-02")):
        assert "was closed before" in run("close", store, "FY26 Q4", *again).out
    run("record", store, "--kind", "order_shipped", "--key", LINE, "--set", "quantity=4",
        "--on", "2026-01-12")
    last = run("events", store, "--json").json["events"][-1]
    assert (last["posted_on"], last["prior_period"]) == ("2026-01-31", "FY26 Q4")
    assert run("close", store, "FY27 Q1", *DAY).code == exits.FAULTY_BOOK
    far = run("record", store, "--kind", "period_closed", "--key", "all", "--set", "name=all",
              "--set", "starts_on=2026-01-31", "--set", "ends_on=2099-01-31", "--on", "2099-02-01")
    assert far.code == exits.FAULTY_BOOK and "is not over yet" in far.err
    assert "names no period" in run("close", store, "spring", *DAY).err
    assert "closed up to 2026-01-30" in run("state", store).out


def test_verify_says_no(run, store):
    """One amount is changed behind the ledger's back: exit code 1, and the event is named."""
    assert "proven" in run("verify", store).out
    with open_store(store) as opened, writing(opened.engine, opened.shown) as connection:
        connection.execute(EVENTS.update().where(EVENTS.c.sequence == 7).values(actor="bob"))
    said = run("verify", store)
    assert said.code == exits.SAYS_NO
    assert "row 7" in said.out and "ledger.chain.hash" in said.out
    assert run("verify", store, "--json").json["issues"][0]["row"] == 7


def test_a_snapshot_is_kept(run, store, tmp_path):
    """The state is kept, and its tables are written for whoever reads Parquet."""
    said = run("snapshot", store, "--out", tmp_path / "tables")
    assert said.code == exits.FINE
    assert pl.read_parquet(tmp_path / "tables" / "lines.parquet").height == 2
    assert run("verify", store).code == exits.FINE


# ------------------------------------------------------------------ refusals

def test_wrong_places_are_told(run, sample, store, tmp_path):
    """A folder where a store must be, a store where a book must be, and nothing at all."""
    folder = sample / "book"
    said = run("import", folder, store)
    assert said.code == exits.WRONG_USE and "is no store" in said.err
    said = run("import", store, store)
    assert said.code == exits.WRONG_USE and "headgate import STORE BOOK" in said.err
    for words in (("verify", tmp_path / "none.db"), ("plan", tmp_path / "none.db", "--out", "x"),
                  ("init", folder)):
        said = run(*words)
        assert said.code == exits.WRONG_USE, said
    assert not (tmp_path / "none.db").exists()
    said = run("plan", folder, "--out", tmp_path / "p", "--as-of", "2026-02-09")
    assert said.code == exits.WRONG_USE and "headgate.toml" in said.err


def test_an_empty_ledger_has_no_book(run, place):
    """It says what to do, and so does a database that is no store."""
    said = run("validate", place)
    assert said.code == exits.WRONG_USE
    run("init", place)
    said = run("plan", place, "--out", "x")
    assert said.code == exits.WRONG_USE and "headgate import" in said.err
