"""`headgate quote`: one request, a table of them, and what is wrong with them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from headgate import session
from headgate.cli import exits
from headgate.demo import demo_book
from headgate.files.book_writer import write_book
from tests.stories.book_builder import book


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> tuple[Path, Path]:
    """A demo book of 60 lines and its plan by rank."""
    folder = tmp_path_factory.mktemp("quote")
    demo = demo_book(60, 4)
    write_book(demo.frames, demo.settings, folder / "book", "csv")
    session.plan(session.read_book(folder / "book"), "rank").write(folder / "plan", excel=False)
    return folder / "book", folder / "plan"


def test_one_request_in_words_and_as_json(run, made):
    """The words name what is asked for, the mode and that nothing is reserved; the document has the
    shipments, whose pieces add up to what is promised, and the other ways to say it."""
    ask = ("quote", *made, "--item", "xp-rtx8", "--quantity", 3, "--region", "EMEA",
           "--by", "2026-06-01", "--segment", "enterprise")
    said = run(*ask)
    assert said.code == exits.FINE
    assert "3 x xp-rtx8 to EMEA" in said.out
    assert "ctp" in said.out
    assert "a quote reserves nothing" in said.out
    quote = run(*ask, "--json").json["quotes"][0]
    assert sum(part["quantity"] for part in quote["shipments"]) == quote["quantity"]
    assert {part["kind"] for part in quote["alternatives"]} >= {"complete", "by_date", "site"}
    stock = run(*ask, "--mode", "atp", "--json").json["quotes"][0]
    assert stock["mode"] == "atp"
    assert stock["quantity"] <= quote["quantity"]


def test_a_table_of_requests_becomes_a_table_of_answers(run, made, tmp_path):
    """Two requests of a file: one row of answers each, in their order; asked again, the file is
    replaced, but another file is not."""
    asked, out = tmp_path / "asked.csv", tmp_path / "answers.csv"
    asked.write_text("name,item_id,quantity,region,requested_on,complete\n"
                     "Q-1,xp-rtx8,2,EMEA,2026-06-01,yes\nQ-2,r-cpu,1,AMER,,\n")
    for _ in range(2):
        said = run("quote", *made, "--file", asked, "--out", out)
        assert said.code == exits.FINE
    assert "2 requests" in said.out
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == ["Q-1", "Q-2"]
    assert [row["row"] for row in rows] == ["2", "3"], "as faults and an editor number them"
    assert [row["quantity"] for row in rows] == ["2", "1"]
    said = run("quote", *made, "--file", asked, "--out", asked)
    assert said.code == exits.FAULTY_BOOK
    assert "is not replaced" in said.err
    assert asked.read_text().startswith("name,item_id")


def test_faults_of_a_table_are_named_by_row_and_column(run, made, tmp_path):
    """A slip in an item, a word for a number, a day that is none, an unknown column: nothing is
    quoted, and each is named with its row as an editor counts. A column too many and one that is
    missing hide no other fault; of semicolons for commas only that is said."""
    asked = tmp_path / "asked.csv"
    asked.write_text("item_id,quantity,region,requested_on\nxp-rtx88,2,EMEA,\n"
                     "xp-rtx8,two,EMEA,\nxp-rtx8,2,EMEA,soon\nxp-rtx8,,EMEA,\n")
    said = run("quote", *made, "--file", asked)
    assert said.code == exits.FAULTY_BOOK
    for words in ("row 2", 'did you mean "xp-rtx8"', "row 3", "quantity = two", "row 4",
                  "requested_on = soon", "row 5", "must not be blank"):
        assert words in said.err
    asked.write_text("item_id,quantity,regoin\nxp-rtx8,2,EMEA\n")
    said = run("quote", *made, "--file", asked)
    assert 'did you mean "region"' in said.err
    asked.write_text("item_id,quantity,colour\nxp-rtx88,two,red\nxp-rtx8,0,\n")
    said = run("quote", *made, "--file", asked)
    for words in ("colour is not a column of a request; take it out, or give it the name of one: "
                  "item_id, quantity", "region must be there", "quantity = two", "quantity = 0"):
        assert words in " ".join(said.err.split())
    asked.write_text("item_id;quantity;region\nxp-rtx8;2;EMEA\n")
    said = run("quote", *made, "--file", asked)
    assert "1 problem in asked.csv" in said.err
    assert "is separated by semicolons; save it as comma-separated UTF-8" in said.err
    asked.write_bytes(b"item_id,quantity,region\nxp-rtx8,2,\xff\xfe\n")
    assert run("quote", *made, "--file", asked).code == exits.FAULTY_BOOK
    asked.write_text("")
    assert run("quote", *made, "--file", asked).code == exits.FAULTY_BOOK


@pytest.mark.parametrize(("words", "said"), [
    (("--item", "xp-rtx8"), "--quantity and --region"),
    (("--item", "xp-rtx8", "--file", "{book}"), ""),
    (("--item", "xp-rtx8", "--quantity", 1, "--region", "EMEA", "--out", "x.csv"), "--out"),
    (("--item", "xp-rtx8", "--quantity", 1, "--region", "EMEA", "--mode", "stp"), "ptp"),
])
def test_wrong_use_is_told(run, made, words, said):
    """What is missing or does not go together ends with the code of wrong use, and says so."""
    filled = [str(word).format(book=made[0] / "orders.csv") for word in words]
    answer = run("quote", *made, *filled)
    assert answer.code == exits.WRONG_USE
    assert said in answer.err


@pytest.mark.parametrize(("option", "column"), [
    (("--item", "xp-rtx8"), "item_id"), (("--quantity", 1), "quantity"),
    (("--region", "EMEA"), "region"), (("--by", "2026-06-01"), "requested_on"),
    (("--latest", "2026-06-01"), "latest_on"), (("--segment", "enterprise"), "segment"),
    (("--customer", "cust-001"), "customer_id"), (("--complete",), "complete"),
    (("--lot", 1), "lot_size"), (("--accept", "r-cpu"), "accepts"),
    (("--site", "austin"), "site_id"),
])
def test_a_file_brings_its_own_requests(run, made, tmp_path, option, column):
    """What stands beside --file would change no request of it, so it is refused, and the column
    that does the same is named."""
    asked = tmp_path / "asked.csv"
    asked.write_text("item_id,quantity,region\nxp-rtx8,2,EMEA\n")
    said = run("quote", *made, "--file", asked, *option)
    assert said.code == exits.WRONG_USE
    assert f"{option[0]} cannot stand beside --file" in said.err
    assert said.err.rstrip().endswith(f"as {column}")
    several = run("quote", *made, "--file", asked, "--mode", "atp", "--by", "2026-06-01", *option)
    assert several.code == exits.WRONG_USE
    assert "requested_on" in several.err


def test_a_segment_or_customer_that_the_book_has_not_is_said(run, made, tmp_path):
    """`public-sector` for `public sector` would pass every restriction of that segment: the answer
    comes with a warning that names the right one. Of a new customer it is said, too; of those that
    orders name, nothing."""
    ask = ("quote", *made, "--item", "xp-rtx8", "--quantity", 1, "--region", "EMEA")
    assert run(*ask, "--segment", "enterprise").err == ""
    said = run(*ask, "--segment", "enterprize", "--customer", "somebody new")
    assert said.code == exits.FINE
    for words in ("2 warnings in quote", "segment = enterprize", 'did you mean "enterprise"?',
                  "customer_id = somebody new", "[quote.segment.nobody]"):
        assert words in said.err
    document = run(*ask, "--segment", "enterprize", "--json").json
    assert [issue["code"] for issue in document["issues"]] == ["quote.segment.nobody"]
    assert document["quotes"][0]["warnings"] == document["issues"]
    asked = tmp_path / "asked.csv"
    asked.write_text("item_id,quantity,region,segment\nxp-rtx8,2,EMEA,enterprise\n"
                     "xp-rtx8,2,EMEA,enterprize\n")
    said = run("quote", *made, "--file", asked)
    assert said.code == exits.FINE and "1 warning in asked.csv" in said.err
    assert "row 3  segment = enterprize" in said.err


def test_a_day_that_is_over_is_said(run, made, tmp_path):
    """The demo is of Monday 2026-02-02: the day before is over, the Monday itself is not. Of a
    table the row is named; the last day by which pieces may arrive is told alike."""
    ask = ("quote", *made, "--item", "xp-rtx8", "--quantity", 1, "--region", "EMEA")
    said = run(*ask, "--by", "2026-02-01")
    assert "requested_on = 2026-02-01  lies before the week of 2026-02-02" in said.err
    assert "give a later day (--by), or none" in said.err
    document = run(*ask, "--latest", "2026-02-01", "--json").json
    assert [issue["code"] for issue in document["issues"]] == ["quote.day.past"]
    assert document["quotes"][0]["warnings"] == document["issues"]
    assert "lies before" not in run(*ask, "--by", "2026-02-02").err
    asked = tmp_path / "asked.csv"
    asked.write_text("item_id,quantity,region,latest_on\nxp-rtx8,1,EMEA,\n"
                     "xp-rtx8,1,EMEA,1999-01-01\n")
    said = run("quote", *made, "--file", asked)
    assert "row 3  latest_on = 1999-01-01  lies before" in said.err


def test_one_unknown_item_is_a_fault(run, made):
    """A region without lanes and an item with a slip: both are named, with what comes near."""
    said = run("quote", *made, "--item", "xp-rtx9", "--quantity", 1, "--region", "EMAE")
    assert said.code == exits.FAULTY_BOOK
    assert 'did you mean "EMEA"' in said.err
    said = run("quote", *made, "--item", "xp-rtx8", "--quantity", 1, "--region", "MOON")
    assert "no lane leads to it; there is AMER or APJ or EMEA" in said.err


@pytest.fixture(scope="module")
def scarce(tmp_path_factory) -> tuple[Path, Path]:
    """A book of its own: the line SO-1/1 has the 4 boards of week 1, and 4 more come in week 3; of
    its plan, a request that pays three times as much takes the first ones."""
    story = book([("server", 4, 1, {"unit_price": 100, "customer_id": "bolt"})],
                 [("board", 4, 1), ("board", 4, 3)], [("server", "board", 1)], late_rate=0.01,
                 lanes=[("austin",), ("brno",)], replan={"fence_weeks": 0, "move_later": "0.0024"})
    folder = tmp_path_factory.mktemp("scarce")
    write_book(story.frames, story.settings, folder / "book", "csv")
    session.plan(session.read_book(folder / "book")).write(folder / "plan", excel=False)
    return folder / "book", folder / "plan"


PTP = ("--item", "server", "--quantity", 4, "--region", "AMER", "--by", "2026-02-13", "--price",
       300, "--mode", "ptp")


def test_who_gives_way_is_told_with_days_cost_and_gain(run, scarce):
    """The line goes from Friday 13 to Friday 27 of February, 14 days, and loses 4 x 2 weeks x 1% of
    100 = 8; the request would lose 24 by waiting. The policy charges 0.24% a week, three times as
    the promise is near: 5.76. Then what else there is, nobody displaced: all
    in one week and from austin by the 27th, by the day asked and from brno nothing. It ends with
    the pins that make it come true."""
    said = run("quote", *scarce, *PTP)
    assert said.code == exits.FINE
    line = next(line for line in said.out.splitlines() if line.startswith("SO-1/1")).split()
    assert line == ["SO-1/1", "bolt", "2026-02-13", "2026-02-27", "+14", "4", "of", "4", "8.00",
                    "later", "5.76"]
    assert "the request gains 24.00 by it, 16.00 net" in " ".join(said.out.split())
    assert "What else could be said, without displacing anybody" in said.out
    assert ("Without displacing anybody, nothing can be had if it is asked for by the day asked or "
            "all from brno.") in " ".join(said.out.split())
    assert "no date" not in said.out
    assert said.out.rstrip().endswith("NEW,1,austin,2026-02-09,4,quoted by ptp")
    document = run("quote", *scarce, *PTP, "--json").json["quotes"][0]
    assert (document["gained_cents"], document["displaced"][0]["days"]) == (2400, 14)


def test_a_table_of_requests_says_who_gives_way(run, scarce, tmp_path):
    """Of two requests one displaces the line: the terminal has how many give way and what they
    lose, the answers each line with its dates, days, pieces and amount. The second, at a price
    below all cost, gets nothing in time."""
    asked, out = tmp_path / "asked.csv", tmp_path / "answers.csv"
    asked.write_text("item_id,quantity,region,requested_on,unit_price\n"
                     "server,4,AMER,2026-02-13,300\nserver,4,AMER,2026-02-13,50\n")
    said = run("quote", *scarce, "--file", asked, "--mode", "ptp", "--out", out)
    assert said.code == exits.FINE
    assert "give way" in said.out and "8.00" in said.out
    assert "2 requests: 2 can be promised whole, 0 in part, 0 not at all" in said.out
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["displaced_lines"], row["lost_cents"], row["moved_cents"], row["gained_cents"],
             row["displaced"])
            for row in rows] == [
        ("1", "800", "576", "2400",
         "SO-1/1 from 2026-02-13 to 2026-02-27 (+14 days), 4 of 4 pieces, loses 8.00 "
         "(later)"),
        ("0", "0", "0", "0", "")]
    assert "give way" not in run("quote", *scarce, "--file", asked).out


def test_pins_of_an_answer_stand_in_json_and_in_the_table(run, made, tmp_path):
    """Nobody gives way, so the terminal only says where the pins are: in --json rows of the table
    `pins`, whose pieces are those that are promised, and in the answers of a file the same in a
    cell. Of a basket they are those of one order."""
    ask = ("quote", *made, "--item", "r-cpu", "--quantity", 2, "--region", "EMEA")
    assert "--json has its pins" in run(*ask).out
    quote, = run(*ask, "--json").json["quotes"]
    assert [(row["order_id"], row["line_no"]) for row in quote["pins"]] == [
        ("NEW", 1)] * len(quote["pins"])
    assert sum(row["quantity"] for row in quote["pins"]) == quote["quantity"] == 2
    assert {row["ship_on"] for row in quote["pins"]} == {
        part["ship_on"] for part in quote["shipments"]}
    both = run(*ask, "--item", "r-cpu", "--quantity", 1, "--json").json
    assert {row["line_no"] for row in both["basket"]["pins"]} == {1, 2}
    assert "pins" not in both["quotes"][0]
    asked, out = tmp_path / "asked.csv", tmp_path / "answers.csv"
    asked.write_text("item_id,quantity,region\nr-cpu,2,EMEA\n")
    run("quote", *made, "--file", asked, "--out", out)
    with out.open(newline="") as stream:
        row, = csv.DictReader(stream)
    assert row["pins"] == ";".join(f"{pin['site_id']} {pin['ship_on']} {pin['quantity']}"
                                   for pin in quote["pins"])


def test_a_price_that_does_not_count_is_warned_of(run, made, tmp_path):
    """A price counts only where lines give way: of a table it is named with its row in other modes,
    however many there are, and nothing is said where it counts."""
    asked = tmp_path / "asked.csv"
    asked.write_text("item_id,quantity,region,unit_price\nxp-rtx8,1,EMEA,\nxp-rtx8,1,EMEA,9000\n"
                     "xp-rtx8,1,EMEA,8000\n")
    said = run("quote", *made, "--file", asked)
    assert said.code == exits.FINE
    assert "row 3  unit_price = 9000  does not count (the first of 2 such rows)" in said.err
    assert "unit_price" not in run("quote", *made, "--file", asked, "--mode", "ptp").err


def test_a_number_that_is_none_is_named(run, made):
    """What is no whole number, or too small, is told with its value and what it must be."""
    ask = ("quote", *made, "--item", "xp-rtx8", "--region", "EMEA")
    said = run(*ask, "--quantity", "2.5")
    assert said.code == exits.WRONG_USE and '"2.5" must be a whole number' in said.err
    assert '"3" must be at least 10' in run("demo", "--lines", "3").err
    assert '"wide" must be a number' in run("plan", made[0], "--gap", "wide").err


def test_a_long_list_of_draws_comes_last_and_is_cut(run, made):
    """A server draws more items than fit: what else could be said stands before them, each item and
    site has one row whatever the weeks, and what is left out is counted."""
    ask = ("quote", *made, "--item", "r-cpu", "--quantity", 30, "--region", "EMEA")
    said = run(*ask)
    draws = run(*ask, "--json").json["quotes"][0]["draws"]
    places = {(draw["item_id"], draw["site_id"]) for draw in draws}
    assert len(places) > 12 and len(draws) > len(places)
    assert f"and {len(places) - 12:,} more; --json has all, by week" in said.out
    assert said.out.index("What else could be said") < said.out.index("What it would draw")


def test_the_price_that_counts_is_told_and_goes_with_ptp_only(run, scarce):
    """SO-1 pays 100 for a server, which is what counts of a request without a price: the answer
    says so, and not where a price was given. In other modes nobody gives way at any price, and a
    price is refused."""
    ask = PTP[:8]
    assert "counts at a unit price of 100.00, the lowest of the item's open lines" in " ".join(
        run("quote", *scarce, *ask, "--mode", "ptp").out.split())
    assert "unit price" not in run("quote", *scarce, *PTP).out
    for mode in ("ctp", "atp"):
        refused = run("quote", *scarce, *ask, "--price", 300, "--mode", mode)
        assert refused.code == exits.WRONG_USE and "--price goes with --mode ptp" in refused.err


def test_ways_that_give_nothing_are_one_sentence(run, scarce):
    """All boards are planned for SO-1: whatever way a server is asked for, there is none. The sites
    are one way among them."""
    said = run("quote", *scarce, "--item", "server", "--quantity", 9, "--region", "AMER", "--by",
               "2026-02-13")
    assert ("Nothing can be had if it is asked for all in one week, by the day asked or all from "
            "brno.") in " ".join(said.out.split())


@pytest.fixture(scope="module")
def boards(tmp_path_factory) -> tuple[Path, Path]:
    """Three boards now and four in week 3, of which the plan takes one: two are free now. A server
    takes one, a rack two."""
    story = book([("server", 1, 0, {"segment": "enterprise"})], [("board", 3, 0), ("board", 4, 3)],
                 [("server", "board", 1), ("rack", "board", 2)])
    folder = tmp_path_factory.mktemp("boards")
    write_book(story.frames, story.settings, folder / "book", "csv")
    session.plan(session.read_book(folder / "book"), "rank").write(folder / "plan", excel=False)
    return folder / "book", folder / "plan"


BASKET = ("--item", "server", "--quantity", 1, "--item", "rack", "--quantity", 1, "--region",
          "AMER")


def test_several_items_are_a_basket(run, boards):
    """The server comes at once, on Friday 6 February, and the rack waits for the boards of week 3,
    as the basket does; under `--complete` both come on Friday 27. No item is dropped in silence,
    and what concerns the customer is said once."""
    said = run("quote", *boards, *BASKET)
    assert said.code == exits.FINE
    text = " ".join(said.out.split())
    assert text.index("1 x server to AMER: all by 2026-02-06") < text.index(
        "1 x rack to AMER: all by 2026-02-27") < text.index(
        "The basket: all of it is there by 2026-02-27. What binds is rack.")
    told = run("quote", *boards, *BASKET, "--complete", "--json").json
    assert [one["request"]["item_id"] for one in told["quotes"]] == ["server", "rack"]
    assert {part["promised_on"] for one in told["quotes"] for part in one["shipments"]} == {
        "2026-02-27"}
    assert told["basket"]["promised_on"] == "2026-02-27"
    assert (told["basket"]["binds"], told["basket"]["reason"]) == ("rack", "basket")
    stranger = run("quote", *boards, *BASKET, "--segment", "entreprise")
    assert stranger.err.count('did you mean "enterprise"') == 1


@pytest.mark.parametrize(("more", "words"), [
    (("--item", "rack"), "--item is given 3 times and --quantity 2 times; give each item its own"),
    (("--mode", "ptp", "--price", 5), "--item is given 2 times and --price 1 time; give each item"),
    (("--price", 5, "--price", 6), "--price goes with --mode ptp"),
    (("--lot", 1, "--accept", "rack"), "--lot and --accept cannot be given with several")])
def test_what_a_basket_cannot_have_is_told(run, boards, more, words):
    """Each has its reason, and what to do instead."""
    said = run("quote", *boards, *BASKET, *more)
    assert said.code == exits.WRONG_USE
    assert words in said.err
