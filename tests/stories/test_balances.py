"""Balance assertions: they hold, or they fail loudly and say by how much."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from headgate.finance.balances import Assertion, check_balance, closing
from headgate.finance.levels import LEVELS
from headgate.finance.rollforward import roll_forward, span_of
from tests.oracles.movement_streams import DAYS, START, random_stream
from tests.oracles.movement_streams import ITEMS as STREAM_ITEMS
from tests.stories.movement_rows import ITEMS, exchange, moves

JAN, FEB = date(2026, 1, 15), date(2026, 2, 15)
EURO = {"currency": "EUR", "customer_id": "bolt", "line_no": 2, "cancellable": True}
ROWS = moves(("booked", JAN, 10, 100), ("shipped", FEB, -4, 100), ("booked", JAN, 5, 100, EURO))
RATES = exchange(EUR={JAN: "1.10", date(2026, 2, 1): "1.20"})


@pytest.mark.parametrize(("on", "scope", "amount"), [
    (JAN, {}, 1550_00), (date(2026, 2, 1), {}, 1600_00), (FEB, {}, 1200_00),
    (FEB, {"customer_id": "bolt"}, 600_00), (FEB, {"customer_id": "acme"}, 600_00),
    (FEB, {"family": "XE", "region": "AMER"}, 1200_00),
    (FEB, {"site_id": None, "contract_id": "C-1"}, 1200_00),
    (FEB, {"order_id": "SO-1", "line_no": "1", "currency": "USD"}, 600_00),
    (FEB, {"segment": "cloud"}, 0), (date(2025, 1, 1), {}, 0),
])
def test_an_assertion_that_holds_is_silent(on: date, scope: dict[str, object], amount: int):
    """Ten at 100 dollars and five at 100 euros: 1000 + 550 at 1.10; 1000 + 600 from 1 February
    on, at 1.20; in the middle of February four have shipped: 600 + 600."""
    assert check_balance(ROWS, RATES, ITEMS, Assertion("order_backlog", on, amount, scope)) is None


def test_an_assertion_that_fails_says_what_there_is():
    """1200 are open; whoever says 1250 hears of 1200 and of a difference of -50."""
    found = check_balance(ROWS, RATES, ITEMS, Assertion("order_backlog", FEB, 1250_00, {
        "region": "AMER"}))
    assert found is not None and found.code == "balance.amount.differs"
    assert found.severity == "error"
    assert found.value == "closing order backlog on 2026-02-15 for region = AMER is 1250.00"
    assert "come to 1200.00: a difference of -50.00" in found.expected


def test_firm_backlog_and_pieces_can_be_asserted():
    """The euro line may be cancelled: 600 are firm. Eleven pieces are open, six of acme's. When
    the line becomes one that may not be cancelled, it leaves the one and enters the other."""
    for measure, amount in (("firm_backlog", 600_00), ("open_quantity", 11)):
        assert check_balance(ROWS, RATES, ITEMS, Assertion(measure, FEB, amount)) is None
    found = check_balance(ROWS, RATES, ITEMS, Assertion("open_quantity", FEB, 1_200))
    assert found is not None and "come to 11: a difference of -1,189" in found.expected
    now_firm = pl.concat([ROWS, moves(("amended", FEB, -5, 100, EURO), (
        "amended", FEB, 5, 100, {**EURO, "cancellable": False}))])
    assert check_balance(now_firm, RATES, ITEMS, Assertion("firm_backlog", FEB, 1200_00)) is None


def test_what_cannot_be_asserted_is_named():
    """No such measure, no such column: an Issue each, with what there is."""
    for wrong, word in ((Assertion("backlog", FEB, 1), "order_backlog"),
                        (Assertion("order_backlog", FEB, 1, {"customer": "x"}), "customer_id")):
        found = check_balance(ROWS, RATES, ITEMS, wrong)
        assert found is not None and word in found.expected
    with pytest.raises(ValueError, match="none of"):
        closing(ROWS, RATES, ITEMS, "backlog", FEB, {})
    with pytest.raises(ValueError, match="may name"):
        closing(ROWS, RATES, ITEMS, "order_backlog", FEB, {"who": 1})


@pytest.mark.parametrize("seed", range(6))
def test_the_closing_of_every_row_can_be_asserted(seed: int):
    """Of random movements: what the roll-forward says of each customer, site, family, ... at the
    end of each month holds as an assertion, and a cent more does not."""
    stream = random_stream(seed)
    span = span_of("12-31", "month", START, START + timedelta(days=DAYS))
    cuts = tuple((level,) for level in LEVELS)
    made = roll_forward(stream.movements, stream.exchange, STREAM_ITEMS, span, cuts)
    rows = made.rows.sample(40, seed=seed)
    for row in rows.to_dicts():
        levels = [] if row["by"] == "total" else LEVELS[row["by"]]
        scope = {column: row[column] for column in levels}
        for more, holds in ((0, True), (1, False)):
            assertion = Assertion("order_backlog", row["ends_on"], row["closing_cents"] + more,
                                  scope)
            found = check_balance(stream.movements, stream.exchange, STREAM_ITEMS, assertion)
            assert (found is None) == holds
