"""
The tables and the summary of a slow plan, as lists of rows and a dictionary.

Each function gives the rows of one table in the columns and the order of
`headgate.tables.plan_schema`; blank cells are None.
"""

from __future__ import annotations

from typing import Any

from headgate.base.calendar import fiscal_year
from headgate.base.wording import reason_text

from .slow_book import Line
from .slow_pegging import pegs_of
from .slow_planner import Allocation, SlowPlan
from .slow_reasons import slow_reason
from .slow_worth import SlowWorth

Row = tuple[Any, ...]


def allocation_rows(plan: SlowPlan) -> list[Row]:
    """Rows of `allocations`."""
    book = plan.book
    rows = [(*made.line.key, made.item, made.site, book.monday_of(made.ship),
             book.monday_of(made.arrive), made.pieces)
            for line in plan.allocations for made in line]
    return sorted(rows, key=lambda row: (row[0], row[1], row[4], row[3], row[2]))


def promise_rows(plan: SlowPlan) -> list[Row]:
    """Rows of `promises`."""
    book = plan.book
    rows = []
    for line in book.lines:
        made = plan.allocations[line.rank]
        dates: tuple[Any, ...] = (None, None, None)
        broken = plan.broken[line.rank]
        late_days = None
        if made:
            last = max(row.arrive for row in made)
            promised_on = book.friday_of(last)
            dates = (book.monday_of(min(row.arrive for row in made)), book.monday_of(last),
                     promised_on)
            late_days = 0 if last <= line.requested else (promised_on - line.requested_on).days
        rows.append((*line.key, line.pieces, sum(row.pieces for row in made), *dates,
                     broken, plan.status(line), late_days, *_reason_cells(plan, line)))
    return sorted(rows)


def _reason_cells(plan: SlowPlan, line: Line) -> Row:
    reason = slow_reason(plan, line)
    if reason is None:
        return (None,) * 6
    bound = reason.binding
    cells: Row = (None,) * 4 if bound is None else (bound.kind, bound.id, bound.site,
                                                    plan.book.monday_of(bound.bucket))
    return (reason.reason, *cells, reason_text(reason.reason, *cells))


def consumption_rows(plan: SlowPlan) -> list[Row]:
    """Rows of `consumption`."""
    book = plan.book
    pieces: dict[Row, int] = {}
    for draw in plan.world.all_draws():
        key = (draw.item, draw.site, book.monday_of(draw.bucket), draw.stood_in_for,
               draw.lead_days)
        pieces[key] = pieces.get(key, 0) + draw.pieces
    return [(item, site, on, pieces[item, site, on, stood, lead], stood or None, lead)
            for item, site, on, stood, lead in sorted(pieces)]


def pegging_rows(plan: SlowPlan) -> list[Row]:
    """Rows of `pegging`."""
    pieces: dict[Row, int] = {}
    for peg in pegs_of(plan):
        draw = peg.draw
        key = (*draw.line.key, draw.item, draw.site, plan.book.monday_of(draw.bucket),
               peg.row.reference, draw.stood_in_for, draw.lead_days)
        pieces[key] = pieces.get(key, 0) + peg.pieces
    return [(*key[:6], pieces[key], key[6] or None, key[7]) for key in sorted(pieces)]


def summary(plan: SlowPlan) -> dict[str, Any]:
    """The counts, shares, values and backlog of `summary.json`."""
    book = plan.book
    lines = [line for line in book.lines if line.pieces]
    states = {line.key: plan.status(line) for line in book.lines}
    words = list(states.values())
    orders = [[states[line.key] for line in lines if line.order_id == order]
              for order in {line.order_id for line in lines}]
    made = [row for rows in plan.allocations for row in rows]
    in_time = [row for row in made if row.arrive <= row.line.requested]
    figures: dict[str, Any] = {
        "lines": {"total": len(words), "open": len(lines),
                  **{word: words.count(word)
                     for word in ("on_time", "late", "short", "unplanned", "shipped")}},
        "orders": {"open": len(orders),
                   "on_time": sum(set(order) == {"on_time"} for order in orders),
                   "in_full": sum(set(order) <= {"on_time", "late"} for order in orders)},
        "units": {"open": sum(line.pieces for line in lines),
                  "promised": sum(row.pieces for row in made),
                  "on_time": sum(row.pieces for row in in_time)},
        "dollars_cents": {"open": sum(line.pieces * line.price_cents for line in lines),
                          "promised": sum(row.pieces * row.line.price_cents for row in made),
                          "on_time": sum(row.pieces * row.line.price_cents for row in in_time)},
        "value": {**value(plan), "weighted_cents": weighted(plan)}, "segments": segments(plan),
        "backlog_cents": backlog(plan), "work": 0, "seed": book.policy.get("seed", 0),
        "certificate": {"bound_cents": None, "gap": None},
    }
    figures["service"] = _service(figures)
    promised = [line for line in lines if line.promised is not None]
    figures["otif"] = {
        "requested": _share(sum(_whole_by(plan, line, line.requested) for line in lines),
                            len(lines)),
        "promised": _share(sum(_whole_by(plan, line, line.promised) for line in promised
                               if line.promised is not None), len(promised))}
    return figures


def _service(figures: dict[str, Any]) -> dict[str, Any]:
    lines, orders = figures["lines"], figures["orders"]
    counted = {"line": (lines["on_time"], lines["on_time"] + lines["late"], lines["open"]),
               "order": (orders["on_time"], orders["in_full"], orders["open"])}
    for name, table in (("unit", "units"), ("dollar", "dollars_cents")):
        counted[name] = (figures[table]["on_time"], figures[table]["promised"],
                         figures[table]["open"])
    return {name: {"on_time": _share(on_time, there), "in_full": _share(in_full, there)}
            for name, (on_time, in_full, there) in counted.items()}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 6) if whole else None


def _whole_by(plan: SlowPlan, line: Line, bucket: int) -> bool:
    return line.pieces == sum(row.pieces for row in plan.allocations[line.rank]
                              if row.arrive <= bucket)


def value(plan: SlowPlan) -> dict[str, int]:
    """What the plan is worth, in cents."""
    book = plan.book
    delivered = late = undelivered = 0
    for line in book.lines:
        made = plan.allocations[line.rank]
        for row in made:
            lane = next(lane for lane in book.lanes
                        if (lane.site, lane.region) == (row.site, line.region))
            delivered += row.pieces * (line.price_cents - book.unit_cents[row.item] - lane.cents)
            late += row.pieces * line.late_cents * max(0, row.arrive - line.requested)
        if book.policy.get("undelivered", "late_cost") == "late_cost":
            weeks = max(0, book.last_bucket_of_penalty(line) - line.requested)
            undelivered += ((line.pieces - sum(row.pieces for row in made))
                            * line.late_cents * weeks)
    delivered -= extra_cents(plan)
    return {"value_cents": delivered - late - undelivered, "delivered_cents": delivered,
            "late_cents": late, "undelivered_cents": undelivered}


def extra_cents(plan: SlowPlan) -> int:
    """What the substitutes drawn cost more."""
    total = 0
    for draw in plan.world.all_draws():
        if draw.stood_in_for:
            choices = plan.book.choices(draw.stood_in_for, draw.bucket)
            total += draw.pieces * next(sub.extra_cents for sub in choices
                                        if sub.item == draw.item)
    return total


def _weighted_of(plan: SlowPlan, worth: SlowWorth, line: Line) -> int:
    """The weighted value of a line; substitutes cost nothing more."""
    made = plan.allocations[line.rank]
    lanes = {(lane.site, lane.region): lane for lane in plan.book.lanes}
    rest = line.pieces - sum(row.pieces for row in made)
    return sum(row.pieces * worth.delivered(line, row.item, lanes[row.site, line.region], row.ship)
               for row in made) - rest * worth.lost(line)


def weighted(plan: SlowPlan) -> int:
    """What the plan is worth by weights and bonuses, in cents."""
    worth = SlowWorth(plan.book)
    return sum(_weighted_of(plan, worth, line) for line in plan.book.lines) - extra_cents(plan)


def segments(plan: SlowPlan) -> dict[str, dict[str, int]]:
    """Lines, pieces, dollars and weighted value of each segment with an open line."""
    worth = SlowWorth(plan.book)
    found: dict[str, dict[str, int]] = {}
    for line in plan.book.lines:
        if line.pieces == 0:
            continue
        status = plan.status(line)
        pieces = sum(row.pieces for row in plan.allocations[line.rank])
        own = {"lines_open": 1, "lines_on_time": status == "on_time",
               "lines_in_full": status in ("on_time", "late"), "units_open": line.pieces,
               "units_promised": pieces, "dollars_open_cents": line.pieces * line.price_cents,
               "dollars_promised_cents": pieces * line.price_cents,
               "weighted_cents": _weighted_of(plan, worth, line)}
        total = found.setdefault(line.segment, dict.fromkeys(own, 0))
        for name, figure in own.items():
            total[name] += int(figure)
    return found


def backlog(plan: SlowPlan) -> dict[str, Any]:
    """Open dollars by segment, region, item and quarter of promise."""
    book = plan.book
    lines = [line for line in book.lines if line.pieces]
    year = fiscal_year(book.tables.settings.fiscal_year_end)
    quarters: dict[str, int] = {}
    for line in lines:
        made: list[Allocation] = plan.allocations[line.rank]
        for row in made:
            label = year.label(book.friday_of(row.arrive))
            quarters[label] = quarters.get(label, 0) + row.pieces * line.price_cents
        rest = line.pieces - sum(row.pieces for row in made)
        if rest:
            quarters["unplanned"] = quarters.get("unplanned", 0) + rest * line.price_cents

    def grouped(field: str) -> dict[str, int]:
        totals: dict[str, int] = {}
        for line in lines:
            key = getattr(line, field)
            totals[key] = totals.get(key, 0) + line.pieces * line.price_cents
        return totals

    return {"total": sum(line.pieces * line.price_cents for line in lines),
            "by_segment": grouped("segment"), "by_region": grouped("region"),
            "by_item": grouped("item"), "by_quarter": quarters}
