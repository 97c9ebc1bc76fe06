"""`headgate history` and `headgate market`: what they answer, keep and refuse, and how they end."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import headgate as hg
from headgate import session
from headgate.cli import exits
from headgate.cli.published import Topic
from headgate.history.answer import SCOPE
from headgate.tables.history_results import HISTORY_TABLES, MARKET_TABLES

ROW = "company,fiscal_quarter,period_end,ai_orders_usd_m,ai_shipments_usd_m,ai_backlog_end_usd_m\n"


def own(tmp_path: Path, text: str) -> Path:
    """A history of one's own."""
    file = tmp_path / "own.csv"
    file.write_text(ROW + text, encoding="utf-8")
    return file


def words(text: str) -> str:
    """A terminal's text without its line ends."""
    return " ".join(text.split())


def test_history_is_told_alike_in_words_as_json_and_in_python(run):
    """The backlog that Dell ended with, the outlook and the scope; every row of the document has
    its source and quality, as have those of Python."""
    said = run("history", "dell")
    assert said.code == exits.FINE and said.err == ""
    told = words(said.out)
    assert "Dell Technologies: what was published, rolled forward" in told
    assert "$51.3B" in told and "n = 8: too few quarters" in told and SCOPE in told
    document = run("history", "dell", "--json").json
    answer = hg.read_history("dell")
    assert document["ok"] and document["companies"] == ["Dell Technologies"]
    for name, frame in answer.tables().items():
        assert len(document[name]) == frame.height
    assert [row["residual_cents"] for row in document["quarters"]] == \
        answer.quarters["residual_cents"].to_list()
    for row in (*document["quarters"], *document["years"]):
        assert row["source_url"].startswith("http") and row["quality"]
    assert [row["method"] for row in document["outlook"] if row["chosen"] == "yes"] == [
        "conversion"]


def test_all_companies_are_told_by_their_last_quarter(run):
    """Nine companies: those with quarters, the years, and the obligations of buyers apart."""
    said = run("history")
    told = words(said.out)
    for title in ("Last published quarter", "Next quarter", "Remaining obligations of buyers",
                  "Fiscal years, as published", "$50.0B of revenue"):
        assert title in told
    last = told.split("Last published quarter")[1].split("Next quarter")[0]
    assert "CoreWeave" not in last and "NVIDIA" in last
    assert len(run("history", "--json").json["companies"]) == 9


@pytest.mark.parametrize("company", session.read_history().companies)
def test_each_company_is_told_in_full(run, company):
    """No company has figures that the tables cannot show; its sources are told when asked for."""
    said = run("history", company, "--sources")
    assert said.code == exits.FINE and said.err == ""
    answer = hg.read_history(company)
    for url in (*answer.quarters["source_url"], *answer.years["source_url"],
                *answer.obligations["source_url"]):
        assert url in said.out
    assert "http" not in run("history", company).out
    for note in answer.notes["note"]:
        assert words(note) in words(said.out)


def test_a_history_of_ones_own(run, tmp_path):
    """Two quarters: 20 million of backlog, then 30 ordered and 10 shipped leave 40, as told; 10 of
    20 are half. In a third the 5 that are left over, of 45, no rounding of whole millions explains:
    40 + 10 - 10 - 35 = 5, and four halves are 2."""
    file = own(tmp_path, "Acme,Q1 2026,2026-03-31,25,7,20\nAcme,Q2 2026,2026-06-30,30,10,40\n"
                         "Acme,Q3 2026,2026-09-30,10,10,35\n")
    said = run("history", "--data", file)
    assert said.code == exits.FINE
    assert "Acme: what was published, rolled forward" in said.out
    assert "50.0%" in said.out and "rounding does not explain FY26 Q3 ($5.00M)" in words(said.out)
    document = run("history", "acme", "--data", file, "--json").json
    assert [row["residual_cents"] for row in document["quarters"]] == [None, 0, 500_000_000]
    frame = pl.read_csv(file)
    assert hg.read_history(data=frame).quarters["residual_cents"].to_list() == [
        None, 0, 500_000_000]
    assert hg.read_history(data=str(file)).companies == ("Acme",)


def test_a_column_that_is_nearly_one_is_warned_of(run, tmp_path):
    """`ai_order_usd_m` is kept and not used: without a word the orders would just be missing."""
    file = tmp_path / "own.csv"
    file.write_text("company,fiscal_quarter,period_end,ai_order_usd_m\nAcme,Q1 2026,2026-03-31,5\n")
    said = run("history", "--data", file)
    assert said.code == exits.FINE and 'did you mean "ai_orders_usd_m"' in words(said.err)
    issues = run("history", "--data", file, "--json").json["issues"]
    assert [issue["code"] for issue in issues] == ["history.ai_orders_usd_m.misspelt"]


def test_faults_of_ones_own_history_are_told_together(run, tmp_path):
    """Each with row, column and remedy; nothing is worked out or written."""
    file = own(tmp_path, "Acme,spring,2026-03-31,1,1,1\nAcme,Q2 2026,2026-06-31,-1,1,1\n")
    out = tmp_path / "kept"
    said = run("history", "--data", file, "--out", out)
    assert said.code == exits.FAULTY_BOOK and said.out == "" and not out.exists()
    for code in ("history.fiscal_quarter.form", "history.period_end.date",
                 "history.ai_orders_usd_m.range"):
        assert f"[{code}]" in said.err
    assert "row 2" in said.err and "no history was worked out" in said.err
    codes = {issue["code"] for issue in run("history", "--data", file, "--json").json["issues"]}
    assert len(codes) == 3


@pytest.mark.parametrize(("command", "tables"), [("history", HISTORY_TABLES),
                                                 ("market", MARKET_TABLES)])
def test_the_tables_are_kept(run, tmp_path, command, tables):
    """As CSV, then as Parquet in their place: the declared columns and types; anything else there
    is not replaced."""
    out = tmp_path / "kept"
    for ending in ("csv", "parquet"):
        said = run(command, "--out", out, "--format", ending)
        assert said.code == exits.FINE and str(out) in said.out
        assert {path.name for path in out.iterdir()} == {
            f"{command}.json", *(f"{table.name}.{ending}" for table in tables)}
        for table in tables:
            file = out / f"{table.name}.{ending}"
            frame = pl.read_csv(file) if ending == "csv" else pl.read_parquet(file)
            assert tuple(frame.columns) == table.names
            if ending == "parquet":
                assert frame.schema == table.types
    assert json.loads((out / f"{command}.json").read_text(encoding="utf-8"))["scope"]
    (out / "mine.txt").write_text("mine")
    refused = run(command, "--out", out)
    assert refused.code == exits.WRONG_USE and "mine.txt" in refused.err
    other = "market" if command == "history" else "history"
    (out / "mine.txt").unlink()
    assert run(other, "--out", out).code == exits.WRONG_USE


def test_what_is_kept_has_its_sources(run, tmp_path):
    """Figures without a source must not leave the program: each row of quarters, years, obligations
    and market has one."""
    run("history", "--out", tmp_path / "h")
    run("market", "--out", tmp_path / "m")
    for file in ("h/quarters.csv", "h/years.csv", "h/obligations.csv", "m/figures.csv",
                 "m/lead_times.csv"):
        frame = pl.read_csv(tmp_path / file)
        assert frame["source_url"].null_count() == frame["quality"].null_count() == 0, file


def test_market_is_told_by_topic(run):
    """Each topic has its figures, with sources only when asked for; what Python has, JSON has."""
    assert tuple(topic.value for topic in Topic) == session.MARKET_TOPICS
    for topic in session.MARKET_TOPICS:
        said = run("market", topic)
        assert said.code == exits.FINE and "http" not in said.out, said
        document = run("market", topic, "--json").json
        answer = hg.read_market(topic)
        assert len(document["figures"]) == answer.figures.height
        assert len(document["lead_times"]) == answer.lead_times.height
        assert answer.figures.height + answer.lead_times.height > 0
        assert {row["topic"] for row in document["figures"]} <= {topic}
    assert "https://" in run("market", "tam", "--sources").out


def test_sources_that_disagree_stand_side_by_side(run):
    """Three pages tell HPE's backlog as 4.6, 5.9 and more than 6.3 billion: 6.3 / 4.6 is 37% more.
    All three are shown, with neither mean nor preference."""
    document = run("market", "backlog", "--json").json
    hpe = next(row for row in document["spreads"] if row["entity"] == "HPE")
    assert (hpe["lowest"], hpe["highest"], hpe["sources"]) == (4.6, 6.3, 3)
    assert round(hpe["spread"], 3) == 0.37
    assert hpe["values"] == "5.9; 4.6; >6.3"
    assert "5.9; 4.6; >6.3" in run("market").out


@pytest.mark.parametrize("call", [
    ["history", "nobody"], ["history", "(buyer)"], ["history", "--data", "nowhere.csv"],
    ["market", "weather"], ["history", "--format", "xlsx"]])
def test_what_does_not_fit_is_wrong_use(run, call):
    """One line that says what there is, exit code 2, and no trace."""
    said = run(*call)
    assert said.code == exits.WRONG_USE and "Traceback" not in said.err
    if call == ["history", "nobody"]:
        assert "Dell Technologies" in said.err


def test_python_says_what_there_is():
    with pytest.raises(ValueError, match="no topic; it is one of tam"):
        hg.read_market("weather")
    with pytest.raises(ValueError, match="no company is called"):
        hg.read_history("nobody")
