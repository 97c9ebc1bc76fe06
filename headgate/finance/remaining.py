"""What is left of each order line and service line, step by step from order backlog to RPO."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.finance.contracted import Contracted
from headgate.finance.past import CLOSED
from headgate.finance.shares import summed
from headgate.tables.backlog_schema import OBLIGATIONS

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
YEAR_MONTHS = 12
STEPS = ("backlog", "cancellable", "deposit", "split", "bill_and_hold", "in_transit", "acceptance",
         "services", "late_penalty")
"""What RPO is the sum of, column by column."""


def remaining(contracts: Contracted, kept: pl.Series,
              penalty: Longs | None = None) -> pl.DataFrame:
    """
    The table `obligations`: a row for each order line and service line.

    kept    : contracts of which a paid deposit is not refundable
    penalty : (order lines,) late penalties that a plan expects, in cents; of lines that may be
              cancelled those of pieces that have left alone. None: no plan
    Amounts are cents of the book's currency at the rates of as_of; each row of an order line has
    the part of its price that is allocated to it (ASC 606-10-32-31).
    """
    book, obligations = contracts.book, contracts.obligations
    orders = book.tables.frames["orders"][pl.Series(book.lines.source_row)]
    lines = np.arange(obligations.lines)
    cancellable = orders["cancellable"].to_numpy()
    secured = _secured(contracts, kept)
    out = cancellable & ~secured
    whole, shipped = obligations.pieces[lines], contracts.shipped
    recognised, held = contracts.before.recognised, contracts.before.held
    backlog = contracts.exchange.convert(
        book.lines.open * orders["unit_price_cents"].to_numpy(), obligations.currency[lines],
        np.full(len(lines), contracts.as_of))
    # Recognised pieces come first, of these last what is held; then what is under way, then the
    # others that are open.
    held_value = contracts.value(lines, recognised - held, recognised)
    left = contracts.value(lines, recognised, shipped + held)
    open_value = held_value + contracts.value(lines, shipped + held, whole)
    accept = (orders["recognise_on"] == "accept").to_numpy()
    nothing = np.zeros(len(lines), dtype=np.int64)
    columns = {
        "backlog": backlog, "cancellable": np.where(cancellable, -backlog, 0),
        "deposit": np.where(cancellable & secured, backlog, 0),
        "split": np.where(out, 0, open_value - backlog),
        "bill_and_hold": np.where(out, 0, -held_value),
        "in_transit": np.where(accept, 0, left), "acceptance": np.where(accept, left, 0),
        "services": nothing, "late_penalty": nothing if penalty is None else -penalty}
    service, unknown = _services(contracts, out, shipped)
    frame = _named(contracts, orders)
    amounts = {f"{name}_cents": np.concatenate([
        cents, service if name == "services" else np.zeros(len(service), dtype=np.int64)])
        for name, cents in columns.items()}
    frame = frame.with_columns(
        pl.Series(name, cents, dtype=pl.Int64) for name, cents in amounts.items()).with_columns(
        unknown_cents=pl.Series(np.concatenate([nothing, unknown]), dtype=pl.Int64),
        rpo_cents=pl.sum_horizontal(f"{name}_cents" for name in STEPS))
    short = pl.Series(_within_a_year(contracts, out & (shipped == 0)))
    told = frame.with_columns(
        one_year_cents=pl.when(short).then(-pl.col("rpo_cents")).otherwise(0)).with_columns(
        firm_cents=pl.col("backlog_cents") + pl.col("cancellable_cents"),
        rpo_expedient_cents=pl.col("rpo_cents") + pl.col("one_year_cents"))
    return _listed(contracts, told).sort("order_id", "line_no", "kind").select(
        OBLIGATIONS.names).cast(OBLIGATIONS.types)


def _listed(contracts: Contracted, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows without those of what has left the book and has nothing left."""
    frames = contracts.book.tables.frames
    gone = [frames[name].filter(CLOSED).select("order_id", "line_no", kind=pl.lit(kind))
            for name, kind in (("orders", "hardware"), ("service_lines", "service"))
            if CLOSED in frames[name].columns]
    if not gone:
        return rows
    nothing = rows.filter(pl.all_horizontal(pl.col("^.*_cents$") == 0)).join(
        pl.concat(gone), on=["order_id", "line_no", "kind"], how="semi")
    return rows.join(nothing, on=["order_id", "line_no", "kind"], how="anti",
                     maintain_order="left")


def _services(contracts: Contracted, out: Bools, shipped: Longs) -> tuple[Longs, Longs]:
    """
    (service lines,) cents not yet recognised of what is enforceable, and of unknown start.

    A service that starts with an order line goes with it: with its shipped pieces, and with the
    open ones unless the customer may cancel them. One that starts on a date has no such right.
    """
    obligations = contracts.obligations
    rows = np.arange(obligations.lines, len(obligations))
    dated, line = obligations.starts_on[rows] >= 0, obligations.line[rows]
    pieces = obligations.pieces[rows]
    first = contracts.starts.unknown
    last = np.where(dated, pieces, np.where(out[line], shipped[line], pieces))
    starts = contracts.starts
    start, done = contracts.services_earned()
    there = done.at_rates(contracts.exchange, np.full(len(start), contracts.as_of))
    # Pieces that came back are open again: what they earned is no part of what binds nobody.
    open_again = starts.away & out[obligations.line[starts.service]]
    earned = summed(starts.service[start] - obligations.lines,
                    np.where(open_again[start], 0, there), len(rows))
    first_of = np.flatnonzero(open_again & starts.new)
    again = starts.service[first_of] - obligations.lines
    upto = last + summed(again, starts.last[first_of] - starts.first[first_of], len(rows))
    value = contracts.value(rows, first, upto) - summed(again, contracts.value(
        starts.service[first_of], starts.first[first_of], starts.last[first_of]), len(rows))
    return (np.where(starts.ended, 0, value - earned),
            contracts.value(rows, np.zeros_like(first), first))


def _named(contracts: Contracted, orders: pl.DataFrame) -> pl.DataFrame:
    """Ids and levels of every obligation; a service has those of the line that it goes with."""
    obligations = contracts.obligations
    line = pl.Series(obligations.line)
    items = contracts.book.tables.frames["items"].select("item_id", "family")
    ids = pl.concat([obligations.line_ids, obligations.service_ids])
    kind = np.where(np.arange(len(obligations)) < obligations.lines, "hardware", "service")
    return ids.with_columns(
        kind=pl.Series(kind, dtype=pl.String),
        contract_id=obligations.names.gather(pl.Series(obligations.contract)),
        **{name: orders[name].gather(line)
           for name in ("customer_id", "segment", "region", "site_id")},
        item_id=contracts.book.items.names(obligations.item)).join(
        items, on="item_id", how="left", maintain_order="left")


def _within_a_year(contracts: Contracted, never: Bools) -> Bools:
    """
    (obligations,) whether its contract, as it stands today, ends within a year of its booking.

    never : (order lines,) lines that no contract binds: nothing shipped, and cancellable
    From the first booking to the last requested date, day of acceptance, or end of a service. An
    obligation that does not bind makes no contract longer. A book does not say what was requested
    first: a requested date or a term that was amended counts as it is now.
    source : ASC 606-10-50-14(a), which asks for the duration expected at inception
    """
    obligations = contracts.obligations
    orders = contracts.book.tables.frames["orders"][pl.Series(contracts.book.lines.source_row)]
    wait = np.where((orders["recognise_on"] == "accept").to_numpy(),
                    orders["acceptance_days"].fill_null(0).to_numpy(), 0)
    requested = orders["requested_on"].to_physical().cast(pl.Int64).to_numpy()
    begins = obligations.starts_on.copy()
    hung = begins < 0
    begins[hung] = requested[obligations.line[hung]]
    ends = np.concatenate([requested + wait, begins[obligations.lines:]])
    frame = pl.DataFrame({
        "contract": obligations.contract, "ends": ends, "months": obligations.term_months,
        "binds": ~never[obligations.line] | ~hung,
        "booked": orders["booked_on"].gather(pl.Series(obligations.line))}).with_columns(
        ends=pl.col("ends").cast(pl.Int32).cast(pl.Date).dt.offset_by(
            pl.format("{}mo", "months")))
    binding = frame.filter("binds").group_by("contract").agg(
        pl.col("booked").min(), pl.col("ends").max())
    short = binding.select("contract", short=pl.col("ends") <= pl.col("booked").dt.offset_by(
        f"{YEAR_MONTHS}mo"))
    found = frame.join(short, on="contract", how="left", maintain_order="left")
    return found["short"].fill_null(True).to_numpy()


def penalties_of(contracts: Contracted, line: Longs, planned: Bools, cents: Longs,
                 kept: pl.Series) -> Longs:
    """
    (order lines,) late penalties of a plan's shipments, without those of lines that do not bind.

    line, planned, cents : (shipments,) order line, whether the plan sends it, its penalty
    kept                 : contracts of which a paid deposit is not refundable
    """
    there = ~planned | binding(contracts, kept)[line]
    return summed(line[there], cents[there], contracts.obligations.lines)


def binding(contracts: Contracted, kept: pl.Series) -> Bools:
    """(order lines,) whether the customer cannot end it, or not without losing a deposit."""
    orders = contracts.book.tables.frames["orders"][pl.Series(contracts.book.lines.source_row)]
    return np.asarray(~orders["cancellable"].to_numpy() | _secured(contracts, kept))


def _secured(contracts: Contracted, kept: pl.Series) -> Bools:
    """(order lines,) whether a deposit of the contract is not refundable."""
    obligations = contracts.obligations
    names = obligations.names.gather(pl.Series(obligations.contract[:obligations.lines]))
    return names.is_in(kept.implode()).to_numpy()

