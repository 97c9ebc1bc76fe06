"""The command line: what each command answers, what it refuses, and by which exit code."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console
from typer import Exit

import headgate as hg
from headgate import session
from headgate.base.issue import Issue, IssuesError
from headgate.cli import exits, main
from headgate.cli.options import Policy
from headgate.cli.showing import grid
from headgate.cli.voice import Voice, WrongUse, speaking
from headgate.files import plan_folder
from headgate.planner.policy import OBJECTIVES
from tests.contracts.said import Said
from tools.reference import commands, options_by_command
from tools.summary_keys import undocumented


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a small book and its plan; nobody writes in it."""
    folder = tmp_path_factory.mktemp("made")
    session.write_sample(folder / "book")
    session.plan(session.read_book(folder / "book")).write(folder / "plan")
    return folder


@pytest.fixture
def book(made, tmp_path) -> Path:
    """A small book of one's own."""
    return Path(shutil.copytree(made / "book", tmp_path / "book"))


@pytest.fixture
def planned(made, book, tmp_path) -> Path:
    """The plan of that book, of one's own too."""
    return Path(shutil.copytree(made / "plan", tmp_path / "plan"))


def first_line(planned: Path) -> str:
    """An order line of the plan, named as `why` wants it."""
    with (planned / "promises.csv").open(encoding="utf-8", newline="") as stream:
        row = next(csv.DictReader(stream))
    return f"{row['order_id']}/{row['line_no']}"


def rewrite(file: Path, column: str, change) -> None:
    """Changes the first cell of a column that the change leaves different."""
    with file.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        names, rows = list(reader.fieldnames or ()), list(reader)
    row = next(row for row in rows if change(row[column]) != row[column])
    row[column] = change(row[column])
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


# ------------------------------------------------------------------ answers

def test_validate_accepts_a_good_book(run, book):
    """The sample book has no fault: exit 0, and the digest by which a plan will know it."""
    said = run("validate", book)
    assert said.code == exits.FINE
    assert "fine" in said.out
    assert session.read_book(book).tables.digest in said.out


def test_validate_reads_the_policy_too(run, book):
    """A weight of a segment that no order has, and a rate that is none: each is named at once, as
    planning would name it."""
    toml = book / "headgate.toml"
    text = toml.read_text().replace("[policy]\n", "[policy]\nlate_rate = 7\n", 1)
    toml.write_text(text)
    said = run("validate", book)
    assert said.code == exits.FAULTY_BOOK
    assert "policy.late_rate" in said.out
    toml.write_text(text.replace("late_rate = 7\n", "")
                    + "\n[policy.weights.segment]\nneoclowd = 2\n")
    said = run("validate", book)
    assert said.code == exits.FAULTY_BOOK
    assert 'did you mean "neocloud"' in said.out
    toml.write_text(text.replace("late_rate = 7\n", "")
                    + "\n[[policy.bonus]]\nby = 2020-05-01\nshare = 0.02\n")
    said = run("validate", book)
    assert said.code == exits.FAULTY_BOOK
    assert "before the first planned week" in said.out


def test_plan_writes_a_plan_that_check_proves(run, book, tmp_path):
    """Planned, then proven by the checker: 0 both times, and no word on stderr but warnings."""
    out = tmp_path / "new" / "plan"
    said = run("plan", book, "--out", out)
    assert said.code == exits.FINE
    assert {"summary.json", "promises.csv", "plan.xlsx"} <= {path.name for path in out.iterdir()}
    assert f"headgate check {book} {out}" in said.out
    proven = run("check", book, out)
    assert proven.code == exits.FINE
    assert "proven" in proven.out


def test_plan_obeys_its_options(run, book, tmp_path):
    """Parquet, scarce pegging, no workbook: each as asked for."""
    out = tmp_path / "plan"
    said = run("plan", book, "-o", out, "--format", "parquet", "--pegging", "scarce", "--no-excel",
               "--policy", "rank", "--json")
    assert said.code == exits.FINE
    names = {path.name for path in out.iterdir()}
    assert "promises.parquet" in names and "promises.csv" not in names
    assert "plan.xlsx" not in names
    assert said.json["summary"]["pegging"] == "scarce"


def test_an_older_plan_is_replaced(run, book, planned):
    """The same folder twice: the second plan takes the place of the first, whole."""
    (planned / "pegging.parquet").write_text("old")
    assert run("plan", book, "--out", planned).code == exits.FINE
    assert not (planned / "pegging.parquet").exists()


def test_why_answers_in_words_and_as_json(run, book, planned):
    """The same answer twice: prose that names the line, and a document for programs."""
    line = first_line(planned)
    said = run("why", book, planned, line)
    assert said.code == exits.FINE
    assert line in said.out
    document = run("why", book, planned, line, "--json").json
    assert f"{document['order_id']}/{document['line_no']}" == line


def test_why_tells_all_lines_in_one_table(run, book, planned, tmp_path):
    """A row for each line that is not on time, the same as CSV, as Parquet, as JSON and in Python;
    an older table is replaced, anything else is not."""
    table = hg.why_all(hg.read_book(book), planned)
    promises = pl.read_csv(planned / "promises.csv")
    late = promises.filter(pl.col("status").is_in(["late", "short", "unplanned"])).height
    assert table.height == late > 0
    files = tmp_path / "new" / "why.csv", tmp_path / "why.parquet"
    for out in (*files, *files):
        said = run("why", book, planned, "--all", "--out", out)
        assert said.code == exits.FINE and str(out) in said.out and f"{late} line" in said.out
    assert files[0].read_text(encoding="utf-8") == table.write_csv()
    assert pl.read_parquet(files[1]).equals(table)
    document = run("why", book, planned, "--all", "--json").json
    assert [line["text"] for line in document["lines"]] == table["text"].to_list()
    for name, content in (("my.csv", "a,b\n1,2\n"), ("my.parquet", "no table"), ("my.txt", "")):
        other = tmp_path / name
        other.write_text(content, encoding="utf-8")
        said = run("why", book, planned, "--all", "--out", other)
        assert said.code == exits.WRONG_USE and "[plan.report." in said.err
        assert other.read_text(encoding="utf-8") == content


def test_actions_are_told_in_words_and_as_a_table(run, book, planned, tmp_path):
    """The same rows in Python, as JSON and as CSV, with words for each; against itself as the older
    plan nobody has to be called, and a folder that is no plan is refused."""
    table = hg.actions(hg.read_book(book), planned)
    out = tmp_path / "actions.csv"
    said = run("actions", book, planned, "--out", out)
    assert said.code == exits.FINE and out.read_text(encoding="utf-8") == table.write_csv()
    words = " ".join(said.out.split())
    assert all(text in words for text in table["text"].head(3))
    document = run("actions", book, planned, "--from", planned, "--json").json
    assert [row["text"] for row in document["actions"]] == table.filter(
        pl.col("action") != "call")["text"].to_list()
    assert run("actions", book, planned, "--from", book).code == exits.WRONG_USE
    assert run("actions", book, planned, "--out", tmp_path / "a.txt").code == exits.WRONG_USE


def test_why_tells_the_customer_what_can_be_sent(run, book, planned):
    """The same words in prose, as JSON and in Python; no table of others follows."""
    line = first_line(planned)
    said = run("why", book, planned, line, "--audience", "customer")
    document = run("why", book, planned, line, "--audience", "customer", "--json").json
    order, _, number = line.rpartition("/")
    plan = session.open_plan(session.read_book(book), planned)
    answer = plan.tell_customer(order, int(number))
    assert document == {"ok": True, **answer.as_dict()}
    assert " ".join(said.out.split()) == answer.text() and said.code == exits.FINE


@pytest.mark.parametrize("words", [["--all", "--audience", "customer"],
                                   [], ["SO-4711/1", "--all"],
                                   ["SO-4711/1", "--out", "why.csv"]])
def test_why_is_asked_of_one_line_or_of_all(run, book, planned, words):
    """Neither, or both, or a file for one line: wrong use, and nothing is written."""
    said = run("why", book, planned, *words)
    assert said.code == exits.WRONG_USE and "--all" in said.err


def test_report_is_one_file(run, book, planned, tmp_path):
    """One HTML file appears, and nothing beside it."""
    page = tmp_path / "pages" / "report.html"
    assert run("report", book, planned, "--out", page).code == exits.FINE
    assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")
    assert list(page.parent.iterdir()) == [page]


def test_schema_names_every_table_and_column(run):
    """What is declared is shown, for people and for programs."""
    from headgate.tables.schema import TABLES

    shown = run("schema")
    document = run("schema", "--json").json
    assert shown.code == exits.FINE
    for table, told in zip(TABLES, document["tables"], strict=True):
        assert told["name"] == table.name
        assert [column["name"] for column in told["columns"]] == list(table.names)
        assert table.name in shown.out
        for name in table.names:
            assert name in shown.out


def test_the_sample_is_a_good_book(run, tmp_path):
    """`headgate schema --sample` writes a book to start from, so it must have no fault."""
    assert run("schema", "--sample", tmp_path / "mine").code == exits.FINE
    assert run("validate", tmp_path / "mine").code == exits.FINE


def test_demo_makes_a_book_a_checked_plan_and_a_report(run, tmp_path):
    """A small demo does all that the big one does; run again, it replaces what it made."""
    out = tmp_path / "demo"
    said = run("demo", "--lines", 60, "--seed", 4, "--out", out)
    assert said.code == exits.FINE, said.err
    for word in ("Nothing in this book is real", "Backlog by segment", "proven", "Next:"):
        assert word in said.out
    assert (out / "report.html").exists()
    again = run("demo", "--lines", 60, "--seed", 4, "--out", out, "--json")
    assert again.code == exits.FINE, again.err
    assert again.json["summary"]["lines"]["total"] == 60


def test_demo_can_stop_after_the_book(run, tmp_path):
    """Only the book is there, and the next command is named."""
    said = run("demo", "--lines", 60, "--out", tmp_path / "demo", "--book-only")
    assert said.code == exits.FINE
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    assert names == {"book", "about-the-book.md"}
    assert "headgate plan" in said.out


def test_warm_says_how_long_it_took(run):
    """The kernels are ready, and a program can read after how many seconds."""
    assert run("warm", "--json").json["seconds"] >= 0


def test_version(run):
    """The version that the package has."""
    from headgate import __version__

    assert run("--version").out == f"headgate {__version__}\n"


# ------------------------------------------------------------------ programs and silence

def scenario_file(folder: Path) -> Path:
    """A scenario of the sample book."""
    file = folder / "slip.toml"
    file.write_text('name = "slip"\n[[change]]\nkind = "supply_slip"\nitem_id = "gpu-b300"\n'
                    'weeks = 2\n', encoding="utf-8")
    return file


def every_command(book: Path, planned: Path, tmp_path: Path) -> list[list[object]]:
    """One sound call of each command."""
    return [["validate", book], ["plan", book, "--out", tmp_path / "p"], ["check", book, planned],
            ["replan", book, "--from", planned],
            ["why", book, planned, first_line(planned)], ["why", book, planned, "--all"],
            ["actions", book, planned],
            ["where-used", book, planned, "gpu-b300"],
            ["quote", book, planned, "--item", "xe-b300", "--quantity", 1, "--region", "EMEA"],
            ["publish", book, planned, "--on", "2026-02-02"],
            ["report", book, planned, "--out", tmp_path / "r.html"], ["compare", planned, planned],
            ["revenue", book, planned], ["backlog", book, planned], ["history"], ["market"],
            ["scenario", book, scenario_file(tmp_path)], ["schema"], ["warm"],
            ["demo", "--lines", 60, "--out", tmp_path / "d"], *ledger_commands(book, tmp_path)]


def ledger_commands(book: Path, tmp_path: Path) -> list[list[object]]:
    """One sound call of each command of a ledger, in an order in which they can be given."""
    store = tmp_path / "store.db"
    store.unlink(missing_ok=True)
    hold = ["hold", store, "--item", "xe-b300", "--quantity", 1, "--region", "EMEA"]
    return [["init", store], ["import", store, book],
            ["record", store, "--kind", "order_cancelled", "--key", "SO-4712/1", "--set",
             "quantity=1", "--on", "2026-02-02"],
            ["plan", store, "--out", "first", "--no-excel"],
            ["publish", store, "first", "--on", "2026-02-02"], hold, ["commit", store, "hold-1"],
            hold, ["release", store, "hold-2"], ["events", store], ["state", store],
            ["close", store, "2026-01", "--on", "2026-02-02"], ["snapshot", store],
            ["verify", store], ["export", store, "--out", tmp_path / "exported"]]


def test_every_command_answers_one_json_document(run, book, planned, tmp_path):
    """With --json stdout is one document and stderr is empty, so that a program can read it."""
    calls = every_command(book, planned, tmp_path)
    assert {call[0] for call in calls} == set(commands())
    for call in calls:
        said = run(*call, "--json")
        assert said.code == exits.FINE, said
        assert isinstance(said.json, dict)
        assert said.err == ""


def test_every_command_can_be_quiet(run, book, planned, tmp_path):
    """With --quiet a command that has nothing to complain of says nothing at all."""
    for call in every_command(book, planned, tmp_path):
        assert run(*call, "--quiet") == Said(exits.FINE, "", ""), call


def test_every_command_has_json_and_quiet():
    """No command is left out of what scripts rely on."""
    for name, options in options_by_command().items():
        assert {"--json", "--quiet"} <= options, name


def test_the_summary_has_no_figure_without_a_meaning(made):
    """Each figure of summary.json stands in the reference, and nothing stands there beside."""
    summary = json.loads((made / "plan" / "summary.json").read_text(encoding="utf-8"))
    assert undocumented(summary) == []


def test_every_policy_can_be_named():
    """The command offers exactly what the planner knows."""
    assert tuple(policy.value for policy in Policy) == OBJECTIVES


# ------------------------------------------------------------------ refusals

def test_a_faulty_book_is_listed_and_refused(run, book, tmp_path):
    """Two faults in two files, -4 pieces and an unknown item: both are told, nothing is planned."""
    rewrite(book / "orders.csv", "quantity", lambda cell: "-4")
    rewrite(book / "supply.csv", "item_id", lambda cell: cell + "0")
    said = run("validate", book)
    assert said.code == exits.FAULTY_BOOK
    assert "[orders.quantity.range]" in said.out and "[supply.item_id.unknown]" in said.out
    codes = {issue["code"] for issue in run("validate", book, "--json").json["issues"]}
    assert {"orders.quantity.range", "supply.item_id.unknown"} <= codes
    refused = run("plan", book, "--out", tmp_path / "new")
    assert refused.code == exits.FAULTY_BOOK
    assert "[orders.quantity.range]" in refused.err and refused.out == ""
    assert not (tmp_path / "new").exists()


def test_one_changed_cell_is_refused(run, book, planned):
    """One piece more in one allocation: exit 1, and the row is named."""
    rewrite(planned / "allocations.csv", "quantity", lambda cell: str(int(cell) + 1))
    said = run("check", book, planned)
    assert said.code == exits.SAYS_NO
    assert "allocations" in said.out and "the plan is refused" in said.out
    document = run("check", book, planned, "--json")
    assert document.code == exits.SAYS_NO and document.json["ok"] is False


def test_a_plan_that_promises_nothing_says_no(run, book, tmp_path):
    """Every restriction forbids everything to everybody: the plan is written, with its reasons,
    and the exit code is 1."""
    from headgate.tables.schema import RESTRICTIONS

    with (book / "items.csv").open(encoding="utf-8", newline="") as stream:
        items = [row["item_id"] for row in csv.DictReader(stream)]
    with (book / "restrictions.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, RESTRICTIONS.names)
        writer.writeheader()
        writer.writerows({"item_id": item, "reason": "test"} for item in items)
    said = run("plan", book, "--out", tmp_path / "new")
    assert said.code == exits.SAYS_NO, said
    assert (tmp_path / "new" / "summary.json").exists()


@pytest.mark.parametrize("words", [
    ["validate", "{book}s"], ["plan", "{book}s", "--out", "{new}"], ["check", "{book}s", "{plan}"],
    ["why", "{book}s", "{plan}", "SO-1/1"], ["report", "{book}s", "{plan}", "--out", "{new}"],
])
def test_a_path_that_is_not_there_names_what_is(run, book, planned, tmp_path, words):
    """`books` is not there, `book` is: the message says so, exit 2."""
    said = run(*(word.format(book=book, plan=planned, new=tmp_path / "new") for word in words))
    assert said.code == exits.WRONG_USE
    assert 'did you mean "book"?' in said.err
    assert said.out == ""


def test_wrong_use_as_json(run, tmp_path):
    """A program reads the mistake from the same document."""
    said = run("validate", tmp_path / "nothing", "--json")
    assert said.code == exits.WRONG_USE
    assert said.json["ok"] is False and "no book" in said.json["error"]


def test_what_is_no_plan_is_told_apart(run, book, tmp_path):
    """A file and a folder without a summary are no plans."""
    (tmp_path / "folder").mkdir()
    assert run("check", book, book / "orders.csv").code == exits.WRONG_USE
    assert "no summary.json" in run("check", book, tmp_path / "folder").err


def test_a_plan_replaces_nothing_but_a_plan(run, book, tmp_path):
    """Somebody's folder and somebody's file stay as they are."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep")
    for out in (tmp_path / "mine", tmp_path / "mine" / "letter.txt"):
        assert run("plan", book, "--out", out).code == exits.WRONG_USE
    assert (tmp_path / "mine" / "letter.txt").read_text() == "keep"


def test_a_report_needs_a_file(run, book, planned, tmp_path):
    """A folder is no place for one HTML file."""
    said = run("report", book, planned, "--out", tmp_path)
    assert said.code == exits.WRONG_USE and "is a folder" in said.err


def test_an_unknown_order_names_the_nearest(run, book, planned):
    """One letter too many in the order's number: the right one is offered."""
    order, _, line = first_line(planned).rpartition("/")
    said = run("why", book, planned, f"{order}x/{line}")
    assert said.code == exits.WRONG_USE
    assert f'did you mean "{order}"?' in said.err
    assert run("why", book, planned, order).code == exits.WRONG_USE
    assert run("why", book, planned, f"{order}/9999").code == exits.WRONG_USE


def test_a_plan_of_another_book_is_not_asked(run, book, planned):
    """The book changed after the plan was made: `why` would answer about another world."""
    rewrite(book / "orders.csv", "unit_price", lambda cell: "1.00")
    said = run("why", book, planned, first_line(planned))
    assert said.code == exits.FAULTY_BOOK
    assert "digest" in said.err
    assert run("check", book, planned).code == exits.SAYS_NO


@pytest.mark.parametrize("words", [
    ["plan", "{book}"], ["plan", "{book}", "--out", "x", "--format", "xml"], ["nonsense"],
    ["plan", "{book}", "--out", "x", "--policy", "random"], ["demo", "--lines", "0"],
])
def test_wrong_options_end_with_2(run, book, words):
    """What cannot be understood is wrong use, told on stderr."""
    said = run(*(word.format(book=book) for word in words))
    assert said.code == exits.WRONG_USE
    assert said.err


def test_what_the_system_refuses_is_one_line(run, book, tmp_path):
    """A file stands where a folder would have to be: no trace, exit 2."""
    (tmp_path / "file").write_text("")
    said = run("plan", book, "--out", tmp_path / "file" / "plan")
    assert said.code == exits.WRONG_USE
    assert "Traceback" not in said.err and str(tmp_path / "file") in said.err


def test_a_file_that_is_no_book_is_wrong_use(run, tmp_path):
    """A letter is no book, and somebody's folder is no place for one: 2, not a faulty book."""
    (tmp_path / "letter.txt").write_text("keep")
    assert run("validate", tmp_path / "letter.txt").code == exits.WRONG_USE
    said = run("schema", "--sample", tmp_path)
    assert said.code == exits.WRONG_USE and "[book.folder.occupied]" in said.err


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02" * 400, b"hello", b"PK\x03\x04 not a zip"])
@pytest.mark.parametrize("name", ["book.xlsx", "book.txt", "book"])
def test_rubbish_is_no_book(run, tmp_path, name, content):
    """Whatever stands there, the answer is a fault or wrong use, never a trace."""
    (tmp_path / name).write_bytes(content)
    said = run("validate", tmp_path / name)
    assert said.code in (exits.WRONG_USE, exits.FAULTY_BOOK)
    assert "Traceback" not in said.err


# ------------------------------------------------------------------ being stopped, and defects

def test_ctrl_c_leaves_nothing_half_written(run, book, tmp_path, monkeypatch):
    """Ctrl-C while the third table is written: exit 130, and the folder is as it was before."""
    written = []

    def stopped(frame, path):
        written.append(path)
        if len(written) == 3:
            raise KeyboardInterrupt
        path.write_text("")

    monkeypatch.setattr(plan_folder, "_write_table", stopped)
    (tmp_path / "place").mkdir()
    said = run("plan", book, "--out", tmp_path / "place" / "plan")
    assert said.code == exits.STOPPED
    assert len(written) == 3
    assert list((tmp_path / "place").iterdir()) == []


@pytest.mark.parametrize("rename", [1, 2])
def test_ctrl_c_while_a_plan_is_replaced_keeps_one_of_the_two(run, book, tmp_path, monkeypatch,
                                                              rename):
    """The old plan steps aside, then the new one takes its place. Interrupted at either step,
    the folder holds the old plan, whole, and nothing lies beside it."""
    place = tmp_path / "place"
    assert run("plan", book, "--out", place / "plan").code == 0
    before = {path.name: path.read_bytes() for path in (place / "plan").iterdir()}
    real, seen = Path.rename, []

    def stopped(self, target):
        seen.append(self)
        if len(seen) == rename:
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "rename", stopped)
    assert run("plan", book, "--out", place / "plan").code == exits.STOPPED
    assert [path.name for path in place.iterdir()] == ["plan"]
    assert {path.name: path.read_bytes() for path in (place / "plan").iterdir()} == before


def test_a_defect_shows_its_trace_and_its_own_code(book, capsys, monkeypatch):
    """A fault of headgate itself must not look like a refused plan or a faulty book."""
    def broken(*_given):
        raise RuntimeError("a defect")

    monkeypatch.setattr(session, "read_book", broken)
    monkeypatch.setattr("sys.argv", ["headgate", "validate", str(book)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == exits.DEFECT
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize(("raised", "code"), [
    (WrongUse("no"), exits.WRONG_USE), (KeyboardInterrupt(), exits.STOPPED),
    (IssuesError([Issue("a.b.c", "error", "a.csv", "must not be")]), exits.FAULTY_BOOK),
    (PermissionError(13, "Permission denied", "a.csv"), exits.WRONG_USE),
])
def test_whatever_stops_a_command_has_its_code(raised, code, capsys):
    """One place maps what stopped a command to its exit code."""
    with pytest.raises(Exit) as ended, speaking(as_json=False, quiet=False):
        raise raised
    assert ended.value.exit_code == code
    assert capsys.readouterr().err


# ------------------------------------------------------------------ help, progress, tables

def test_help_tells_the_exit_codes(run):
    """Whoever writes a script finds the codes where the options are."""
    for words in (["--help"], *([name, "--help"] for name in commands())):
        said = run(*words)
        told = " ".join(said.out.split())
        assert "Exit codes: 0 fine; 1 " in told
        assert all(f"{code} " in told for code in exits.MEANINGS)


def test_progress_is_for_terminals_only(capsys):
    """A bar moves on a terminal; in a pipe not a byte of it is written."""
    voice = Voice(as_json=False, quiet=False)
    with voice.progress("reading") as progress:
        progress("planning", 0.5)
    assert capsys.readouterr() == ("", "")
    screen = io.StringIO()
    voice = Voice(as_json=False, quiet=False)
    voice.__dict__["err"] = Console(file=screen, force_terminal=True, width=100)
    with voice.progress("reading") as progress:
        progress("planning", 0.5)
    assert "planning" in screen.getvalue()


def test_tables_show_ids_as_they_are(capsys):
    """An id with square brackets is text, not a colour: [red] stays [red]."""
    Voice(as_json=False, quiet=False).answer({}, grid("[bold]", ("id", "n"), [("[red]x", "1")]))
    shown = capsys.readouterr().out
    assert "[red]x" in shown and "[bold]" in shown


def test_the_answers_for_programs_are_the_documented_ones(run, tmp_path, golden):
    """`--json` of every command on the sample book, to the letter, but for seconds, memory and
    digests of files, which are of a run and not of a plan."""
    folder, plan = tmp_path / "book", tmp_path / "plan"
    assert run("schema", "--sample", folder).code == 0
    answers = {}
    for name, words in {"validate": ("validate", folder), "plan": ("plan", folder, "--out", plan),
                        "check": ("check", folder, plan),
                        "why": ("why", folder, plan, "SO-4711/1")}.items():
        document = json.loads(run(*words, "--json").out)
        for figure in ("seconds", "peak_memory_mb", "tables", "digest"):
            document.get("summary", {}).pop(figure, None)
        document.pop("plan", None)
        answers[name] = document
    golden("answers.json", json.dumps(answers, indent=2, ensure_ascii=False) + "\n")


def test_what_headgate_did_not_write_is_not_replaced(run, book, tmp_path):
    """A plan, a sample, a report and a demo each refuse a place that holds a user's own files, with
    2 for wrong use, and leave it as it was."""
    plan = tmp_path / "plan"
    assert run("plan", book, "--out", plan).code == 0
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.html").write_text("mine")
    (plan / "notes.txt").write_text("mine")
    for words in (("plan", book, "--out", plan), ("plan", book, "--out", mine),
                  ("schema", "--sample", mine), ("schema", "--sample", book),
                  ("report", book, plan, "--out", mine / "notes.html"),
                  ("report", book, plan, "--out", plan / "promises.csv"),
                  ("demo", "--lines", "100", "--out", mine)):
        said = run(*words)
        assert said.code == exits.WRONG_USE, (words, said)
    assert (mine / "notes.html").read_text() == (plan / "notes.txt").read_text() == "mine"
    assert sorted(path.name for path in mine.iterdir()) == ["notes.html"]


def test_a_report_is_of_its_own_book(run, book, tmp_path):
    """The plan of one book with another book: refused, as `why` and `check` refuse it."""
    plan, other = tmp_path / "plan", tmp_path / "other"
    assert run("plan", book, "--out", plan).code == 0
    shutil.copytree(book, other)
    orders = (other / "orders.csv").read_text()
    (other / "orders.csv").write_text(orders.replace("415000.00", "415000.01"))
    said = run("report", other, plan, "--out", tmp_path / "r.html")
    assert said.code == exits.FAULTY_BOOK
    assert "plan.book_digest.other" in said.err
    assert f"headgate replan BOOK --from {plan} --out NEW_PLAN" in said.err
    assert not re.search("[0-9a-f]{13}", said.err), "twelve digits tell one digest from another"
    assert not (tmp_path / "r.html").exists()


def test_a_changed_workbook_is_refused(run, book, tmp_path):
    """People read plan.xlsx: a byte changed in it, or the file taken away, and `check` says no."""
    plan = tmp_path / "plan"
    assert run("plan", book, "--out", plan).code == 0
    file = plan / "plan.xlsx"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    assert run("check", book, plan).code == exits.SAYS_NO
    file.unlink()
    assert run("check", book, plan).code == exits.SAYS_NO


def test_why_helps_with_a_name_that_is_not_quite_one(run, book, planned):
    """The order without its line, and a line that the order lacks: both answers name what there
    is, so that the next try is right."""
    said = run("why", book, planned, "SO-4711")
    assert said.code == exits.WRONG_USE
    assert 'did you mean SO-4711/1?' in said.err
    said = run("why", book, planned, "SO-4711/9")
    assert said.code == exits.WRONG_USE
    assert 'order "SO-4711" has no order line 9; it has line 1' in said.err


def test_a_day_in_another_form_is_told_how_to_be_written(run, book, planned):
    """`29/05/2026` and `soon` are no days as options take them, and the message says which form
    they do take; a time says its own."""
    for words, form in ((("quote", book, planned, "--item", "x", "--quantity", 1, "--region", "x",
                          "--by", "29/05/2026"), "2026-05-29"),
                        (("publish", book, planned, "--on", "soon"), "2026-05-29"),
                        (("events", "x.db", "--since", "noon"), "2026-05-29T17:30")):
        said = run(*words)
        assert said.code == exits.WRONG_USE
        assert f'"{words[-1]}" is no' in said.err and f"write it as {form}" in said.err
        assert "Value error" not in said.err


def test_a_stored_plan_is_opened_again(book, planned):
    """What a plan answers, it answers from its folder, too: promises, and a desk for quotes and
    holds, which is the same desk as that of the plan that was written."""
    made = session.plan(session.read_book(book))
    opened = hg.open_plan(hg.read_book(book), planned)
    assert opened.promises.equals(made.promises) and opened.status == "draft"
    assert opened.desk().fingerprint == made.desk().fingerprint
    with pytest.raises(IssuesError):
        hg.open_plan(hg.read_book(book), planned / "elsewhere")
