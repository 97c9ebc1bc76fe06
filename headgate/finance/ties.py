"""
Numbers of a backlog that must be the same, each worked out in its own way.

A check is named by the statement that it makes, which holds or does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from headgate.finance.rollforward import RollForward
from headgate.finance.rpo import WALK
from headgate.finance.rpo_proof import Proof
from headgate.tables.backlog_schema import LEVEL_COLUMNS, TIES

KEYS = ["by", *(column.name for column in LEVEL_COLUMNS)]


def ties_of(rolled: RollForward, parts: Mapping[str, pl.DataFrame], open_cents: int,
            as_of: date, proof: Proof) -> pl.DataFrame:
    """
    The table `ties`.

    Where foreign amounts are rounded to the cent in other parts on two routes, what is told is
    how much more they differ than that can make.

    parts      : the other tables of the backlog, by name
    open_cents : what is open of all lines on the day of the book
    proof      : what the walk to RPO must come to
    """
    total = {name: parts[name].filter(pl.col("by") == "total") for name in (
        "ageing", "conversion", "cancellation", "standing", "known_later")}
    walk = dict(parts["rpo_walk"].select("step", "cents").iter_rows())
    aged = dict(total["ageing"].group_by("basis").agg(pl.col("amount_cents").sum()).iter_rows())
    pairs = {
        **(_to_the_day(rolled, parts, open_cents) if rolled.span.until == as_of else {}),
        **{f"closing by {name} equals closing in total": (int(cents), rolled.closing_cents)
           for name, cents in _closings(rolled)},
        **{f"backlog aged by {basis} date equals open lines": (aged.get(basis, 0), open_cents)
           for basis in ("booked", "requested", "promised")},
        "backlog by promised quarter equals open lines": (
            int(total["conversion"]["promised_cents"].sum()), open_cents),
        "backlog by customer equals open lines": (
            int(parts["concentration"]["amount_cents"].sum()), open_cents),
        "first row of the walk to RPO equals open lines": (walk["order_backlog"], open_cents),
        "firm backlog of the walk equals open lines that may not be cancelled": (
            walk["firm_backlog"], proof.firm),
        **_rounded("RPO of the walk", "prices of contracts less what is recognised", walk["rpo"],
                    proof.rpo, proof.foreign),
        **_footed(walk),
        "backlog before cancellations equals open lines": (
            int(total["cancellation"]["backlog_cents"].sum()), open_cents)}
    shipped = total["conversion"]["shipped_cents"]
    if not parts["rpo_schedule"].is_empty():
        told = parts["rpo_schedule"].filter(pl.col("kind") != "rounding")
        pairs |= _rounded("RPO by quarter and without a date", "RPO of the walk",
                          int(told["rpo_cents"].sum()), walk["rpo"], proof.schedule)
    if shipped.is_not_null().any():
        pairs["backlog by quarter of shipment equals open lines"] = (int(shipped.sum()), open_cents)
    return pl.DataFrame([(name, one, other, "yes" if one == other else "no")
                         for name, (one, other) in pairs.items()], schema=TIES.types,
                        orient="row")


def _rounded(name: str, other_name: str, one: int, other: int,
             foreign: int) -> dict[str, tuple[int, int]]:
    """Two numbers that are the same but for the rounding of so many foreign amounts."""
    if not foreign:
        return {f"{name} equals {other_name}": (one, other)}
    return {f"{name} and {other_name} differ by nothing beyond rounding": (
        max(abs(one - other) - foreign, 0), 0)}


def _footed(walk: Mapping[str, int | None]) -> dict[str, tuple[int, int]]:
    """Every number of the walk beside the number before it and the changes between."""
    pairs: dict[str, tuple[int, int]] = {}
    upto, before = 0, ""
    for step in WALK:
        cents = walk[step.name]
        name = step.name.replace("rpo", "RPO").replace("_", " ")
        if step.kind == "change":
            upto += cents or 0
        elif cents is not None:
            if before:
                pairs[f"{name} equals {before} with the changes between"] = (cents, upto)
            upto, before = cents, name
    return pairs


def _to_the_day(rolled: RollForward, parts: Mapping[str, pl.DataFrame],
                open_cents: int) -> dict[str, tuple[int, int]]:
    """
    The closing beside what is open on the day of the book, in total and row by row.

    What was reported and what is known now differ by what became known later; of nothing else.
    """
    last = _last(rolled).select(*KEYS, cents="closing_cents")
    later = parts["known_later"].select(*KEYS, cents="amount_cents")
    known = pl.concat([last, later]).group_by(KEYS).agg(pl.col("cents").sum())
    both = known.join(parts["standing"].select(*KEYS, "backlog_cents"), on=KEYS, how="full",
                      nulls_equal=True, coalesce=True).with_columns(
        pl.col("cents", "backlog_cents").fill_null(0))
    apart = both.filter(pl.col("by") != "total").group_by("by", maintain_order=True).agg(
        (pl.col("cents") - pl.col("backlog_cents")).abs().sum().alias("gap"))
    gaps = dict(apart.iter_rows())
    news = int(later.filter(pl.col("by") == "total")["cents"].sum())
    name = "closing of the roll-forward" + (
        "" if later.is_empty() else " with what became known later")
    return {f"{name} equals open lines of the book": (rolled.closing_cents + news, open_cents), **{
        f"closing and open lines differ by nothing in any {by}": (gaps.get(by, 0), 0)
        for by in rolled.rows["by"].unique(maintain_order=True) if by != "total"}}


def _last(rolled: RollForward) -> pl.DataFrame:
    """The rows of the last period."""
    return rolled.rows.filter(pl.col("starts_on") == rolled.span.periods[-1].starts_on)


def _closings(rolled: RollForward) -> list[tuple[str, int]]:
    """The closing of the last period, summed over the rows of each cut but the total."""
    last = _last(rolled).filter(pl.col("by") != "total")
    names = [name for name in rolled.rows["by"].unique(maintain_order=True) if name != "total"]
    sums = dict(last.group_by("by").agg(pl.col("closing_cents").sum()).iter_rows())
    return [(name, sums.get(name, 0)) for name in names]
