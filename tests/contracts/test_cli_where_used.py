"""`headgate where-used`: what it says, to people and to programs, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import headgate as hg
from headgate import session
from headgate.cli import exits
from tests.contracts.said import Said


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with the sample book, a demo book and a plan of each; nobody writes in it."""
    folder = tmp_path_factory.mktemp("made")
    session.write_sample(folder / "book")
    session.plan(session.read_book(folder / "book"), "rank").write(folder / "plan", excel=False)
    session.write_demo(folder / "demo", 400, 3)
    session.plan(session.read_book(folder / "demo"), "rank", "scarce").write(
        folder / "demo-plan", excel=False)
    return folder


def test_a_purchase_order_in_words(run, made):
    """PO-4711-10 brings 256 GPUs, all for SO-4711/1: pieces, line, customer, promise, dollars."""
    said = run("where-used", made / "book", made / "plan", "PO-4711-10")
    assert said.code == exits.FINE and said.err == ""
    words = " ".join(said.out.split())
    assert "PO-4711-10: 1 supply row with 256 pieces. 256 used, 0 free." in words
    assert "1 line of 1 order uses it: shipments worth $" in words
    for word in ("SO-4711/1", "cust-001", "committed for cust-001", "by quarter of arrival"):
        assert word in said.out


def test_the_document_has_all_that_is_shown(run, made):
    """The same answer as `hg.where_used`, as one JSON document with nothing on stderr."""
    said = run("where-used", made / "book", made / "plan", "gpu-b300@austin", "--json")
    assert said.code == exits.FINE and said.err == ""
    document = json.loads(said.out)
    answer = hg.where_used(hg.read_book(made / "book"), made / "plan", "gpu-b300@austin")
    assert document == {"ok": True, **answer.as_dict()}
    assert document["kind"] == "item" and len(document["supply"]) == 2
    assert {"order_id", "line_no", "customer_id", "segment", "item_id", "quantity", "drawn_on",
            "promised_on", "status", "open_cents", "promised_cents"} <= set(document["draws"][0])


def test_where_used_can_be_quiet(run, made):
    """Nothing to complain of, nothing said."""
    assert run("where-used", made / "book", made / "plan", "gpu-b300", "-q") == Said(
        exits.FINE, "", "")


def test_supply_that_nobody_uses_is_said_to_be_free(run, made):
    """Nobody has ordered an xe-b200: two are free, and no table of lines follows."""
    said = run("where-used", made / "book", made / "plan", "xe-b200")
    assert said.code == exits.FINE
    assert "2 pieces. 0 used, 2 free. No line of the plan uses it." in said.out
    assert "Who draws" not in said.out
    said = run("where-used", made / "book", made / "plan", "xe-b300")
    assert said.code == exits.FINE and "no row of the supply table" in said.out


def test_a_long_answer_is_cut_for_people_only(run, made):
    """Of many draws twenty are shown and the rest is counted; ids are not folded."""
    book, plan = made / "demo", made / "demo-plan"
    opened = session.open_plan(session.read_book(book), plan)
    item = opened.consumption["item_id"].mode().sort()[0]
    draws = opened.where_used(item).draws
    assert draws.height > 20
    said = run("where-used", book, plan, item)
    assert f"and {draws.height - 20:,} more; --json lists them all" in said.out
    first = draws.row(0, named=True)
    assert f"{first['order_id']}/{first['line_no']} " in said.out
    assert len(json.loads(run("where-used", book, plan, item, "--json").out)["draws"]) \
        == draws.height


def test_an_unknown_supply_names_the_nearest(run, made):
    """A misspelt purchase order, item or site: exit 2 as for an unknown order line, with the right
    name, and for programs the same in a document."""
    for asked, told in (("PO-4711-1O", '"PO-4711-10"'), ("gpu-b30", '"gpu-b300"'),
                        ("gpu-b300@austn", '"austin"'), ("po-4711", '"PO-4711-10"')):
        said = run("where-used", made / "book", made / "plan", asked)
        assert said.code == exits.WRONG_USE and said.out == ""
        assert f"did you mean {told}?" in said.err
    said = run("where-used", made / "book", made / "plan", "zzz", "--json")
    assert said.code == exits.WRONG_USE and said.err == ""
    assert json.loads(said.out) == {
        "ok": False, "error": 'no supply row, item or ITEM@SITE "zzz" in this book'}


def test_a_plan_of_another_book_is_not_asked(run, made):
    """The demo's plan knows nothing of the sample's supply: exit 3. A path that is not there: 2."""
    said = run("where-used", made / "book", made / "demo-plan", "gpu-b300")
    assert said.code == exits.FAULTY_BOOK and said.out == ""
    assert "[plan.book_digest.other]" in said.err
    said = run("where-used", f"{made / 'book'}s", made / "plan", "gpu-b300")
    assert said.code == exits.WRONG_USE and 'did you mean "book"?' in said.err
