"""Why one order line waits: the reason, what binds it, who holds that, and what would help."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from headgate.base.calendar import friday_of_bucket, monday_of_bucket
from headgate.base.issue import near_miss
from headgate.base.wording import reason_text
from headgate.book import Book
from headgate.explain.kernels import REASON_CODES
from headgate.explain.limiting import QUOTA_BINDS, last_of_set, reasons_of
from headgate.explain.line_relief import LineReliefs, named_reliefs, passed_over
from headgate.explain.reasons import Ground, Reasons
from headgate.explain.relief import relieve
from headgate.explain.restricting import RestrictionRule, rules_against
from headgate.planner.allocate import Allocation
from headgate.planner.kernels.explode import made_by
from headgate.planner.kernels.layout import MADE
from headgate.planner.kernels.rank import LANE_SITE
from headgate.planner.pegging import drawn_rows, matched_rows
from headgate.planner.policy import Policy
from headgate.planner.promise import STATUSES, promise
from headgate.planner.quota_use import lines_asking
from headgate.planner.usage import hours_used
from headgate.planner.world import largest_tree, lines_of, trees_of
from headgate.tables.schema import MICRO


@dataclass(frozen=True, slots=True)
class Why:
    """
    The answer to "why is this line not on time?".

    reason, binding_* : as in the `promises` table; None when the line is on time
    wanted, lacking   : pieces (or hours) that its whole shipment needs, and what was not there; 0
                        where lead time binds, and what it needs is there
    had_on            : Monday of the first week in which all of it could be had; None: not in
                        the planned weeks
    passed            : whether the week of the need lies before the plan begins
    arrive_on         : Friday of the week in which the line could arrive if nothing else held it
    holders           : other lines that hold what it lacks: order_id, line_no, customer_id,
                        quantity, rank (1 is served first), drawn_on, promised_on; none where it
                        lacks nothing
    relief            : what would bring it on time, or earlier; None when it is on time
    restrictions      : under the reason `restriction` the rules that match it and what it needs
    ship_set          : the set that it arrives with; None without one, or when it is on time
    before_on, moved  : in a re-plan that moved its promise, the one before, None where it had none,
                        and why it moved, as the table `moves` says; None where it did not
    set_last, set_last_on : ORDER/LINE of the line of the set that comes last, each planned alone on
                        the empty book, and the Friday by which; None: never
    """

    order_id: str
    line_no: int
    item_id: str
    customer_id: str
    status: str
    open_quantity: int
    promised_quantity: int
    requested_on: date
    promised_on: date | None
    rank: int
    reason: str | None
    binding_kind: str | None
    binding_id: str | None
    binding_site_id: str | None
    binding_on: date | None
    passed: bool
    wanted: float
    lacking: float
    had_on: date | None
    arrive_on: date | None
    holders: pl.DataFrame
    relief: LineReliefs | None
    restrictions: tuple[RestrictionRule, ...] = ()
    ship_set: str | None = None
    set_last: str | None = None
    set_last_on: date | None = None
    before_on: date | None = None
    moved: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; dates as ISO text, holders as a list of rows."""
        plain: dict[str, Any] = {}
        for name in self.__slots__:
            value = getattr(self, name)
            plain[name] = value.isoformat() if isinstance(value, date) else value
        plain["holders"] = [
            {key: value.isoformat() if isinstance(value, date) else value
             for key, value in row.items()} for row in self.holders.iter_rows(named=True)]
        plain["restrictions"] = [asdict(rule) for rule in self.restrictions]
        plain["relief"] = None if self.relief is None else self.relief.as_dict()
        return plain

    def text(self) -> str:
        """The answer in prose."""
        sentences = [self._promise_sentence()]
        if self.moved is not None:
            before = "had no promise" if self.before_on is None else (
                f"was promised for {self.before_on}")
            sentences.append(f"Before this re-plan it {before}. {self.moved}")
        if self.reason is not None:
            sentences.append(reason_text(self.reason, self.binding_kind, self.binding_id,
                                         self.binding_site_id, self.binding_on,
                                         passed_over(self.reason, self.relief)))
            sentences.extend(self._lack_sentences())
        if self.restrictions:
            rules = "; ".join(rule.text() for rule in self.restrictions)
            sentences.append(f"By the restrictions: {rules}.")
        if self.ship_set is not None:
            sentences.append(self._set_sentence())
        if self.relief is not None:
            sentences.append(self.relief.text())
        return " ".join(sentences)

    def _set_sentence(self) -> str:
        """What its ship set waits for."""
        own = self.set_last == f"{self.order_id}/{self.line_no}"
        last = "it comes last of them itself" if own else f"{self.set_last} comes last of them"
        when = f"by {self.set_last_on}" if self.set_last_on else "in no planned week"
        return f"It arrives with ship set {self.ship_set}: each planned alone, {last}, {when}."

    def _promise_sentence(self) -> str:
        name = f"{self.order_id}/{self.line_no} ({self.open_quantity:,} x {self.item_id} for " \
               f"{self.customer_id}, asked for {self.requested_on}, rank {self.rank:,})"
        if self.status == "shipped":
            return f"{name} has nothing open."
        if self.status == "unplanned":
            return f"{name} is not planned: no piece of it can be promised."
        words = {"on_time": "is on time", "late": "is late", "short": "is short"}[self.status]
        some = "all of it" if self.promised_quantity == self.open_quantity else (
            _count(self.promised_quantity, "piece"))
        return f"{name} {words}: {some} by {self.promised_on}."

    def _lack_sentences(self) -> list[str]:
        if self.binding_id is None:
            return []
        if self.binding_kind == "quota":
            return self._quota_sentences()
        unit = "piece" if self.binding_kind == "part" else "hour"
        found = []
        if self.passed:
            found.append("That week lies before the plan begins: only stock that was built already "
                         "could have made the date.")
        if self.lacking:
            found.append(f"It needs {_count(self.wanted, unit)} and finds "
                         f"{_count(self.wanted - self.lacking)}; {_count(self.lacking)} "
                         f"{'is' if self.lacking == 1 else 'are'} missing.")
        if not self._lacks():
            return found
        if self.had_on is None:
            found.append(f"At {self.binding_site_id} no planned week leaves all of it to this "
                         "line.")
        else:
            found.append(f"All of it could be had there from the week of {self.had_on} on, for an "
                         f"arrival by {self.arrive_on} if nothing else held the line.")
        held = int(self.holders["quantity"].sum()) if self.holders.height else 0
        if held:
            others = ("1 other line holds" if self.holders.height == 1 else
                      f"{self.holders.height:,} other lines hold")
            found.append(f"{others} {_count(held, unit)} of what is there by then.")
        return found

    def _lacks(self) -> bool:
        """
        Whether anything is not there when it is needed: what binds a line may be its lead time
        alone.
        """
        return bool(self.lacking) or self.had_on is None or (
            self.binding_on is not None and not self.passed and self.had_on > self.binding_on)

    def _quota_sentences(self) -> list[str]:
        """Who else counts on a quota."""
        if not self.holders.height:
            return ["No other line counts on it."]
        held = _count(float(self.holders["quantity"].sum()), "piece")
        others = ("1 other line counts" if self.holders.height == 1 else
                  f"{self.holders.height:,} other lines count")
        return [f"{others} on it with {held}."]


def _count(number: float, unit: str = "") -> str:
    figure = f"{number:,.0f}" if float(number).is_integer() else f"{number:,.2f}"
    return f"{figure} {unit}{'' if number == 1 else 's'}" if unit else figure


class UnknownLineError(LookupError):
    """There is no such order line; the message says which come near."""


def find_line(book: Book, order_id: str, line_no: int) -> int:
    """
    The index of an order line.

    raises UnknownLineError : no such line; the message says which lines or orders come near
    """
    orders = book.tables.frames["orders"]
    mine = orders.filter(pl.col("order_id") == order_id)
    if mine.height == 0:
        hint = near_miss(order_id, orders["order_id"].unique().sort().to_list())
        raise UnknownLineError(f'no order "{order_id}" in this book{hint}')
    if line_no not in mine["line_no"]:
        numbers = mine["line_no"].sort()
        known = ", ".join(str(number) for number in numbers[:10])
        more = "" if len(numbers) <= 10 else f" and {len(numbers) - 10} more"
        raise UnknownLineError(f'order "{order_id}" has no order line {line_no}; it has '
                               f"{'line' if len(numbers) == 1 else 'lines'} {known}{more}")
    row = orders.with_row_index("row").filter(
        (pl.col("order_id") == order_id) & (pl.col("line_no") == line_no))["row"].item()
    return int(np.flatnonzero(book.lines.source_row == row)[0])


def why(book: Book, policy: Policy, allocation: Allocation, line: int,
        moves: pl.DataFrame) -> Why:
    """The answer for one line of a plan. moves : the table of a re-plan, empty of another plan"""
    promises = promise(book, allocation)
    status = STATUSES[promises.status[line]]
    late = status not in ("on_time", "shipped")
    chosen = np.array([line] if late else [], dtype=np.int32)
    ground = Ground.of(book, allocation, hours_used(book, allocation))
    reasons = reasons_of(ground, policy, chosen)
    relief = [named_reliefs(book, allocation.pools, promises, found)
              for found in relieve(ground, policy, promises, chosen)]
    banned = late and REASON_CODES[reasons.code[0]] == "restriction"
    row = book.tables.frames["orders"].row(int(book.lines.source_row[line]), named=True)
    last = int(promises.last[line])
    as_of = book.settings.as_of
    rank = int(np.flatnonzero(book.lines.rank == line)[0]) + 1
    return Why(order_id=row["order_id"], line_no=row["line_no"], item_id=row["item_id"],
               customer_id=row["customer_id"], status=status,
               open_quantity=int(book.lines.open[line]),
               promised_quantity=int(promises.pieces[line]), requested_on=row["requested_on"],
               promised_on=friday_of_bucket(last, as_of) if last >= 0 else None, rank=rank,
               **_bound(book, policy, allocation, reasons),
               relief=relief[0] if relief else None,
               restrictions=rules_against(book, line) if banned else (),
               **_move(moves, row["order_id"], row["line_no"]),
               **(_set(ground, line) if late and row["ship_set"] is not None else {}))


def _move(moves: pl.DataFrame, order_id: str, line_no: int) -> dict[str, Any]:
    """The fields of `Why` that say what a re-plan did to a line's promise."""
    own = moves.filter((pl.col("order_id") == order_id) & (pl.col("line_no") == line_no)
                       & (pl.col("reason") != "kept"))
    return {} if own.is_empty() else {"before_on": own["old_promised_on"][0],
                                      "moved": own["text"][0]}


def _set(ground: Ground, line: int) -> dict[str, Any]:
    """The fields of `Why` that say what a line's ship set waits for."""
    book = ground.book
    last, end = last_of_set(ground, line)
    orders = book.tables.frames["orders"].select("order_id", "line_no", "ship_set")
    order_id, line_no, ship_set = orders.row(int(book.lines.source_row[last]))
    return {"ship_set": ship_set, "set_last": f"{order_id}/{line_no}",
            "set_last_on": None if end < 0 else friday_of_bucket(end, book.settings.as_of)}


def _bound(book: Book, policy: Policy, allocation: Allocation, reasons: Reasons) -> dict[str, Any]:
    """The fields of `Why` that say what binds."""
    empty: dict[str, Any] = dict.fromkeys(
        ("reason", "binding_kind", "binding_id", "binding_site_id", "binding_on", "had_on",
         "arrive_on")) | {"passed": False, "wanted": 0.0, "lacking": 0.0, "holders": _no_holders()}
    if len(reasons.line) == 0:
        return empty
    empty["reason"] = REASON_CODES[reasons.code[0]]
    kind, as_of = int(reasons.kind[0]), book.settings.as_of
    if kind == 0:
        return empty
    if kind == QUOTA_BINDS:
        return empty | _quota_bound(book, allocation, reasons)
    index, site = int(reasons.index[0]), int(reasons.site[0])
    bucket, first = int(reasons.bucket[0]), int(reasons.first[0])
    unit = 1 if kind == 1 else MICRO
    lacks = bool(reasons.lacking[0]) or first > max(0, bucket)
    arrival = first - bucket + int(reasons.ship[0] + book.lanes.weeks[reasons.lane[0]])
    # Of what is there in time nobody holds what the line lacks, however many draw it.
    holders = (None if not lacks else _part_holders(book, policy, allocation, reasons) if kind == 1
               else _hour_holders(book, allocation, reasons))
    return empty | {
        "binding_kind": "part" if kind == 1 else "resource",
        "binding_id": (book.items if kind == 1 else book.resources).ids[index],
        "binding_site_id": book.sites.ids[site],
        "binding_on": monday_of_bucket(bucket, as_of), "passed": bucket < 0,
        "wanted": reasons.wanted[0] / unit, "lacking": reasons.lacking[0] / unit,
        "had_on": monday_of_bucket(first, as_of) if first < book.horizon else None,
        "arrive_on": friday_of_bucket(arrival, as_of) if first < book.horizon else None,
        "holders": _no_holders() if holders is None else _named(book, allocation, holders)}


def _no_holders() -> pl.DataFrame:
    return pl.DataFrame(schema={"order_id": pl.String, "line_no": pl.Int64,
                                "customer_id": pl.String, "quantity": pl.Float64,
                                "rank": pl.Int64, "drawn_on": pl.Date, "promised_on": pl.Date})


def _quota_bound(book: Book, allocation: Allocation, reasons: Reasons) -> dict[str, Any]:
    """The same for a line that a quota keeps late: other lines that count on it hold it."""
    quota_id = book.tables.frames["quotas"]["quota_id"][int(reasons.index[0])]
    line, pieces, week = lines_asking(book, allocation, quota_id)
    holders = pl.DataFrame({"line": line, "quantity": pieces.astype(np.float64), "week": week})
    return {
        "binding_kind": "quota", "binding_id": quota_id,
        "binding_on": monday_of_bucket(int(reasons.bucket[0]), book.settings.as_of),
        "holders": _named(book, allocation, holders.filter(
            pl.col("line") != int(reasons.line[0])))}


def _part_holders(book: Book, policy: Policy, allocation: Allocation,
                  reasons: Reasons) -> pl.DataFrame:
    """
    Other lines pegged to pieces that the line could have used: of the part or of a substitute that
    holds in the week of the need, there by then, and reserved for nobody else.
    """
    part, line, needed = int(reasons.index[0]), int(reasons.line[0]), max(0, int(reasons.bucket[0]))
    forest, supply = book.forest, book.supply
    items = np.zeros(len(book.items), dtype=bool)
    items[part] = True
    for row in range(forest.sub_ptr[part], forest.sub_ptr[part + 1]):
        if forest.sub_from[row] <= needed <= forest.sub_to[row]:
            items[forest.sub_item[row]] = True
    usable = ((supply.start <= needed)
              & ((supply.slot == 0) | (supply.slot == book.lines.slot[line])))
    pegs = matched_rows(book, policy, drawn_rows(book, allocation, items))
    return (pegs.with_columns(usable=pl.lit(pl.Series(usable)).gather(pl.col("row")))
            .filter(pl.col("usable") & (pl.col("site") == int(reasons.site[0]))
                    & (pl.col("line") != line))
            .group_by("line").agg(pl.col("pieces").sum().cast(pl.Float64).alias("quantity"),
                                  pl.col("week").min()))


def _hour_holders(book: Book, allocation: Allocation, reasons: Reasons) -> pl.DataFrame:
    """Other lines whose steps use the resource in the week of the need."""
    trees, lines, forest = trees_of(book), lines_of(book, allocation.pools.permits), book.forest
    resource, site = int(reasons.index[0]), int(reasons.site[0])
    week = max(0, int(reasons.bucket[0]))
    work = np.zeros((4, largest_tree(book)), dtype=np.int64)
    hours: dict[int, int] = {}
    rows = np.flatnonzero((lines.lanes[allocation.lane, LANE_SITE] == site)
                          & (allocation.line != reasons.line[0]) & (allocation.ship >= week))
    for row in rows.tolist():
        made_by(trees, work, allocation.log, row)
        first = int(forest.root_start[allocation.item[row]])
        end = int(forest.root_end[allocation.item[row]])
        for node in range(first, end):
            made = int(work[MADE, node - first]) if forest.has_bom[node] else 0
            for step in range(forest.step_ptr[node], forest.step_ptr[node + 1]):
                if made > 0 and forest.step_resource[step] == resource and (
                        allocation.ship[row] - forest.step_offset[step] == week):
                    line = int(allocation.line[row])
                    hours[line] = hours.get(line, 0) + made * int(forest.step_micro[step])
    return pl.DataFrame({"line": list(hours), "quantity": [h / MICRO for h in hours.values()],
                         "week": [week] * len(hours)},
                        schema={"line": pl.Int32, "quantity": pl.Float64, "week": pl.Int32})


def _named(book: Book, allocation: Allocation, holders: pl.DataFrame) -> pl.DataFrame:
    """Holders with the ids, ranks and dates that people read; largest first, then by rank."""
    place = book.lines.place_by_rank + 1
    last = promise(book, allocation).last
    line = holders["line"].to_numpy()
    orders = book.tables.frames["orders"].select("order_id", "line_no", "customer_id")
    as_of = book.settings.as_of
    return orders[pl.Series(book.lines.source_row[line])].with_columns(
        quantity=holders["quantity"], rank=pl.Series(place[line], dtype=pl.Int64),
        drawn_on=pl.Series([monday_of_bucket(week, as_of) for week in holders["week"]],
                           dtype=pl.Date),
        promised_on=pl.Series([friday_of_bucket(int(week), as_of) for week in last[line]],
                              dtype=pl.Date)).sort(["quantity", "rank"],
                                                   descending=[True, False])
