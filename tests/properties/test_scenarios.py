"""A change of a scenario is the same edit in the book's files, whatever the book."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.base.issue import IssuesError
from headgate.scenarios.examples import examples_of
from headgate.scenarios.kinds import KINDS
from headgate.scenarios.reading import read_scenario
from headgate.scenarios.stack import MAKERS, apply_scenarios
from headgate.tables.check import check_tables, raw_of_frames
from headgate.tables.frames import Tables
from headgate.tables.raw import RawBook, RawTable
from headgate.tables.restored import public_frame, settings_of
from tests.oracles.slow_scenarios import EDITS, edited
from tests.properties.strategies import books

EDITED = sorted(EDITS)


def changed(tables: Tables, kind: str, cells: dict[str, Any]) -> Tables:
    """The tables after one change."""
    scenario, faults = read_scenario({"name": "a", "change": [{"kind": kind, **cells}]}, "a.toml")
    assert scenario is not None, faults
    return apply_scenarios(tables, [scenario]).tables


def test_every_kind_is_made_and_edited():
    """A kind that is declared and not made, or not held against an edit by hand, cannot stay;
    the policy is no table."""
    assert {kind.name for kind in KINDS} == set(MAKERS) == {*EDITS, "policy"}


@settings(max_examples=50)
@given(books())
def test_a_checked_book_stands_in_files_as_before(parts):
    """Typed tables back to texts and read again: nothing is lost, so the digest is the same."""
    tables = check_tables(raw_of_frames(*parts))
    raw = RawBook({name: RawTable(public_frame(name, frame), name)
                   for name, frame in tables.frames.items()}, settings_of(tables.settings))
    again = check_tables(raw)
    assert again.digest == tables.digest and again.settings == tables.settings
    for name, frame in tables.frames.items():
        assert again.frames[name].equals(frame)


@pytest.mark.parametrize("kind", EDITED)
@settings(max_examples=15)
@given(parts=books(), seed=st.integers(0, 10**6))
def test_a_change_is_the_same_edit_in_the_files(kind, parts, seed):
    """One change by the scenario, and by hand on the texts: the same digest, or both refused by
    the rules of a book."""
    frames, said = parts
    tables = check_tables(raw_of_frames(frames, said))
    cells = some_change(Random(seed), kind, tables)
    if cells is None:
        return
    by_hand = edited(frames, said, kind, cells)
    try:
        wanted = check_tables(raw_of_frames(by_hand, said)).digest
    except IssuesError:
        with pytest.raises(IssuesError):
            changed(tables, kind, cells)
        return
    assert changed(tables, kind, cells).digest == wanted


@settings(max_examples=25)
@given(parts=books(), seed=st.integers(0, 10**6))
def test_any_order_of_the_rows_gives_the_same_book(parts, seed):
    """Cuts and transfers pick rows; the file's order must not say which."""
    frames, said = parts
    dice = Random(seed)
    tables = check_tables(raw_of_frames(frames, said))
    shuffled = check_tables(raw_of_frames({
        name: frame if name == "routing" else frame.sample(fraction=1.0, shuffle=True, seed=seed)
        for name, frame in frames.items()}, said))
    for kind in ("supply_cut", "supply_grow", "transfer"):
        cells = some_change(dice, kind, tables)
        if cells is not None:
            assert outcome(tables, kind, cells) == outcome(shuffled, kind, cells)


def outcome(tables, kind, cells):
    """The digest of a changed book; of one that breaks a rule by it, the codes of its faults."""
    try:
        return changed(tables, kind, cells).digest
    except IssuesError as error:
        return sorted(issue.code for issue in error.issues)


@settings(max_examples=30)
@given(parts=books())
def test_examples_fit_any_book(parts):
    """Each example names what the book holds: it reads, and it is made, unless the book itself
    would break a rule by it, such as losing the last piece that a line hangs on."""
    tables = check_tables(raw_of_frames(*parts))
    for example in examples_of(tables):
        scenario, faults = read_scenario({"name": example.name, "description": example.description,
                                          "change": list(example.changes)}, "a.toml")
        assert scenario is not None, faults
        try:
            apply_scenarios(tables, [scenario])
        except IssuesError as error:
            assert all(not issue.code.startswith("scenario.") for issue in error.issues)


# ------------------------------------------------------------------ some change of a book

def some_change(dice: Random, kind: str, tables: Tables) -> dict[str, Any] | None:
    """Fields of a change of a kind that names things of the book; None where it has none."""
    frames = {name: frame.to_dicts() for name, frame in tables.frames.items()}
    as_of, weeks = tables.settings.as_of, tables.settings.horizon_weeks
    needs = {"lane_close": "lanes", "order_change": "orders", "order_cancel": "orders",
             "price": "orders", "hours": "capacity", "quota_remove": "quotas",
             "generation": "bom"}
    if kind.startswith("supply_") or kind == "transfer":
        needs[kind] = "supply" if kind != "supply_add" else "items"
    rows = frames[needs.get(kind, "items")]
    if not rows:
        return None
    row = dice.choice(rows)
    day = as_of + timedelta(days=dice.randrange(-5, 7 * weeks - 6))
    return SOME[kind](dice, row, frames, as_of, day)


def _selected(dice: Random, row: dict[str, Any], *names: str) -> dict[str, Any]:
    there = [name for name in names if row.get(name) is not None]
    return {name: row[name] for name in dice.sample(there, dice.randint(1, len(there)))}


def _slip(dice, row, frames, as_of, day):
    status = row["status"] or ("on_hand" if row["available_on"] <= as_of else "committed")
    if status == "on_hand":
        return None
    return {**_selected(dice, row, "item_id", "site_id", "reference", "supplier"),
            "status": status, "weeks": dice.choice((-6, -1, 1, 4))}


def _cut(dice, row, frames, as_of, day):
    if dice.random() < 0.5:
        return {**_selected(dice, row, "item_id", "site_id", "reference"),
                "percent": dice.choice(("12.5", 50, 100, "0.01"))}
    return {"item_id": row["item_id"], "quantity": dice.randint(1, row["quantity"])}


def _grow(dice, row, frames, as_of, day):
    amount = {"percent": dice.choice((1, "33.33", 250))} if dice.random() < 0.5 else {
        "quantity": dice.randint(1, 40)}
    return {**_selected(dice, row, "item_id", "site_id", "reference"), **amount}


def _supply_row(dice, row, frames, as_of, day):
    return {"item_id": row["item_id"], "site_id": dice.choice(frames["sites"])["site_id"],
            "available_on": day, "quantity": dice.randint(1, 99),
            **dice.choice(({}, {"status": "forecast"}, {"unit_cost": "12.50"},
                           {"reference": "new"}))}


def _transfer(dice, row, frames, as_of, day):
    sites = [site["site_id"] for site in frames["sites"] if site["site_id"] != row["site_id"]]
    status = row["status"] or "committed"
    if not sites or row["reserved_for"] or status == "forecast":
        return None
    return {"item_id": row["item_id"], "from_site_id": row["site_id"],
            "to_site_id": dice.choice(sites), "on": max(as_of, row["available_on"]),
            "quantity": dice.randint(1, row["quantity"]), "days": dice.choice((0, 3, 10))}


def _closes(dice, row, frames, as_of, day):
    return {"site_id": dice.choice(frames["sites"])["site_id"], "from_on": day,
            "weeks": dice.randint(1, 3)}


def _hours(dice, row, frames, as_of, day):
    amount = dice.choice(({"hours": "12.5"}, {"hours": "inf"}, {"add_hours": 7},
                          {"add_hours": -5}, {"percent": "-12.5"}, {"percent": 20}))
    if "percent" in amount:
        return {**_selected(dice, row, "resource_id", "site_id"), **amount,
                "from_on": min(day, row["starts_on"])}
    return {**_selected(dice, row, "resource_id", "site_id"), **amount,
            "from_on": max(day, as_of), "to_on": max(day, as_of) + timedelta(days=9)}


def _lane(dice, row, frames, as_of, day):
    region = dice.choice([lane["region"] for lane in frames["lanes"]])
    return {"site_id": dice.choice(frames["sites"])["site_id"], "region": region,
            "transit_days": dice.randint(0, 30),
            **dice.choice(({}, {"cost_per_unit": "17.05"}))}


def _lane_close(dice, row, frames, as_of, day):
    return _selected(dice, row, "site_id", "region")


def _order(dice, row, frames, as_of, day):
    region = dice.choice([lane["region"] for lane in frames["lanes"]])
    return {"order_id": "RUSH", "customer_id": "new", "segment": "enterprise", "region": region,
            "item_id": row["item_id"], "quantity": 6, "unit_price": "1234.5", "requested_on": day,
            **dice.choice(({}, {"priority": 1}, {"ship_complete": True}, {"lot_size": 3},
                           {"accepts": [frames["items"][0]["item_id"]]}))}


def _order_change(dice, row, frames, as_of, day):
    return {"order_id": row["order_id"], **dice.choice((
        {"line_no": row["line_no"]}, {})), **dice.choice((
            {"add_quantity": row["lot_size"] * 2}, {"requested_on": day}, {"unit_price": "9.99"},
            {"quantity": row["quantity"] + row["lot_size"]}, {"priority": 1, "lot_size": 1},
            {"latest_on": day}, {"ship_complete": True}))}


def _cancel(dice, row, frames, as_of, day):
    return _selected(dice, row, "order_id", "customer_id", "segment", "item_id", "region")


def _price(dice, row, frames, as_of, day):
    return {**_selected(dice, row, "order_id", "customer_id", "segment", "item_id"),
            **dice.choice(({"percent": "-7.25"}, {"percent": 3}, {"unit_price": "77.70"}))}


def _cost(dice, row, frames, as_of, day):
    return {"item_id": row["item_id"],
            **dice.choice(({"percent": "12.34"}, {"unit_cost": "5"}))}


def _quota(dice, row, frames, as_of, day):
    return {"quota_id": "Q", "from_on": as_of, "to_on": max(as_of, day),
            "item_id": row["item_id"], "max_quantity": dice.randint(0, 9)}


def _quota_remove(dice, row, frames, as_of, day):
    return {"quota_id": row["quota_id"]}


def _generation(dice, row, frames, as_of, day: date):
    old = row["component_id"]
    end = row["effective_to"]
    start = day if end is None else min(day, end)
    new = dice.choice(({"new_item_id": "next", "unit_cost": "21.50"},
                       {"new_item_id": dice.choice(frames["items"])["item_id"]}))
    if new["new_item_id"] == old:
        return None
    return {"old_item_id": old, **new, "from_on": start,
            **dice.choice(({}, {"supply": "cut"}, {"supply": "keep"}, {"supply": "move"})),
            **({"use_up": True} if new["new_item_id"] == "next" and dice.random() < 0.3 else {})}


SOME = {"supply_slip": _slip, "supply_cut": _cut, "supply_grow": _grow, "supply_add": _supply_row,
        "transfer": _transfer, "site_closes": _closes, "hours": _hours, "lane": _lane,
        "lane_close": _lane_close, "order_add": _order, "order_change": _order_change,
        "order_cancel": _cancel, "price": _price, "cost": _cost, "quota": _quota,
        "quota_remove": _quota_remove, "generation": _generation}
