"""`headgate compare`, the options of the value policy, and Ctrl-C while a plan is searched for."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from headgate import session
from headgate.cli import exits
from headgate.cli.showing import value_words
from headgate.cli.stopping import stopped_by_ctrl_c
from headgate.tables.plan_schema import PlanFrames
from tests.contracts.said import Said


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A folder with a small demo book and two plans of it; nobody writes in it."""
    folder = tmp_path_factory.mktemp("made")
    session.write_demo(folder / "book", 120, 3)
    book = session.read_book(folder / "book")
    session.plan(book, "rank").write(folder / "a", excel=False)
    session.plan(book, {"objective": "rank", "use_forecast": True}).write(
        folder / "b", excel=False)
    return folder


# ------------------------------------------------------------------ compare

def test_two_plans_stand_beside_each_other(run, made):
    """Settings, money, service, segments, quarters and lines, each as a table of A, B and B - A."""
    said = run("compare", made / "a", made / "b", "--book", made / "book")
    assert said.code == exits.FINE and said.err == ""
    for title in ("Settings that differ", "use_forecast", "Money", "weighted value", "Service",
                  "By segment", "by quarter of arrival", "by dollars x days", "customer"):
        assert title in said.out
    assert "DIFFERENT BOOKS" not in said.out


def test_without_a_book_lines_have_no_dollars(run, made):
    """Plans alone know no prices: pieces x days decide."""
    said = run("compare", made / "a", made / "b")
    assert "by pieces x days" in said.out and "customer" not in said.out


def test_lines_says_how_many_are_named(run, made):
    """Two of them, then a remark of how many more there are; the document is cut alike."""
    every = json.loads(run("compare", made / "a", made / "b", "--lines", 10**6, "--json").out)
    assert len(every["lines"]) > 2
    said = run("compare", made / "a", made / "b", "--lines", 2)
    assert f"and {len(every['lines']) - 2:,} more; --lines N shows more of them" in said.out
    few = json.loads(run("compare", made / "a", made / "b", "--lines", 2, "--json").out)
    assert few["lines"] == every["lines"][:2]


def test_the_document_has_all_that_is_shown(run, made):
    """One JSON document, with nothing on stderr; the counts add up to the open lines."""
    said = run("compare", made / "a", made / "b", "--book", made / "book", "--json")
    assert said.err == ""
    document = json.loads(said.out)
    assert document["ok"] and document["same_book"]
    assert {"settings", "standing", "money", "service", "segments", "quarters", "counts", "lines",
            "only_a", "only_b"} <= set(document)
    summary = json.loads((made / "a" / "summary.json").read_text(encoding="utf-8"))
    assert sum(document["counts"].values()) == summary["lines"]["open"]


def test_compare_can_be_quiet(run, made):
    """Nothing to complain of, nothing said."""
    assert run("compare", made / "a", made / "b", "-q") == Said(exits.FINE, "", "")


def test_the_same_plan_twice(run, made):
    """No difference is told as such."""
    said = run("compare", made / "a", made / "a")
    assert "same settings" in said.out and "more; --lines" not in said.out


def test_two_books_are_said_loudly(run, made, tmp_path):
    """The plan of another book: the difference is said before any figure, and lines that one plan
    alone has are listed."""
    session.write_demo(tmp_path / "book", 150, 3)
    session.plan(session.read_book(tmp_path / "book"), "rank").write(tmp_path / "c", excel=False)
    said = run("compare", made / "a", tmp_path / "c")
    assert said.code == exits.FINE
    assert said.out.index("DIFFERENT BOOKS") < said.out.index("Money")
    assert "Lines that B has and A has not" in said.out


def test_what_is_no_plan_is_told(run, made, tmp_path):
    """A misspelt path names the right one, a book is no plan: wrong use, exit 2."""
    plan = Path(shutil.copytree(made / "a", tmp_path / "plan"))
    said = run("compare", plan, f"{plan}s")
    assert said.code == exits.WRONG_USE and 'did you mean "plan"?' in said.err
    said = run("compare", made / "book", plan)
    assert said.code == exits.WRONG_USE and "no summary.json" in said.err
    said = run("compare", plan, plan, "--book", made / "boook")
    assert said.code == exits.WRONG_USE and 'did you mean "book"?' in said.err
    assert run("compare", plan).code == exits.WRONG_USE


def test_a_changed_plan_is_refused(run, made, tmp_path):
    """A cell was edited: exit 3, the folder and the remedy are named, for programs as well."""
    plan = Path(shutil.copytree(made / "b", tmp_path / "plan"))
    table = plan / "promises.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("on_time", "late", 1),
                     encoding="utf-8")
    said = run("compare", made / "a", plan)
    assert said.code == exits.FAULTY_BOOK and said.out == ""
    assert str(plan) in said.err and "plan again" in said.err
    table.unlink()
    document = json.loads(run("compare", made / "a", plan, "--json").out)
    assert not document["ok"] and document["issues"][0]["code"] == "plan.file.missing"


def test_a_book_of_neither_plan_is_refused(run, made, tmp_path):
    """Customers and prices of another book would be wrong ones."""
    session.write_sample(tmp_path / "book")
    said = run("compare", made / "a", made / "b", "--book", tmp_path / "book")
    assert said.code == exits.FAULTY_BOOK
    assert "[plan.book_digest.other]" in said.err and "give that one, or none" in said.err


# ------------------------------------------------------------------ the options of the value policy

class Planner:
    """
    Stands for `session.plan`: makes a rank plan, and says that it took 7 units of work.

    given : what it was called with last
    press : called in the midst of planning, with `stop` and `progress`
    """

    def __init__(self, real) -> None:
        self.real, self.given = real, {}
        self.press = lambda stop, progress: None

    def __call__(self, book, policy=None, pegging=None, progress=None, stop=None,
                 start=None):
        self.given = {"policy": policy, "stop": stop}
        self.press(stop, progress)
        plain = self.real(book, "rank", pegging)
        return replace(plain, frames=PlanFrames(plain.frames.frames, {**plain.summary, "work": 7}))


@pytest.fixture
def planner(monkeypatch) -> Planner:
    """The planner that the command line meets."""
    stand_in = Planner(session.plan)
    monkeypatch.setattr(session, "plan", stand_in)
    return stand_in


def test_options_become_settings(run, made, tmp_path, planner):
    """Each option lies over the book's setting of its name; what is not given is left to it."""
    assert run("plan", made / "book", "--out", tmp_path / "p", "--policy", "value", "--gap", "0.01",
               "--time-limit", "2.5", "--work", "40", "--seed", "3").code == exits.FINE
    assert planner.given["policy"] == {"objective": "value", "gap": 0.01, "time_limit": 2.5,
                                     "work": 40, "seed": 3}
    assert run("plan", made / "book", "--out", tmp_path / "p", "--work", "9").code == exits.FINE
    assert planner.given["policy"] == {"work": 9}
    assert run("plan", made / "book", "--out", tmp_path / "p").code == exits.FINE
    assert planner.given["policy"] == {}


@pytest.mark.parametrize("words", [
    ["--gap", "1.5"], ["--gap", "-0.1"], ["--gap", "0.0000001"], ["--gap", "nan"],
    ["--time-limit", "0"], ["--time-limit", "0.00015"], ["--work", "0"], ["--work", "1.5"],
    ["--seed", "-1"], ["--policy", "rank", "--gap", "0.1"], ["--policy", "rank", "--seed", "1"],
    ["--policy", "rank", "--time-limit", "1"],
])
def test_options_that_do_not_fit_are_refused(run, made, tmp_path, words):
    """Out of range, too many decimals, or steering a search that `rank` does not make: exit 2,
    before anything is read."""
    said = run("plan", made / "book", "--out", tmp_path / "p", *words)
    assert said.code == exits.WRONG_USE
    assert words[-2] in said.err
    assert not (tmp_path / "p").exists()


def pressing(planner: Planner, times: int) -> list[bool]:
    """Ctrl-C, pressed so often in the midst of planning: what `stop` says before and after."""
    noted = []

    def press(stop, progress):
        noted.append(stop())
        for _ in range(times):
            os.kill(os.getpid(), signal.SIGINT)
            progress("value $1.23B of at most $1.25B, gap 1.4%", 0.5)
            noted.append(stop())

    planner.press = press
    return noted


def test_ctrl_c_ends_the_search_and_keeps_the_plan(run, made, tmp_path, planner):
    """The first Ctrl-C makes `stop` true; the plan is written, and the answer names the work that
    makes it again. Afterwards Ctrl-C is what it was before."""
    before = signal.getsignal(signal.SIGINT)
    noted = pressing(planner, 1)
    said = run("plan", made / "book", "--out", tmp_path / "p", "--policy", "value", "--seed", "3",
               "--time-limit", "9")
    assert said.code == exits.FINE and noted == [False, True]
    assert (tmp_path / "p" / "summary.json").exists()
    assert (f"stopped; headgate plan {made / 'book'} --out {tmp_path / 'p'} --policy value --seed 3"
            " --work 7 makes this very plan again") in said.err
    assert signal.getsignal(signal.SIGINT) is before
    document = json.loads(run("plan", made / "book", "--out", tmp_path / "p", "--policy", "value",
                              "--json").out)
    assert document["stopped"] and document["summary"]["work"] == 7


def test_a_second_ctrl_c_ends_the_program(run, made, tmp_path, planner):
    """Pressed twice: exit 130, nothing is written, and Ctrl-C is what it was before."""
    before = signal.getsignal(signal.SIGINT)
    pressing(planner, 2)
    said = run("plan", made / "book", "--out", tmp_path / "p", "--policy", "value")
    assert said.code == exits.STOPPED
    assert not (tmp_path / "p").exists()
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_ends_what_does_not_search(run, made, tmp_path, planner):
    """A rank plan has nothing to keep half-way: the first Ctrl-C ends the program. A shell starts
    what it puts into the background with Ctrl-C ignored; these tests may be run there, too."""
    planner.press = lambda stop, progress: os.kill(os.getpid(), signal.SIGINT)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        said = run("plan", made / "book", "--out", tmp_path / "p", "--policy", "rank")
    finally:
        signal.signal(signal.SIGINT, before)
    assert said.code == exits.STOPPED
    assert planner.given["stop"] is None


def test_another_thread_leaves_ctrl_c_alone():
    """Signals reach the main thread only; elsewhere nothing is installed."""
    before, seen = signal.getsignal(signal.SIGINT), []

    def look() -> None:
        with stopped_by_ctrl_c() as stop:
            seen.append((stop(), signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [(False, before)]


def certified(bound: int | None, gap: float | None, **weights: dict[str, str]) -> dict[str, Any]:
    """The figures that the answer of a plan tells its certificate from."""
    return {"certificate": {"bound_cents": bound, "gap": gap}, "currency": "USD",
            "value": {"weighted_cents": 123_000_000_000},
            "policy": {"weights": weights, "bonus": []}}


def test_the_answer_tells_how_near_the_best_a_plan_is():
    """$1.23B of $1.25B is 1.6% short, and a hair more is 1.7%: it never flatters. Without a
    certificate nothing is claimed."""
    assert value_words(certified(None, None)) == []
    [words] = value_words(certified(125_000_000_000, 0.016001))
    assert words.strip() == ("Value $1.23B of at most $1.25B: at most 1.7% below the best possible "
                             "under these rules, by proof.")
    [words] = value_words(certified(123_000_000_000, 0.0, segment={"enterprise": "2"}))
    assert words.strip() == ("Weighted value $1.23B of at most $1.23B: the best possible under "
                             "these rules, by proof.")
    assert "%" not in value_words(certified(-5, None))[0]
