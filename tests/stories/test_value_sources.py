"""Which pieces the `value` policy takes for a need: small books, with the arithmetic in words."""

from __future__ import annotations

import numpy as np

import headgate as hg
from headgate.demo import demo_book
from headgate.planner.kernels.rank import COMPLETE, LINE, LOT, PIECES
from headgate.session import Plan
from tests.stories.book_builder import book
from tests.stories.plans import planned


def used(plan: Plan) -> dict[tuple[str, str], int]:
    """Pieces of each item drawn for each order."""
    found: dict[tuple[str, str], int] = {}
    for item, order, pieces in plan.pegging.select("item_id", "order_id", "quantity").iter_rows():
        found[item, order] = found.get((item, order), 0) + pieces
    return found


def test_reserved_pieces_come_before_a_substitute():
    """GPUs are kept for bolt alone; everybody else takes the substitute at 5 dollars more. Bolt's
    four servers take the four reserved GPUs, acme's three the substitute: 20 dollars are saved."""
    plan = planned(book(
        [("server", 4, 1, {"customer_id": "bolt"}), ("server", 3, 1)],
        [("gpu", 4, 0, {"reserved_for": "bolt"}), ("old", 9, 0)], [("server", "gpu", 1)],
        [("gpu", "old", 1, {"extra_cost": 5})], objective="value"))
    assert used(plan) == {("gpu", "SO-1"): 4, ("old", "SO-2"): 3}
    assert plan.summary["certificate"]["gap"] < 0.001


def test_own_pieces_come_before_a_substitute_of_the_same_price():
    """Both kinds are plentiful, the substitute costs nothing more: the part itself is taken."""
    plan = planned(book([("server", 4, 1)], [("gpu", 9, 0), ("old", 9, 0)],
                        [("server", "gpu", 1)], [("gpu", "old", 1)], objective="value"))
    assert used(plan) == {("gpu", "SO-1"): 4}


def test_dear_substitutes_do_not_spoil_the_pieces_that_pay():
    """A server brings 90 dollars. Four GPUs are there, further ones only as a substitute at 300
    more. Ten at once would lose 900; the four that have a GPU bring 360, and no more are made."""
    plan = planned(book([("server", 10, 1)], [("gpu", 4, 0), ("old", 9, 0)],
                        [("server", "gpu", 1)], [("gpu", "old", 1, {"extra_cost": 300})],
                        objective="value", undelivered="zero"))
    assert used(plan) == {("gpu", "SO-1"): 4}
    assert plan.summary["value"]["weighted_cents"] == 36_000


def test_what_is_dealt_out_is_in_lots_and_whole():
    """Every line of a demo book is dealt at most its open pieces, in multiples of its lot, and a
    complete one in one piece; of all that is asked for at these prices, most is what lines want."""
    from concurrent.futures import ThreadPoolExecutor

    from headgate.planner import dealing
    from headgate.planner.policy import read_policy
    from headgate.planner.value import Search

    made = demo_book(300, 3)
    read = hg.read_book(made.frames, made.settings)
    with ThreadPoolExecutor(1) as threads:
        search = Search(read, read_policy({}), threads)
        for _ in search._warm():
            pass
        search._take_prices()
        search.dual.quote(search.prices, search.tau)
        draft = search.draft
        order = draft.order()
        rows = dealing._dealt(draft, search.dual.tables.cost, search.tau, draft.room.most[0], order,
                              np.full(len(order), 0.5))
    lines = draft.lines.rows
    assert len(rows) > 100
    assert (rows[:, PIECES] % np.where(lines[rows[:, LINE], COMPLETE] == 1, 1,
                                       lines[rows[:, LINE], LOT]) == 0).all()
    dealt = np.bincount(rows[:, LINE], rows[:, PIECES], minlength=len(lines))
    assert (dealt <= read.lines.open).all()
    whole = lines[rows[:, LINE], COMPLETE] == 1
    assert (rows[whole, PIECES] == read.lines.open[rows[whole, LINE]]).all()
    assert len(np.unique(rows[whole, LINE])) == whole.sum()
