"""Random small books with everything that revenue looks at, made from a seed."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

import polars as pl

from headgate.tables.schema import BY_NAME
from tests.oracles.random_books import random_book

Cells = dict[str, Any]
SHAPES = ("mixed", "stocked_levels", "many_substitutes", "one_site", "past_due", "deep",
          "negative_margins", "equal_lines")


def money_book(seed: int, shape: str) -> tuple[dict[str, pl.DataFrame], Cells]:
    """
    A random book with contracts, services, standalone prices, rates that change and costs of
    supply rows of their own.
    """
    frames, settings = random_book(seed, shape)
    dice = Random(f"{seed}/{shape}/money")
    as_of = settings["as_of"]
    orders = frames["orders"].to_dicts()
    for row in orders:
        row["contract_id"] = dice.choice([None, None, "C-1", "C-2"])
        row["recognise_on"] = dice.choice([None, "ship", "deliver", "accept"])
        row["acceptance_days"] = dice.choice([None, "0", "14", "30"])
        row["currency"] = dice.choice([None, "USD", "EUR", "EUR"])
        row["late_penalty_per_unit_week"] = dice.choice([None, "0.37", "8.00", "900.00"])
    items = frames["items"].to_dicts()
    for row in items:
        row["standalone_price"] = f"{dice.randint(100, 40_000) / 100:.2f}"
    items += [{"item_id": f"care-{n}", "kind": "service", "unit_cost": f"{n}.17",
               "standalone_price": f"{n * 11}.03", "currency": dice.choice([None, "EUR"])}
              for n in (1, 2)]
    supply = frames["supply"].to_dicts() if "supply" in frames else []
    for row in supply:
        row["unit_cost"] = dice.choice([None, f"{dice.randint(100, 20_000) / 100:.2f}"])
    services = []
    for row in orders:
        for number in range(dice.choice([0, 0, 1, 2])):
            start = dice.choice([row["line_no"], row["line_no"], (
                as_of + timedelta(days=dice.randint(-200, 60))).isoformat()])
            services.append({
                "order_id": row["order_id"], "line_no": 100 + len(services),
                "item_id": f"care-{number + 1}", "starts": start,
                "amount": f"{dice.randint(0, 500_000) / 100:.2f}",
                "term_months": dice.choice(["1", "7", "12", "36"])})
    rates = frames["rates"].to_dicts() + [
        {"currency": "EUR", "on": (as_of + timedelta(days=days)).isoformat(), "rate": rate}
        for days, rate in ((23, "1.0917"), (200, "1.21"))]
    made = {"orders": orders, "items": items, "supply": supply, "service_lines": services,
            "rates": rates}
    for name, rows in made.items():
        columns = BY_NAME[name].names
        frames[name] = pl.DataFrame([[_text(row.get(column)) for column in columns]
                                     for row in dice.sample(rows, len(rows))],
                                    schema=dict.fromkeys(columns, pl.String), orient="row")
    return frames, settings


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
