"""`headgate scenario`: what it answers, keeps and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headgate import session
from headgate.cli import exits
from tools.scenario_keys import undocumented_keys

SLIP = '''name = "slip"
description = "Late boards."

[[change]]
kind = "supply_slip"
item_id = "gpu-b300"
weeks = 4
'''
RUSH = '''name = "rush"

[[change]]
kind = "order_add"
order_id = "RUSH-1"
customer_id = "cust-009"
segment = "neocloud"
region = "AMER"
item_id = "xe-b300"
quantity = 4
unit_price = 415000.00
requested_on = 2026-03-06
'''


@pytest.fixture(scope="module")
def book(tmp_path_factory) -> Path:
    """The sample book, planned by rank so that nothing is searched for; nobody writes in it."""
    folder = tmp_path_factory.mktemp("made") / "book"
    session.write_sample(folder)
    toml = folder / "headgate.toml"
    toml.write_text(toml.read_text().replace('"value"', '"rank"'))
    return folder


@pytest.fixture
def files(tmp_path, monkeypatch) -> Path:
    """A folder to work in, with two scenarios."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "slip.toml").write_text(SLIP, encoding="utf-8")
    (tmp_path / "rush.toml").write_text(RUSH, encoding="utf-8")
    return tmp_path


def test_plans_stand_side_by_side(run, book, files):
    """The base, a scenario, and two of them one after the other, each a column of every table."""
    said = run("scenario", book, "slip.toml", "rush.toml+slip.toml")
    assert said.code == exits.FINE
    for words in ("What each scenario changes", "new order line RUSH-1/1: 4 pieces", "rush + slip",
                  "Money", "Service", "Order lines", "Weighted value by segment",
                  "by quarter of arrival", "Promises against the base", "slip, against the base"):
        assert words in said.out


def test_the_document_has_every_documented_key(run, book, files, golden):
    """Nothing is said that the reference does not explain; the golden holds all of it."""
    said = run("scenario", book, "slip.toml", "rush.toml+slip.toml", "--json")
    assert said.code == exits.FINE and said.err == ""
    answer = {key: value for key, value in said.json.items()
              if key not in ("ok", "stopped", "out", "report")}
    assert undocumented_keys(answer) == []
    golden("scenarios.json", json.dumps(answer, indent=1, ensure_ascii=False) + "\n")


def test_every_plan_and_changed_book_is_kept_and_proven(run, book, files):
    """A folder for each column; the checker proves each plan on the changed book beside it, and
    the same comparison may be written over the old one."""
    for _ in range(2):
        said = run("scenario", book, "slip.toml", "rush.toml+slip.toml", "--out", "kept")
        assert said.code == exits.FINE
    assert sorted(path.name for path in Path("kept").iterdir()) == [
        "base", "rush-slip", "scenarios.json", "slip"]
    assert run("check", book, "kept/base/plan").code == exits.FINE
    for name in ("slip", "rush-slip"):
        assert run("check", f"kept/{name}/book", f"kept/{name}/plan").code == exits.FINE
    assert run("compare", "kept/base/plan", "kept/slip/plan", "--book", book).code == exits.FINE


def test_the_report_is_written(run, book, files):
    """One page that stands alone."""
    said = run("scenario", book, "slip.toml", "--report", "s.html")
    assert said.code == exits.FINE and "the report is in s.html" in said.out
    assert Path("s.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_examples_fit_the_book_that_they_were_written_for(run, book, files):
    """Each example is a scenario of this very book; a folder that holds something is refused."""
    said = run("scenario", book, "--examples", "some")
    assert said.code == exits.FINE and "next: headgate scenario" in said.out
    examples = sorted(Path("some").iterdir())
    assert len(examples) >= 5
    assert run("scenario", book, *examples, "-q").code == exits.FINE
    again = run("scenario", book, "--examples", "some")
    assert again.code == exits.WRONG_USE and "holds files already" in again.err
    both = run("scenario", book, examples[0], "--examples", "other")
    assert both.code == exits.WRONG_USE and not Path("other").exists()


@pytest.mark.parametrize("policy", ["value", "rank"])
def test_any_number_of_workers_gives_the_same_plans(run, book, files, policy):
    """One plan after another, or two at a time: the same answer to the digit."""
    one, two = (run("scenario", book, "slip.toml", "rush.toml", "--policy", policy, "--workers",
                    workers, "--json").json for workers in (1, 2))
    assert one == two


def test_faults_are_listed_with_place_and_line_and_nothing_is_written(run, book, files):
    """A file that is missing, one that is no TOML, and one with a wrong week and a wrong site: all
    of them at once, by code, place and line."""
    Path("wrong.toml").write_text(SLIP.replace("weeks = 4", "weeks = 4.5\nsite = 'austin'"))
    Path("broken.toml").write_text("name = \n")
    said = run("scenario", book, "slipp.toml", "broken.toml", "wrong.toml", "--out", "kept",
               "--json")
    assert said.code == exits.FAULTY_BOOK and not Path("kept").exists()
    told = [(issue["file"], issue["code"], issue["column"], issue["row"])
            for issue in said.json["issues"]]
    assert told == [("slipp.toml", "scenario.file.missing", None, None),
                    ("broken.toml", "scenario.file.toml", None, 1),
                    ("wrong.toml", "scenario.field.unknown", "change[1].site", 4),
                    ("wrong.toml", "scenario.weeks.fraction", "change[1].weeks", 4)]


def test_what_the_book_does_not_have_is_told_beside_the_faults_of_the_file(run, book, files):
    """A purchase order and an order that are not there, and a kind that is none: three faults of
    three changes. RUSH-1 is none of them: the change that lacks a quantity would bring it in. Two
    columns of one name are told beside an item that is not there."""
    Path("all.toml").write_text(
        'name = "all"\n[[change]]\nkind = "supply_slip"\nreference = "PO-9999-1"\nweeks = 4\n'
        '[[change]]\nkind = "order_cancel"\norder_id = "SO-47"\n'
        '[[change]]\nkind = "sit_close"\nsite_id = "austin"\n'
        + RUSH.removeprefix('name = "rush"\n').replace("quantity = 4\n", "")
        + '[[change]]\nkind = "order_cancel"\norder_id = "RUSH-1"\n')
    said = run("scenario", book, "all.toml", "--json")
    assert said.code == exits.FAULTY_BOOK
    assert {(issue["code"], issue["column"], issue["row"]) for issue in said.json["issues"]} == {
        ("scenario.kind.unknown", "change[3].kind", 9),
        ("scenario.field.missing", "change[4].quantity", 13),
        ("scenario.id.unknown", "change[1].reference", 2),
        ("scenario.id.unknown", "change[2].order_id", 6)}
    Path("near.toml").write_text(SLIP.replace("gpu-b300", "gpu-b30"))
    said = run("scenario", book, "slip.toml", "near.toml", "--json")
    assert [issue["code"] for issue in said.json["issues"]] == [
        "scenario.name.duplicate", "scenario.id.unknown"]


def test_what_the_book_does_not_have_is_answered_with_what_is_near(run, book, files):
    """An item that is nearly there, and a policy that is none."""
    Path("near.toml").write_text(SLIP.replace("gpu-b300", "gpu-b30"))
    Path("policy.toml").write_text('name = "p"\n[[change]]\nkind = "policy"\n'
                                   'set = { objective = "valu" }\n')
    said = run("scenario", book, "near.toml", "policy.toml")
    assert said.code == exits.FAULTY_BOOK and said.out == ""
    assert 'did you mean "gpu-b300"?' in said.err and "[scenario.id.unknown]" in said.err
    assert "the policy after policy.toml" in said.err and "[policy.objective.choice]" in said.err


@pytest.mark.parametrize("words", [
    [], ["slip.toml", "--report", "page.txt"], ["slip.toml", "--report", "."],
    ["slip.toml", "--workers", "0"], ["slip.toml", "--policy", "rank", "--gap", "0.1"],
    ["slip.toml", "--out", "taken"],
])
def test_wrong_use_is_refused_before_anything_is_planned(run, book, files, words):
    """No scenario, a report that is no page, a folder that holds something else."""
    Path("taken").mkdir()
    Path("taken/mine.txt").write_text("mine")
    said = run("scenario", book, *words)
    assert said.code == exits.WRONG_USE and said.err
    assert Path("taken/mine.txt").exists()


def test_two_columns_need_two_names(run, book, files):
    """The same scenario twice would be two columns of one name."""
    said = run("scenario", book, "slip.toml", "slip.toml")
    assert said.code == exits.FAULTY_BOOK and "[scenario.name.duplicate]" in said.err
