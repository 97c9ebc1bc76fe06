"""Promises of record in a ledger: what publishing a plan records, and what stands there."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from headgate.ledger.events import Event
from headgate.ledger.fold import State
from headgate.promising.record import Publication
from headgate.tables.raw import RawBook
from headgate.tables.record_schema import RECORD


def with_promises(raw: RawBook, state: State) -> RawBook:
    """
    A book whose `promised_on` are the promises of record, where the ledger has one for a line.

    A frozen line keeps its own date where the ledger withdrew its promise: it has to have one.
    """
    record = record_of(state).select("order_id", "line_no", stood="promised_on",
                                     recorded=pl.lit(True))
    if record.is_empty():
        return raw
    orders = raw.tables["orders"]
    keys = ["order_id", "line_no"]
    promised = pl.when(pl.col("recorded") & (pl.col("stood").is_not_null() | ~pl.col("frozen")))
    frame = (orders.frame.join(record, on=keys, how="left", maintain_order="left")
             .with_columns(promised_on=promised.then("stood").otherwise("promised_on"))
             .drop("stood", "recorded"))
    return replace(raw, tables={**raw.tables, "orders": replace(orders, frame=frame)})


def record_of(state: State) -> pl.DataFrame:
    """The promises of a ledger as the table `promises_of_record`."""
    rows: dict[str, list[Any]] = {name: [] for name in RECORD.names}
    for key, promise in state.promises:
        order_id, _, line_no = key.rpartition("/")
        terms = state.promises.terms_of(promise)
        standing = promise.standing
        values = (order_id, int(line_no),
                  date.fromisoformat(terms["promised_on"]) if standing else None,
                  terms["quantity"] if standing else 0, terms["shipped_quantity"],
                  date.fromisoformat(promise.first_on), promise.since)
        for name, value in zip(RECORD.names, values, strict=True):
            rows[name].append(value)
    return pl.DataFrame(rows, schema=RECORD.types).sort("order_id", "line_no")


def promise_events(made: Publication, state: State, on: date, actor: str,
                   reason: str) -> list[Event]:
    """
    The events by which the promises of a ledger become those of a publication.

    A promise that only the order had is made first, so that it can be moved or withdrawn. A line
    that was cancelled or left the book since the plan was made is promised nothing.
    """
    events = []
    for row in made.promises.iter_rows(named=True):
        key = f"{row['order_id']}/{row['line_no']}"
        line = state.lines.get(key)
        if line is None or not line.listed:
            continue
        promise = state.promises.get(key)
        standing = promise is not None and promise.standing
        first_on = row["first_promised_on"]
        if promise is None and first_on != row["promised_on"] and line.open_quantity:
            events.append(Event("promise_made", key, on, {
                "promised_on": first_on.isoformat(), "quantity": line.open_quantity,
                "shipped_quantity": row["shipped_quantity"]}, actor, "promised before",
                _unique(made, f"{key} own")))
            standing = True
        data: dict[str, Any] = {"plan_digest": made.plan_digest}
        if row["promised_on"] is None:
            if not standing:
                continue
            kind = "promise_withdrawn"
        elif not row["quantity"]:
            # All of it has shipped: nothing is promised any more, and the last promise stays.
            continue
        else:
            terms = {"promised_on": row["promised_on"].isoformat(), "quantity": row["quantity"],
                     "shipped_quantity": row["shipped_quantity"]}
            if standing and promise is not None:
                known = state.promises.terms_of(promise)
                if known["promised_on"] == terms["promised_on"] and (
                        known["quantity"] + known["shipped_quantity"]
                        == row["quantity"] + row["shipped_quantity"]):
                    continue
            kind = "promise_moved" if standing else "promise_made"
            data |= terms
        events.append(Event(kind, key, on, data, actor, reason, _unique(made, key)))
    return events


def _unique(made: Publication, what: str) -> str:
    """The idempotency key of what a publication records of a promise."""
    return f"promise:{hashlib.sha256(f'{made.plan_digest} {what}'.encode()).hexdigest()}"


def plan_event(made: Publication, on: date, actor: str, reason: str) -> Event:
    """The event that tells of a publication."""
    return Event("plan_published", made.plan_digest, on, {
        "plan_digest": made.plan_digest, "book_digest": made.book_digest,
        "book_name": made.book_name, "as_of": made.as_of.isoformat(), "number": made.number,
        "after": made.after, "figures": dict(made.figures)}, actor, reason,
        f"publish:{made.plan_digest}")
