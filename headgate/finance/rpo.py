"""From order backlog to firm backlog, to RPO and to deferred revenue, in one table."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from headgate.finance.billed import billed, unearned
from headgate.finance.contracted import Contracted
from headgate.tables.backlog_schema import RPO_WALK


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the walk: a number, or a change that leads from one to the next."""

    name: str
    kind: str
    rule: str
    text: str


WALK: tuple[Step, ...] = (
    Step("order_backlog", "number", "no rule of ASC 606",
         "everything ordered and not shipped, at its price"),
    Step("cancellable", "change", "ASC 606-10-25-3; TRG memo 48",
         "lines that the customer may cancel without penalty: no contract binds for them"),
    Step("firm_backlog", "number", "no rule of ASC 606", "order backlog that may not be cancelled"),
    Step("deposit", "change", "ASC 606-10-25-3; TRG memo 48",
         "lines that may be cancelled at the price of a deposit that is not refundable"),
    Step("split", "change", "ASC 606-10-32-28 to 32-34",
         "the price that is allocated to these lines by standalone prices, less the stated one"),
    Step("bill_and_hold", "change", "ASC 606-10-55-83",
         "billed and held with all four criteria: recognised, though not shipped"),
    Step("in_transit", "change", "ASC 606-10-25-30",
         "shipped, and not recognised before delivery"),
    Step("acceptance", "change", "ASC 606-10-55-85 to 55-88",
         "shipped, and not recognised before the customer accepts"),
    Step("services", "change", "ASC 606-10-25-27(a), 50-13",
         "services not performed yet: over their term"),
    Step("late_penalty", "change", "ASC 606-10-32-5 to 32-14",
         "late penalties that the plan expects"),
    Step("rpo", "number", "ASC 606-10-50-13(a)",
         "RPO: transaction price of enforceable contracts, not recognised"),
    Step("one_year", "change", "ASC 606-10-50-14(a)",
         "contracts that end within one year of their booking, as they stand today"),
    Step("rpo_expedient", "number", "ASC 606-10-50-14, 50-15",
         "RPO with the one-year expedient"),
    Step("expedient_back", "change", "ASC 606-10-50-14(a)",
         "the same contracts back: deferred revenue knows no expedient"),
    Step("not_billed", "change", "ASC 606-10-45-2",
         "of RPO: nothing billed or paid for it yet"),
    Step("beyond", "change", "ASC 606-10-25-7, 32-10",
         "billed or paid beyond RPO: for lines that may be cancelled, or were; may be owed back"),
    Step("deferred_revenue", "number", "ASC 606-10-45-2",
         "deferred revenue: billed or paid, and not recognised"),
)
"""The rows of the table `rpo_walk`, in order."""
SUMS: dict[str, str] = {"order_backlog": "backlog", "firm_backlog": "firm"}
"""Rows whose column in `obligations` has another name."""


def kept_deposits(contracts: Contracted, billings: pl.DataFrame | None) -> pl.Series:
    """
    The contracts with a deposit that is not refundable, as far as the billings say.

    Billings may have a column `refundable`; rows with `false` that come to more than 0 are such a
    deposit. Of a ledger, which says how each deposit went on, something of it must be left: what
    was paid back or set off is not lost by who cancels. Whether it is a penalty of substance is a
    judgement that whoever writes it there makes.
    """
    none = pl.Series("contract_id", [], dtype=pl.String)
    if billings is None or "refundable" not in billings.columns:
        return none
    rows = billed(contracts.book, contracts.obligations, contracts.exchange, billings)
    cents, told = pl.col("amount_cents"), pl.col("kind").str.starts_with("deposit_")
    kept = rows.group_by("contract_id", "currency").agg(
        kept=cents.filter(pl.col("refundable").not_()).sum(),
        left=cents.filter(told).sum(), told=told.any()).filter(
        (pl.col("kept") > 0) & ((pl.col("left") > 0) | pl.col("told").not_().fill_null(True)))
    return kept["contract_id"].drop_nulls().unique().sort()


def deferred_of(contracts: Contracted, billings: pl.DataFrame) -> pl.DataFrame:
    """
    `contract_id` and `cents` of what is billed or paid and not recognised, contracts above 0 only.

    billings : the columns of `headgate.finance.billed.BILLINGS`; rows after as_of are left out
    In each currency billed less recognised, see `headgate.finance.billed.unearned`.
    raises IssuesError : columns of the billings are missing, or a currency has no rate
    """
    rows = billed(contracts.book, contracts.obligations, contracts.told_at, billings)
    return unearned(rows, contracts.earned(), contracts.told_at).group_by("contract_id").agg(
        pl.col("cents").sum()).sort("contract_id")


def rpo_walk(obligations: pl.DataFrame, deferred: pl.DataFrame | None,
             with_plan: bool) -> pl.DataFrame:
    """
    The table `rpo_walk`: every number is the sum of the number and the changes before it.

    obligations : the table of that name
    deferred    : as `deferred_of` gives it; None without billings: these rows are blank
    with_plan   : whether late penalties are known
    """
    sums = {name.removesuffix("_cents"): int(obligations[name].sum())
            for name in obligations.columns if name.endswith("_cents")}
    cents: dict[str, int | None] = {
        step.name: sums.get(SUMS.get(step.name, step.name)) for step in WALK}
    if not with_plan:
        cents["late_penalty"] = None
    if deferred is not None:
        cents["expedient_back"] = -sums["one_year"]
        cents |= _to_deferred(obligations, deferred)
    return pl.DataFrame(
        [(place, step.name, step.kind, cents[step.name], step.rule, step.text)
         for place, step in enumerate(WALK, start=1)], schema=RPO_WALK.types, orient="row")


def _to_deferred(obligations: pl.DataFrame, deferred: pl.DataFrame) -> dict[str, int]:
    """From RPO to deferred revenue, contract by contract."""
    both = obligations.group_by("contract_id").agg(pl.col("rpo_cents").sum()).join(
        deferred, on="contract_id", how="full", coalesce=True).with_columns(
        pl.col("rpo_cents", "cents").fill_null(0))
    gap = both["rpo_cents"] - both["cents"]
    return {"not_billed": -int(gap.clip(lower_bound=0).sum()),
            "beyond": int((-gap).clip(lower_bound=0).sum()),
            "deferred_revenue": int(both["cents"].sum())}

