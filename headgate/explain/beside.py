"""Plans of a book and of changed ones side by side: each against the first, figure by figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from headgate.explain.compare import Comparison

STATUSES = ("open", "on_time", "late", "short", "unplanned")
PARTS = ("money", "service", "segments", "quarters")
"""The tables of a comparison that become tables of columns."""
DATED = ("earlier", "later")
"""The changes of a promise that are a matter of days alone."""
KEYS: dict[str, tuple[str, ...]] = {
    "money": ("figure",), "service": ("counted_by", "figure"), "segments": ("segment", "figure"),
    "quarters": ("quarter",), "lines": ("status",)}


@dataclass(frozen=True, slots=True)
class Beside:
    """
    Plans as columns; every `difference` is a column less the first, which is the base.

    names    : of the columns, the base first
    money    : figure, plan, value, difference, in cents: the figures of `Comparison.money`
    service  : counted_by, figure, plan, value, difference, as shares of 0 to 1
    lines    : status (open, on_time, late, short, unplanned), plan, value, difference
    segments : segment, figure, plan, value, difference: as `Comparison.segments`
    quarters : quarter of arrival, plan, value, difference, in cents; the last is unplanned
    promises : plan, change, lines, dollars_cents, days: lines whose promise changed against the
               base, by `compare.CHANGES`, what they are worth (moved pieces at the base's price),
               and, of those that come earlier or later, the mean of their days (positive is later)
               weighed by that; then `new` and `gone`, the open lines that the column or the base
               alone has
    gaps     : plan, bound_cents, gap, least_cents, most_cents: the column's own certificate, and by
               how much the best possible plan changes against the base's, at least and at most;
               blank without two bounds
    """

    names: tuple[str, ...]
    money: pl.DataFrame
    service: pl.DataFrame
    lines: pl.DataFrame
    segments: pl.DataFrame
    quarters: pl.DataFrame
    promises: pl.DataFrame
    gaps: pl.DataFrame

    def value(self, part: str, plan: str, *key: str) -> Any:
        """One figure of a column; None where the column has none."""
        return _cell(getattr(self, part), KEYS[part], plan, key, "value")

    def difference(self, part: str, plan: str, *key: str) -> Any:
        """One figure of a column less that of the base."""
        return _cell(getattr(self, part), KEYS[part], plan, key, "difference")

    def keys(self, part: str) -> list[tuple[str, ...]]:
        """What names the rows of a part, in their order."""
        frame = getattr(self, part)
        return [tuple(row) for row in frame.select(KEYS[part]).unique(maintain_order=True).rows()]


def _cell(frame: pl.DataFrame, names: Sequence[str], plan: str, key: Sequence[str],
          column: str) -> Any:
    rows = frame.filter(pl.col("plan") == plan, *(
        pl.col(name) == word for name, word in zip(names, key, strict=True)))
    return rows[column].item() if rows.height else None


def stand_beside(names: Sequence[str], summaries: Sequence[Mapping[str, Any]],
                 found: Sequence[Comparison]) -> Beside:
    """
    Columns from comparisons of each plan with one base.

    names     : of the base and of each other plan; all different
    summaries : of the base and of each other plan, as `summary.json` holds them
    found     : what each other plan differs from the base in, as many as there are
    """
    tables = {part: _columns(part, names, found) for part in PARTS}
    lines = pl.DataFrame(
        [(status, name, summary["lines"][status],
          summary["lines"][status] - summaries[0]["lines"][status])
         for status in STATUSES for name, summary in zip(names, summaries, strict=True)],
        schema={"status": pl.String, "plan": pl.String, "value": pl.Int64,
                "difference": pl.Int64}, orient="row")
    promises = pl.concat([_promises(name, one)
                          for name, one in zip(names[1:], found, strict=True)])
    return Beside(tuple(names), tables["money"], tables["service"], lines, tables["segments"],
                  tables["quarters"], promises, _gaps(names, summaries))


def _columns(part: str, names: Sequence[str], found: Sequence[Comparison]) -> pl.DataFrame:
    """One table of every comparison as a long table, a row for each key and column."""
    frames = [getattr(one, part) for one in found]
    keys = list(KEYS[part])
    order = pl.concat([frame.select(keys) for frame in frames]).unique(maintain_order=True)
    if part == "quarters":
        order = order.sort("quarter")
    elif part == "segments":
        # A segment that only a later column has stands among the others.
        order = order.with_row_index("row").sort("segment", "row").drop("row")
    base = pl.concat([frame.select(*keys, value="a") for frame in frames],
                     how="vertical_relaxed").unique(keys, keep="first", maintain_order=True)
    columns = [base.with_columns(plan=pl.lit(names[0]), difference=pl.col("value") * 0)]
    columns += [frame.select(*keys, plan=pl.lit(name), value="b", difference="difference")
                for name, frame in zip(names[1:], frames, strict=True)]
    long = pl.concat([frame.select(*keys, "plan", "value", "difference") for frame in columns],
                     how="vertical_relaxed")
    plans = pl.DataFrame({"plan": list(names)})
    whole = order.join(plans, how="cross", maintain_order="left_right")
    joined: pl.DataFrame = whole.join(long, on=[*keys, "plan"], how="left", maintain_order="left")
    if part in ("segments", "quarters"):
        # What neither the column nor the base names, has nothing in it.
        joined = joined.with_columns(pl.when(pl.col("value").is_null()).then(0)
                                     .otherwise(pl.col(name)).alias(name)
                                     for name in ("value", "difference"))
    return joined


def _promises(name: str, found: Comparison) -> pl.DataFrame:
    """The changed promises of one column, by change."""
    rows: list[tuple[Any, ...]] = []
    for change, count in found.counts.items():
        lines = found.lines.filter(pl.col("change") == change)
        dollars = int(lines["dollars_cents"].fill_null(0).cast(pl.Int128).sum())
        # With fewer pieces the last one comes earlier, which is no gain that a mean should tell.
        weighed = lines.filter(pl.col("change").is_in(DATED), pl.col("days").is_not_null()).select(
            "days", pl.col("dollars_cents").fill_null(0).abs())
        days = _mean(weighed["days"].to_list(), weighed["dollars_cents"].to_list())
        rows.append((name, change, count, dollars, days))
    rows += [(name, "new", found.only_b.height, None, None),
             (name, "gone", found.only_a.height, None, None)]
    return pl.DataFrame(rows, schema={"plan": pl.String, "change": pl.String, "lines": pl.Int64,
                                      "dollars_cents": pl.Int64, "days": pl.Float64}, orient="row")


def _mean(days: Sequence[int], weights: Sequence[int]) -> float | None:
    """The weighted mean of days to a tenth; None of nothing, or of lines that cost nothing."""
    total = sum(weights)
    if not total:
        return None
    return round(sum(day * weight for day, weight in zip(days, weights, strict=True)) / total, 1)


def _gaps(names: Sequence[str], summaries: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """
    Certificates, and what they prove of the change of the best possible value.

    The best plan of a book lies between the plan that was found and the bound, in the base as in
    the changed book; so its change lies between the two differences crosswise.
    """
    base = summaries[0]
    floor, roof = base["value"]["weighted_cents"], base["certificate"]["bound_cents"]
    rows = []
    for name, summary in zip(names, summaries, strict=True):
        value, bound = summary["value"]["weighted_cents"], summary["certificate"]["bound_cents"]
        known = summary is not base and bound is not None and roof is not None
        rows.append((name, bound, summary["certificate"]["gap"],
                     value - roof if known else None, bound - floor if known else None))
    return pl.DataFrame(rows, schema={
        "plan": pl.String, "bound_cents": pl.Int64, "gap": pl.Float64, "least_cents": pl.Int64,
        "most_cents": pl.Int64}, orient="row")
