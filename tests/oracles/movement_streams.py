"""Random movements of a backlog: amendments, returns, late postings, three currencies."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from headgate.finance.exchange import EPOCH, Exchange
from headgate.finance.movements import MOVEMENTS

START = date(2025, 10, 1)
DAYS = 240
CHANGES = {"customer_id": ["acme", "bolt", "crux"], "segment": ["cloud", "enterprise"],
           "region": ["AMER", "EMEA"], "item_id": ["rack", "server"],
           "site_id": ["austin", None]}
ITEMS = pl.DataFrame({"item_id": ["rack", "server"], "family": ["XR", None]},
                     schema={"item_id": pl.String, "family": pl.String})


class Stream(NamedTuple):
    """Movements with the rates that they are valued at: (currency, day, millionths)."""

    movements: pl.DataFrame
    rates: list[tuple[str, date, int]]

    @property
    def exchange(self) -> Exchange:
        """The rates as the code under test takes them."""
        names = sorted({name for name, _, _ in self.rates})
        rows = sorted(self.rates)
        counts = [sum(name == own for own, _, _ in rows) for name in names]
        return Exchange(("USD", *names), np.cumsum([0, 0, *counts]).astype(np.int64),
                        np.array([(day - EPOCH).days for _, day, _ in rows], dtype=np.int64),
                        np.array([micro for _, _, micro in rows], dtype=np.int64))


def random_stream(seed: int, lines: int = 12) -> Stream:
    """
    What happens to some lines in eight months, recorded one by one.

    Each month is closed on the third day of the next: what is effective in it and recorded later
    is posted on the first day of the month that is open.
    """
    dice = random.Random(seed)
    rows: list[tuple[Any, ...]] = []
    state: dict[int, dict[str, Any]] = {}
    for offset in sorted(dice.randint(0, DAYS) for _ in range(lines * 7)):
        recorded = START + timedelta(days=offset)
        line = dice.randrange(lines)
        effective = recorded - timedelta(days=dice.choice([0, 0, 0, 3, 40]))
        if line not in state:
            state[line] = {"quantity": 0, "sent": 0, "price": 0, "currency": dice.choice(
                ["USD", None, "EUR", "JPY"]), **{name: dice.choice(values)
                                                for name, values in CHANGES.items()}}
        for kind, attributes, quantity, cents in happens(dice, state[line]):
            posted, prior = posting(effective, recorded)
            rows.append((len(rows) + 1, f"SO-{line // 2}", line % 2 + 1, *attributes, kind,
                         effective, posted, prior, quantity, cents))
    rates = [(name, START + timedelta(days=dice.randint(-5, DAYS)), dice.randint(1, 3_000_000))
             for name in ("EUR", "JPY") for _ in range(dice.randint(1, 12))]
    rates = list({(name, day): (name, day, micro) for name, day, micro in rates}.values())
    rates += [(name, date(2025, 1, 1), 500_000) for name in ("EUR", "JPY")]
    return Stream(pl.DataFrame(rows, schema=MOVEMENTS, orient="row"), rates)


def posting(effective: date, recorded: date) -> tuple[date, str | None]:
    """The day of posting, and the closed month that it was effective in."""
    month = recorded.replace(day=1)
    if recorded.day < 3:
        month = (month - timedelta(days=1)).replace(day=1)
    return (effective, None) if effective >= month else (month, f"{effective:%Y-%m}")


def happens(dice: random.Random, line: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What happens to a line: kind, attributes, pieces and cents of each movement."""
    left = line["quantity"]
    if left == 0 and line["sent"] == 0:
        line["quantity"], line["price"] = dice.randint(1, 9), dice.choice([0, 1, 7, 33_333, 150])
        return [move("booked", line, line["quantity"])]
    what = dice.choice(["amended", "cancelled", "shipped", "shipped", "returned", "price", "moved"])
    if what == "amended":
        line["quantity"] += (more := dice.randint(-left, 5))
        return [move("amended", line, more)]
    if what in ("cancelled", "shipped") and left:
        line["quantity"] -= (fewer := dice.randint(1, left))
        line["sent"] += fewer if what == "shipped" else 0
        return [move(what, line, -fewer)]
    if what == "returned" and line["sent"]:
        line["quantity"] += (back := dice.randint(1, line["sent"]))
        line["sent"] -= back
        return [move("returned", line, back)]
    if what == "price":
        old, line["price"] = line["price"], dice.randint(0, 50_000)
        return [("amended", attributes_of(line), 0, left * (line["price"] - old))]
    old_rows = [move("amended", line, -left)]
    name = dice.choice(list(CHANGES))
    line[name] = dice.choice(CHANGES[name])
    return [*old_rows, move("amended", line, left)]


def attributes_of(line: dict[str, Any]) -> tuple[Any, ...]:
    """The cells of a movement from customer_id to currency."""
    return (*(line[name] for name in CHANGES), None, False, line["currency"])


def move(kind: str, line: dict[str, Any], pieces: int) -> tuple[Any, ...]:
    """So many open pieces more, at the line's price."""
    return kind, attributes_of(line), pieces, pieces * line["price"]
