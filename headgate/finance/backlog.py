"""Everything that is told of a backlog, together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.book import Book
from headgate.finance.ageing import ageing, past_due
from headgate.finance.as_reported import Then, then_of
from headgate.finance.assumptions import NOTHING_ASSUMED, Assumptions
from headgate.finance.cancellation import cancellation, double_orders
from headgate.finance.concentration import concentration, herfindahl
from headgate.finance.contracted import Contracted, contracted
from headgate.finance.conversion import conversion, planned_soon, run_weeks
from headgate.finance.exchange import exchange_at
from headgate.finance.held_pieces import held_pieces, notes_of_record
from headgate.finance.known_later import known_later
from headgate.finance.levels import TOTAL, Cut, by_cuts
from headgate.finance.open_lines import open_lines, tranches_of
from headgate.finance.past import Past, with_past
from headgate.finance.plain import plain
from headgate.finance.recognition import hardware_of
from headgate.finance.remaining import penalties_of, remaining
from headgate.finance.rollforward import RollForward, Span, roll_forward
from headgate.finance.rpo import deferred_of, kept_deposits, rpo_walk
from headgate.finance.rpo_proof import Proof, foreign_of_walk, rpo_of_prices
from headgate.finance.schedule import rpo_schedule
from headgate.finance.shipments import shipments_of
from headgate.finance.ties import ties_of
from headgate.planner.allocate import Allocation
from headgate.planner.carried import carried
from headgate.tables.backlog_schema import BACKLOG_TABLES, LEVEL_COLUMNS, STANDING

Longs = NDArray[np.int64]

OF_A_BOOK = ("A book says neither when pieces were shipped nor which orders have left it: shipped "
             "pieces count on the day of the book, and book-to-bill and turns mean little.")
"""What a roll-forward of a book alone cannot know, said wherever it is shown."""
ALL_RECOGNISED = ("Pieces shipped count as recognised, and services of theirs are left out of RPO: "
                  "a book alone does not say what is delivered or accepted.")

NOTHING_BINDS = ("Every open line may be cancelled: `cancellable` is yes where the book says "
                 "nothing. So no line is firm or RPO.")

LATER_NEWS = (
    "Something became known only after its period was closed. The roll-forward tells what was "
    "reported: what is posted by the day. The numbers of the day, ages, walk and RPO among them, "
    "tell what is known now. `known later` leads from the one to the other; of a store, "
    "--recorded-by TIME tells the day as it was known then.")
"""Why the roll-forward closes with another number than the day has, said where it does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What is asked of a backlog.

    span          : the periods of the roll-forward
    cuts          : what is told apart; the total always is
    top           : customers with a row of their own in `concentration`
    assumed       : about cancellations
    stated_prices : stated prices stand for standalone prices that are missing
    """

    span: Span
    cuts: tuple[Cut, ...] = (TOTAL,)
    top: int = 10
    assumed: Assumptions = NOTHING_ASSUMED
    stated_prices: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """
    What a ledger, or somebody, says beside the book. None: nothing.

    movements : the columns of `headgate.finance.movements.MOVEMENTS`
    of_book   : whether they are made from the book alone
    progress  : the columns of `headgate.tables.progress_schema.PROGRESS`
    billings  : the columns of `headgate.finance.billed.BILLINGS`, and `refundable` where known
    held      : the columns of `headgate.finance.bill_and_hold.HELD`
    past      : lines and services that have left the book
    rates     : the columns of the table rates: those with which the roll-forward is valued, as a
                ledger knew them when it closed its periods. None: those of the book
    """

    movements: pl.DataFrame
    of_book: bool = False
    progress: pl.DataFrame | None = None
    billings: pl.DataFrame | None = None
    held: pl.DataFrame | None = None
    past: Past | None = None
    rates: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Backlog:
    """
    The backlog of a book and what follows from it. Amounts are cents of the book's currency.

    roll_forward : from opening to closing, with measures and prior-period adjustments
    parts        : the other tables, by name
    figures      : the sums and what they are of, as plain values
    """

    roll_forward: RollForward
    parts: dict[str, pl.DataFrame]
    figures: dict[str, Any]

    @property
    def currency(self) -> str:
        """The book's currency."""
        return str(self.figures["currency"])

    @property
    def later_cents(self) -> int | None:
        """What became known of the last day that is told after it; None where nothing did."""
        found = self.parts["known_later"].filter(pl.col("by") == "total")
        return None if found.is_empty() else int(found["amount_cents"].sum())

    @property
    def rpo_walk(self) -> pl.DataFrame:
        """From order backlog to firm backlog, to RPO and to deferred revenue."""
        return self.parts["rpo_walk"]

    @property
    def ties(self) -> pl.DataFrame:
        """Numbers that must be the same, held against each other."""
        return self.parts["ties"]

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table by its name, as `headgate backlog --out` writes them."""
        rolled = self.roll_forward
        found = {"roll_forward": rolled.rows, "adjustments": rolled.adjustments,
                 "measures": rolled.measures, **self.parts}
        return {table.name: found[table.name] for table in BACKLOG_TABLES}

    def as_dict(self) -> dict[str, Any]:
        """The figures and every table but `obligations` as plain values, for JSON."""
        return {**self.figures, **{name: plain(frame) for name, frame in self.tables().items()
                                   if name != "obligations"}}


def backlog_of(book: Book, told: Told, asked: Asked,
               allocation: Allocation | None = None) -> Backlog:
    """
    Everything that is told of a backlog.

    allocation : a plan of the book; None: the promises that stand in it
    raises IssuesError : what is told cannot be used; a standalone price is missing
    """
    wide = with_past(book, told.past)
    contracts = contracted(wide, asked.stated_prices, told.progress, told.held, told.past)
    sent = allocation if allocation is None or wide is book else carried(
        allocation, book, wide)
    as_of, cuts, assumed = book.settings.as_of, asked.cuts, asked.assumed
    posted = contracts.exchange if told.rates is None else exchange_at(
        book.settings.currency, told.rates)
    rolled = roll_forward(told.movements, posted, book.tables.frames["items"],
                          asked.span, cuts)
    lines = open_lines(book, contracts.exchange)
    tranches = tranches_of(book, lines, allocation)
    parts = {
        "known_later": known_later(told.movements, contracts.exchange, book.tables.frames["items"],
                                   asked.span.until, cuts,
                                   None if told.rates is None else posted),
        "ageing": ageing(lines, as_of, cuts), "conversion": conversion(book, tranches, cuts),
        "concentration": concentration(lines, asked.top),
        "bill_and_hold": held_pieces(contracts, _held_then(book, told, asked.stated_prices)),
        "cancellation": cancellation(tranches, as_of, assumed, cuts),
        "double_orders": double_orders(lines, as_of)}
    kept = kept_deposits(contracts, told.billings)
    penalty = None if sent is None else _penalties(contracts, sent, kept)
    parts["obligations"] = remaining(contracts, kept, penalty)
    deferred = None if told.billings is None else deferred_of(contracts, told.billings)
    parts["rpo_walk"] = rpo_walk(parts["obligations"], deferred, allocation is not None)
    schedule = rpo_schedule(contracts, sent, kept,
                            int(parts["obligations"]["rpo_cents"].sum()))
    parts["rpo_schedule"] = schedule.rows
    parts["standing"] = _standing(book, lines, tranches, parts["obligations"], cuts,
                                  allocation is not None)
    proof = Proof(int(lines.filter(~pl.col("cancellable"))["open_cents"].sum()),
                  rpo_of_prices(contracts, kept, penalty), foreign_of_walk(contracts),
                  schedule.foreign)
    parts["ties"] = ties_of(rolled, parts, int(lines["open_cents"].sum()), as_of, proof)
    figures = _figures(book, told, asked, parts, lines, allocation is not None)
    return Backlog(rolled, parts, {
        **figures, "notes": [*figures["notes"], *notes_of_record(
            contracts, parts["bill_and_hold"])]})


def _held_then(book: Book, told: Told, stated_prices: bool) -> tuple[Then, ...]:
    """Contracts that changed of which something is held, as they stood at the ends of quarters."""
    if told.progress is None or told.held is None:
        return ()
    return then_of(book, told.past, told.held, True, stated_prices)


def _penalties(contracts: Contracted, allocation: Allocation, kept: pl.Series) -> Longs:
    """(order lines,) late penalties that the plan expects of what binds, in cents."""
    book = contracts.book
    shipments = shipments_of(book, allocation, contracts.before)
    hardware = hardware_of(book, contracts.obligations, contracts.allocated, contracts.exchange,
                           shipments, contracts.before)
    return penalties_of(contracts, shipments.line, shipments.planned, hardware.penalty, kept)


def _standing(book: Book, lines: pl.DataFrame, tranches: pl.DataFrame,
              obligations: pl.DataFrame, cuts: Sequence[Cut], with_plan: bool) -> pl.DataFrame:
    """The table `standing`: the numbers of the day side by side, by every cut."""
    as_of = book.settings.as_of
    keys = ["by", *(column.name for column in LEVEL_COLUMNS)]
    own = by_cuts(lines, cuts, (
        pl.len().cast(pl.Int64).alias("lines"), pl.col("open_quantity").sum().alias("quantity"),
        pl.col("open_cents").sum().alias("backlog_cents"),
        past_due(as_of, "requested_on").alias("past_requested_cents"),
        past_due(as_of, "promised_on").alias("past_promised_cents")))
    dated = by_cuts(tranches, cuts, (
        pl.when(pl.col("due_on").is_null()).then("cents").otherwise(0).sum().alias(
            "unpromised_cents"), planned_soon(book).alias("soon")))
    binding = by_cuts(obligations, cuts, (pl.col(
        "firm_cents", "rpo_cents", "rpo_expedient_cents").sum(),))
    found = own.join(dated, on=keys, how="full", nulls_equal=True, coalesce=True).join(
        binding, on=keys, how="full", nulls_equal=True, coalesce=True)
    place = {name: k for k, name in enumerate(dict.fromkeys(binding["by"]))}
    weeks = pl.when((pl.col("soon") > 0) & pl.lit(with_plan)).then(
        pl.col("backlog_cents").cast(pl.Float64) * run_weeks(book) / pl.col("soon"))
    found = found.with_columns(pl.col("^.*(_cents|lines|quantity)$").fill_null(0),
                               coverage_weeks=weeks)
    found = found.filter(pl.any_horizontal(pl.col("lines", "rpo_cents", "rpo_expedient_cents") != 0)
                         | (pl.col("by") == "total"))
    return found.sort(pl.col("by").replace_strict(place, return_dtype=pl.Int64), *keys[1:],
                      nulls_last=True).select(STANDING.names).cast(STANDING.types)


def _figures(book: Book, told: Told, asked: Asked, parts: dict[str, pl.DataFrame],
             lines: pl.DataFrame, with_plan: bool) -> dict[str, Any]:
    """The sums and what they are of, as plain values."""
    settings = book.settings
    walk = {row["step"]: row["cents"] for row in parts["rpo_walk"].iter_rows(named=True)
            if row["kind"] == "number"}
    standing = parts["standing"].row(0, named=True)
    cut = parts["cancellation"].row(0, named=True)
    later = parts["known_later"].filter(pl.col("by") == "total")
    notes = [*([OF_A_BOOK] if told.of_book else []),
             *([ALL_RECOGNISED] if told.progress is None else []),
             *([] if later.is_empty() else [LATER_NEWS]),
             *([NOTHING_BINDS] if lines.height and lines["cancellable"].all() else [])]
    return {
        "book_name": settings.name, "as_of": settings.as_of.isoformat(),
        "until": asked.span.until.isoformat(), "currency": settings.currency,
        "fiscal_year_end": settings.fiscal_year_end, "with_plan": with_plan,
        "of_book": told.of_book,
        **{f"{name}_cents": cents for name, cents in walk.items()},
        **{name: standing[name] for name in (
            "lines", "quantity", "past_requested_cents", "past_promised_cents",
            "unpromised_cents", "coverage_weeks")},
        "known_later_cents": int(later["amount_cents"].sum()),
        "unknown_services_cents": int(parts["obligations"]["unknown_cents"].sum()),
        "herfindahl": herfindahl(lines),
        "double_cents": cut["double_cents"], "expected_cents": cut["expected_cents"],
        "adjusted_cents": cut["adjusted_cents"], "assumptions": asked.assumed.as_dict(),
        "nothing_assumed": asked.assumed.nothing,
        "ties_hold": bool((parts["ties"]["holds"] == "yes").all()), "notes": notes}
