"""Requests for quotes from a CSV table, and their answers to one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.base.money import text_of_cents
from headgate.book import Book
from headgate.files import plan_folder
from headgate.files.csv_rows import warn_open_end
from headgate.quoting.answers import Displaced, Quote
from headgate.quoting.requests import Request
from headgate.quoting.requests import read_requests as read


def read_requests(file: str | Path, book: Book) -> list[Request]:
    """
    Requests of a CSV file, with the fields of `headgate.quoting.requests.Request` as columns.

    raises IssuesError : everything that is wrong with the file, with row, column and value
    warns IssueWarning : the last row has no line end
    """
    path = Path(file)
    try:
        content = path.read_bytes()
        rows = pl.read_csv(content, infer_schema=False).to_dicts()
    except pl.exceptions.PolarsError as error:
        raise IssuesError([Issue("quote.file.csv", "error", path.name,
                                 f"is not a CSV table ({str(error).splitlines()[0]}); save it "
                                 "again as comma-separated UTF-8")], "nothing was quoted") from None
    _refuse_other_separator(content, path.name)
    if rows and not content.endswith((b"\n", b"\r")):
        column, value = list(rows[-1].items())[-1]
        warn_open_end("quote", path.name, len(rows) + 1, column, value or "")
    return read(rows, book, path.name)


def _refuse_other_separator(content: bytes, file: str) -> None:
    """Raises IssuesError where the columns of the header are not separated by commas."""
    header = content.split(b"\n", 1)[0].decode("utf-8", "replace")
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if mark in header and "," not in header:
            raise IssuesError([Issue(
                "quote.file.csv", "error", file, f"is separated by {name}; save it as "
                "comma-separated UTF-8 (in Excel: Save As, CSV UTF-8, with the comma as list "
                "separator of the system), or replace them in an editor", 1, None,
                header.strip()[:60])], "nothing was quoted")


def write_quotes(quotes: Sequence[Quote], file: str | Path) -> Path:
    """
    Write quotes as a CSV table, one row for each request, whole or not at all; its path.

    `row` is the row of the request in its file as an editor numbers it, 2 for the first: as faults
    and warnings name it.

    raises IssuesError : the file holds something else
    """
    rows = [{"row": place, "name": one.request.name, "item_id": one.request.item_id,
             "region": one.request.region, "quantity": one.request.quantity, "mode": one.mode,
             "promised_quantity": one.quantity,
             "first_promised_on": min((part.promised_on for part in one.shipments), default=None),
             "promised_on": one.promised_on,
             "sites": ";".join(sorted({part.site_id for part in one.shipments})),
             "reason": one.reason, "binding_kind": one.binding_kind, "binding_id": one.binding_id,
             "binding_site_id": one.binding_site_id, "binding_on": one.binding_on,
             "earliest_on": one.earliest_on,
             "displaced_lines": len(one.displaced), "lost_cents": one.lost_cents,
             "moved_cents": one.moved_cents,
             "gained_cents": one.gained_cents, "price_cents": one.price_cents,
             "displaced": ";".join(map(_told, one.displaced)), "pins": _pins(one),
             "warnings": ";".join(str(issue.column) for issue in one.warnings)}
            for place, one in enumerate(quotes, start=2)]
    plan_folder.write_table_file(Path(file), pl.DataFrame(rows, infer_schema_length=None))
    return Path(file)


def _pins(one: Quote) -> str | None:
    """The pins of an answer, for a cell: site, ship week, pieces; None where none can hold it."""
    try:
        return ";".join(f"{pin['site_id']} {pin['ship_on']} {pin['quantity']}"
                        for pin in one.pins("", 1)) or None
    except ValueError:
        return None


def _told(one: Displaced) -> str:
    """
    A line that would give way, for a cell: its dates, days, pieces, what it loses and by what.

    >>> from datetime import date
    >>> _told(Displaced("SO-9", 2, None, 4, date(2026, 3, 6), 4, date(2026, 3, 20), 14, 800))
    'SO-9/2 from 2026-03-06 to 2026-03-20 (+14 days), 4 of 4 pieces, loses 8.00 (later)'
    """
    then = str(one.new_promised_on or "no date") + (
        "" if one.days is None else f" ({one.days:+} days)")
    return (f"{one.order_id}/{one.line_no} from {one.promised_on} to {then}, {one.new_quantity} of "
            f"{one.quantity} pieces, loses {text_of_cents(one.lost_cents)} ({one.by})")
