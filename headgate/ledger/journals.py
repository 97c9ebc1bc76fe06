"""What finance reads beside movements and progress: billings, and promises of record."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from headgate.ledger.closing import ClosedPeriod, ClosedPeriods
from headgate.ledger.events import Recorded
from headgate.ledger.fields import day_of
from headgate.ledger.parts import Parts
from headgate.ledger.snapshots import register_frame

BILLINGS: dict[str, Any] = {
    "sequence": pl.Int64, "order_id": pl.String, "line_no": pl.Int64, "contract_id": pl.String,
    "kind": pl.String, "effective_on": pl.Date, "posted_on": pl.Date, "amount_cents": pl.Int64,
    "currency": pl.String, "refundable": pl.Boolean}
"""
The columns of `billings`: kind is invoiced, deposit_received, deposit_refunded or deposit_credited.

line_no is that of the order line or service line invoiced; contract_id the contract that it was of
when the journal ends, for lines that no book has any more; currency null is the book's; refundable
says of deposits whether the customer may have them back.
"""
PROMISES: dict[str, Any] = {
    "order_id": pl.String, "line_no": pl.Int64, "promised_on": pl.Date, "quantity": pl.Int64,
    "since": pl.Date, "first_promised_on": pl.Date, "shipped_quantity": pl.Int64,
    "plan_digest": pl.String}
"""The columns of `promises`."""
_SIGNS = {"order_invoiced": 1, "deposit_received": 1, "deposit_refunded": -1,
          "deposit_credited": -1}


def billings(rows: Iterable[Recorded]) -> pl.DataFrame:
    """
    What was invoiced and paid in advance, posted day by day.

    Columns as BILLINGS. Invoices and deposits are above 0, credit notes, refunds and credits below:
    a deposit that is set off against an invoice was counted when it was paid, and the invoice
    counts in full, so the credit takes it off once. A corrected event is reversed and given anew,
    each posted on its day, or after the last closed period. Under which contract an invoice counts
    is not settled here: its line says so on the day of a book, see `headgate.finance.billed`.
    """
    journal = Billings()
    for row in rows:
        journal.take(row)
    return journal.frame()


class Billings:
    """Collects billings, one recorded event after another."""

    def __init__(self) -> None:
        self._rows: list[_Bill] = []
        self._counted: dict[int, _Bill] = {}
        self._kinds: dict[int, str] = {}
        self._lines: dict[str, dict[str, str | None]] = {}
        self._services: dict[str, str] = {}
        self._first: dict[str, str] = {}
        self._closed = ClosedPeriods()

    def take(self, recorded: Recorded) -> None:
        """Take the next event."""
        event, data = recorded.event, recorded.event.data
        if event.kind in ("order_booked", "order_amended"):
            self._learn(event.key, data)
        elif event.kind == "override" and data["table"] == "orders":
            self._learn(event.key, {data["column"]: data["new"]})
        elif event.kind in ("service_booked", "service_amended"):
            self._services[event.key] = data.get("starts", self._services.get(event.key, ""))
        elif event.kind in _SIGNS:
            self._kinds[recorded.sequence] = event.kind
            self._bill(recorded.sequence, recorded, data)
        elif event.kind == "period_closed":
            self._closed.close(ClosedPeriod(data["name"], day_of(data["starts_on"]),
                                            day_of(data["ends_on"])))
        elif event.kind == "correction" and data["corrects"] in self._kinds:
            corrects = data["corrects"]
            before = self._counted.pop(corrects, None)
            if before is not None:
                self._rows.append(before._replace(
                    sequence=recorded.sequence, amount_cents=-before.amount_cents,
                    posted_on=self._closed.posting(before.effective_on)[0]))
            if not data.get("void"):
                self._bill(corrects, recorded, data["data"])
        elif event.kind == "correction" and event.key in self._lines and "data" in data:
            self._learn(event.key, data["data"])

    def _learn(self, key: str, data: Any) -> None:
        """Keep the contract and the currency of an order line."""
        known = self._lines.setdefault(key, {})
        known.update((name, data[name]) for name in ("contract_id", "currency") if name in data)
        for name in (key.rpartition("/")[0], data.get("contract_id")):
            if name:
                self._first.setdefault(name, key)

    def _line_of(self, key: str) -> dict[str, str | None]:
        """What is known of an order line, or of that with which a service goes."""
        order_id = key.rpartition("/")[0]
        hung = f"{order_id}/{self._services.get(key, '')}"
        return next((self._lines[name] for name in (key, hung, self._first.get(order_id, ""))
                     if name in self._lines), {})

    def _bill(self, sequence: int, recorded: Recorded, data: Any) -> None:
        """
        Count an invoice or a deposit.

        A currency that is left out is settled here, as it was when the event was judged: that of
        the order line; of a service, whose price is in it, the book's; of a deposit that of the
        order, or of the first line of the contract.
        """
        kind, event = self._kinds[sequence], recorded.event
        order_id, line_no, currency = data.get("order_id"), None, data.get("currency")
        if kind == "order_invoiced":
            order_id, _, number = event.key.rpartition("/")
            line_no = int(number)
            currency = currency or self._lines.get(event.key, {}).get("currency")
        elif not currency:
            first = self._first.get(order_id or event.key, self._first.get(event.key, ""))
            currency = self._lines.get(first, {}).get("currency")
        bill = _Bill(recorded.sequence, event.key, order_id, line_no, kind.removeprefix("order_"),
                     event.effective_on, recorded.posted_on, _SIGNS[kind] * data["amount_cents"],
                     currency or None,
                     data.get("refundable", True) if kind == "deposit_received" else None)
        self._counted[sequence] = bill
        self._rows.append(bill)

    def _contract(self, bill: _Bill) -> str:
        """The contract of a bill, as it is known now."""
        if bill.line_no is None:
            return bill.key
        return self._line_of(bill.key).get("contract_id") or str(bill.order_id)

    def frame(self) -> pl.DataFrame:
        """The billings so far, with the columns BILLINGS."""
        return pl.DataFrame(
            [(bill.sequence, bill.order_id, bill.line_no, self._contract(bill), bill.kind,
              bill.effective_on, bill.posted_on, bill.amount_cents, bill.currency,
              bill.refundable) for bill in self._rows], schema=BILLINGS, orient="row")


class _Bill(NamedTuple):
    """One row of billings; key is that of the event."""

    sequence: int
    key: str
    order_id: str | None
    line_no: int | None
    kind: str
    effective_on: date
    posted_on: date
    amount_cents: int
    currency: str | None
    refundable: bool | None


def earned_elsewhere(state: Parts, orders: pl.DataFrame, day: date) -> pl.DataFrame:
    """
    What lines that have left the book have earned, as billings below 0 with the kind `earned`.

    A book has no lines of which all is done, so nobody who reads it could set their invoices off:
    pieces that have come as far as the line's rule of recognition asks, at the line's price.

    orders : order_id and line_no of the lines in the book
    day    : on which they are posted
    """
    names = ("shipped", "delivered", "accepted", "price", "recognise_on", "contract_id",
             "currency", "alive")
    known = orders.select(key=pl.format("{}/{}", "order_id", "line_no"))
    lines = register_frame(state.lines, "lines", names).filter("alive").join(
        known, on="key", how="anti", maintain_order="left")
    rule = pl.col("recognise_on")
    pieces = pl.when(rule == "accept").then("accepted").when(rule == "deliver").then(
        "delivered").otherwise("shipped")
    return lines.select(
        sequence=pl.lit(0), order_id=pl.col("key").str.replace(r"/[0-9]+$", ""),
        line_no=pl.col("key").str.extract(r"([0-9]+)$"),
        contract_id=pl.coalesce("contract_id", pl.col("key").str.replace(r"/[0-9]+$", "")),
        kind=pl.lit("earned"), effective_on=pl.lit(day), posted_on=pl.lit(day),
        amount_cents=-pieces * pl.col("price"), currency="currency",
        refundable=pl.lit(None)).filter(pl.col("amount_cents") < 0).select(
        pl.col(name).cast(kind) for name, kind in BILLINGS.items())


def promises(state: Parts) -> pl.DataFrame:
    """
    The promise of record of each order line that has one.

    Columns as PROMISES: the date and the pieces promised, since when they are promised so, the
    first date that the line was ever promised, what had been shipped when it was promised, and the
    plan that promises it.
    """
    frame = register_frame(state.promises, "promises", (
        *state.promises.make.TERMS, "first_on", "since", "standing", "alive"))
    lines = register_frame(state.lines, "lines", ("alive",))
    key = pl.col("key")
    return (frame.filter(pl.col("standing") & pl.col("alive"))
            .join(lines.filter("alive"), on="key", how="semi", maintain_order="left")
            .with_columns(first_promised_on="first_on",
                          order_id=key.str.replace(r"/[0-9]+$", ""),
                          line_no=key.str.extract(r"([0-9]+)$").cast(pl.Int64))
            .select(pl.col(name).cast(kind) for name, kind in PROMISES.items()))
