"""A small book for stories of scenarios, and changes made on it."""

from __future__ import annotations

from typing import Any

from headgate.scenarios.reading import read_scenario
from headgate.scenarios.scenario import Scenario
from headgate.scenarios.stack import Changed, apply_scenarios
from headgate.tables.frames import Tables
from tests.stories.book_builder import Row, Story, book, week

CAPACITY: list[Row] = [("test", 40), ("test", 10, {"site_id": "lodz"})]
SUPPLY: list[Row] = [
    ("gpu", 10, 0, {"reference": "LOT-1", "supplier": "n"}),
    ("gpu", 6, 2, {"reference": "PO-1", "supplier": "n", "unit_cost": "9.50"}),
    ("gpu", 4, 4, {"reference": "PO-2", "supplier": "n"}),
    ("gpu", 4, 4, {"site_id": "lodz", "reference": "PO-3", "supplier": "m"}),
    ("disk", 9, 0),
]


def small_book(**changes: Any) -> Story:
    """Servers of two GPUs and a disk, tested for 5 hours; austin ships to AMER, lodz to EMEA."""
    parts: dict[str, Any] = {
        "orders": [("server", 4, 3, {"order_id": "SO-1", "customer_id": "acme"}),
                   ("server", 3, 3, {"order_id": "SO-2", "customer_id": "bolt",
                                     "segment": "neocloud", "shipped_quantity": 1}),
                   ("server", 1, 3, {"order_id": "SO-2", "line_no": 2, "customer_id": "bolt",
                                     "segment": "neocloud"})],
        "supply": SUPPLY, "bom": [("server", "gpu", 2), ("server", "disk", 1)],
        "routing": [("server", "test", 5)], "capacity": CAPACITY,
        "lanes": [("austin", "AMER", 3, 20), ("lodz", "EMEA"), ("lodz", "AMER", 10, 90)],
        "items": [("server", 50, "server"), ("gpu", 10), ("gpu-next", 14)],
    }
    return book(**(parts | changes))


def scenario(*changes: dict[str, Any], name: str = "what if") -> Scenario:
    """A scenario of changes, each a table as a file would hold it."""
    made, faults = read_scenario({"name": name, "change": list(changes)}, "what-if.toml")
    assert made is not None, [issue.text() for issue in faults]
    return made


def after(kind: str, tables: Tables | None = None, **fields: Any) -> Changed:
    """The small book, or another one, after one change."""
    return apply_scenarios(tables or small_book().tables(), [scenario({"kind": kind, **fields})])


def rows(tables: Tables, table: str, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of a table, in the order of its rows."""
    return tables.frames[table].select(columns).rows()


__all__ = ["after", "rows", "scenario", "small_book", "week"]
