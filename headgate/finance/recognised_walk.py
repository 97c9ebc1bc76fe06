"""What was sold, what of it was recognised and what is RPO: one table, held against both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.periods import Period
from headgate.finance.as_reported import CATCH_UP, Then, as_reported
from headgate.finance.billed import refuse_billings
from headgate.finance.contracted import Contracted
from headgate.finance.deferred_then import deferred_at_ends, with_deferred
from headgate.finance.held_pieces import held_pieces, notes_of_record
from headgate.finance.notes import notes_of
from headgate.finance.past import Past
from headgate.finance.plain import plain
from headgate.finance.recognised import (
    HELD_RULE,
    Left,
    Recognised,
    Sold,
    quarters_since,
    recognised_of,
)
from headgate.finance.remaining import binding, remaining
from headgate.finance.revenue import DIMENSIONS, Revenue
from headgate.finance.rpo import deferred_of, kept_deposits
from headgate.tables.revenue_schema import BY_QUARTER, RECOGNISED_TIES, RECOGNISED_WALK

Longs = NDArray[np.int64]
WALK: dict[str, str] = {
    "sold": "transaction price of every contract, of lines that have left the book, too",
    "before": "recognised before the ledger began: nobody says when",
    "hardware": "order lines recognised since, less what came back",
    "bill_and_hold": "recognised since it was billed and held by all four criteria, be it shipped "
                     "since or not",
    "services": "services recognised: days before the day of the book",
    "catch_up": "what contracts that changed, and what was recorded late, say more or less of the "
                "quarters before, recognised in that of the change or of the posting",
    "begun": "services of pieces of which nobody says when they were delivered",
    "left": "lines that have left the book and were not recognised",
    "not_binding": "open lines that the customer may cancel, their services; services cancelled",
    "rounding": "rounding of foreign amounts in parts",
    "rpo": "RPO before late penalties: sold, binding, and not recognised",
}
"""The rows of the walk; the last is the sum of those before."""
@dataclass(frozen=True, slots=True)
class SoFar:
    """
    What was recognised by the day of a book, and how it leads to RPO.

    made       : the rows of it
    by_quarter : the table of that name, with what a plan recognises where there is one
    walk, ties : the tables `recognised_walk` and `recognised_ties`
    figures    : sums and what they are of, as plain values
    held       : the table `bill_and_hold`; None where no record of it was given
    """

    made: Recognised
    by_quarter: pl.DataFrame
    walk: pl.DataFrame
    ties: pl.DataFrame
    figures: dict[str, Any]
    held: pl.DataFrame | None = None

    def as_dict(self) -> dict[str, Any]:
        """The figures, and each table but `recognised`, as plain values, for JSON."""
        return {**self.figures, "ties_hold": self.ties_hold, **{
            name: plain(frame) for name, frame in self.tables().items()
            if name != "recognised"}}

    @property
    def ties_hold(self) -> bool:
        """Whether everything ties that must."""
        return bool((self.ties["holds"] == "yes").all())

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table by its name, as `headgate revenue --out` writes them."""
        return {"recognised": self.made.entries, "by_quarter": self.by_quarter,
                "recognised_walk": self.walk, "recognised_ties": self.ties,
                **({} if self.held is None else {"bill_and_hold": self.held})}


def so_far(contracts: Contracted, progress: pl.DataFrame, left: Left,
           billings: pl.DataFrame | None = None, planned: Revenue | None = None,
           first: date | None = None, past: Past | None = None,
           then: Sequence[Then] = ()) -> SoFar:
    """
    What was recognised by the day of a book, beside what a plan recognises from then on.

    contracts : of the book, with the same progress, and with what is billed and held
    progress  : the columns of `headgate.tables.progress_schema.PROGRESS`
    billings  : deferred revenue, and which contracts have a deposit that is not refundable; None:
                nothing is told of either
    first     : a day: of what was recognised, only its quarter and later ones are told, while the
                walk and what ties are of everything; None: all
    past, then : what changed, and contracts that changed as they stood at the ends of quarters, see
                `headgate.finance.as_reported.then_of`
    raises IssuesError : columns of the progress are missing
    """
    items = None if past is None else past.items
    made, caught = as_reported(contracts, recognised_of(contracts, progress, left, items), then,
                               past)
    kept = kept_deposits(contracts, billings)
    rpo = int(remaining(contracts, kept)["rpo_cents"].sum())
    cents = _walked(contracts, made, left, kept)
    by_quarter = _by_quarter(made, planned)
    deferred = None
    if billings is not None:
        refuse_billings(billings, contracts.exchange)
        made = replace(made, quarters=quarters_since(contracts, pl.concat(
            [made.entries["recognised_on"], billings["posted_on"]]).drop_nulls()))
        deferred = deferred_at_ends(contracts, made.earned, billings, made.quarters, then)
        by_quarter = with_deferred(by_quarter, deferred)
    settings, held = contracts.book.settings, held_pieces(contracts, then)
    found = {"book_name": settings.name, "as_of": settings.as_of.isoformat(),
             "currency": settings.currency, "fiscal_year_end": settings.fiscal_year_end,
             "recognised_cents": int(made.entries["revenue_cents"].sum()), "rpo_cents": rpo,
             "notes": [*notes_of(contracts, caught, past, first),
                       *notes_of_record(contracts, held)]}
    ties = _ties(contracts, made, left, by_quarter, (cents["rpo"], rpo))
    if deferred is not None and billings is not None:
        ties = _with_deferred(ties, deferred[made.quarters[-1].name], int(
            deferred_of(contracts, billings)["cents"].sum()))
    if first is not None:
        made, by_quarter = _since(made, by_quarter, first)
    return SoFar(made, by_quarter, pl.DataFrame(
        [(step, cents[step], text) for step, text in WALK.items()],
        schema=RECOGNISED_WALK.types, orient="row"), ties, found,
        None if contracts.held is None else held)


def _with_deferred(ties: pl.DataFrame, one: int, other: int) -> pl.DataFrame:
    """The table `recognised_ties` with one row more: deferred revenue by two ways."""
    return ties.vstack(pl.DataFrame([(
        "deferred revenue of what was earned day by day, and of pieces recognised", one, other,
        "yes" if one == other else "no")], schema=ties.schema, orient="row"))


def _walked(contracts: Contracted, made: Recognised, left: Left,
            kept: pl.Series) -> dict[str, int]:
    """The rows of the walk, in cents; the last is the sum of the others."""
    obligations, exchange, now = contracts.obligations, contracts.exchange, contracts.as_of
    rows = np.arange(len(obligations))
    none, whole = np.zeros_like(rows), obligations.pieces
    line, dated = obligations.line, obligations.starts_on >= 0
    service = rows >= obligations.lines
    shipped, recognised = contracts.shipped, contracts.before.recognised
    passed = shipped + contracts.before.held
    out = ~binding(contracts, kept)
    # An obligation's pieces: done or begun, then bound, then those that may be cancelled.
    done = recognised[line]
    done[obligations.lines:] = contracts.starts.unknown
    bound = np.where(dated & service, whole, np.where(out[line], shipped[line], whole))
    bound[:obligations.lines] = np.where(out, passed, whole[:obligations.lines])
    # Pieces that came back and may be cancelled stand before those whose service never began.
    back = _open_again(contracts, out)
    cells = np.flatnonzero(back & contracts.starts.new)
    np.add.at(bound, contracts.starts.service[cells],
              (contracts.starts.last - contracts.starts.first)[cells])
    # RPO counts pieces that have left, and open ones, each by itself.
    left_by = np.where(service, done, passed[line])
    parts = [contracts.value(rows, first, last) for first, last in (
        (none, done), (done, left_by), (left_by, bound), (bound, whole))]
    full = contracts.value(rows, none, whole)
    sold = made.sold
    gone = np.arange(obligations.lines, sold.frame.height)
    gone_cents = exchange.convert(
        sold.allocated.cents[sold.allocated.obligation >= obligations.lines],
        exchange.indexes(sold.frame["currency"])[gone], np.full(len(gone), now))
    of_services = int(left.services["amount_cents"].sum())
    told = made.entries.with_columns(at_once=pl.Series(made.as_of_cents))
    hardware, dates = pl.col("kind") == "hardware", pl.col("recognised_on").is_null()
    gone_ids = left.orders.select("order_id", "line_no").with_columns(kind=pl.lit("hardware"))
    gone_services = left.services.select("order_id", "line_no").with_columns(
        kind=pl.lit("service"))
    earned = told.join(pl.concat([gone_ids, gone_services]), on=["order_id", "line_no", "kind"],
                       how="semi")
    kept_back, caught = pl.col("rule") == HELD_RULE, pl.col("rule") == CATCH_UP
    before = int(told.filter(hardware & dates)["at_once"].sum())
    found = {
        "sold": int(full.sum() + gone_cents.sum()) + of_services, "before": -before,
        "hardware": -int(told.filter(hardware & ~dates & ~kept_back & ~caught)["at_once"].sum()),
        "bill_and_hold": -int(told.filter(kept_back)["at_once"].sum()),
        "services": -int(told.filter(~hardware & ~caught)["at_once"].sum()),
        "catch_up": -int(told.filter(caught)["at_once"].sum()),
        "begun": -int(parts[0][service].sum()),
        "left": int(earned["at_once"].sum()) - int(gone_cents.sum()) - of_services,
        "not_binding": -int(parts[3].sum()) - _ended(contracts, parts[1] + parts[2], back),
        "rounding": int((sum(parts) - full).sum())}
    return {**found, "rpo": sum(found.values())}


def _open_again(contracts: Contracted, out: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(starts,) whether the pieces came back; `out` : (order lines,) those that do not bind."""
    starts = contracts.starts
    return np.asarray(starts.away & out[contracts.obligations.line[starts.service]])


def _ended(contracts: Contracted, bound: Longs, back: NDArray[np.bool_]) -> int:
    """
    What services did not perform that were cancelled, or whose pieces came back and do not bind.

    bound : (obligations,) what would be RPO or earned; back : (starts,) of such pieces
    """
    starts, obligations = contracts.starts, contracts.obligations
    start, done = contracts.services_earned()
    earned = done.at_rates(contracts.exchange, np.full(len(start), contracts.as_of))
    place = starts.service[start] - obligations.lines
    ended = starts.ended[place]
    there = back & ~starts.ended[starts.service - obligations.lines]
    first = np.flatnonzero(there & starts.new)
    open_again = contracts.value(starts.service[first], starts.first[first], starts.last[first])
    return int(bound[obligations.lines:][starts.ended].sum() - earned[ended].sum()
               + open_again.sum() - earned[there[start]].sum())


def _by_quarter(made: Recognised, planned: Revenue | None) -> pl.DataFrame:
    """The table `by_quarter`."""
    columns = ["kind", *DIMENSIONS.values(), "quarter", "quantity", "penalty_cents",
               "revenue_cents", "standard_cents"]
    parts = [made.entries.select(columns).with_columns(status=pl.lit("recognised"))]
    order: dict[str, Period] = {period.name: period for period in made.quarters}
    if planned is not None:
        parts.append(planned.entries.select(columns).with_columns(status=pl.lit("planned")))
        order |= {period.name: period for period in planned.quarters}
    hardware = pl.col("kind") == "hardware"
    rows = pl.concat(parts).with_columns(
        starts=pl.col("quarter").replace_strict(
            {name: period.starts_on for name, period in order.items()}, return_dtype=pl.Date,
            default=None))
    sums = (
        pl.when(hardware).then("quantity").otherwise(0).sum().alias("quantity"),
        pl.when(hardware).then("revenue_cents").otherwise(0).sum().alias("hardware_cents"),
        pl.when(hardware).then(0).otherwise("revenue_cents").sum().alias("services_cents"),
        pl.col("penalty_cents", "revenue_cents").sum(),
        # Where of a part nobody knows the cost, nobody knows that of the whole.
        pl.when(pl.col("standard_cents").is_null().any()).then(None).otherwise(
            pl.col("standard_cents").sum()).alias("standard_cents"))
    keys = ["starts", "quarter", "status"]
    tables = []
    for name, column in {"all": None, **DIMENSIONS}.items():
        within = [*([] if column is None else [column]), *keys]
        found = rows.group_by(within).agg(*sums).sort(
            *([] if column is None else [column]), "starts", pl.col("status") == "planned",
            nulls_last=False)
        tables.append(found.with_columns(
            standard_margin_cents=pl.col("revenue_cents") - pl.col("standard_cents"),
            deferred_cents=pl.lit(None, pl.Int64), by=pl.lit(name),
            name=pl.lit(None, pl.String) if column is None else pl.col(column)))
    return pl.concat([table.select(BY_QUARTER.names) for table in tables]).cast(BY_QUARTER.types)


def _come_so_far(contracts: Contracted, sold: Sold, left: Left) -> int:
    """What the pieces of lines that have left the book are worth, as far as they had come."""
    gone = np.arange(contracts.obligations.lines, sold.frame.height)
    rule = pl.col("recognise_on")
    counted = left.orders.select(pl.when(rule == "ship").then("shipped_quantity").when(
        rule == "deliver").then("delivered").otherwise("accepted")).to_series().to_numpy()
    # Pieces of which nobody says when they left count as recognised, whatever the rule; so do
    # those that were billed and held.
    pieces = np.where((left.orders["recognise_on"] == "ship").to_numpy(), counted,
                      counted + sold.unknown[gone] + sold.taken.ahead[gone])
    whole = sold.frame["quantity"].to_numpy()[gone]
    place, currency, cents = sold.allocated.of_pieces(gone, np.zeros_like(gone), pieces, whole)
    return int(contracts.exchange.convert(
        cents, currency, np.full(len(place), contracts.as_of)).sum())


def _since(made: Recognised, by_quarter: pl.DataFrame,
           first: date) -> tuple[Recognised, pl.DataFrame]:
    """What was recognised from the quarter of a day on."""
    kept = tuple(period for period in made.quarters if period.ends_on >= first)
    names = [period.name for period in kept]
    shown = made.entries["quarter"].is_in(names).fill_null(False)
    told = pl.col("quarter").is_in(names).fill_null(False) | (pl.col("status") == "planned")
    return Recognised(made.entries.filter(shown), kept or made.quarters[-1:],
                      made.as_of_cents[shown.to_numpy()], made.sold,
                      made.earned), by_quarter.filter(told)


def _ties(contracts: Contracted, made: Recognised, left: Left, by_quarter: pl.DataFrame,
          rpo: tuple[int, int]) -> pl.DataFrame:
    """The table `recognised_ties`; rpo : that of the walk, and that of the obligations."""
    lines = np.arange(contracts.obligations.lines)
    ids = contracts.obligations.line_ids
    told = made.entries.with_columns(at_once=pl.Series(made.as_of_cents)).filter(
        pl.col("kind") == "hardware")
    sums = [int(told.join(ids, on=["order_id", "line_no"], how=how)["at_once"].sum())
            for how in ("semi", "anti")]
    pairs = {
        "sold less recognised, and RPO": rpo,
        "order lines recognised day by day, and their pieces recognised": (
            sums[0], int(contracts.value(
                lines, np.zeros_like(lines), contracts.before.recognised).sum())),
        "the same of lines that have left the book": (sums[1], _come_so_far(
            contracts, made.sold, left))}
    pairs["pieces of order lines day by day, and recognised"] = (
        int(told.join(ids, on=["order_id", "line_no"], how="semi")["quantity"].sum()),
        int(contracts.before.recognised.sum()))
    whole = int(by_quarter.filter(pl.col("by") == "all")["revenue_cents"].sum())
    for name in DIMENSIONS:
        pairs[f"revenue by {name}, and in total"] = (
            int(by_quarter.filter(pl.col("by") == name)["revenue_cents"].sum()), whole)
    return pl.DataFrame([(name, one, other, "yes" if one == other else "no")
                         for name, (one, other) in pairs.items()],
                        schema=RECOGNISED_TIES.types, orient="row")


