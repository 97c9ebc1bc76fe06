"""The promises: every figure recomputed from the allocations, every reason in its one wording."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.wording import REASONS, reason_text
from headgate.verify.allocations import Shipments
from headgate.verify.explosion import line_name
from headgate.verify.facts import Book
from headgate.verify.reasons import Reason
from headgate.verify.rules import Findings, cell, same

Longs = NDArray[np.int64]
TABLE = "promises"
STATUSES = ("on_time", "late", "short", "unplanned", "shipped")
ON_TIME, LATE, SHORT, UNPLANNED, SHIPPED = range(5)
BINDING = ("binding_kind", "binding_id", "binding_site_id", "binding_on")


def status_of(shipments: Shipments, book: Book) -> Longs:
    """The status of each line, as its place in STATUSES."""
    lines, promised = book.lines, shipments.promised
    whole = promised >= lines.open
    status = np.where(whole & (shipments.last <= lines.requested), ON_TIME,
                      np.where(whole, LATE, np.where(promised > 0, SHORT, UNPLANNED)))
    return np.where(lines.open == 0, SHIPPED, status)


def check_promises(frame: pl.DataFrame, line: Longs, shipments: Shipments, status: Longs,
                   book: Book, findings: Findings) -> bool:
    """Every figure but the reasons; False when the rows are not the book's lines one by one."""
    if not _check_rows(line, book, findings):
        return False
    actual = frame.drop("reason", *BINDING, "text", "order_id", "line_no")
    expected = _expected(shipments, status, book)
    for name in actual.columns:
        wrong = actual[name].ne_missing(expected[name])
        findings.add_rows(
            "check.promises.value", TABLE, name, wrong.arg_true().to_numpy(),
            cell(actual[name]), _recomputed(expected[name]))
    return True


def _check_rows(line: Longs, book: Book, findings: Findings) -> bool:
    count = len(book.lines)
    if np.array_equal(line, np.arange(count)):
        return True
    missing = np.setdiff1d(np.arange(count), line)
    findings.add_rows("check.promises.missing", TABLE, None, missing,
                      lambda k: line_name(k, book),
                      same("must have a row: every order line of the book has one"),
                      numbered=False)
    return False


def _recomputed(due: pl.Series) -> Callable[[int], str]:
    """What must stand in each row of a column."""
    shown = cell(due)
    return lambda row: f"must be {shown(row)}, recomputed from the book and the allocations"


def _expected(shipments: Shipments, status: Longs, book: Book) -> pl.DataFrame:
    lines, calendar = book.lines, book.calendar
    given = pl.Series(shipments.promised > 0, dtype=pl.Boolean)

    def dates(bucket: Longs, weekday: int) -> pl.Series:
        days = pl.Series(np.where(shipments.promised > 0, bucket, 0) * 7
                         + calendar.monday + weekday)
        return _only(given, days.cast(pl.Int32).cast(pl.Date))

    late_days = np.where(shipments.last <= lines.requested, 0,
                         calendar.monday + 7 * shipments.last + 4 - lines.requested_day)
    return pl.DataFrame({
        "open_quantity": lines.open, "promised_quantity": shipments.promised,
        "first_arrive_on": dates(shipments.first, 0), "last_arrive_on": dates(shipments.last, 0),
        "promised_on": dates(shipments.last, 4),
        "broken_quantity": np.zeros(len(lines), dtype=np.int64),
        "status": pl.Series(STATUSES, dtype=pl.String).gather(pl.Series(status)),
        "late_days": _only(given, pl.Series(late_days))})


def _only(where: pl.Series, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(where).then(values).otherwise(None)).to_series()


def check_reasons(frame: pl.DataFrame, status: Longs, recomputed: dict[int, Reason], book: Book,
                  findings: Findings) -> None:
    """
    The reasons of all lines that are not on time, and blanks for the others.

    recomputed : reasons by line; of the other lines only the form and the wording are checked
    """
    cells = frame.select("reason", *BINDING, "text")
    needs_reason = pl.Series(np.isin(status, (LATE, SHORT, UNPLANNED)), dtype=pl.Boolean)
    for name in cells.columns:
        findings.add_rows(
            "check.promises.reason", TABLE, name,
            (~needs_reason & cells[name].is_not_null()).arg_true().to_numpy(),
            cell(cells[name]),
            same("must be blank: the line is on time or has nothing open"))
    unknown = needs_reason & ~cells["reason"].is_in(list(REASONS)).fill_null(False)
    findings.add_rows("check.promises.reason", TABLE, "reason", unknown.arg_true().to_numpy(),
                      cell(cells["reason"]), same(f"must be one of {', '.join(REASONS)}"))
    _check_form(cells, needs_reason & ~unknown, book, findings)
    _check_text(cells, needs_reason & ~unknown, findings)
    _check_recomputed(cells, recomputed, book, findings)


def _check_form(cells: pl.DataFrame, asked: pl.Series, book: Book, findings: Findings) -> None:
    """What binds is all there or all blank, and known."""
    blanks = sum((cells[name].is_null().cast(pl.Int64) for name in BINDING),
                 pl.Series(np.zeros(cells.height, dtype=np.int64)))
    torn = asked & (blanks != 0) & (blanks != len(BINDING))
    known = pl.Series(cells.select(
        pl.when(pl.col("binding_kind") == "part").then(pl.col("binding_id").is_in(book.ids.items))
        .when(pl.col("binding_kind") == "resource")
        .then(pl.col("binding_id").is_in(book.ids.resources)).otherwise(False)
        & pl.col("binding_site_id").is_in(book.ids.sites)).to_series())
    wrong = torn | (asked & (blanks == 0) & ~known.fill_null(False))
    findings.add_rows("check.promises.reason", TABLE, "binding_id", wrong.arg_true().to_numpy(),
                      cell(cells["binding_id"]),
                      same("must be a part or resource of the book with its kind, site and "
                           "week, or all of them blank"))


def _check_text(cells: pl.DataFrame, asked: pl.Series, findings: Findings) -> None:
    """The text of each row is the wording of its reason; each wording is made once."""
    key = ("reason", *BINDING)
    worded = {row: reason_text(*row)
              for row in cells.filter(asked).select(key).unique().iter_rows()}
    rows = asked.arg_true().to_list()
    asked_cells = cells[rows].select(*key, "text").iter_rows()
    wrong = [row for row, (*reason, text) in zip(rows, asked_cells, strict=True)
             if worded[tuple(reason)] != text]
    findings.add_rows(
        "check.promises.text", TABLE, "text", np.array(wrong, dtype=np.int64),
        cell(cells["text"]),
        lambda row: f"must be {worded[cells.select(key).row(row)]!r}, the wording of the row's "
        "reason")


def _check_recomputed(cells: pl.DataFrame, recomputed: dict[int, Reason], book: Book,
                      findings: Findings) -> None:
    """Reasons and what binds, against the line planned alone."""
    lines = sorted(recomputed)
    found: Iterable[tuple[object, ...]] = cells[lines].select("reason", *BINDING).iter_rows()
    for line, row in zip(lines, found, strict=True):
        expected = recomputed[line].cells(book)
        if row == expected:
            continue
        for name, had, due in zip(("reason", *BINDING), row, expected, strict=True):
            if had != due:
                findings.add("check.promises.reason", TABLE,
                             f"must be {'blank' if due is None else due}, recomputed by planning "
                             "the line alone", line, name, "blank" if had is None else had)
