"""The fingerprint of a book: it follows the content, and nothing but the content."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from headgate.tables.check import check_tables, raw_of_frames
from tests.stories.tables_book import FILES, Content, load, orders_with, spoilt


def shuffled(name: str) -> str:
    """A file with its rows backwards."""
    header, *rows = FILES[name].splitlines()
    return "\n".join([header, *reversed(rows)]) + "\n"


@pytest.mark.parametrize("changes", [
    {name: shuffled(name) for name in FILES if name.endswith(".csv")},
    orders_with("priority", "3", "", "3"),
    orders_with("late_penalty_per_unit_week", "0", "0.00"),
    orders_with("ship_complete", "No", "false", "no"),
    orders_with("salesperson", "Ann"),
    {"orders.csv": "\n".join(",".join(reversed(line.split(",")))
                             for line in FILES["orders.csv"].splitlines()) + "\n"},
    {"headgate.toml": 'name = "Other"\n' + FILES["headgate.toml"]
     + 'currency = "USD"\n[policy]\nlate_rate = "0.01"\n'},
    {"quotas.csv": "quota_id,from_on,to_on\n"},
], ids=["row order", "a default written out", "zero penalties", "ways to say no",
        "an unknown column", "column order", "name and policy", "an empty table"])
def test_what_is_no_content_changes_nothing(changes: dict[str, Content], tmp_path: Path):
    """The same book, said otherwise, has the same digest."""
    assert load(tmp_path, changes).digest == load(tmp_path / "book").digest


@pytest.mark.parametrize("changes", [
    spoilt("orders.csv", ",8,150.00", ",9,150.00"),
    spoilt("orders.csv", "150.00", "150.01"),
    spoilt("orders.csv", "2026-02-06", "2026-02-07"),
    spoilt("orders.csv", "SO-2", "SO-3"),
    spoilt("items.csv", "gpu,component,30,", "gpu,component,30,F9"),
    orders_with("priority", "2"), orders_with("ship_complete", "yes"),
    orders_with("accepts", "rack"), orders_with("latest_on", "2026-03-01"),
    spoilt("bom.csv", "server,gpu,8", "server,gpu,7"),
    spoilt("capacity.csv", "2026-02-09,inf", "2026-02-09,1000000000"),
    spoilt("capacity.csv", "test,austin,2026-02-09,100", "test,austin,2026-02-09,100.000001"),
    {"supply.csv": FILES["supply.csv"] + "gpu,austin,2026-01-30,800\n"},
    spoilt("headgate.toml", "weeks = 2", "weeks = 1"),
    spoilt("headgate.toml", "2026-02-02", "2026-02-03"),
    {"headgate.toml": FILES["headgate.toml"] + 'fiscal_year_end = "06-30"\n'},
    {"headgate.toml": FILES["headgate.toml"] + 'currency = "EUR"\n'},
], ids=str)
def test_any_change_of_content_changes_it(changes: dict[str, Content], tmp_path: Path):
    """One piece, one cent, one day, one doubled row, one setting: another book."""
    assert load(tmp_path, changes).digest != load(tmp_path / "book").digest


def test_ids_do_not_run_into_each_other(tmp_path: Path):
    """Segments "ab" + "c" and "a" + "bc" hold the same letters in the same order."""
    def digest(first: str, second: str) -> str:
        text = FILES["orders.csv"].replace("acme,cloud", f"acme,{first}", 1)
        return load(tmp_path, {"orders.csv": text.replace("acme,cloud", f"acme,{second}", 1)}
                    ).digest

    assert digest("ab", "c") != digest("a", "bc")


def test_blank_is_not_the_empty_list_of_another_row(tmp_path: Path):
    """Which line accepts the rack is content, though the cells are the same."""
    assert (load(tmp_path, orders_with("accepts", "rack", "")).digest
            != load(tmp_path / "x", orders_with("accepts", "", "", "rack")).digest)


def test_the_order_of_routing_steps_is_content(tmp_path: Path):
    """Assembly then test is another way to build than test then assembly; rows of other items may
    stand between."""
    capacity = FILES["capacity.csv"] + "".join(
        line.replace("test", "assembly") + "\n" for line in FILES["capacity.csv"].splitlines()[1:])

    def digest(*steps: str) -> str:
        rows = "".join(f"{step},1,0\n" for step in steps)
        return load(tmp_path, {
            "capacity.csv": capacity,
            "routing.csv": "item_id,resource_id,hours_per_unit,lead_days\n" + rows}).digest

    apart = digest("server,assembly", "rack,test", "server,test")
    assert apart == digest("rack,test", "server,assembly", "server,test")
    assert apart != digest("rack,test", "server,test", "server,assembly")


def test_the_digest_is_the_same_tomorrow():
    """A plan names its book by the digest, so a new release must not change it unnoticed: a
    change here is a change of format and needs another first line in `digest_of`."""
    frames = {name.removesuffix(".csv"): pl.read_csv(text.encode(), infer_schema=False)
              for name, text in FILES.items() if name.endswith(".csv")}
    digest = check_tables(raw_of_frames(frames, {"as_of": "2026-02-02", "horizon_weeks": 2})
                          ).digest
    assert digest == "7124e3044e3402d7901f3e18b356a6693d8dc1621a76d6961260d88fe3b4d043"
