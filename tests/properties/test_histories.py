"""Whatever a file of history holds: it is refused with its faults, or told without a trace."""

from __future__ import annotations

import json
import tempfile
from itertools import pairwise
from pathlib import Path

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from headgate.base.issue import IssuesError
from headgate.cli.published_history import history_tables
from headgate.files.published import read_history
from headgate.history.answer import HistoryAnswer, answer_of
from headgate.tables.history_schema import HISTORY

ODD = st.sampled_from(["", "-", "nan", "1e5", "1,5", "  ", "[red]x[/red]", "FY26", "0", "-3"])
CELLS = {
    "company": st.sampled_from(["Acme", "Acme (buyer)", "Bolt (supplier)", ""]),
    "fiscal_quarter": st.one_of(ODD, st.builds(
        "Q{} FY{}".format, st.integers(1, 4), st.integers(23, 26)), st.just("FY25 total")),
    "period_end": st.one_of(ODD, st.dates().map(str)),
}
AMOUNT = st.one_of(st.just(""), ODD, st.integers(0, 10**8).map(str),
                   st.decimals(0, 9999, places=2).map(str))
OTHERS = {"guidance_of": st.sampled_from(["", "revenue", "shipments", "hope"]),
          "fiscal_year_end": st.sampled_from(["", "12-31", "FRI nearest 01-31", "never"])}


def cell(name: str) -> st.SearchStrategy[str]:
    """What a file may hold in a column."""
    kind = HISTORY.column(name).kind
    usual = AMOUNT if kind == "money" else st.sampled_from(["", "text", '"', "[b]"])
    return (CELLS | OTHERS).get(name, usual)


def told(rows: list[dict[str, str]]) -> HistoryAnswer:
    """What is told of the rows as a file; it must fit into JSON and onto a terminal."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "own.csv"
        pl.DataFrame(rows, schema=dict.fromkeys(HISTORY.names, pl.String)).write_csv(file)
        answer = answer_of(read_history(file))
    json.dumps(answer.as_dict(), allow_nan=False)
    assert history_tables(answer, True, None)
    return answer


@given(st.lists(st.fixed_dictionaries({name: cell(name) for name in HISTORY.names}), max_size=6))
def test_any_file_is_read_or_refused(rows):
    """Odd quarters, days that do not exist, negative amounts, markup: faults name file, column and
    what to write, and what is read can be shown and written as JSON."""
    try:
        told(rows)
    except IssuesError as refused:
        assert all(issue.file == "own.csv" and issue.expected for issue in refused.issues)


quarter = st.fixed_dictionaries({name: st.one_of(st.none(), st.integers(0, 99_999)) for name in (
    "ai_orders_usd_m", "ai_shipments_usd_m", "ai_revenue_usd_m", "ai_backlog_end_usd_m")})


@given(st.lists(st.one_of(st.none(), quarter), min_size=1, max_size=10), st.randoms())
def test_every_roll_forward_is_an_identity(found, random):
    """For each quarter with four figures opening + orders - outflow - residual = closing, to the
    cent; the opening is the closing before; the order of rows in the file makes no difference."""
    days = ["03-31", "06-30", "09-30", "12-31"]
    rows = [{**dict.fromkeys(HISTORY.names), "company": "Acme",
             "fiscal_quarter": f"Q{k % 4 + 1} {2020 + k // 4}",
             "period_end": f"{2020 + k // 4}-{days[k % 4]}",
             **{name: None if value is None else str(value) for name, value in row.items()}}
            for k, row in enumerate(found) if row is not None]
    if not rows:
        return
    answer = told(rows)
    random.shuffle(rows)
    assert answer.quarters.equals(told(rows).quarters)
    quarters = answer.quarters.to_dicts()
    for row in quarters:
        if row["residual_cents"] is not None:
            assert row["opening_cents"] + row["orders_cents"] - row["outflow_cents"] \
                - row["residual_cents"] == row["backlog_cents"]
    names = {f"FY{20 + k // 4} Q{k % 4 + 1}": k for k in range(len(found))}
    for before, row in pairwise(quarters):
        follows = names[row["fiscal_quarter"]] == names[before["fiscal_quarter"]] + 1
        assert row["opening_cents"] == (before["backlog_cents"] if follows else None)
