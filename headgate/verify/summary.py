"""Every figure of the summary, recomputed in whole cents and pieces."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from headgate.base.calendar import fiscal_year
from headgate.tables.frames import Tables
from headgate.tables.plan_schema import PLAN_TABLES
from headgate.verify.allocations import Shipments
from headgate.verify.facts import ALWAYS, Book, exact_sum
from headgate.verify.promises import LATE, ON_TIME, SHIPPED, SHORT, UNPLANNED
from headgate.verify.rules import Findings
from headgate.verify.structure import Structure
from headgate.verify.worth import Worth, lost_weeks

Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]
TABLE = "summary"
SECONDS = ("load", "plan", "explain", "write", "total")
WRITTEN = ("tables", "digest")
"""Entries that are added when a plan is written; `check_digests` proves them."""


def share(part: int, of: int) -> float | None:
    """A share to six decimals; None of nothing."""
    return round(part / of, 6) if of else None


class Figures:
    """The figures of a plan's summary that follow from the book and the plan's tables."""

    def __init__(self, tables: Tables, book: Book, structure: Structure, shipments: Shipments,
                 consumption: Mapping[str, Longs], status: Longs, worth: Worth) -> None:
        self.tables, self.book, self.structure = tables, book, structure
        self.worth = worth
        self.ships, self.consumption, self.status = shipments, consumption, status
        self.is_open: Bools = book.lines.open > 0

    def expected(self) -> dict[str, Any]:
        """All recomputed figures, nested as in the summary."""
        settings = self.tables.settings
        lines, orders = self._lines(), self._orders()
        units, dollars = self._units(), self._dollars()
        return {
            "book_name": settings.name, "book_digest": self.tables.digest,
            "as_of": settings.as_of.isoformat(), "horizon_weeks": settings.horizon_weeks,
            "currency": settings.currency, "fiscal_year_end": settings.fiscal_year_end,
            "lines": lines, "orders": orders, "units": units, "dollars_cents": dollars,
            "service": {
                "line": {"on_time": share(lines["on_time"], lines["open"]),
                         "in_full": share(lines["on_time"] + lines["late"], lines["open"])},
                "unit": {"on_time": share(units["on_time"], units["open"]),
                         "in_full": share(units["promised"], units["open"])},
                "order": {"on_time": share(orders["on_time"], orders["open"]),
                          "in_full": share(orders["in_full"], orders["open"])},
                "dollar": {"on_time": share(dollars["on_time"], dollars["open"]),
                           "in_full": share(dollars["promised"], dollars["open"])}},
            "otif": self._otif(), "value": self._value(), "segments": self._segments(),
            "backlog_cents": self._backlog()}

    def _lines(self) -> dict[str, int]:
        count = {name: int((self.status == code).sum()) for name, code in
                 (("on_time", ON_TIME), ("late", LATE), ("short", SHORT),
                  ("unplanned", UNPLANNED), ("shipped", SHIPPED))}
        return {"total": len(self.book.lines), "open": int(self.is_open.sum()), **count}

    def _orders(self) -> dict[str, int]:
        order = self.book.lines.key_order
        count = len(self.book.lines.orders)

        def all_of(good: Bools) -> int:
            """Orders with an open line, all of whose open lines are good."""
            bad = np.zeros(count, dtype=np.bool_)
            bad[order[self.is_open & ~good]] = True
            return int((is_open & ~bad).sum())

        is_open = np.zeros(count, dtype=np.bool_)
        is_open[order[self.is_open]] = True
        return {"open": int(is_open.sum()), "on_time": all_of(self.status == ON_TIME),
                "in_full": all_of(np.isin(self.status, (ON_TIME, LATE)))}

    def _units(self) -> dict[str, int]:
        return {"open": int(self.book.lines.open.sum()),
                "promised": int(self.ships.promised.sum()),
                "on_time": int(self.ships.by_requested.sum())}

    def _dollars(self) -> dict[str, int]:
        price = self.book.lines.price
        return {"open": exact_sum(self.book.lines.open, price),
                "promised": exact_sum(self.ships.promised, price),
                "on_time": exact_sum(self.ships.by_requested, price)}

    def _otif(self) -> dict[str, float | None]:
        lines, ships = self.book.lines, self.ships
        asked = self.is_open & (lines.promised > -ALWAYS)
        kept = asked & (ships.by_promised == lines.open)
        in_time = self.is_open & (ships.by_requested == lines.open)
        return {"requested": share(int(in_time.sum()), int(self.is_open.sum())),
                "promised": share(int(kept.sum()), int(asked.sum()))}

    def _value(self) -> dict[str, int]:
        book, lines, ships = self.book, self.book.lines, self.ships
        region = lines.region[ships.line]
        gain = (lines.price[ships.line] - book.unit_cost[ships.item]
                - book.freight[ships.site, region])
        extra = self._extra_cost()
        delivered = exact_sum(ships.quantity, gain) - extra
        weeks = np.maximum(0, ships.arrive - lines.requested[ships.line])
        late = exact_sum(ships.quantity, weeks, lines.late[ships.line])
        undelivered = self._undelivered() if book.policy.undelivered_costs else 0
        everything = np.ones(len(lines), dtype=np.bool_)
        return {"value_cents": delivered - late - undelivered, "delivered_cents": delivered,
                "late_cents": late, "undelivered_cents": undelivered,
                "weighted_cents": self._weighted(everything) - extra}

    def _weighted(self, chosen: Bools) -> int:
        """The weighted value of the chosen lines, before the extra cost of substitutes."""
        book, lines, ships, worth = self.book, self.book.lines, self.ships, self.worth
        rows = np.flatnonzero(chosen[ships.line])
        line, site, arrive = ships.line[rows], ships.site[rows], ships.arrive[rows]
        brings = (worth.gain(line, ships.item[rows]) - book.freight[site, lines.region[line]]
                  - worth.late[line] * np.maximum(0, arrive - lines.requested[line])
                  + worth.bonus_of(line, ships.ship[rows], arrive))
        return exact_sum(ships.quantity[rows], brings) - exact_sum(
            (lines.open - ships.promised)[chosen], worth.lost[chosen])

    def _segments(self) -> dict[str, dict[str, int]]:
        """Figures of each segment that has an open line."""
        lines, ships = self.book.lines, self.ships
        names = np.array(lines.segment, dtype=object)
        found = {}
        for name in sorted(set(names[self.is_open].tolist())):
            own = self.is_open & (names == name)
            status = self.status[own]
            found[name] = {
                "lines_open": int(own.sum()), "lines_on_time": int((status == ON_TIME).sum()),
                "lines_in_full": int(np.isin(status, (ON_TIME, LATE)).sum()),
                "units_open": int(lines.open[own].sum()),
                "units_promised": int(ships.promised[own].sum()),
                "dollars_open_cents": exact_sum(lines.open[own], lines.price[own]),
                "dollars_promised_cents": exact_sum(ships.promised[own], lines.price[own]),
                "weighted_cents": self._weighted(own)}
        return found

    def _extra_cost(self) -> int:
        """What all substituted pieces cost more; periods of one pair do not overlap."""
        drawn = pl.DataFrame({"item": self.consumption["stood"],
                              "substitute": self.consumption["item"],
                              "week": self.consumption["drawn"],
                              "pieces": self.consumption["quantity"]})
        rows = drawn.join(self.structure.substitutes, on=["item", "substitute"],
                          how="inner").filter(
            pl.col("week").is_between(pl.col("hold_from"), pl.col("hold_to")))
        return exact_sum(rows["pieces"].to_numpy(), rows["cents"].to_numpy())

    def _undelivered(self) -> int:
        lines = self.book.lines
        return exact_sum(lines.open - self.ships.promised, lost_weeks(self.book), lines.late)

    def _backlog(self) -> dict[str, Any]:
        book, lines = self.book, self.book.lines
        cents = lines.price
        items = [book.ids.items[k] for k in lines.item.tolist()]
        regions = [book.ids.regions[k] for k in lines.region.tolist()]
        return {"total": exact_sum(lines.open, cents),
                "by_segment": _by_name(lines.segment, lines.open, cents),
                "by_region": _by_name(regions, lines.open, cents),
                "by_item": _by_name(items, lines.open, cents),
                "by_quarter": self._by_quarter()}

    def _by_quarter(self) -> dict[str, int]:
        ships, lines, calendar = self.ships, self.book.lines, self.book.calendar
        rule = fiscal_year(self.tables.settings.fiscal_year_end)
        label = {week: rule.label(calendar.day(week, weekday=4))
                 for week in np.unique(ships.arrive).tolist()}
        found = _by_name([label[week] for week in ships.arrive.tolist()], ships.quantity,
                         lines.price[ships.line])
        rest = lines.open - ships.promised
        if rest.any():
            found["unplanned"] = exact_sum(rest, lines.price)
        return found


def _by_name(names: list[str], pieces: Longs, cents: Longs) -> dict[str, int]:
    """Cents by name; names with no pieces are left out."""
    frame = pl.DataFrame({"name": names, "pieces": pieces, "cents": cents},
                         schema_overrides={"name": pl.String}).filter(pl.col("pieces") > 0)
    return {str(key[0]): exact_sum(group["pieces"].to_numpy(), group["cents"].to_numpy())
            for key, group in frame.partition_by("name", as_dict=True).items()}


OWN_KEYS = ("version", "policy", "seed", "pegging", "work", "seconds", "peak_memory_mb",
            "certificate")
"""Entries that no table shows: facts of the run, and what `check_certificate` proves."""


def check_summary(summary: Mapping[str, Any], expected: Mapping[str, Any],
                  frames: Mapping[str, pl.DataFrame], findings: Findings) -> None:
    """Hold the summary against the recomputed figures, entry by entry."""
    known = {*expected, *OWN_KEYS, *WRITTEN}
    if "moves" in frames:
        known.add("replan")
    else:
        known.add("start")
    for name in summary:
        if name not in known:
            findings.add("check.summary.key", TABLE, "must not be in a summary", column=str(name))
    for name, due in expected.items():
        if name not in summary:
            findings.add("check.summary.key", TABLE, "must be in every summary", column=name)
        else:
            _compare(summary[name], due, name, findings)
    _check_run(summary, findings)
    _check_row_counts(summary, frames, findings)


def _compare(had: Any, due: Any, path: str, findings: Findings) -> None:
    if isinstance(due, Mapping):
        if not isinstance(had, Mapping):
            findings.add("check.summary.value", TABLE, "must be a group of figures", column=path,
                         value=had)
            return
        for name in had:
            if name not in due and had[name] != 0:
                findings.add("check.summary.key", TABLE, "must not be here",
                             column=f"{path}.{name}", value=had[name])
        for name, figure in due.items():
            if name in had:
                _compare(had[name], figure, f"{path}.{name}", findings)
            elif figure != 0 or not path.startswith("backlog_cents."):
                findings.add("check.summary.key", TABLE, f"must be here and be {figure}",
                             column=f"{path}.{name}")
        return
    if not _same(had, due):
        findings.add("check.summary.value", TABLE, f"must be {due}, recomputed from the book and "
                     "the plan's tables", column=path, value=had)


def _same(had: Any, due: Any) -> bool:
    """Equal in kind and value; a share to six decimals."""
    if isinstance(due, float):
        return (isinstance(had, int | float) and not isinstance(had, bool)
                and abs(had - due) < 5e-7)
    return type(had) is type(due) and bool(had == due)


def _check_run(summary: Mapping[str, Any], findings: Findings) -> None:
    """Version, pegging, seconds and memory have the form that they must have."""
    version, pegging = summary.get("version"), summary.get("pegging")
    rules = (
        ("version", version, isinstance(version, str) and version != "", "a text"),
        ("pegging", pegging, pegging in ("all", "scarce"), "all or scarce"),
        ("peak_memory_mb", summary.get("peak_memory_mb"),
         _is_number(summary.get("peak_memory_mb")) and summary["peak_memory_mb"] > 0,
         "a number above 0"))
    for name, value, good, what in rules:
        if not good:
            findings.add("check.summary.value", TABLE, f"must be {what}", column=name,
                         value=value)
    seconds = summary.get("seconds")
    if not isinstance(seconds, Mapping) or set(seconds) != set(SECONDS):
        findings.add("check.summary.key", TABLE, f"must be {', '.join(SECONDS)}",
                     column="seconds", value=seconds)
        return
    for name in SECONDS:
        spent = seconds[name]
        if not _is_number(spent) or spent < 0:
            findings.add("check.summary.value", TABLE, "must be a number of at least 0",
                         column=f"seconds.{name}", value=spent)
        elif _is_number(seconds["total"]) and spent > seconds["total"]:
            findings.add("check.summary.value", TABLE, "must not be more than seconds.total",
                         column=f"seconds.{name}", value=spent)


def _is_number(value: Any) -> bool:
    return (isinstance(value, int | float) and not isinstance(value, bool)
            and math.isfinite(value))


def _check_row_counts(summary: Mapping[str, Any], frames: Mapping[str, pl.DataFrame],
                      findings: Findings) -> None:
    """A written summary names each table with its rows."""
    written = summary.get("tables")
    if written is None:
        return
    names = {table.name for table in PLAN_TABLES} | {"moves"} & set(frames)
    if not isinstance(written, Mapping) or set(written) - {"plan", "workbook"} != names:
        findings.add("check.summary.key", TABLE, f"must be {', '.join(sorted(names))}, and plan",
                     column="tables")
        return
    for name in sorted(names):
        rows = written[name].get("rows") if isinstance(written[name], Mapping) else None
        if not _same(rows, frames[name].height):
            findings.add("check.summary.value", TABLE, f"must be {frames[name].height}, the "
                         "table's rows", column=f"tables.{name}.rows", value=rows)
