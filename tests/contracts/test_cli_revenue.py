"""`headgate revenue`: what it answers, keeps and refuses, and by which exit code."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

import headgate as hg
from headgate import session
from headgate.cli import exits
from headgate.finance import recognised_walk
from headgate.finance.reconciliation import STEPS, WALK
from headgate.finance.statement import SCOPE
from headgate.tables.revenue_schema import DEFERRED, REVENUE_TABLES
from tests.oracles.slow_sheet import Sheets, differing, opened


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a small book, two plans of it, and a demo of 60 lines; nobody writes in it."""
    folder = tmp_path_factory.mktemp("made")
    session.write_sample(folder / "book")
    book = session.read_book(folder / "book")
    session.plan(book).write(folder / "plan")
    session.plan(book, "rank").write(folder / "rank")
    session.write_demo(folder / "demo", 60, 4)
    demo = session.read_book(folder / "demo")
    session.plan(demo, {"work": 20}).write(folder / "demo-plan")
    session.plan(demo, "rank").write(folder / "demo-rank")
    return folder


def test_the_answer_is_the_same_in_words_as_json_and_in_python(run, made):
    """The total of the terminal, of the document and of Python; each says what is not in it."""
    statement = hg.revenue(hg.read_book(made / "book"), made / "plan")
    said = run("revenue", made / "book", made / "plan")
    assert said.code == exits.FINE and said.err == ""
    words = " ".join(said.out.split())
    for title in ("Revenue by fiscal quarter", "Margin by segment", "A piece of each",
                  "From the price of all contracts", "From the value of the plan to margin"):
        assert title in words
    assert SCOPE in words
    document = run("revenue", made / "book", made / "plan", "--json").json
    assert {name: document[name] for name in statement.totals} == statement.totals
    assert document["scope"] == SCOPE
    assert [row["step"] for row in document["reconciliation"]] == list(STEPS)
    assert [row["step"] for row in document["price_walk"]] == list(WALK)
    assert "bridge" not in document and "deferred" not in document


@pytest.mark.parametrize("by", ["line", "customer", "segment", "product", "family", "region",
                                "quarter"])
def test_margins_are_told_by_what_is_asked_for(run, made, by):
    """A table with the heading asked for; of a long one no more rows than wanted."""
    said = run("revenue", made / "demo", made / "demo-plan", "--by", by, "--lines", 2)
    assert said.code == exits.FINE and f"Margin by {by}" in said.out
    rows = said.out.split(f"Margin by {by}")[1].split("\n\n")[0].splitlines()[3:]
    assert sum(not row.startswith("and ") for row in rows) <= 2


def test_no_line_of_the_answer_is_wider_than_a_hundred_columns(run, made):
    """Every table of a demo fits a page of 100 columns, those of a bridge, too; only the last
    sentence, and what names a folder, may be longer."""
    said = run("revenue", made / "demo", made / "demo-plan", "--compare", made / "demo-rank")
    assert "The same by quarter" in said.out
    assert max(len(line) for line in said.out.splitlines()
               if line != SCOPE and str(made) not in line) <= 100


def test_the_tables_are_kept_and_an_older_statement_is_replaced(run, made, tmp_path):
    """Every table in the columns declared, as CSV and as Parquet; anything else is not replaced."""
    out = tmp_path / "new" / "revenue"
    call = ["revenue", made / "book", made / "plan", "--compare", made / "rank", "--out", out]
    for ending in ("csv", "parquet"):
        assert run(*call, "--format", ending).code == exits.FINE
        for table in REVENUE_TABLES[:REVENUE_TABLES.index(DEFERRED)]:
            file = out / f"{table.name}.{ending}"
            found = pl.read_csv(file) if ending == "csv" else pl.read_parquet(file)
            assert tuple(found.columns) == table.names
            if ending == "parquet":
                assert found.schema == table.types
        assert not (out / f"deferred.{ending}").exists()
    figures = json.loads((out / "revenue.json").read_text(encoding="utf-8"))
    table = pl.read_parquet(out / "revenue.parquet")
    assert figures["revenue_cents"] == table["revenue_cents"].sum()
    (out / "mine.txt").write_text("mine")
    refused = run(*call)
    assert refused.code == exits.WRONG_USE and "mine.txt" in refused.err
    other = run("revenue", made / "book", made / "plan", "--out", made / "plan")
    assert other.code == exits.WRONG_USE and "plan.folder.occupied" in other.err


def test_the_bridge_leads_from_the_other_plan(run, made, tmp_path):
    """The effects of the document sum to the difference of the two totals; a plan of a changed book
    needs that book."""
    book = made / "book"
    document = run("revenue", book, made / "plan", "--compare", made / "rank", "--json").json
    old = run("revenue", book, made / "rank", "--json").json
    for name in ("revenue_cents", "cost_cents", "margin_cents"):
        assert sum(row[name] for row in document["bridge"]) == document[name] - old[name]
    alike = run("revenue", book, made / "plan", "--compare", made / "plan").out
    assert "nothing changes in revenue, cost or margin" in alike
    changed = Path(shutil.copytree(book, tmp_path / "changed"))
    orders = (changed / "orders.csv").read_text().replace("415000.00", "400000.00")
    (changed / "orders.csv").write_text(orders)
    session.plan(session.read_book(changed)).write(tmp_path / "plan")
    call = ["revenue", book, made / "plan", "--compare", tmp_path / "plan"]
    assert "plan.book_digest.other" in run(*call).err
    said = run(*call, "--compare-book", changed)
    assert said.code == exits.FINE and "price" in said.out


def test_a_missing_standalone_price_is_told_with_its_row(run, made, tmp_path):
    """Without the price of support alone: its row of items and the way out; with --stated-prices it
    is worked out."""
    book = Path(shutil.copytree(made / "book", tmp_path / "book"))
    items = (book / "items.csv").read_text()
    (book / "items.csv").write_text(items.replace("1500.00", ""))
    session.plan(session.read_book(book)).write(tmp_path / "plan")
    said = run("revenue", book, tmp_path / "plan")
    assert said.code == exits.FAULTY_BOOK
    assert "row 8" in said.err and "[items.standalone_price.needed]" in said.err
    assert "no revenue was worked out" in said.err
    assert run("revenue", book, tmp_path / "plan", "--stated-prices").code == exits.FINE


def test_billings_give_deferred_revenue(run, made, tmp_path):
    """A deposit of a thousand: deferred in the first quarter, and gone when the servers come."""
    file = tmp_path / "billings.csv"
    file.write_text("order_id,on,amount\nSO-4711,2026-01-15,1000.00\n")
    call = ["revenue", made / "book", made / "plan", "--billings", file]
    assert "Deferred revenue" in run(*call).out
    rows = run(*call, "--json").json["deferred"]
    assert [(row["contract_id"], row["opening_cents"], row["closing_cents"]) for row in rows] == [
        ("C-0012", 100_000, 0)]


def test_billings_are_of_orders_that_the_book_has(run, made, tmp_path):
    """An order that is misspelt, a contract of nobody, an order under another contract, and money
    in a currency in which nothing of it is sold: each with its row, and what to do. Of an order
    that is gone it is said that it is."""
    file = tmp_path / "billings.csv"
    call = ["revenue", made / "book", made / "plan", "--billings", file, "--json"]
    file.write_text("order_id,contract_id,on,amount,currency\n"
                    "SO-4711,,2026-01-15,1.00,\nso-4711,,2026-01-15,1.00,\n"
                    ",C-0013,2026-01-15,1.00,\nSO-4711,C-0099,2026-01-15,1.00,\n"
                    "SO-4711,,2026-01-15,1.00,GBP\n")
    said = run(*call)
    assert said.code == exits.FAULTY_BOOK
    assert [(issue["row"], issue["code"], issue["value"]) for issue in said.json["issues"]] == [
        (3, "billings.order_id.unknown", "so-4711"),
        (4, "billings.contract_id.unknown", "C-0013"),
        (5, "billings.contract_id.unknown", "C-0099"), (6, "billings.currency.other", "GBP")]
    assert 'did you mean "SO-4711"' in said.json["issues"][0]["expected"]
    assert "yes in a column gone" in said.json["issues"][0]["expected"]
    file.write_text("order_id,on,amount,gone\nSO-4700,2026-01-15,1000.00,yes\n")
    assert {row["contract_id"] for row in run(*call).json["deferred"]} == {"SO-4700"}


@pytest.mark.parametrize(("text", "codes"), [
    ("on,amount\n2026-01-15,1\n", ["billings.column.missing"]),
    ("order_id,on,amount\nSO-1,15.1.2026,1\nSO-1,2026-01-15,1.234\n,2026-01-15,1\n",
     ["billings.on.range", "billings.amount.range", "billings.order_id.blank"]),
    ("order_id,on,amount\nSO-1,2026-01-15\n\"SO", ["billings.file.cut"]),
    ("order_id,on,amount\nSO-1,2026-01-15,1,2\n", ["billings.row.fields"]),
    ("order_id,on,amount,currency\nSO-1,2026-01-15,1,JPY\n", ["billings.currency.unknown"]),
])
def test_faults_of_billings_are_told_together(run, made, tmp_path, text, codes):
    """Every fault with its row, and nothing is worked out."""
    file = tmp_path / "billings.csv"
    file.write_text(text)
    said = run("revenue", made / "book", made / "plan", "--billings", file)
    assert said.code == exits.FAULTY_BOOK and said.out == ""
    for code in codes:
        assert f"[{code}]" in said.err


@pytest.mark.parametrize(("text", "rows"), [
    ('note;order_id;on;amount\n"two\nlines";SO-4711;2026-01-15;x\n\n'
     ';SO-9;2026-01-15;1\n;SO-4711;2026-01-15;1;2\n;SO-4711;2026-01-15;y\n',
     [(2, "billings.amount.range"), (5, "billings.order_id.unknown"), (6, "billings.row.fields"),
      (7, "billings.amount.range")]),
    ('note,order_id,on,amount,currency\n"two\nlines",SO-4711,2026-01-15,1,\n'
     ',SO-9,2026-01-15,1,JPY\n', [(4, "billings.order_id.unknown"),
                                  (4, "billings.currency.unknown")]),
    ("order_id,on,amount,on\n", [(1, "billings.column.doubled")])])
def test_faults_of_billings_name_the_line_of_the_file(run, made, tmp_path, text, rows):
    """A cell with a line break makes its row two lines long, and an empty line is a line, too: an
    editor shows the line that is told."""
    file = tmp_path / "billings.csv"
    file.write_text(text)
    said = run("revenue", made / "book", made / "plan", "--billings", file, "--json")
    assert sorted((issue["row"], issue["code"]) for issue in said.json["issues"]) == sorted(rows)


HELD = ("order_id,line_no,quantity,on,substantive_reason,identified,ready,not_redirectable\n"
        "SO-4711,1,1,2026-02-01,yes,yes,yes,{}\n")


def test_what_is_billed_and_held_is_revenue_by_all_criteria_or_none(run, made, tmp_path):
    """One piece of SO-4711/1 is held. With three criteria the answer is that without a record, and
    names the fourth; with four the plan brings its price less, but for the late penalty that is
    not owed for it any more. RPO of the backlog loses the same; the order binds by a deposit."""
    (tmp_path / "b.csv").write_text("order_id,on,amount,refundable\nSO-4711,2026-01-15,1.00,no\n")
    file, call = tmp_path / "h.csv", (made / "book", made / "plan", "--bill-and-hold")
    file.write_text(HELD.format("no"))
    alone = run("revenue", *call[:2], "--json").json
    said = run("revenue", *call, file)
    words = " ".join(said.out.split())
    assert "Billed and held" in words
    assert "not_redirectable (they can neither" in words
    assert run("revenue", *call, file, "--json").json["revenue_cents"] == alone["revenue_cents"]
    backlog = ("backlog", *call, file, "--billings", tmp_path / "b.csv", "--json")
    before = run(*backlog).json
    file.write_text(HELD.format("yes"))
    document = run("revenue", *call, file, "--json", "--out", tmp_path / "out").json
    after = run(*backlog).json
    walk = {row["step"]: row["cents"] for row in document["price_walk"]}
    assert document["bill_and_hold"][0]["recognised"] == "yes" and walk["bill_and_hold"] < 0
    less = document["revenue_cents"] - alone["revenue_cents"]
    assert after["rpo_cents"] - before["rpo_cents"] == less
    spared = walk["late_penalty"] - {
        row["step"]: row["cents"] for row in alone["price_walk"]}["late_penalty"]
    assert less == walk["bill_and_hold"] + spared and spared > 0
    assert (tmp_path / "out" / "bill_and_hold.csv").exists()


def test_the_report_takes_what_revenue_and_backlog_take(run, made, tmp_path):
    """The bridge from the rank plan, deferred revenue and what is billed and held stand in the
    page; without these options none does."""
    page, held, billings = (tmp_path / name for name in ("r.html", "h.csv", "b.csv"))
    held.write_text(HELD.format("no"))
    billings.write_text("order_id,on,amount\nSO-4711,2026-01-15,1000.00\n")
    call = ("report", made / "book", made / "plan", "--out", page)
    assert run(*call).code == exits.FINE
    panels = ('id="plan-bridge"', 'id="deferred"', 'id="bill-and-hold"')
    assert not any(panel in page.read_text(encoding="utf-8") for panel in panels)
    said = run(*call, "--compare", made / "rank", "--billings", billings, "--bill-and-hold", held)
    assert said.code == exits.FINE, said.err
    text = page.read_text(encoding="utf-8")
    assert all(panel in text for panel in panels)
    assert "not redirectable: they can neither be used" in text


@pytest.mark.parametrize("command", ["revenue", "backlog", "report"])
def test_a_record_without_a_row_of_this_day_is_told_to_be_so(run, made, tmp_path, command):
    """Its only row is of next year. Whoever gave it is told that it said nothing, in the same words
    by all three; without a record nobody says so."""
    page, held = tmp_path / "r.html", tmp_path / "h.csv"
    held.write_text(HELD.format("yes").replace("2026-02-01", "2027-02-01"))
    call = (command, made / "book", made / "plan", *(
        ("--out", page) if command == "report" else ()))
    words = "The record of what is billed and held has no row of this day or before."
    for more, there in (((), False), (("--bill-and-hold", held), True)):
        said = run(*call, *more)
        assert said.code == exits.FINE, said.err
        text = page.read_text(encoding="utf-8") if command == "report" else said.out
        assert (words in " ".join(text.split())) == there


@pytest.mark.parametrize(("option", "text", "code"), [
    ("--billings", "order_id,on,amount,currency\nSO-4711,2026-01-15,1,JPY\n",
     "billings.currency.other"),
    ("--bill-and-hold", "order_id,line_no,quantity,on\nSO-9,1,1,2026-01-01\n",
     "bill_and_hold.line.unknown")])
def test_a_report_is_not_written_with_what_does_not_fit(run, made, tmp_path, option, text, code):
    """A fault of a file that was given is no gap of the book: nothing is written."""
    (tmp_path / "f.csv").write_text(text)
    call = ("report", made / "book", made / "plan", "--out", tmp_path / "r.html")
    said = run(*call, option, tmp_path / "f.csv")
    assert said.code == exits.FAULTY_BOOK and f"[{code}]" in said.err
    assert not (tmp_path / "r.html").exists()
    assert run(*call, option, "nowhere.csv").code == exits.WRONG_USE
    assert run(*call, "--compare-book", made / "book").code == exits.WRONG_USE


@pytest.mark.parametrize("words", [
    ["--bill-and-hold", "nowhere.csv"], ["--by", "colour"], ["--compare-book", "book"],
    ["--billings", "nowhere.csv"], ["--compare", "nowhere"]])
def test_what_does_not_fit_is_wrong_use(run, made, words):
    """One line, exit code 2, and no trace."""
    said = run("revenue", made / "book", made / "plan", *words)
    assert said.code == exits.WRONG_USE and "Traceback" not in said.err


# ------------------------------------------------------------------ a store: what was recognised

@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Path:
    """The ledger of a demo of 100 lines with a plan `first`; FY26 Q3 and Q4 are closed in it.
    Nobody writes in it."""
    folder = tmp_path_factory.mktemp("store")
    session.write_demo(folder / "book", 100, 1)
    path = folder / "ledger.db"
    session.write_demo_ledger(path, session.read_book(folder / "book").tables, 1)
    with session.Storage(path, datetime(2026, 2, 3, tzinfo=UTC)) as storage:
        book = storage.book()
        session.plan(book, "rank").write(storage.target("first"))
        storage.keep("first", book)
    return path


def test_a_store_tells_what_was_recognised_up_to_rpo(run, store):
    """Without a plan: the closed quarters and the one under way, the same sums by segment, and from
    everything sold to the RPO that `headgate backlog` tells, to the cent."""
    said = run("revenue", store)
    assert said.code == exits.FINE and said.err == ""
    for words in ("Revenue recognised by fiscal quarter", "FY26 Q3", "FY26 Q4", "so far",
                  "Recognised by segment", "From everything sold to RPO", "tie to the cent"):
        assert words in said.out, words
    document = run("revenue", store, "--json").json
    assert document["ok"] and document["ties_hold"]
    assert document["rpo_cents"] == run("backlog", store, "--json").json["rpo_cents"]
    for by in ("all", "segment", "product"):
        rows = [row for row in document["by_quarter"] if row["by"] == by]
        assert {row["status"] for row in rows} == {"recognised"}
        assert sum(row["revenue_cents"] for row in rows) == document["recognised_cents"] > 0


def test_a_store_and_its_backlog_agree_on_what_is_billed_and_held(run, store, tmp_path):
    """One piece of an open line that binds, held since the first day of the quarter: recognised on
    that day, and RPO is that of the backlog with the same record; so says the pack."""
    with session.Storage(store, datetime(2026, 2, 3, tzinfo=UTC)) as storage:
        orders = storage.book().tables.frames["orders"]
    row = orders.filter(~pl.col("cancellable"), pl.col(
        "quantity") > pl.col("shipped_quantity")).row(0, named=True)
    file = tmp_path / "h.csv"
    file.write_text(HELD.format("yes").replace(
        "SO-4711,1,", f"{row['order_id']},{row['line_no']},"))
    call = ("--bill-and-hold", file, "--json")
    made = run("revenue", store, *call, "--out", tmp_path / "o", "--excel",
               tmp_path / "p.xlsx").json
    assert made["ok"] and made["bill_and_hold"][0]["recognised"] == "yes"
    rpo = [run("backlog", store, *given).json["rpo_cents"] for given in (call, call[2:])]
    assert made["rpo_cents"] == rpo[0] < rpo[1]
    rows = pl.read_csv(tmp_path / "o" / "recognised.csv", infer_schema_length=None).filter(
        pl.col("rule") == "bill_and_hold")
    assert rows.select("recognised_on", "quantity").rows() == [("2026-02-01", 1)]
    assert run("revenue", store, "first", *call).json["ok"]
    data = (tmp_path / "p.xlsx").read_bytes()
    assert differing(data) == [] and Sheets(opened(data)).value("Checks", 3, 2) is True


def test_with_a_plan_the_quarter_under_way_is_so_far_and_planned(run, store, tmp_path):
    """So far and planned are together the quarter; what is planned is what the plan's own table
    has, and what is recognised is told in the folder and in the pack, too."""
    call = ("revenue", store, "first", "--out", tmp_path / "out", "--excel", tmp_path / "p.xlsx")
    said = run(*call)
    assert said.code == exits.FINE
    assert "planned" in said.out and "together" in said.out
    document = run(*call[:3], "--json").json
    rows = {(row["quarter"], row["status"]): row["revenue_cents"]
            for row in document["by_quarter"] if row["by"] == "all"}
    own = {row["quarter"]: row["revenue_cents"] for row in document["margins"]
           if row["by"] == "all"}
    assert {quarter: cents for (quarter, status), cents in rows.items()
            if status == "planned"} == own
    assert ("FY27 Q1", "recognised") in rows and ("FY27 Q1", "planned") in rows
    found = pl.read_csv(tmp_path / "out" / "recognised.csv")
    assert found["revenue_cents"].sum() == sum(
        cents for (_, status), cents in rows.items() if status == "recognised")
    data = (tmp_path / "p.xlsx").read_bytes()
    assert differing(data) == [] and Sheets(opened(data)).value("Checks", 3, 2) is True


def test_periods_are_chosen_and_a_quarter_is_told_as_it_was_known(run, store, tmp_path):
    """From FY26 Q4 alone; as of its last day, before and after late news: shipments of its last
    days, told on 2 February, are revenue of it now. The pack of it alone ties."""
    day = ("--as-of", "2026-01-30", "--from", "FY26 Q4")
    now = run("revenue", store, *day, "--json", "--excel", tmp_path / "r.xlsx").json
    then = run("revenue", store, *day, "--json", "--recorded-by", "2026-02-02T12:00").json
    assert {row["quarter"] for row in now["by_quarter"]} == {"FY26 Q4"}
    sums = [sum(row["quantity"] for row in told["by_quarter"] if row["by"] == "all")
            for told in (then, now)]
    assert sums[0] < sums[1] and then["ties_hold"] and now["ties_hold"]
    data = (tmp_path / "r.xlsx").read_bytes()
    assert differing(data) == [] and Sheets(opened(data)).value("Checks", 3, 2) is True


def test_what_only_a_store_or_a_plan_can_tell_is_refused_elsewhere(run, made, store):
    """A folder without a plan, `--from` of a folder, `--compare` without a plan, and another day or
    time than a plan's own."""
    for call in ((made / "book",), (made / "book", made / "plan", "--from", "FY26 Q4"),
                 (store, "--compare", "first"), (store, "first", "--as-of", "2026-01-30"),
                 (store, "first", "--recorded-by", "2026-01-30")):
        assert run("revenue", *call).code == exits.WRONG_USE, call


def test_numbers_that_do_not_tie_end_with_no(run, store, monkeypatch):
    """Were a row of an order line lost, what the ledger counts of its pieces would not be what is
    told day by day: in words, and by the code."""
    honest = recognised_walk.recognised_of

    def lossy(*told):
        whole = honest(*told)
        return replace(whole, entries=whole.entries.slice(1), as_of_cents=whole.as_of_cents[1:])

    monkeypatch.setattr(recognised_walk, "recognised_of", lossy)
    said = run("revenue", store)
    assert said.code == exits.SAYS_NO
    assert "DOES NOT TIE: " in said.out
    assert "order lines recognised day by day, and their pieces recognised: " in said.out
    assert run("revenue", store, "first").code == exits.SAYS_NO
