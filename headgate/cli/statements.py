"""What people see of a statement of revenue: short tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

from headgate.base.money import short_money
from headgate.cli.held_tables import held_tables
from headgate.cli.showing import counted, grid, share
from headgate.finance.held_pieces import EMPTY
from headgate.finance.statement import SCOPE
from headgate.reports.finance_words import (
    CLASS_WORDS,
    EFFECT_WORDS,
    FIRST_QUARTERS,
    STEP_WORDS,
    WALK_WORDS,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from headgate.finance.statement import RevenueStatement


class Shown:
    """The tables of one statement, in its currency."""

    def __init__(self, made: RevenueStatement) -> None:
        self.made = made
        self.currency = made.revenue.currency

    def money(self, cents: int) -> str:
        """An amount in few digits; nothing where it is 0."""
        return short_money(cents, self.currency) if cents else "0"

    def rate(self, part: int, whole: int) -> str:
        """A share of an amount."""
        return share(part / whole if whole else None)

    def sums(self, row: Mapping[str, Any]) -> tuple[str, str, str, str]:
        """Revenue, cost, margin and its rate."""
        return (self.money(row["revenue_cents"]), self.money(row["cost_cents"]),
                self.money(row["margin_cents"]),
                self.rate(row["margin_cents"], row["revenue_cents"]))

    def quarters(self) -> RenderableType:
        """Revenue by fiscal quarter, hardware and services apart."""
        names = [period.name for period in self.made.revenue.quarters]
        later = f"after {names[FIRST_QUARTERS - 1]}" if len(names) > FIRST_QUARTERS else ""
        frame = self.made.entries.with_columns(shown=pl.when(pl.col("quarter").is_in(
            names[:FIRST_QUARTERS])).then("quarter").otherwise(pl.lit(later)))
        rows = []
        for name in [*names[:FIRST_QUARTERS], *([later] if later else []), "all"]:
            own = frame if name == "all" else frame.filter(pl.col("shown") == name)
            service = int(own.filter(pl.col("kind") == "service")["revenue_cents"].sum())
            total = {key: int(own[key].sum()) for key in self.made.totals}
            rows.append((name, self.money(total["revenue_cents"] - service), self.money(service),
                         *self.sums(total), self.money(int(own["penalty_cents"].sum()))))
        return grid("Revenue by fiscal quarter", (
            "quarter", "hardware", "services", "revenue", "cost", "margin", "rate",
            "late penalties"), rows)

    def by(self, name: str, most: int) -> list[RenderableType]:
        """Revenue, cost and margin by one thing, the largest first; quarters in time."""
        frame = self.made.by(name)
        if name != "quarter":
            frame = frame.sort("revenue_cents", descending=True, maintain_order=True)
        whole = self.made.totals["revenue_cents"]

        def called(row: Mapping[str, Any]) -> str:
            if name == "line":
                return f"{row['order_id']}/{row['line_no']}"
            return str(row[frame.columns[0]] or "(none)")

        rows = [(called(row), f"{row['quantity']:,}", self.rate(row["revenue_cents"], whole),
                 *self.sums(row)) for row in frame.head(most).iter_rows(named=True)]
        shown: list[RenderableType] = [grid(f"Margin by {name}", (
            name, "pieces", "of revenue", "revenue", "cost", "margin", "rate"), rows)]
        if frame.height > most:
            shown.append(f"and {frame.height - most:,} more; --lines N shows more of them")
        return shown

    def systems(self) -> RenderableType:
        """Racks and GPU servers beside CPU servers."""
        rows = [(CLASS_WORDS[row["class"]], f"{row['quantity']:,}",
                 self.money(row["unit_revenue_cents"]), self.money(row["unit_margin_cents"]),
                 *(share(row[f"{name}_share"]) for name in ("gpu", "memory", "storage",
                                                            "network")),
                 share(row["service_attach"]), self.money(row["service_cents"] // row["quantity"]))
                for row in self.made.systems.iter_rows(named=True)]
        return grid("A piece of each: what it brings, what is in its standard cost, its services", (
            "", "pieces", "revenue", "margin", "GPU", "memory", "storage", "network", "attached",
            "service"), rows)

    def quarter_ends(self, most: int) -> list[RenderableType]:
        """What sits in the last two weeks of each quarter, and the lines of the first."""
        if not self.made.at_risk:
            return []
        shown: list[RenderableType] = [grid(
            "Hardware revenue that sits in the last two weeks of a quarter",
            ("quarter", "hardware", "at its end", "share", "lines", "four fifths of it in"), [
                (row.quarter, self.money(row.of_cents), self.money(row.revenue_cents),
                 self.rate(row.revenue_cents, row.of_cents), f"{row.lines:,}",
                 counted(row.most, "line")) for row in self.made.at_risk])]
        if not most:
            return shown
        first = self.made.at_risk[0]
        own = self.made.quarter_end.filter(pl.col("quarter") == first.quarter)
        rows = [(f"{row['order_id']}/{row['line_no']}", row["customer_id"],
                 f"{row['quantity']:,} x {row['item_id']}", str(row["reference"] or ""),
                 str(row["recognised_on"]), self.money(row["revenue_cents"]),
                 "" if row["slack_weeks"] is None else str(row["slack_weeks"]))
                for row in own.head(most).iter_rows(named=True)]
        shown.append(grid(f"The lines at the end of {first.quarter}", (
            "line", "customer", "what", "waits for", "recognised", "revenue", "slack weeks"),
            rows, left=4))
        if own.height > most:
            shown.append(f"and {own.height - most:,} more; --lines N shows more of them")
        return shown

    def walks(self) -> list[RenderableType]:
        """From the contracts' price to the revenue, and from the plan's value to the margin."""
        price = [(WALK_WORDS[row["step"]], self.money(row["cents"]))
                 for row in self.made.price_walk.iter_rows(named=True) if row["cents"]]
        steps = [(STEP_WORDS[row["step"]] or "value of the plan; margin",
                  *(self.money(row[name]) for name in (
                      "plan_cents", "margin_cents", "difference_cents")))
                 for row in self.made.reconciliation.iter_rows(named=True)
                 if row["plan_cents"] or row["margin_cents"] or row["step"] == "total"]
        return [grid("From the price of all contracts to revenue", ("", "amount"), price),
                grid("From the value of the plan to margin", (
                    "", "in the plan", "in margin", "difference"), steps)]

    def bridge(self, frame: pl.DataFrame, other: str) -> list[RenderableType]:
        """Effect by effect from another plan to this one."""
        effects = _sums(frame, "effect")
        rows = [(words, *(self.money(effects.get(name, {}).get(key, 0)) for key in (
            "revenue_cents", "cost_cents", "margin_cents")))
            for name, words in EFFECT_WORDS.items()]
        rows.append(("difference", *(self.money(int(frame[key].sum())) for key in (
            "revenue_cents", "cost_cents", "margin_cents"))))
        names = frame["quarter"].unique(maintain_order=True).to_list()
        late = names[FIRST_QUARTERS:]
        cells = []
        for name in [*names[:FIRST_QUARTERS], *(["later"] if late else [])]:
            own = frame.filter(pl.col("quarter").is_in(late if name == "later" else [name]))
            sums = _sums(own, "effect")
            cells.append((name, *(self.money(sums.get(effect, {}).get("revenue_cents", 0))
                                  for effect in EFFECT_WORDS),
                          self.money(int(own["revenue_cents"].sum()))))
        if frame.is_empty():
            return [f"\nFrom {other} to this plan nothing changes in revenue, cost or margin."]
        return [grid(f"From {other} to this plan", ("", "revenue", "cost", "margin"), rows),
                grid("The same by quarter, in revenue", (
                    "quarter", *EFFECT_WORDS.values(), "difference"), cells)]

    def deferred(self, frame: pl.DataFrame) -> RenderableType:
        """Deferred revenue by quarter, all contracts of a currency together."""
        if frame.is_empty():
            return "\nNothing is billed or paid that is not recognised: no revenue is deferred."
        sums = frame.group_by("currency", "quarter", maintain_order=True).agg(
            pl.col("opening_cents", "released_cents", "closing_cents").sum())
        order = {period.name: k for k, period in enumerate(self.made.revenue.quarters)}
        rows = sorted(sums.iter_rows(named=True), key=lambda row: (
            row["currency"], order.get(row["quarter"], 0)))
        return grid("Deferred revenue, if nothing more is billed", (
            "currency", "quarter", "opening", "released", "closing"), [
            (row["currency"], row["quarter"], *(short_money(row[name], row["currency"])
                                                for name in ("opening_cents", "released_cents",
                                                             "closing_cents")))
            for row in rows[:FIRST_QUARTERS * 2]], left=2)


def statement_tables(made: RevenueStatement, by: str, most: int, compare: str | None,
                     out: Path | None) -> list[RenderableType]:
    """
    A statement for the terminal.

    by   : what margins are told by
    most : rows of a long table
    """
    shown = Shown(made)
    tables: list[RenderableType] = [shown.quarters(), *shown.by(by, most), shown.systems(),
                                    *shown.quarter_ends(most), *shown.walks()]
    if made.bridge is not None and compare is not None:
        tables += shown.bridge(made.bridge, compare)
    if made.deferred is not None:
        tables.append(shown.deferred(made.deferred))
    if made.so_far is None:
        # With what was recognised so far they stand there.
        tables += held_tables(made.held, shown.currency, most)
        if made.held is not None and made.held.is_empty():
            tables.append(f"\n{EMPTY}")
    tables.append(f"\n{SCOPE}")
    if out is not None:
        tables.append(f"\nthe tables are in {out}")
    return tables


def _sums(frame: pl.DataFrame, column: str) -> dict[str, dict[str, int]]:
    """Sums of revenue, cost and margin by the values of a column."""
    names: Sequence[str] = ("revenue_cents", "cost_cents", "margin_cents")
    rows: Iterable[Mapping[str, Any]] = frame.group_by(column).agg(
        pl.col(names).sum()).iter_rows(named=True)
    return {row[column]: {name: row[name] for name in names} for row in rows}
