"""What two plans differ in: tiny books, the arithmetic in words."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

import headgate as hg
from headgate.base.issue import IssuesError
from headgate.book import build_book
from headgate.explain.compare import CHANGES, Comparison, compare_plans, gap_of
from headgate.session import Plan, plan
from headgate.tables.plan_schema import PlanFrames
from tests.stories.book_builder import Story, book, week


def frames(made: Plan, **figures: Any) -> PlanFrames:
    """A plan's tables, with some figures of its summary replaced."""
    return PlanFrames(made.frames.frames, {**made.summary, **figures})


def bounded(made: Plan, weighted: int, bound: int | None, **policy: Any) -> PlanFrames:
    """A plan that is worth so many weighted cents of at most so many, and by another policy."""
    gap = None if bound is None else gap_of(weighted, bound)
    return frames(made, value={**made.summary["value"], "weighted_cents": weighted},
                  certificate={"bound_cents": bound, "gap": gap},
                  policy={**made.summary["policy"], **policy})


def with_forecast() -> Story:
    """Four GPUs are on hand, four come in week 3; four more are forecast for week 1. Two orders
    want four each by week 1, at $100 a piece that costs $10."""
    return book([("gpu", 4, 1), ("gpu", 4, 1)],
                [("gpu", 4, 0), ("gpu", 4, 3), ("gpu", 4, 1, {"status": "forecast"})])


def by_forecast() -> tuple[hg.Book, Plan, Plan]:
    """That book, its plan without the forecast and its plan with it."""
    made = build_book(with_forecast().tables())
    return made, plan(made, "rank"), plan(made, {"objective": "rank", "use_forecast": True})


def pair(found: pl.DataFrame, **names: str) -> tuple[Any, Any, Any]:
    """A, B and B - A of the one row with these names."""
    [row] = found.filter(*(pl.col(column) == name for column, name in names.items())).select(
        "a", "b", "difference").rows()
    return row


def named(found: Comparison) -> list[tuple[str, str]]:
    """Order and change of the lines that changed, in their order."""
    return found.lines.select("order_id", "change").rows()


# ------------------------------------------------------------------ one book, two policies

def test_one_setting_and_one_line_differ():
    """With the forecast the second order need not wait from week 1 to week 3: fourteen days
    earlier, four pieces, 4 x $100 = $400 that move, -56 piece days."""
    made, a, b = by_forecast()
    found = compare_plans(a.frames, b.frames, made)
    assert found.same_book and found.same_terms
    assert found.settings.rows() == [("use_forecast", "false", "true")]
    assert {name: count for name, count in found.counts.items() if count} == {
        "earlier": 1, "same": 1}
    [row] = found.lines.to_dicts()
    assert row == {
        "order_id": "SO-2", "line_no": 1, "change": "earlier", "promised_on_a": week(3, 4),
        "promised_on_b": week(1, 4), "days": -14, "pieces_a": 4, "pieces_b": 4, "moved_pieces": 4,
        "piece_days": -56, "customer_id": "acme", "segment": "enterprise",
        "dollars_cents": 40_000}


def test_money_is_b_less_a():
    """Two weeks late cost 4 pieces x 2 weeks x 0.002 x $100 = $1.60. It is A's alone; delivered
    are 8 x ($100 - $10) = $720 in both."""
    _, a, b = by_forecast()
    money = compare_plans(a.frames, b.frames).money
    assert pair(money, figure="late_cost") == (160, 0, -160)
    assert pair(money, figure="delivered") == (72_000, 72_000, 0)
    assert pair(money, figure="value") == (71_840, 72_000, 160)
    assert pair(money, figure="weighted_value") == (71_840, 72_000, 160)
    assert pair(money, figure="promised_dollars") == (80_000, 80_000, 0)
    assert pair(money, figure="bound") == (None, None, None)


def test_service_and_segments_and_quarters():
    """One of two lines is on time in A, both in B: 0.5 against 1; in full both are in both. All
    of it is one segment. Week 3 is still in the first calendar quarter, so no dollar changes its
    quarter."""
    _, a, b = by_forecast()
    found = compare_plans(a.frames, b.frames)
    for unit in ("line", "unit", "order", "dollar"):
        assert pair(found.service, counted_by=unit, figure="on_time") == (0.5, 1.0, 0.5)
        assert pair(found.service, counted_by=unit, figure="in_full") == (1.0, 1.0, 0.0)
    segment = found.segments.filter(segment="enterprise")
    assert pair(segment, figure="lines_on_time") == (1, 2, 1)
    assert pair(segment, figure="weighted_cents") == (71_840, 72_000, 160)
    assert found.quarters.select("a", "b", "difference").rows() == [(80_000, 80_000, 0)]


def test_a_plan_against_itself_differs_in_nothing():
    """No setting, no difference, no line that moved."""
    _, a, _ = by_forecast()
    found = compare_plans(a.frames, a.frames)
    assert found.settings.is_empty() and found.lines.is_empty()
    assert found.counts["same"] == 2 and sum(found.counts.values()) == 2
    for frame in (found.money, found.service, found.segments, found.quarters):
        assert set(frame["difference"].drop_nulls()) == {0}


def test_weights_are_told_one_by_one():
    """Twice the weight for enterprise makes the policies count differently; a weight of 1 is
    none."""
    made = build_book(with_forecast().tables())
    plain = plan(made, "rank")
    ones = plan(made, {"objective": "rank", "weights": {"segment": {"enterprise": 1}}})
    twice = plan(made, {"objective": "rank", "weights": {"segment": {"enterprise": 2}}})
    assert compare_plans(plain.frames, ones.frames).settings.is_empty()
    assert compare_plans(plain.frames, ones.frames).same_terms
    found = compare_plans(ones.frames, twice.frames)
    assert found.settings.rows() == [("weights.segment.enterprise", "1", "2")]
    assert not found.same_terms


# ------------------------------------------------------------------ the best possible

def test_one_certificate_serves_both_plans():
    """B proves that nothing exceeds 1,000 cents. A, by rank, is worth 927 of them: it is short of
    73 / 1,000 = 7.3% by B's bound, though it has none of its own."""
    _, a, _ = by_forecast()
    found = compare_plans(bounded(a, 927, None, objective="rank"),
                          bounded(a, 991, 1000, objective="value"))
    old, new = found.standing
    assert (old.bound_cents, old.gap, old.other_gap) == (None, None, 0.073)
    assert (new.bound_cents, new.gap, new.other_gap) == (1000, 0.009, None)


def test_the_lower_of_two_bounds_serves_both_plans():
    """A proves 1,000 and B proves 950: what B proves holds for A too. 900 of 950 is short of
    50 / 950 = 5.263158%, rounded up."""
    _, a, _ = by_forecast()
    old, new = compare_plans(bounded(a, 900, 1000), bounded(a, 940, 950)).standing
    assert old.other_gap == 0.052632
    assert new.other_gap is None


@pytest.mark.parametrize("policy", [
    {"late_rate": "0.003"}, {"undelivered": "zero"}, {"use_forecast": True},
    {"weights": {"segment": {"enterprise": "2"}, "customer": {}, "priority": {}}},
    {"bonus": [{"by": "2026-05-01", "share": "0.02"}]},
])
def test_a_bound_under_other_rules_says_nothing(policy):
    """Where lateness costs more, or a forecast may be used, the best possible is another."""
    _, a, _ = by_forecast()
    found = compare_plans(bounded(a, 927, None), bounded(a, 991, 1000, **policy))
    assert found.standing[0].other_gap is None


def test_a_bound_of_another_book_says_nothing():
    """Another book has another best plan."""
    _, a, _ = by_forecast()
    other = PlanFrames(a.frames.frames, {**bounded(a, 991, 1000).summary, "book_digest": "other"})
    assert compare_plans(bounded(a, 927, None), other).standing[0].other_gap is None


def test_nothing_is_a_share_of_a_bound_below_zero():
    """-3 of at most -1 is no share of anything."""
    _, a, _ = by_forecast()
    assert compare_plans(bounded(a, -3, None), bounded(a, -3, -1)).standing[0].other_gap is None


# ------------------------------------------------------------------ two books

def changed_supply() -> tuple[hg.Book, hg.Book, Comparison]:
    """
    Five orders of ten each, each of an item of its own, so that nothing competes.

    Week 1 brings A: 10 of a, 4 of c, 7 of d, 10 of e. Week 1 brings B: 10 of b, 6 of c, 5 of d, and
    week 2 ten of e. The rest comes after the four planned weeks.
    """
    def made(pieces: dict[str, tuple[int, int]]) -> hg.Book:
        items = sorted(pieces)
        return build_book(book([(item, 10, 1) for item in items],
                               [(item, *pieces[item]) for item in items], horizon=4).tables())

    a = made({"a": (10, 1), "b": (10, 9), "c": (4, 1), "d": (7, 1), "e": (10, 1)})
    b = made({"a": (10, 9), "b": (10, 1), "c": (6, 1), "d": (5, 1), "e": (10, 2)})
    return a, b, compare_plans(plan(a, "rank").frames, plan(b, "rank").frames, b)


def test_every_line_is_counted_once():
    """a is lost, b gained, c has more, d fewer, e is later."""
    _, _, found = changed_supply()
    assert not found.same_book
    assert {row["order_id"]: row["change"] for row in found.lines.to_dicts()} == {
        "SO-1": "lost", "SO-2": "gained", "SO-3": "more_pieces", "SO-4": "fewer_pieces",
        "SO-5": "later"}
    assert found.counts == {**dict.fromkeys(CHANGES, 0), "lost": 1, "gained": 1,
                            "more_pieces": 1, "fewer_pieces": 1, "later": 1}


def test_without_a_promise_is_a_week_after_everything():
    """The last planned week is 3, so a piece without a promise counts as promised in week 4: three
    weeks, 21 days, after week 1. Lost are 10 x 21 = 210 piece days, gained -210; two pieces more
    are -42, two fewer 42; ten pieces a week later are 70. Days are told where no piece is lost.
    What matters most comes first, what matters as much in the order of the orders."""
    _, _, found = changed_supply()
    assert found.lines.select("order_id", "piece_days", "moved_pieces").rows() == [
        ("SO-1", 210, 10), ("SO-2", -210, 10), ("SO-5", 70, 10), ("SO-3", -42, 2), ("SO-4", 42, 2)]
    assert found.lines["days"].to_list() == [None, None, 7, 0, None]


def test_lines_of_one_plan_alone_are_listed():
    """The newer book has an order more: it is listed with its promise, and counted nowhere."""
    supply = [("gpu", 8, 0)]
    a = build_book(book([("gpu", 4, 1)], supply).tables())
    b = build_book(book([("gpu", 4, 1), ("gpu", 3, 1)], supply).tables())
    found = compare_plans(plan(a, "rank").frames, plan(b, "rank").frames, a)
    assert sum(found.counts.values()) == 1
    assert found.only_a.is_empty()
    [row] = found.only_b.to_dicts()
    assert (row["order_id"], row["line_no"], row["pieces"]) == ("SO-2", 1, 3)


def test_what_has_shipped_is_neither_lost_nor_fewer():
    """All four pieces leave between the two books: nobody lost a promise. A line that is shipped
    in both is not looked at."""
    def made(*shipped: int) -> Plan:
        orders = [("gpu", 4, 1, {"shipped_quantity": pieces}) for pieces in shipped]
        return plan(build_book(book(orders, [("gpu", 8, 0)]).tables()), "rank")

    found = compare_plans(made(0, 4).frames, made(4, 4).frames)
    assert {name: count for name, count in found.counts.items() if count} == {"shipped": 1}
    assert found.lines["piece_days"].to_list() == [0]


def test_dollars_weigh_more_than_pieces():
    """Ten cheap pieces ($1) and two dear ones ($1,000) are each a week later in B: 70 piece days
    against 14, $70 x days against $14,000. Without a book the pieces decide, with it the
    dollars."""
    def made(arrives: int) -> hg.Book:
        return build_book(book(
            [("cheap", 10, 1, {"unit_price": 1}), ("dear", 2, 1, {"unit_price": 1000})],
            [("cheap", 10, arrives), ("dear", 2, arrives)], items=[("cheap", 0), ("dear", 0)],
        ).tables())

    old, new = made(1), made(2)
    a, b = plan(old, "rank").frames, plan(new, "rank").frames
    assert named(compare_plans(a, b)) == [("SO-1", "later"), ("SO-2", "later")]
    assert named(compare_plans(a, b, new)) == [("SO-2", "later"), ("SO-1", "later")]
    assert compare_plans(a, b).lines["dollars_cents"].null_count() == 2


def test_two_currencies_have_no_difference():
    """Dollars less euros is nothing; pieces and lines still subtract."""
    _, a, b = by_forecast()
    found = compare_plans(a.frames, frames(b, currency="EUR"))
    assert found.currency is None
    assert found.money["difference"].null_count() == found.money.height
    assert pair(found.segments, figure="weighted_cents")[2] is None
    assert pair(found.segments, figure="lines_on_time") == (1, 2, 1)


def test_quarters_of_two_fiscal_years_have_no_difference():
    """FY26 Q1 that ends in March and one that ends in April are two quarters."""
    _, a, b = by_forecast()
    found = compare_plans(a.frames, frames(b, fiscal_year_end="SUN last 01"))
    assert found.quarters["difference"].null_count() == found.quarters.height


def test_amounts_beyond_64_bits_subtract_exactly():
    """10**20 - 1 cents: weights of a thousand on a big backlog come to that."""
    _, a, _ = by_forecast()
    found = compare_plans(bounded(a, 1, None), bounded(a, 10**20, None))
    assert pair(found.money, figure="weighted_value") == (1, 10**20, 10**20 - 1)


# ------------------------------------------------------------------ python and folders

def test_folders_and_plans_compare_alike(tmp_path):
    """A folder says what the plan says that was written there."""
    made, a, b = by_forecast()
    a.write(tmp_path / "a", excel=False)
    b.write(tmp_path / "b", format="parquet", excel=False)
    of_folders = hg.compare(tmp_path / "a", str(tmp_path / "b"), made)
    assert isinstance(of_folders, hg.Comparison)
    assert of_folders.as_dict() == hg.compare(a, b).as_dict()


def test_plain_values_for_programs():
    """Days are texts, and a list of lines can be cut short."""
    made, a, b = by_forecast()
    found = compare_plans(a.frames, b.frames, made).as_dict()
    assert found["lines"][0]["promised_on_b"] == date.isoformat(week(1, 4))
    assert found["counts"]["earlier"] == 1 and found["counts"]["only_b"] == 0
    assert compare_plans(a.frames, b.frames, made).as_dict(lines=0)["lines"] == []


def test_a_book_that_is_neither_plans_is_refused():
    """Its customers and prices would be of other lines."""
    made, a, b = by_forecast()
    other = build_book(book([("gpu", 1, 1)], [("gpu", 4, 0)]).tables())
    with pytest.raises(IssuesError) as refused:
        compare_plans(a.frames, b.frames, other)
    [issue] = refused.value.issues
    assert issue.code == "plan.book_digest.other"
    assert issue.value == other.digest[:12] and f"{made.digest[:12]} (A)" in issue.expected


def test_a_summary_without_figures_is_refused():
    """Both plans' gaps are told at once, each by its plan."""
    _, a, b = by_forecast()
    bare = [PlanFrames(side.frames.frames, {name: value for name, value in side.summary.items()
                                            if name != "segments"}) for side in (a, b)]
    with pytest.raises(IssuesError) as refused:
        compare_plans(*bare)
    assert [issue.column for issue in refused.value.issues] == ["segments", "segments"]
    assert [issue.file[-1] for issue in refused.value.issues] == ["A", "B"]


def test_a_changed_folder_is_refused(tmp_path):
    """One cell was edited after the plan was written: the digest tells, and the folder is named."""
    _, a, b = by_forecast()
    a.write(tmp_path / "a", excel=False)
    b.write(tmp_path / "b", excel=False)
    promises = tmp_path / "b" / "promises.csv"
    promises.write_text(promises.read_text().replace("on_time", "late", 1))
    with pytest.raises(IssuesError) as refused:
        hg.compare(tmp_path / "a", tmp_path / "b")
    [issue] = refused.value.issues
    assert issue.code == "plan.file.changed" and issue.file == f"promises.csv of {tmp_path / 'b'}"
    assert "plan again" in issue.expected


def test_a_folder_without_a_plan_is_refused(tmp_path):
    """An empty folder holds no plan, and the message names it."""
    _, a, _ = by_forecast()
    with pytest.raises(IssuesError) as refused:
        hg.compare(a, tmp_path)
    assert str(tmp_path) in refused.value.issues[0].file
