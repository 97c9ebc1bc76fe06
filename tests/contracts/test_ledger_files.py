"""Files of events: each fault with the file's own line, all of them at once, nothing said twice."""

from __future__ import annotations

import json

import pytest

from headgate.cli import exits

LINE = "SO-4711/1"
BY = ("--on", "2026-02-03", "--by", "ana")


@pytest.fixture
def told(run, store, tmp_path):
    """`told(content, name)`: what recording such a file comes to, and the faults it is told."""

    def call(content: str | bytes, name: str = "events.csv"):
        file = tmp_path / name
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        said = run("record", store, file, "--json", *BY)
        issues = said.json.get("issues", [])
        assert all(issue["file"] == str(file) for issue in issues)
        return said, [(issue["row"], issue["column"], issue["code"]) for issue in issues]

    return call


def test_the_ledger_names_the_line_of_the_file(run, told, tmp_path):
    """65 of 64 pieces: the event is that of line 6, after a blank line and a reason over two lines;
    in JSON lines it is line 2."""
    _, faults = told(
        "kind,key,quantity,reason,idempotency_key\n"
        f"order_shipped,{LINE},1,\"truck\nseven\",D-1\n"
        "\n"
        f"order_shipped,{LINE},64,,D-2\n")
    assert faults == [(5, "order_shipped", "ledger.more_than_open")]
    row = {"kind": "order_shipped", "key": LINE, "data": {"quantity": 64}, "idempotency_key": "D"}
    first = {**row, "data": {"quantity": 1}, "reason": "a\u2028b", "idempotency_key": "C"}
    _, faults = told("\n".join(json.dumps(one, ensure_ascii=False) for one in (first, row)),
                     "events.jsonl")
    assert faults == [(2, "order_shipped", "ledger.more_than_open")]
    said = run("record", str(tmp_path / "store.db"), tmp_path / "events.jsonl", *BY)
    assert f"1 problem in {tmp_path / 'events.jsonl'}; nothing was recorded" in said.err


def test_every_fault_is_told_at_once(told):
    """Eight rows of nine are wrong: a word for a number, another kind, another field, no number,
    less than nothing, a line that nobody booked, 100 of 63 pieces, and a cell too many. The fine
    row counts where the ledger judges the others, and what it says is marked."""
    said, faults = told(
        "kind,key,quantity,site_id,idempotency_key,amount\n"
        f"order_shipped,{LINE},1,,D-1,\n"
        f"order_shipped,{LINE},two,,D-2,\n"
        f"order_sent,{LINE},1,,D-3,\n"
        f"order_shipped,{LINE},1,,D-4,5.00\n"
        f"order_shipped,{LINE},,austin,D-5,\n"
        f"order_shipped,{LINE},-1,,D-6,\n"
        "order_shipped,SO-9/9,1,,D-7,\n"
        f"order_shipped,{LINE},64,,D-8,\n"
        f"order_shipped,{LINE},1,,D-9,,x\n")
    assert faults == [
        (3, "quantity", "record.field.type"), (4, "kind", "record.kind.unknown"),
        (5, "amount", "record.field.unknown"), (6, "quantity", "record.field.blank"),
        (7, "quantity", "record.field.range"), (8, "order_shipped", "ledger.unknown_key"),
        (9, "order_shipped", "ledger.more_than_open"), (10, None, "record.row.fields")]
    texts = {issue["row"]: issue["expected"] for issue in said.json["issues"]}
    assert "as if the rows with faults were not there" in texts[9]
    assert "64 asked, 63 there" in texts[9]


def test_a_row_tells_all_that_is_wrong_with_it(told):
    """A shipment without pieces, key and idempotency key, on a day that is none."""
    _, faults = told("kind,key,effective_on,quantity,site_id\norder_shipped,,3.2.26,,austin\n")
    assert faults == [(2, column, f"record.{code}") for column, code in (
        ("key", "key.blank"), ("idempotency_key", "idempotency_key.blank"),
        ("effective_on", "effective_on.date"), ("quantity", "field.blank"))]


def test_nothing_is_said_twice(run, told, store):
    """Two columns of one name, two names of one field, a name twice in JSON and on the command
    line: which of the two counts nobody knows, so it is a fault."""
    _, faults = told(f"kind,key,kind,quantity,idempotency_key\norder_shipped,{LINE},x,1,D\n")
    assert faults == [(1, "kind", "record.column.doubled")]
    _, faults = told("kind,key,amount,amount_cents,idempotency_key\n"
                     f"order_invoiced,{LINE},1.00,200,I\n")
    assert faults == [(2, "amount_cents", "record.field.doubled")]
    said, faults = told(f'{{"kind": "order_shipped", "key": "{LINE}", "idempotency_key": "D", '
                        '"data": {"quantity": 1, "quantity": 2}}', "events.jsonl")
    assert faults == [(1, None, "record.line.json")]
    assert 'has "quantity" twice' in said.json["issues"][0]["expected"]
    said = run("record", store, "--kind", "order_shipped", "--key", LINE, "--set", "quantity=1",
               "--set", "quantity=2")
    assert said.code == exits.WRONG_USE and "give one of them" in said.err


@pytest.mark.parametrize(("line", "words"), [
    ("shipped 4", "is no JSON from column 1 on; write each event as one line such as {"),
    ('["a"]', "is JSON, but no object"), ('{"kind": "order_shipped", "data": 4}', "an object")])
def test_a_line_that_is_no_event_is_told_in_words(told, line, words):
    """What the parser calls "Expecting value (char 0)" says nothing to who wrote the file."""
    said, faults = told(f"\n{line}\n", "events.jsonl")
    assert faults == [(2, None, "record.line.json")]
    assert words in said.json["issues"][0]["expected"]
    assert said.json["issues"][0]["value"] == line[:40]


def test_a_day_that_is_a_number_is_told_so(told):
    """20260206 stands there: it is not that nothing does."""
    said, faults = told(f'{{"kind": "order_shipped", "key": "{LINE}", "effective_on": 20260206, '
                        '"data": {"quantity": 1}, "idempotency_key": "D"}', "events.jsonl")
    assert faults == [(1, "effective_on", "record.effective_on.type")]
    assert "must be a day as a text" in said.json["issues"][0]["expected"]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_columns_are_separated_as_in_a_book(told, separator):
    """A spreadsheet of another country writes semicolons: taken, as in the tables of a book. An
    amount with a decimal comma is not guessed at."""
    text = f"kind,key,amount,idempotency_key\norder_invoiced,{LINE},1.50,I-1\n"
    said, _ = told(text.replace(",", separator))
    assert said.json["recorded"] == 1
    said, faults = told(text.replace(",", separator).replace("1.50", "1,50"))
    assert faults == [(2, "amount", "record.field.type")]


@pytest.mark.parametrize(("content", "code"), [
    (b"PK\x03\x04....", "unreadable"), (b"", "empty"), (b"kind,key\n\xe4", "encoding"),
    (b'kind,key\norder_shipped,"SO-1/1\n', "cut")])
def test_a_file_that_is_no_table_is_told_so(told, content, code):
    """A workbook under the name of a CSV, nothing at all, another encoding, a file cut off."""
    said, faults = told(content)
    assert [fault[2] for fault in faults] == [f"record.file.{code}"]
    assert said.code == exits.WRONG_USE
