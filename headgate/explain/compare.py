"""What two plans differ in: settings, money, service, segments, quarters, and named lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from headgate.base.calendar import friday_of_bucket
from headgate.base.issue import Issue, IssuesError
from headgate.book import Book
from headgate.tables.plan_schema import PlanFrames

CHANGES: dict[str, str] = {
    "earlier": "as many pieces, promised for an earlier day",
    "later": "as many pieces, promised for a later day",
    "gained": "nothing promised in A, something in B",
    "lost": "something promised in A, nothing in B",
    "more_pieces": "more pieces promised in B than in A",
    "fewer_pieces": "fewer pieces promised in B than in A",
    "shipped": "open in one plan, and with nothing left to ship in the other",
    "same": "the same pieces promised for the same day",
}
"""How a promise may change from A to B. Each open line that both plans have is counted once."""

TERMS = ("late_rate", "undelivered", "weights", "bonus")
"""The policy settings that say what a plan is worth."""
BOUND_SETTINGS = (*TERMS, "use_forecast")
"""The policy settings that say what the best possible plan is worth."""
BOOK_SETTINGS = ("version", "book_name", "book_digest", "as_of", "horizon_weeks", "currency",
                 "fiscal_year_end")
PARTS = ("value", "dollars_cents", "certificate", "service", "segments", "backlog_cents",
         "policy", "work", *BOOK_SETTINGS)
"""What must stand in a summary to be compared."""
MILLION = 10**6
KEY = ("order_id", "line_no")


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How far a plan is from the best one that its rules allow.

    weighted_cents : its weighted value
    bound_cents    : what no plan of its book can exceed, by its own certificate; None without one
    gap            : the share of that bound that it is short of, rounded up; None without one
    other_gap      : the same by the other plan's bound, where that one holds for this plan too
                     and is the lower one; else None
    """

    weighted_cents: int
    bound_cents: int | None
    gap: float | None
    other_gap: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    What two plans, A and B, differ in; every `difference` is B - A.

    same_book : whether both were made from one book; if not, totals are of each plan's own book
    same_terms : whether both policies count the same for the same deliveries; if not, values follow
                each plan's own policy
    currency  : of every amount; None when the plans have different ones, and no differences then
    settings  : setting, a, b (text; blank is none): the settings that differ, and only those
    standing  : of A and of B
    money     : figure, a, b, difference, in cents
    service   : counted_by (line, unit, order, dollar), figure (on_time, in_full), a, b,
                difference, as shares of 0 to 1
    segments  : segment, figure, a, b, difference: the figures of summary["segments"]
    quarters  : quarter of arrival, a, b, difference: dollars of the backlog in cents; the last row
                is what is not promised; no differences between different fiscal years
    counts    : lines that both have and that are open, by CHANGES
    lines     : those of them that changed, what matters most first (dollars x days, without a book
                pieces x days): order_id, line_no, change, promised_on_a, promised_on_b, days (B -
                A; none where B has fewer pieces), pieces_a, pieces_b, moved_pieces, piece_days
                (positive is later; a piece without a promise counts as promised a week after all
                others of both plans), and of the book, else blank, customer_id, segment,
                dollars_cents (moved_pieces x price)
    only_a, only_b : order_id, line_no, pieces, promised_on of open lines that one plan alone has
    """

    same_book: bool
    same_terms: bool
    currency: str | None
    settings: pl.DataFrame
    standing: tuple[Standing, Standing]
    money: pl.DataFrame
    service: pl.DataFrame
    segments: pl.DataFrame
    quarters: pl.DataFrame
    counts: Mapping[str, int]
    lines: pl.DataFrame
    only_a: pl.DataFrame
    only_b: pl.DataFrame

    def as_dict(self, lines: int | None = None) -> dict[str, Any]:
        """
        The comparison as plain values, for JSON.

        lines : at most so many named lines in each list; None all
        """
        a, b = self.standing
        named = {name: _plain(frame if lines is None else frame.head(lines))
                 for name, frame in (("lines", self.lines), ("only_a", self.only_a),
                                     ("only_b", self.only_b))}
        return {
            "same_book": self.same_book, "same_terms": self.same_terms,
            "currency": self.currency, "settings": _plain(self.settings),
            "standing": {"a": _standing(a), "b": _standing(b)},
            **{name: _plain(getattr(self, name))
               for name in ("money", "service", "segments", "quarters")},
            "counts": {**self.counts, "only_a": self.only_a.height, "only_b": self.only_b.height},
            **named}


def compare_plans(a: PlanFrames, b: PlanFrames, book: Book | None = None) -> Comparison:
    """
    What two plans differ in.

    book : the book of either plan, for customers, segments and dollars of lines
    raises IssuesError : the book is neither plan's, or a summary lacks figures
    """
    old, new = a.summary, b.summary
    _refuse(old, new, book)
    same_book = old["book_digest"] == new["book_digest"]
    currency = str(old["currency"]) if old["currency"] == new["currency"] else None
    one_currency = currency is not None
    lines = _both(a, b, book)
    counts = dict(lines.group_by("change").len().iter_rows())
    return Comparison(
        same_book, _terms(old, TERMS) == _terms(new, TERMS), currency, _settings(old, new),
        _standings(old, new),
        _money(old, new, one_currency), _service(old, new), _segments(old, new, one_currency),
        _quarters(old, new, one_currency),
        {name: int(counts.get(name, 0)) for name in CHANGES},
        lines.filter(pl.col("change") != "same"), _only(a, b), _only(b, a))


def _refuse(a: Mapping[str, Any], b: Mapping[str, Any], book: Book | None) -> None:
    """Raises IssuesError for summaries without figures, and for a book that is neither plan's."""
    issues = [Issue("plan.summary.missing", "error", f"summary.json of plan {name}",
                    "is missing; plan again", None, part)
              for name, summary in (("A", a), ("B", b)) for part in PARTS if part not in summary]
    if not issues and book is not None and book.digest not in (a["book_digest"], b["book_digest"]):
        issues.append(Issue(
            "plan.book_digest.other", "error", book.settings.name,
            f"must be the book of one of the two plans, {str(a['book_digest'])[:12]} (A) or "
            f"{str(b['book_digest'])[:12]} (B); give that one, or none", None, "digest",
            book.digest[:12]))
    if issues:
        raise IssuesError(issues, "nothing was compared")


# ------------------------------------------------------------------ figures

def _money(a: Mapping[str, Any], b: Mapping[str, Any], one_currency: bool) -> pl.DataFrame:
    places = {"value": ("value", "value_cents"), "weighted_value": ("value", "weighted_cents"),
              "delivered": ("value", "delivered_cents"), "late_cost": ("value", "late_cents"),
              "undelivered_cost": ("value", "undelivered_cents"),
              "promised_dollars": ("dollars_cents", "promised"),
              "bound": ("certificate", "bound_cents")}
    return _beside(("figure",), [(name, a[part][key], b[part][key])
                                 for name, (part, key) in places.items()], one_currency)


def _service(a: Mapping[str, Any], b: Mapping[str, Any]) -> pl.DataFrame:
    return _beside(("counted_by", "figure"), [
        (unit, figure, a["service"][unit][figure], b["service"][unit][figure])
        for unit in ("line", "unit", "order", "dollar") for figure in ("on_time", "in_full")],
        kind=pl.Float64)


def _segments(a: Mapping[str, Any], b: Mapping[str, Any], one_currency: bool) -> pl.DataFrame:
    """The figures of each segment; a segment that a plan does not name has no open line in it."""
    old, new = a["segments"], b["segments"]
    rows: list[tuple[Any, ...]] = []
    for name in sorted({*old, *new}):
        figures = dict.fromkeys([*old.get(name, {}), *new.get(name, {})])
        rows += [(name, figure, old.get(name, {}).get(figure, 0), new.get(name, {}).get(figure, 0))
                 for figure in figures]
    frame = _beside(("segment", "figure"), rows)
    if one_currency:
        return frame
    return frame.with_columns(difference=pl.when(
        ~pl.col("figure").str.ends_with("_cents")).then("difference"))


def _quarters(a: Mapping[str, Any], b: Mapping[str, Any], one_currency: bool) -> pl.DataFrame:
    """Dollars by quarter of arrival; where a plan names none of a quarter, none arrive in it."""
    old, new = a["backlog_cents"]["by_quarter"], b["backlog_cents"]["by_quarter"]
    one_year = a["fiscal_year_end"] == b["fiscal_year_end"]
    # Labels such as "FY27 Q1" sort in time order, and before the small letters of "unplanned".
    return _beside(("quarter",), [(name, old.get(name, 0), new.get(name, 0))
                                  for name in sorted({*old, *new})], one_currency and one_year)


def _beside(names: Sequence[str], rows: Iterable[Sequence[Any]], comparable: bool = True,
            kind: type[pl.DataType] | None = None) -> pl.DataFrame:
    """Rows of names, a and b with their difference b - a; blank when a side is, or not comparable.

    kind : of the three columns; None is Int64, and Int128 where an amount needs it
    """
    full = []
    for *words, a, b in rows:
        known = comparable and a is not None and b is not None
        change = (b - a) if known else None
        full.append((*words, a, b, round(change, 6) if isinstance(change, float) else change))
    numbers = [cell for row in full for cell in row[len(names):] if cell is not None]
    if kind is None:
        kind = pl.Int64 if all(-2**63 <= number < 2**63 for number in numbers) else pl.Int128
    types: dict[str, type[pl.DataType]] = {
        **dict.fromkeys(names, pl.String), **dict.fromkeys(("a", "b", "difference"), kind)}
    return pl.DataFrame(full, schema=types, orient="row")


# ------------------------------------------------------------------ settings and bounds

def _settings(a: Mapping[str, Any], b: Mapping[str, Any]) -> pl.DataFrame:
    """The settings that differ, of the books and of the policies, and the work done."""
    old, new = _flat(a), _flat(b)
    rows = []
    for name in dict.fromkeys([*old, *new]):
        # A name that is given no weight counts 1.
        blank = "1" if name.startswith("weights.") else None
        pair = (old.get(name, blank), new.get(name, blank))
        if pair[0] != pair[1]:
            rows.append((name, *pair))
    return pl.DataFrame(rows, schema=dict.fromkeys(("setting", "a", "b"), pl.String), orient="row")


def _flat(summary: Mapping[str, Any]) -> dict[str, str | None]:
    """Every setting of a plan by its dotted name, as text."""
    found: dict[str, str | None] = {name: str(summary[name]) for name in BOOK_SETTINGS}
    for name, value in summary["policy"].items():
        if name == "weights":
            found |= {f"weights.{kind}.{one}": str(weight)
                      for kind, weights in value.items() for one, weight in weights.items()}
        elif name == "bonus":
            found[name] = ", ".join(f"{row['share']} by {row['by']}" for row in value) or None
        else:
            found[name] = None if value is None else str(value).lower()
    return found | {"work_done": str(summary["work"])}


def _standings(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[Standing, Standing]:
    """Each plan against its own bound, and against the other's where that one holds for it."""
    alike = (a["book_digest"] == b["book_digest"]
             and _terms(a, BOUND_SETTINGS) == _terms(b, BOUND_SETTINGS))
    pair = []
    for own, other in ((a, b), (b, a)):
        weighted, bound = own["value"]["weighted_cents"], own["certificate"]["bound_cents"]
        beyond = other["certificate"]["bound_cents"] if alike else None
        if beyond is not None and bound is not None and bound <= beyond:
            beyond = None
        pair.append(Standing(weighted, bound, own["certificate"]["gap"],
                             None if beyond is None else gap_of(weighted, beyond)))
    return pair[0], pair[1]


def _terms(summary: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Some settings of a policy, to be compared; a weight of 1 is as good as none."""
    policy = dict(summary["policy"])
    policy["weights"] = {kind: {name: weight for name, weight in sorted(names.items())
                                if weight != "1"}
                         for kind, names in sorted(policy["weights"].items())}
    return [str(policy[name]) for name in names]


def gap_of(weighted_cents: int, bound_cents: int) -> float | None:
    """
    The share of a bound that a plan may be short of, rounded up to six decimals.

    None where the bound is not above zero: then there is nothing to be a share of.

    >>> gap_of(2, 3), gap_of(3, 3), gap_of(-1, 0)
    (0.333334, 0.0, None)
    """
    if bound_cents <= 0:
        return None
    return -((weighted_cents - bound_cents) * MILLION // bound_cents) / MILLION


# ------------------------------------------------------------------ lines

def _both(a: PlanFrames, b: PlanFrames, book: Book | None) -> pl.DataFrame:
    """The columns of `Comparison.lines` for every open line of both, what matters most first."""
    far = _after_all(a, b)
    old, new = (pl.col(f"promised_on_{side}") for side in "ab")
    pieces = (pl.col("pieces_a"), pl.col("pieces_b"))
    gone = pl.col("gone_a") | pl.col("gone_b")

    def piece_days(day: pl.Expr, promised: pl.Expr) -> pl.Expr:
        return promised * (pl.lit(far) - day).dt.total_days().fill_null(0)

    change = (pl.when(gone).then(pl.lit("shipped"))
              .when((pieces[0] == 0) & (pieces[1] > 0)).then(pl.lit("gained"))
              .when((pieces[0] > 0) & (pieces[1] == 0)).then(pl.lit("lost"))
              .when(pieces[1] > pieces[0]).then(pl.lit("more_pieces"))
              .when(pieces[1] < pieces[0]).then(pl.lit("fewer_pieces"))
              .when(new < old).then(pl.lit("earlier"))
              .when(new > old).then(pl.lit("later")).otherwise(pl.lit("same")))
    lines = (_promised(a, "_a").join(_promised(b, "_b"), on=KEY)
             .filter(~(pl.col("gone_a") & pl.col("gone_b")))
             # What has shipped waits no longer, so it moves nothing.
             .with_columns(
                 change=change, days=pl.when(pieces[1] >= pieces[0]).then(
                     (new - old).dt.total_days()),
                 moved_pieces=pl.when(gone).then(0)
                 .when(old.eq_missing(new)).then((pieces[1] - pieces[0]).abs())
                 .otherwise(pl.max_horizontal(*pieces)),
                 piece_days=pl.when(gone).then(0)
                 .otherwise(piece_days(old, pieces[0]) - piece_days(new, pieces[1]))))
    facts = (_facts(book) if book is not None else pl.DataFrame(schema={
        "order_id": pl.String, "line_no": pl.Int64, "customer_id": pl.String,
        "segment": pl.String, "price_cents": pl.Int64}))
    weight = pl.col("piece_days").abs().cast(pl.Int128)
    if book is not None:
        # A line that only the other book has, or one that costs nothing, moves no dollars.
        weight = weight * pl.col("price_cents").fill_null(0).abs()
    return (lines.join(facts, on=KEY, how="left")
            .with_columns(dollars_cents=pl.col("moved_pieces") * pl.col("price_cents"))
            .sort(weight, *KEY, descending=[True, False, False])
            .select(*KEY, "change", "promised_on_a", "promised_on_b", "days", "pieces_a",
                    "pieces_b", "moved_pieces", "piece_days", "customer_id", "segment",
                    "dollars_cents"))


def _promised(plan: PlanFrames, side: str) -> pl.DataFrame:
    """Pieces and day that a plan promises for each line, and whether nothing of it is open."""
    return plan.frames["promises"].select(
        *KEY, pl.col("promised_quantity").alias(f"pieces{side}"),
        pl.col("promised_on").alias(f"promised_on{side}"),
        (pl.col("status") == "shipped").alias(f"gone{side}"))


def _after_all(a: PlanFrames, b: PlanFrames) -> date:
    """The Friday a week after every promise of both plans, and after their last planned week."""
    days = [friday_of_bucket(plan.summary["horizon_weeks"] - 1,
                             date.fromisoformat(plan.summary["as_of"])) for plan in (a, b)]
    for plan in (a, b):
        last = plan.frames["promises"]["promised_on"].max()
        if isinstance(last, date):
            days.append(last)
    return max(days) + timedelta(days=7)


def _facts(book: Book) -> pl.DataFrame:
    """Customer, segment and unit price, in the book's currency, of every line of a book."""
    orders = book.tables.frames["orders"].select(*KEY, "customer_id", "segment")
    return (orders[pl.Series(book.lines.source_row)]
            .with_columns(pl.col("line_no").cast(pl.Int64),
                          price_cents=pl.Series(book.lines.price_cents)))


def _only(here: PlanFrames, there: PlanFrames) -> pl.DataFrame:
    """Open lines that one plan has and the other has not, with what is promised."""
    return (here.frames["promises"].filter(pl.col("status") != "shipped")
            .join(there.frames["promises"].select(KEY), on=KEY, how="anti")
            .select(*KEY, pl.col("promised_quantity").alias("pieces"), "promised_on").sort(KEY))


def _standing(standing: Standing) -> dict[str, int | float | None]:
    return {name: getattr(standing, name) for name in Standing.__slots__}


def _plain(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows of a frame as dictionaries, days as texts."""
    return frame.with_columns(pl.col(pl.Date).dt.to_string("%Y-%m-%d")).to_dicts()
