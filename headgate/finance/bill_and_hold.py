"""
Bill-and-hold: goods that are sold and not shipped count as revenue only by four criteria.

A record of it is a log: its rows stay for good, and a row counts on the day since which its pieces
are held, whatever became of them since. So a quarter that is over stays as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from operator import itemgetter
from typing import Any

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.book import Book
from headgate.finance.pieces import HOLD
from headgate.finance.under_way import refuse_progress, steps_taken
from headgate.tables.progress_schema import NEEDED, ORDERED, PRICED, PROGRESS

CRITERIA: dict[str, str] = {
    "substantive_reason": "the reason is substantive, such as the customer's own request",
    "identified": "the goods are identified separately as the customer's",
    "ready": "they are ready for physical transfer now",
    "not_redirectable": "they can neither be used nor be sent to anybody else"}
"""The criteria of ASC 606-10-55-83, (a) to (d); a record says yes or no to each."""
HELD: dict[str, type[pl.DataType]] = {
    "order_id": pl.String, "line_no": pl.Int64, "quantity": pl.Int64, "held_on": pl.Date,
    **dict.fromkeys(CRITERIA, pl.Boolean)}
"""The columns of a record: so many pieces of an order line are billed and held since a day."""
CONSEQUENCE = "nothing was worked out"
"""What a fault of the record comes to."""
Row = dict[str, Any]
Changes = dict[tuple[str, int], list[tuple[Any, str, int]]]
"""Of lines what changed the pieces that are open: day, step, pieces shipped (below 0: that came
back) or ordered from then on; in order."""


@dataclass(frozen=True, slots=True)
class Held:
    """
    What a record says is billed and held, held against the lines of a book.

    rows  : the columns of HELD and `row`, the line of a file; `counts`, whether all four criteria
            are met; `price_cents` of one piece on that day, null that of today; `shipped_since`,
            how many of these pieces have shipped, and `cancelled_since`, how many were cancelled,
            the last of them on `cancelled_on`; null where no ledger says or the row does not count
    steps : the progress that was given, with a step of the rows that count
    """

    rows: pl.DataFrame
    steps: pl.DataFrame


def held_of(book: Book, progress: pl.DataFrame | None, record: pl.DataFrame) -> Held:
    """
    What a record says of a book, held against its lines and against what left since.

    The pieces of a row are the first of their line that had not left on the day since which they
    are held, nor are held by an earlier row. Those that are cancelled later were held all the same,
    up to then. Without progress nobody says when pieces left: those are taken that are open now.

    record : the columns of HELD; a blank criterion is a no; rows after as_of are not looked at.
             `row` may say which line of a file each is
    raises IssuesError : columns are missing; an order line is not known, had fewer such pieces, or
                         was booked later
    """
    kept, faults = _kept(book, progress, record)
    if faults:
        raise IssuesError(sorted(faults, key=lambda issue: issue.row or 0), CONSEQUENCE)
    kept = kept.with_columns(price_cents=_prices(kept, progress))
    steps = kept.filter("counts").select(
        "order_id", "line_no", "quantity", "price_cents", step=pl.lit(HOLD),
        effective_on="held_on", stage=pl.lit(None, pl.String))
    return Held(kept, steps.select(*NEEDED, "price_cents") if progress is None else pl.concat(
        [progress, steps.cast({name: PROGRESS[name] for name in steps.columns})],
        how="diagonal"))


def fitting(book: Book, progress: pl.DataFrame | None, record: pl.DataFrame) -> pl.DataFrame:
    """
    The rows of a record as far as they fit a book that it was not written for, such as an older
    one: of lines that it has, and of their pieces no more than it can know.

    raises IssuesError : columns are missing
    """
    return _kept(book, progress, record)[0].select("row", *HELD)


def _kept(book: Book, progress: pl.DataFrame | None,
          record: pl.DataFrame) -> tuple[pl.DataFrame, list[Issue]]:
    """The rows of a record as far as they fit a book, and what is wrong with the others."""
    missing = [name for name in HELD if name not in record.columns]
    if missing:
        raise IssuesError([Issue("bill_and_hold.column.missing", "error", "bill_and_hold",
                                 "is missing", None, name) for name in missing],
                          CONSEQUENCE)
    if progress is not None:
        refuse_progress(progress)
    if "row" not in record.columns:
        record = record.with_columns(row=pl.int_range(2, pl.len() + 2))
    rows = record.select("row", *HELD).filter(
        pl.col("held_on") <= book.settings.as_of).with_columns(
        pl.col(*CRITERIA).fill_null(False)).with_columns(
        counts=pl.all_horizontal(*CRITERIA)).join(
        _lines(book, progress), on=["order_id", "line_no"], how="left", maintain_order="left")
    told, faults = _fitting(rows, _changes(book, progress, rows), progress is not None)
    if "file" in record.columns:
        # A file names the day `on`.
        faults = [replace(one, file=record["file"][0],
                          column="on" if one.column == "held_on" else one.column)
                  for one in faults]
    return pl.DataFrame(told, schema={
        "row": pl.Int64, **HELD, "counts": pl.Boolean, "shipped_since": pl.Int64,
        "cancelled_since": pl.Int64, "cancelled_on": pl.Date}), faults


def _lines(book: Book, progress: pl.DataFrame | None) -> pl.DataFrame:
    """Ids of order lines, their booking, what of each is ordered and open; of what is gone none."""
    orders = book.tables.frames["orders"]
    lines = orders[pl.Series(book.lines.source_row)].select(
        "order_id", "line_no", "booked_on", ordered="quantity",
        open=pl.Series(book.lines.open, dtype=pl.Int64))
    if progress is None:
        return lines
    gone = progress.filter(pl.col("step").is_in(["shipped", ORDERED]),
                           pl.col("effective_on") <= book.settings.as_of).select(
        "order_id", "line_no").unique().join(lines, on=["order_id", "line_no"], how="anti")
    return pl.concat([lines, gone.with_columns(open=pl.lit(0, pl.Int64))], how="diagonal")


def _changes(book: Book, progress: pl.DataFrame | None, rows: pl.DataFrame) -> Changes:
    """What changed the open pieces of the lines of some rows."""
    if progress is None:
        return {}
    ids = rows.select("order_id", "line_no").unique(maintain_order=True)
    steps = steps_taken(ids, progress, book.settings.as_of).filter(
        pl.col("step").is_in(["shipped", "returned", ORDERED])).with_columns(
        day=pl.col("day").cast(pl.Int32).cast(pl.Date),
        pieces=pl.when(pl.col("step") == "returned").then(-pl.col("quantity")).otherwise(
            "quantity"))
    keys = ids.rows()
    found: Changes = {}
    for line, day, step, pieces in steps.select("line", "day", "step", "pieces").iter_rows():
        found.setdefault(keys[line], []).append((day, step, pieces))
    return found


def _fitting(rows: pl.DataFrame, changes: Changes,
             with_ledger: bool) -> tuple[list[Row], list[Issue]]:
    """The rows as far as they fit their lines, in the order of lines and days, and the faults."""
    told: list[Row] = []
    faults: list[Issue] = []
    ordered = rows.sort("order_id", "line_no", "held_on", "row").to_dicts()
    for key, own in groupby(ordered, key=itemgetter("order_id", "line_no")):
        fit = [row for row in own if not _fault(row, faults)]
        told += _counted(fit, changes.get(key, []), with_ledger, faults)
    return [row for row in told if row["quantity"] > 0], faults


def _fault(row: Row, faults: list[Issue]) -> bool:
    """Whether a row has a fault of its own, which is added to the faults."""
    name, number = f"{row['order_id']}/{row['line_no']}", row["row"]
    if row["open"] is None:
        faults.append(Issue("bill_and_hold.line.unknown", "error", "bill_and_hold",
                            "is no order line of the book, nor was it one; correct it",
                            number, "order_id", name))
    elif row["booked_on"] is not None and row["held_on"] < row["booked_on"]:
        faults.append(Issue("bill_and_hold.held_on.early", "error", "bill_and_hold",
                            f"lies before {name} was booked, on {row['booked_on']}; correct "
                            "the day", number, "held_on", f"{row['held_on']}"))
    elif row["quantity"] < 1:
        faults.append(Issue("bill_and_hold.quantity.range", "error", "bill_and_hold",
                            "must be 1 or more", number, "quantity", f"{row['quantity']}"))
    else:
        return False
    return True


def _counted(rows: Sequence[Row], changes: Sequence[tuple[Any, str, int]], with_ledger: bool,
             faults: list[Issue]) -> list[Row]:
    """
    The rows of one line with the pieces that they hold, and what became of these since.

    What leaves is taken from what is held, first in, first out; what is cancelled comes from what
    is not held, then from what was held last. A row that does not count holds nothing: pieces that
    become ready later have a row of their own then.
    """
    line = _Line.of(rows[0], changes) if rows else _Line(0, [])
    told = []
    for row in rows:
        line.live(row["held_on"])
        held = sum(_left(one) for one in line.waiting)
        free = max(0, line.there - held if row["counts"] else line.there)
        if row["quantity"] > free:
            name = f"{row['order_id']}/{row['line_no']}"
            which, remedy = ((f"were open as {row['held_on']} began", "") if with_ledger else (
                "are open", " when its pieces have left"))
            faults.append(Issue(
                "bill_and_hold.quantity.range", "error", "bill_and_hold",
                f"must be no more than the {free:,} pieces of {name} that {which}, and that no "
                f"earlier row holds; lessen it, or take the row out{remedy}", row["row"],
                "quantity", f"{row['quantity']}"))
        one = {**row, "quantity": min(row["quantity"], free), "shipped_since": 0,
               "cancelled_since": 0, "cancelled_on": None}
        told.append(one)
        if row["counts"]:
            line.waiting.append(one)
    line.live(None)
    return [row if with_ledger and row["counts"] else
            {**row, "shipped_since": None, "cancelled_since": None} for row in told]


@dataclass(slots=True)
class _Line:
    """
    The open pieces of a line, day by day.

    there   : how many there are; most : how many there can be by what is ordered, None: no limit
    ordered : how many were said to be ordered last
    steps   : what changes them, still to come; waiting : rows that hold some
    """

    there: int
    steps: list[tuple[Any, str, int]]
    most: int | None = None
    ordered: int | None = None
    waiting: list[Row] = field(default_factory=list)

    @classmethod
    def of(cls, row: Row, changes: Sequence[tuple[Any, str, int]]) -> _Line:
        """A line as it began, of a row that has what of it is ordered and open at last."""
        ordered = [pieces for _, step, pieces in changes if step == ORDERED]
        grown = ordered[-1] - ordered[0] if ordered else 0
        gone = sum(pieces for _, step, pieces in changes if step != ORDERED)
        # A book that is not of this ledger may have more open than it has ordered by its steps.
        return cls(row["open"] + gone - grown, list(changes),
                   None if row["ordered"] is None else row["ordered"] - grown)

    def live(self, until: Any) -> None:
        """Take what changed before a day; None: all."""
        while self.steps and (until is None or self.steps[0][0] < until):
            day, step, pieces = self.steps.pop(0)
            if step == ORDERED:
                self._order(day, pieces)
                continue
            self._less(pieces)
            for one in self.waiting:
                sent = max(0, min(pieces, _left(one)))
                one["shipped_since"] += sent
                pieces -= sent
        if self.most is not None:
            self.there = min(self.there, self.most)

    def _less(self, pieces: int) -> None:
        self.there -= pieces
        if self.most is not None:
            self.most -= pieces

    def _order(self, day: Any, pieces: int) -> None:
        """So many pieces are ordered from a day on."""
        self._less(0 if self.ordered is None else self.ordered - pieces)
        self.ordered = pieces
        over = sum(_left(one) for one in self.waiting) - max(0, self.there)
        for one in reversed(self.waiting):
            less = max(0, min(over, _left(one)))
            if less:
                one["cancelled_since"] += less
                one["cancelled_on"] = day
                over -= less


def _left(row: Row) -> int:
    """The pieces of a row that are held still."""
    return int(row["quantity"] - row["shipped_since"] - row["cancelled_since"])


def _prices(rows: pl.DataFrame, progress: pl.DataFrame | None) -> pl.Series:
    """
    (rows,) what one piece cost as the day began on which it was held; null: what it does today.

    Pieces that were recognised keep their price when that of the others changes (ASC
    606-10-25-13), as those do that have left. A ledger tells the prices of lines that had several.
    """
    if progress is None or "price_cents" not in progress.columns:
        return pl.Series([None] * rows.height, dtype=pl.Int64)
    keys = ["order_id", "line_no"]
    order = ["effective_on", *(["sequence"] if "sequence" in progress.columns else [])]
    prices = progress.filter(pl.col("step") == PRICED).sort(order, maintain_order=True).select(
        *keys, "effective_on", price="price_cents")
    return rows.select(*keys, "held_on").with_row_index("place").join(
        prices, on=keys, how="left", maintain_order="left_right").group_by(
        "place", maintain_order=True).agg(pl.coalesce(
            pl.col("price").filter(pl.col("effective_on") < pl.col("held_on")).last(),
            pl.col("price").first())).sort("place")["price"]
