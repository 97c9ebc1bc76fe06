"""Billings under the contracts of today, and what is left of them at the rates of their days."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.issue import Issue, IssuesError
from headgate.book import Book
from headgate.finance.contracts import Obligations
from headgate.finance.exchange import Exchange
from headgate.finance.shares import before_each, part_of

Longs = NDArray[np.int64]

BILLINGS: dict[str, type[pl.DataType]] = {
    "order_id": pl.String, "contract_id": pl.String, "posted_on": pl.Date, "amount_cents": pl.Int64,
    "currency": pl.String}
"""
The columns of billings, as `headgate.ledger.journals.billings` gives them: invoices and deposits
above 0, refunds and credits below.

Each row names an order or a contract; a blank currency is the book's. Of the further columns
`line_no` is looked at where it is there, the order line or service line of an invoice, `kind` as
the journal gives it, and `refundable`. Others are not.
"""
NOTHING = "nothing was worked out"


def refuse_billings(billings: pl.DataFrame, exchange: Exchange, file: str = "billings") -> None:
    """
    Raises IssuesError where columns are missing, or money is in a currency without a rate.

    file : as the user knows it; rows of a ledger are named by their event, those of a file by the
           column `line`, where it is there
    """
    issues = [Issue("billings.column.missing", "error", file, "is missing", None, name)
              for name in BILLINGS if name not in billings.columns]
    if not issues:
        named = [name for name in ("sequence", "line") if name in billings.columns]
        place = pl.col(named[0]) if named else pl.int_range(2, pl.len() + 2)
        other = billings.select("currency", place=place).filter(
            pl.col("currency").is_not_null() & ~pl.col("currency").is_in(exchange.names)).group_by(
            "currency", maintain_order=True).agg(pl.len(), pl.col("place").first())
        issues = [Issue(
            "billings.currency.unknown", "error", "ledger" if "sequence" in billings.columns
            else file, f"must be one of {', '.join(exchange.names)}; or give it a rate in the "
            "table rates", row, "currency", currency, count)
            for currency, count, row in other.iter_rows()]
    if issues:
        raise IssuesError(issues, NOTHING)


def billed(book: Book, obligations: Obligations, exchange: Exchange,
           billings: pl.DataFrame) -> pl.DataFrame:
    """
    Billings up to as_of in the order of posting, under the contract that each belongs to today.

    An invoice belongs to the contract of its order line or service line, whatever that was when it
    was written, as its revenue does. A contract that has nothing in the book any more gives way to
    that of the order; an order's is that of its first line.
    returns : contract_id, currency (never blank), amount_cents, posted_on; line_no, kind and
              refundable, null where they are not there
    raises IssuesError : see `refuse_billings`
    """
    refuse_billings(billings, exchange)
    settings = book.settings
    rows = billings.filter(pl.col("posted_on") <= settings.as_of).with_columns(
        pl.lit(None, kind).alias(name) for name, kind in (
            ("line_no", pl.Int64), ("kind", pl.String), ("refundable", pl.Boolean))
        if name not in billings.columns)
    contract = obligations.names.gather(pl.Series(obligations.contract))
    keys = pl.concat([obligations.line_ids, obligations.service_ids]).with_columns(its=contract)
    of_line = keys.unique(["order_id", "line_no"], keep="first", maintain_order=True)
    of_order = keys.head(obligations.lines).sort("order_id", "line_no").unique(
        "order_id", keep="first", maintain_order=True).select("order_id", first="its")
    known = pl.col("contract_id").is_in(obligations.names.implode())
    return rows.join(of_line, on=["order_id", "line_no"], how="left", maintain_order="left").join(
        of_order, on="order_id", how="left", maintain_order="left").join(
        of_order.rename({"first": "named"}), left_on="contract_id", right_on="order_id",
        how="left", maintain_order="left").select(
        # A deposit on an order is kept under the order, also when it comes under a contract later.
        contract_id=pl.coalesce("its", pl.when(known).then("contract_id"),
                                pl.when(pl.col("line_no").is_null()).then(
                                    pl.coalesce("named", "first")), "contract_id", "order_id"),
        currency=pl.col("currency").fill_null(settings.currency), amount_cents="amount_cents",
        posted_on="posted_on", line_no="line_no", kind="kind", refundable="refundable").sort(
        "posted_on", maintain_order=True)


def unearned(rows: pl.DataFrame, earned: pl.DataFrame, exchange: Exchange) -> pl.DataFrame:
    """
    `contract_id` and `cents` of what is billed or paid and not earned, where that is above 0.

    In each currency billed less earned; in the book's currency at the average rate of what is left
    of the billings, see `carried` (ASC 606-10-45-2, 830-10-45-18).

    rows    : as `billed` gives them
    earned  : contract_id, currency and cents of that, each pair once
    returns : a row for each contract and currency
    """
    left = carried(rows, exchange).join(
        earned, on=["contract_id", "currency"], how="left", maintain_order="left").with_columns(
        left=pl.col("left_cents") - pl.col("cents").fill_null(0)).filter(pl.col("left") > 0)
    cents = part_of(left["own_cents"].to_numpy(), left["left"].to_numpy(),
                    left["of_cents"].to_numpy())
    return left.select("contract_id", cents=pl.Series(cents, dtype=pl.Int64))


def carried(rows: pl.DataFrame, exchange: Exchange) -> pl.DataFrame:
    """
    What is left of the billings of each contract and currency, and what its rate is.

    What is billed or paid comes in at the rate of its day, and makes an average with what is left
    of that before. What is paid back or credited leaves at that average: a contract liability is
    not revalued. Credits that come first are made up for by what is billed next.

    rows    : as `billed` gives them
    returns : contract_id, currency; left_cents in it, above 0; own_cents of the book's currency
              stand for of_cents of that one
    source  : ASC 830-10-45-18; the average: derived here
    """
    keys = ["contract_id", "currency"]
    rows = rows.sort(*keys, maintain_order=True).with_columns(
        group=pl.struct(keys).rle_id().cast(pl.Int64))
    amount = rows["amount_cents"].to_numpy()
    before = before_each(amount, rows["group"].to_numpy())
    gain = np.maximum(before + amount, 0) - np.maximum(before, 0)
    number = exchange.indexes(rows["currency"])
    day = rows["posted_on"].to_physical().cast(pl.Int64).to_numpy()
    own = exchange.convert(np.maximum(gain, 0), number, day)
    moved = rows.select(*keys, "group").with_columns(
        gain=pl.Series(gain, dtype=pl.Int64), own=pl.Series(own, dtype=pl.Int64),
        foreign=pl.Series(number > 0))
    falls = (pl.col("foreign") & (pl.col("gain") < 0)).any().over("group")
    plain = moved.filter(~falls).group_by("group", *keys).agg(
        left_cents=pl.col("gain").sum(), own_cents=pl.when("foreign").then("own").otherwise(
            "gain").sum(), of_cents=pl.col("gain").sum())
    other = moved.filter(falls).group_by("group", *keys).agg("gain", "own")
    averaged = [(group, contract, currency, *_average(gains, owns))
                for group, contract, currency, gains, owns in other.iter_rows()]
    return pl.concat([plain, pl.DataFrame(averaged, schema=plain.schema, orient="row")]).filter(
        pl.col("left_cents") > 0).sort("group").drop("group")


def _average(gains: list[int], owns: list[int]) -> tuple[int, int, int]:
    """What is left, and two amounts whose ratio is its rate; only what comes in changes that."""
    left, own, of = 0, 0, 1
    for gain, worth in zip(gains, owns, strict=True):
        if gain > 0:
            own, of = (2 * own * left + of) // (2 * of) + worth, left + gain
        left += gain
    return left, own, of
