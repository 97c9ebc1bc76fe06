"""A tiny faultless book as the texts of its files, for tests that spoil one thing in it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from headgate.base.issue import Issue, IssuesError
from headgate.files.book_reader import read_raw
from headgate.tables.check import check_tables
from headgate.tables.codes import rule_of
from headgate.tables.frames import Tables

FILES: dict[str, str] = {
    "items.csv": "item_id,kind,unit_cost,family\n"
                 "rack,rack,900,F1\n"
                 "server,server,100,F1\n"
                 "gpu,component,30,\n"
                 "dimm,component,2,\n"
                 "dimm-b,component,2.5,\n",
    "bom.csv": "parent_id,component_id,quantity\n"
               "rack,server,4\n"
               "server,gpu,8\n"
               "server,dimm,16\n",
    "substitutes.csv": "item_id,substitute_id,preference\n"
                       "dimm,dimm-b,1\n",
    "sites.csv": "site_id\naustin\nlodz\n",
    "supply.csv": "item_id,site_id,available_on,quantity\n"
                  "gpu,austin,2026-01-30,800\n"
                  "dimm,austin,2026-01-30,1600\n"
                  "dimm-b,austin,2026-01-30,100\n",
    "capacity.csv": "resource_id,site_id,starts_on,hours\n"
                    "test,austin,2026-02-02,100\n"
                    "test,austin,2026-02-09,100\n"
                    "test,lodz,2026-02-02,inf\n"
                    "test,lodz,2026-02-09,inf\n",
    "routing.csv": "item_id,resource_id,hours_per_unit,lead_days\n"
                   "server,test,1.5,3\n",
    "lanes.csv": "site_id,region,transit_days\n"
                 "austin,AMER,2\n"
                 "lodz,EMEA,3\n",
    "orders.csv": "order_id,line_no,customer_id,segment,region,item_id,quantity,unit_price,"
                  "booked_on,requested_on\n"
                  "SO-1,1,acme,cloud,AMER,server,8,150.00,2025-12-01,2026-02-06\n"
                  "SO-1,2,acme,cloud,AMER,rack,2,1000.00,2025-12-01,2026-02-13\n"
                  "SO-2,1,bolt,bank,EMEA,server,4,160.50,2025-12-15,2026-02-13\n",
    "headgate.toml": "as_of = 2026-02-02\nhorizon_weeks = 2\n",
}
"""Nothing in it is even worth a warning."""

Content = str | bytes | None
"""A file's text or bytes; None leaves the file out."""


def spoilt(name: str, old: str, new: str, text: str | None = None) -> dict[str, Content]:
    """One file with a piece of its text replaced, which must stand there exactly once."""
    text = FILES[name] if text is None else text
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
    return {name: text.replace(old, new)}


def with_column(name: str, column: str, *cells: str) -> str:
    """A file's text with a further column; rows beyond the cells are blank in it."""
    header, *rows = FILES[name].splitlines()
    padded = [*cells, *[""] * (len(rows) - len(cells))]
    return "\n".join([f"{header},{column}", *(f"{row},{cell}" for row, cell in
                                              zip(rows, padded, strict=True))]) + "\n"


def write(folder: Path, changes: dict[str, Content]) -> Path:
    """The book on disk with some files changed, added or left out; returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in {**FILES, **changes}.items():
        if content is not None:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def load(folder: Path, changes: dict[str, Content] | None = None) -> Tables:
    """The checked book; raises IssuesError."""
    return check_tables(read_raw(write(folder / "book", changes or {})))


def issues_of(folder: Path, changes: dict[str, Content]) -> tuple[Issue, ...]:
    """What the check says, be it errors or warnings alone."""
    try:
        return load(folder, changes).issues
    except IssuesError as error:
        return error.issues


def the_issue(folder: Path, changes: dict[str, Content]) -> Issue:
    """The one thing that the check says; fails when it says more or nothing."""
    issues = issues_of(folder, changes)
    assert len(issues) == 1, [issue.text() for issue in issues]
    return issues[0]


class Case(NamedTuple):
    """What is spoilt, and the code, line, column, value and words of the one issue."""

    story: str
    changes: dict[str, Content]
    code: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    words: str = ""


def check_case(folder: Path, case: Case) -> None:
    """The spoilt book gives the one issue that the case names, in one line of text."""
    issue = the_issue(folder, case.changes)
    assert issue.code == case.code
    assert issue.severity == rule_of(case.code).severity
    assert issue.row == case.row
    assert case.column in (None, issue.column)
    assert case.value in (None, issue.value)
    assert case.words in issue.expected
    assert "\n" not in issue.text()


def order(old: str, new: str) -> dict[str, Content]:
    """The first order line (row 2) with a piece replaced."""
    return spoilt("orders.csv", old, new)


def orders_with(column: str, *cells: str) -> dict[str, Content]:
    """Orders with one of the optional columns, its cells from row 2 on."""
    return {"orders.csv": with_column("orders.csv", column, *cells)}
