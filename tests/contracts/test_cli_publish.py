"""`headgate publish`: from a draft to promises of record, and everything that it refuses."""

from __future__ import annotations

import datetime
import shutil
from pathlib import Path

import polars as pl
import pytest

import headgate as hg
from headgate import session
from headgate.cli import exits
from headgate.files import publications
from headgate.files.book_writer import write_book
from headgate.tables.record_schema import MOVED, PUBLICATION_KEYS, RECORD
from tests.stories.book_builder import Story, book
from tools.summary_keys import undocumented

DAY = ("--on", "2026-02-02")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A small book, its plan by value and its plan by rank; nobody writes in it."""
    folder = tmp_path_factory.mktemp("publish")
    session.write_sample(folder / "book")
    read = session.read_book(folder / "book")
    session.plan(read).write(folder / "plan")
    session.plan(read, "rank").write(folder / "next", excel=False)
    return folder


@pytest.fixture
def place(made, tmp_path) -> Path:
    """Book and plans of one's own."""
    return Path(shutil.copytree(made, tmp_path / "place"))


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path."""
    return {str(path.relative_to(folder)): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_draft_becomes_promises(run, place):
    """The plan's own files stay to the byte and are still proven; beside them stand the promises,
    one for each promised line, as the tables are declared."""
    before = content(place / "plan")
    assert session.open_plan(session.read_book(place / "book"), place / "plan").status == "draft"
    said = run("publish", place / "book", place / "plan", *DAY, "--by", "ana", "--reason", "week 6")
    assert said.code == exits.FINE
    assert "published on 2026-02-02 by ana" in said.out
    after = content(place / "plan")
    assert {name: after[name] for name in before} == before
    assert set(after) - set(before) == {"published/published.json", f"published/{RECORD.name}.csv",
                                        f"published/{MOVED.name}.csv"}
    record = pl.read_csv(place / "plan" / "published" / "promises_of_record.csv")
    promised = pl.read_csv(place / "plan" / "promises.csv").filter(pl.col("promised_quantity") > 0)
    assert record["promised_on"].to_list() == promised["promised_on"].to_list()
    assert run("check", place / "book", place / "plan").code == exits.FINE
    plan = session.open_plan(session.read_book(place / "book"), place / "plan")
    assert plan.status == "published"
    assert plan.publication is not None
    assert (plan.publication.by, plan.publication.reason) == ("ana", "week 6")
    assert sorted(path.name for path in place.iterdir()) == ["book", "next", "plan"]


def test_twice_changes_nothing_and_says_so(run, place):
    """The second time, on another day and by somebody else: the first publication stands."""
    assert run("publish", place / "book", place / "plan", *DAY, "--by", "ana").code == exits.FINE
    before = content(place)
    said = run("publish", place / "book", place / "plan", "--by", "bob")
    assert said.code == exits.FINE
    assert "was published on 2026-02-02 by ana; nothing was changed" in said.out
    assert content(place) == before
    document = run("publish", place / "book", place / "plan", "--json").json
    assert document["already"] and document["publication"]["by"] == "ana"


def test_the_day_is_today_unless_it_is_said(run, place):
    """Only the command asks the clock."""
    today = datetime.date.today()
    published = run("publish", place / "book", place / "plan", "--json").json["publication"]
    assert today.isoformat() <= published["published_on"] <= datetime.date.today().isoformat()


@pytest.mark.parametrize("file", ["promises.csv", "allocations.csv", "summary.json", "plan.xlsx"])
def test_a_plan_with_a_changed_byte_is_refused(run, place, file):
    """One cell of a table, one figure, one byte of the workbook: the check says no, with its exit
    code, and nothing is promised."""
    path = place / "plan" / file
    changed = bytearray(path.read_bytes())
    place_of = changed.rfind(b"8") if path.suffix != ".xlsx" else len(changed) // 2
    changed[place_of] ^= 1
    path.write_bytes(changed)
    before = content(place)
    said = run("publish", place / "book", place / "plan", *DAY)
    assert said.code == exits.SAYS_NO
    assert "nothing was published" in said.out
    assert content(place) == before
    assert run("publish", place / "book", place / "plan", "--json", *DAY).json["ok"] is False


def test_a_plan_of_another_book_is_refused(run, place):
    """The book has changed since: its digest is another."""
    orders = place / "book" / "orders.csv"
    orders.write_text(orders.read_text().replace("415000.00", "415000.01"))
    said = run("publish", place / "book", place / "plan", *DAY)
    assert said.code == exits.SAYS_NO
    assert "book_digest" in said.out
    assert not (place / "plan" / "published").exists()


def test_a_published_plan_of_another_book_is_refused(run, place):
    """Its own book gets the answer that nothing was changed; another one a refusal, and nothing
    is written either way."""
    run("publish", place / "book", place / "plan", *DAY)
    before = content(place / "plan")
    session.write_demo(place / "other", 50, 3)
    said = run("publish", place / "other", place / "plan", *DAY)
    assert said.code == exits.SAYS_NO
    assert "[check.book.other]" in said.out and "nothing was published" in said.out
    assert content(place / "plan") == before


def test_promises_that_are_not_kept_come_by_dollars(run, tmp_path):
    """Four lines are promised for week 0: SO-1 of 1 x 10 dollars, SO-2 of 2 x 500, SO-3 of 1 x 200,
    and SO-4, whose order is cancelled then. All parts slip to week 3: 1,000 before 200 before 10
    dollars, each 21 days later, and one gone with its order. Of the day that the clock gave it is
    said which day the plan is of; not where the day is given."""
    def story(on: int, orders: int) -> Story:
        return book([("gpu", pieces, 1, {"unit_price": price}) for pieces, price in
                     ((1, 10), (2, 500), (1, 200), (1, 1))[:orders]], [("gpu", 5, on)])

    for name, told in (("monday", story(0, 4)), ("tuesday", story(3, 3))):
        write_book(told.frames, told.settings, tmp_path / name, "csv")
        session.plan(session.read_book(tmp_path / name)).write(tmp_path / f"{name}-plan",
                                                               excel=False)
    said = run("publish", tmp_path / "monday", tmp_path / "monday-plan")
    assert "today by the clock, a plan as of 2026-02-02; --on DAY says another day" in said.err
    said = run("publish", tmp_path / "tuesday", tmp_path / "tuesday-plan", "--on",
               datetime.date.today().isoformat())
    assert said.code == exits.FINE and said.err == ""
    assert "3 later" in said.out and "1 gone with their orders" in said.out
    rows = [line.split() for line in said.out.splitlines() if line.startswith("SO-")]
    assert [(row[0], row[-1]) for row in rows] == [
        ("SO-2/1", "$1.00k"), ("SO-3/1", "$200.00"), ("SO-1/1", "$10.00")]


def test_a_published_plan_is_not_replaced(run, place):
    """Promises must not go with a plan's folder: the next plan needs one of its own."""
    run("publish", place / "book", place / "plan", *DAY)
    before = content(place)
    said = run("plan", place / "book", "--out", place / "plan")
    assert said.code == exits.WRONG_USE
    assert "plan.folder.published" in said.err
    assert content(place) == before


def test_the_next_publication_follows_the_one_before(run, place):
    """Found beside it or named, it is the same; it carries the first promises on. A plan that was
    followed is not followed twice, and --first begins anew."""
    run("publish", place / "book", place / "plan", *DAY)
    digest = session.read_publication(place / "plan").plan_digest
    shutil.copytree(place / "next", place / "other")
    for folder, option in (("next", ()), ("other", ("--after", place / "plan"))):
        document = run("publish", place / "book", place / folder, "--on", "2026-02-09", "--json",
                       *option).json
        assert (document["publication"]["number"], document["publication"]["after"]) == (2, digest)
        assert document["publication"]["figures"]["first_promises"] == 2
        shutil.move(place / folder / "published", place.parent / f"{folder}-published")
    assert content(place.parent / "next-published") == content(place.parent / "other-published")
    shutil.move(place.parent / "next-published", place / "next" / "published")
    session.plan(session.read_book(place / "book"), {"work": 1}).write(place / "third")
    said = run("publish", place / "book", place / "third", "--after", place / "plan")
    assert said.code == exits.FAULTY_BOOK
    assert "was followed already by next" in said.err
    found = run("publish", place / "book", place / "third", "--json").json["publication"]
    assert found["number"] == 3


def test_whoever_begins_anew_must_say_what_comes_next(run, place):
    """Two plans were published and neither follows the other: the third must name one."""
    run("publish", place / "book", place / "plan", *DAY)
    begun = run("publish", place / "book", place / "next", *DAY, "--first", "--json").json
    assert (begun["publication"]["number"], begun["publication"]["after"]) == (1, None)
    session.plan(session.read_book(place / "book"), {"work": 1}).write(place / "third")
    said = run("publish", place / "book", place / "third", *DAY)
    assert said.code == exits.FAULTY_BOOK
    assert "next and plan" in said.err and "--after" in said.err
    assert run("publish", place / "book", place / "third", *DAY, "--after",
               place / "next").code == exits.FINE


def test_what_does_not_fit_is_told(run, place):
    """A draft to follow, a day before the last publication, two ways at once, a broken record."""
    book, plan, following = place / "book", place / "plan", place / "next"
    said = run("publish", book, plan, *DAY, "--after", following)
    assert said.code == exits.FAULTY_BOOK and "is a draft" in said.err
    run("publish", book, plan, *DAY)
    said = run("publish", book, following, "--on", "2026-02-01")
    assert said.code == exits.FAULTY_BOOK and "publish.on.before" in said.err
    said = run("publish", book, following, "--after", plan, "--first")
    assert said.code == exits.WRONG_USE
    assert not (following / "published").exists()


@pytest.mark.parametrize("file", ["published.json", "promises_of_record.csv",
                                  "moved_promises.csv"])
def test_a_changed_record_is_refused(run, place, file):
    """Somebody edits a promise of record: it is not read, not followed, and the check says no."""
    run("publish", place / "book", place / "plan", *DAY)
    path = place / "plan" / "published" / file
    whole = path.read_text()
    for changed in (whole.replace("4", "5", 1), ""):
        path.write_text(changed)
        assert run("check", place / "book", place / "plan").code == exits.SAYS_NO
        for folder in ("plan", "next"):
            said = run("publish", place / "book", place / folder, *DAY)
            assert said.code == exits.FAULTY_BOOK, said
            assert "plan.published.unreadable" in said.err
    path.unlink()
    assert run("check", place / "book", place / "plan").code == exits.SAYS_NO


def test_a_record_belongs_to_its_plan(run, place):
    """The record of one plan in the folder of another: refused."""
    run("publish", place / "book", place / "plan", *DAY)
    shutil.copytree(place / "plan" / "published", place / "next" / "published")
    said = run("check", place / "book", place / "next")
    assert said.code == exits.SAYS_NO
    assert "another plan" in said.out


def test_whole_or_not_at_all(place, monkeypatch):
    """Stopped while the second table is written, the plan is still a draft and nothing lies
    about; published meanwhile by somebody else, theirs stands."""
    book = session.read_book(place / "book")
    before = content(place)
    real = pl.DataFrame.write_csv

    def stopped(frame, path):
        if Path(path).name == "moved_promises.csv":
            raise KeyboardInterrupt
        return real(frame, path)

    monkeypatch.setattr(pl.DataFrame, "write_csv", stopped)
    with pytest.raises(KeyboardInterrupt):
        hg.publish(book, place / "plan", on=datetime.date(2026, 2, 2))
    monkeypatch.undo()
    assert content(place) == before
    assert sorted(path.name for path in place.iterdir()) == ["book", "next", "plan"]
    mine = hg.publish(book, place / "plan", on=datetime.date(2026, 2, 2))
    with pytest.raises(hg.IssuesError, match="somebody else"):
        publications.write_publication(place / "plan", mine, "0")
    assert sorted(path.name for path in place.iterdir()) == ["book", "next", "plan"]


def test_the_report_says_what_it_is(run, place):
    """A badge says draft until the plan is published, then since when its dates are promises."""
    page = place / "report.html"
    run("report", place / "book", place / "plan", "--out", page)
    assert '<span class="draft">Draft</span>' in page.read_text()
    run("publish", place / "book", place / "plan", *DAY, "--by", "<ana>")
    run("report", place / "book", place / "plan", "--out", page)
    text = page.read_text()
    assert "Published 2026-02-02" in text and '<span class="draft">' not in text
    assert "published by &lt;ana&gt;" in text
    plan = session.open_plan(session.read_book(place / "book"), place / "plan")
    assert plan.report() == text


def test_a_plan_says_that_it_is_a_draft(run, place):
    """Whoever plans is told that nothing is promised yet, and by which command it would be."""
    said = run("plan", place / "book", "--out", place / "new")
    assert "it is a draft until" in said.out
    assert f"headgate publish {place / 'book'} {place / 'new'}" in said.out


def test_every_entry_of_the_record_has_a_meaning(run, place):
    """published.json holds exactly what the reference says."""
    import json

    run("publish", place / "book", place / "plan", *DAY)
    stored = json.loads((place / "plan" / "published" / "published.json").read_text())
    assert undocumented(stored, PUBLICATION_KEYS) == []
