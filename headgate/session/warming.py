"""Compile the kernels ahead of their first use."""

from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal

import polars as pl

from headgate.book import Book, build_book
from headgate.quoting.requests import Request
from headgate.session.asking import quote, why, why_all
from headgate.session.planning import Plan, Progress, plan
from headgate.session.replanning import replan
from headgate.tables.check import check_tables
from headgate.tables.raw import raw_of_frames

WARM_WORK = 40
"""Units of work after which every kernel of the search has run."""
LINES, LATE_DAYS = 60, 28
"""Order lines of the small book, and the days by which its supply slips."""
REPAIRS = "from headgate.session.warming import use_ranked; use_ranked()"
"""What the process beside this one runs."""
PRICE = Decimal(10_000_000)
"""A unit price for which every other line may give way."""


def warm(progress: Progress | None = None) -> None:
    """
    Compile every kernel by planning, explaining, re-planning and quoting a small book once.

    Where there is a second core, a process beside this one compiles what repairs and quotes need.
    """
    def told(what: str, share: float) -> None:
        if progress is not None:
            progress(what, share)

    told("compiling the planner", 0.0)
    book = _small(0)
    ranked = plan(book, {"objective": "rank"}, pegging="all")
    beside = subprocess.Popen([sys.executable, "-c", REPAIRS], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL,
                              env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    try:
        told("compiling the search", 0.3)
        best = plan(book, {"work": WARM_WORK}, pegging="all")
        told("compiling the explanations", 0.8)
        why_all(book, ranked)
        late = ranked.promises.filter(pl.col("status") == "late")
        for order_id, line_no in late.select("order_id", "line_no").head(1).iter_rows():
            why(book, ranked, f"{order_id}/{line_no}")
        told("compiling repairs and quotes", 0.9)
        beside.wait()
    finally:
        beside.kill()
        beside.wait()
    # What the other process has compiled is loaded; what it has not, is compiled now.
    for made in (ranked, best):
        use(book, made)
    told("warm", 1.0)


def use(book: Book, made: Plan) -> None:
    """Re-plan the small book, its supply late, and ask for what an order line asks in each mode."""
    replan(_small(LATE_DAYS), made)
    line = book.tables.frames["orders"].row(0, named=True)
    wanted = Request(line["item_id"], int(line["quantity"]), line["region"],
                     requested_on=line["requested_on"], unit_price=PRICE)
    for mode in ("atp", "ctp", "ptp"):
        quote(book, made, wanted, mode)


def use_ranked() -> None:
    """The same of a plan by rank."""
    book = _small(0)
    use(book, plan(book, {"objective": "rank"}, pegging="all"))


def _small(days: int) -> Book:
    """A small demo book, all its supply so many days later."""
    from headgate.demo import demo_book

    made = demo_book(LINES, 1)
    later = pl.col("available_on").cast(pl.Date).dt.offset_by(f"{days}d")
    frames = {**made.frames, "supply": made.frames["supply"].with_columns(later)}
    return build_book(check_tables(raw_of_frames(frames, made.settings)))
