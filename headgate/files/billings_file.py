"""What was invoiced and paid so far, from a CSV file."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl

from headgate.base.issue import Issue, IssuesError
from headgate.base.money import MAX_CENTS, cents_of_text

COLUMNS = ("order_id", "contract_id", "on", "amount", "currency", "refundable")
"""
The columns of the file; `contract_id`, or else `order_id`, `currency` and `refundable` may be left
out. `refundable` is yes or no, and says of a deposit whether the customer may have it back.
"""
CONSEQUENCE = "no deferred revenue was worked out"


def read_billings(path: Path) -> pl.DataFrame:
    """
    Billings with the columns that `headgate.finance.billed.BILLINGS` names.

    raises IssuesError : every fault of the file
    """
    try:
        raw = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        told = str(error).splitlines()[0][:200]
        raise IssuesError([Issue("billings.file.unreadable", "error", str(path),
                                 "must be a CSV file in UTF-8 with the columns "
                                 f"{', '.join(COLUMNS)}", value=told)], CONSEQUENCE) from None
    missing = [name for name in ("on", "amount") if name not in raw.columns]
    if not {"order_id", "contract_id"} & set(raw.columns):
        missing.append("order_id")
    if missing:
        raise IssuesError([Issue("billings.column.missing", "error", str(path), "is missing", None,
                                 name) for name in missing], CONSEQUENCE)
    raw = raw.with_columns(pl.lit(None, pl.String).alias(name) for name in COLUMNS
                           if name not in raw.columns)
    issues: list[Issue] = []
    rows = [_row(path, number, row, issues)
            for number, row in enumerate(raw.select(COLUMNS).iter_rows(), start=2)]
    if issues:
        raise IssuesError(issues, CONSEQUENCE)
    return pl.DataFrame(rows, orient="row", schema={
        "order_id": pl.String, "contract_id": pl.String, "posted_on": pl.Date,
        "amount_cents": pl.Int64, "currency": pl.String, "refundable": pl.Boolean})


def _row(path: Path, number: int, row: tuple[str | None, ...],
         issues: list[Issue]) -> tuple[str | None, str | None, date | None, int | None,
                                       str | None, bool | None]:
    """One row of the file; what is wrong with it is added to the issues."""
    order_id, contract_id, on, amount, currency, refundable = row
    day = cents = None

    def fault(column: str, value: str | None, expected: str) -> None:
        issues.append(Issue(f"billings.{column}.range" if value else f"billings.{column}.blank",
                            "error", str(path), expected, number, column, value))

    if not order_id and not contract_id:
        fault("order_id", None, "must be given, or else contract_id")
    try:
        day = date.fromisoformat(on or "")
    except ValueError:
        fault("on", on, "must be a date as YYYY-MM-DD")
    try:
        cents = cents_of_text(amount or "")
        if abs(cents) > MAX_CENTS:
            raise ValueError
    except ValueError:
        fault("amount", amount, "must be an amount with at most two decimals, below 0 for a refund "
              "or a credit")
    word = refundable.strip().casefold() if refundable else None
    if word not in (None, "yes", "no"):
        fault("refundable", refundable, "must be yes or no")
    return order_id, contract_id, day, cents, currency, None if word is None else word == "yes"
