"""The tables of a plan, declared as data: `plan` writes them and `check` reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

PlanKind = Literal["text", "whole", "hours", "date"]

POLARS_TYPES: dict[str, type[pl.DataType]] = {
    "text": pl.String, "whole": pl.Int64, "hours": pl.Float64, "date": pl.Date}


@dataclass(frozen=True, slots=True)
class PlanColumn:
    """One column of a plan's table; `blank` says what an empty cell means, if one may be empty."""

    name: str
    kind: PlanKind
    meaning: str
    blank: str = ""


@dataclass(frozen=True, slots=True)
class PlanTable:
    """One table of a plan. Rows stand in the order of `key`, and no two rows share one."""

    name: str
    meaning: str
    key: tuple[str, ...]
    columns: tuple[PlanColumn, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the order of the file."""
        return tuple(column.name for column in self.columns)

    @property
    def types(self) -> pl.Schema:
        """The polars type of each column, by name."""
        return pl.Schema({column.name: POLARS_TYPES[column.kind] for column in self.columns})


def _text(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "text", meaning, blank)


def _whole(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "whole", meaning, blank)


def _date(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "date", meaning, blank)


_ORDER = _text("order_id", "the order")
_LINE = _whole("line_no", "the order line")
_LEAD = _whole("lead_days", "days from the need to the shipment, before rounding to weeks")
_STOOD = _text("stood_in_for", "the component called for, when a substitute was drawn",
               "the item itself was called for")

ALLOCATIONS = PlanTable(
    "allocations", "What is shipped for which line, from where and when.",
    ("order_id", "line_no", "ship_on", "site_id", "item_id"), (
        _ORDER, _LINE, _text("item_id", "the item sent"), _text("site_id", "shipped from"),
        _date("ship_on", "Monday of the week of shipping"),
        _date("arrive_on", "Monday of the week of arrival"), _whole("quantity", "pieces"),
    ))

PROMISES = PlanTable(
    "promises", "One row for each order line: what is promised, and why it is not on time.",
    ("order_id", "line_no"), (
        _ORDER, _LINE,
        _whole("open_quantity", "pieces ordered and not yet shipped"),
        _whole("promised_quantity", "pieces that the plan delivers"),
        _date("first_arrive_on", "Monday of the first arrival week", "nothing is promised"),
        _date("last_arrive_on", "Monday of the last arrival week", "nothing is promised"),
        _date("promised_on", "Friday of the last arrival week: the customer's date",
              "nothing is promised"),
        _whole("broken_quantity", "pieces of pins and frozen promises that did not fit where they "
               "are held"),
        _text("status", "on_time, late, short, unplanned, or shipped (nothing is open)"),
        _whole("late_days", "days from the requested date to the promise; 0 within its week",
               "nothing is promised"),
        _text("reason", "restriction, lane, lead_time, window, horizon, part, capacity, "
              "frozen, quota, ship_set, unprofitable, outbid",
              "on time"),
        _text("binding_kind", "part, resource or quota", "nothing binds"),
        _text("binding_id", "the leaf part, the resource or the quota that binds", "nothing binds"),
        _text("binding_site_id", "the site where it binds", "nothing binds, or a quota does"),
        _date("binding_on", "Monday of the week in which it is needed", "nothing binds"),
        _text("text", "the reason in words", "on time"),
    ))

CONSUMPTION = PlanTable(
    "consumption", "What is drawn from supply, by week.",
    ("item_id", "site_id", "drawn_on", "stood_in_for", "lead_days"), (
        _text("item_id", "the item drawn"), _text("site_id", "drawn at"),
        _date("drawn_on", "Monday of the week of drawing"), _whole("quantity", "pieces"),
        _STOOD, _LEAD,
    ))

PEGGING = PlanTable(
    "pegging", "Which supply row serves which order line (FIFO).",
    ("order_id", "line_no", "item_id", "site_id", "drawn_on", "reference", "stood_in_for",
     "lead_days"), (
        _ORDER, _LINE, _text("item_id", "the item drawn"), _text("site_id", "drawn at"),
        _date("drawn_on", "Monday of the week of drawing"),
        _text("reference", "the supply row: its reference, else item@site@date#n"),
        _whole("quantity", "pieces"), _STOOD, _LEAD,
    ))

SHORTAGES = PlanTable(
    "shortages", "Parts and resources of which more is wanted than there is, by site and week.",
    ("kind", "id", "site_id", "week"), (
        _text("kind", "part (pieces) or resource (hours)"),
        _text("id", "the item or the resource"), _text("site_id", "the site"),
        _date("week", "Monday of the week"),
        PlanColumn("there", "hours", "pieces that become usable, or hours there, in this week",
                   "hours without limit"),
        PlanColumn("used", "hours", "drawn by the plan in this week"),
        PlanColumn("wanted", "hours", "drawn in this week if every line shipped whole for its "
                   "requested week: from the site of its first allocation; without one from the "
                   "nearest that may serve it, whether the item could be had there or not"),
        PlanColumn("missing", "hours", "parts: wanted up to this week and not there by then; "
                   "resources: wanted in this week and not there"),
        _whole("price_cents", "what one more piece, there by this week, or one more hour in it, is "
               "worth at most, in cents",
               "not proven: policy rank, or nothing of it is there yet"),
    ))

PRICES = PlanTable(
    "prices", "What one more piece or hour is worth at most: the certificate of a value plan.",
    ("kind", "id", "site_id", "reserved_for", "week"), (
        _text("kind", "part (a piece), resource (an hour) or quota (a piece that it allows)"),
        _text("id", "the item or the resource; of a quota its quota_id if it caps, `reserved:` and "
              "its quota_id for those it is reserved for, and `common:` with all quota_ids, joined "
              "by +, for what reservations of the same items leave"),
        _text("site_id", "the site", "of a quota: all sites"),
        _text("reserved_for", "the customer that the pieces are reserved for", "for anybody"),
        _date("week", "Monday of the week: parts, there by this week; resources, in this week"),
        _whole("price_cents", "worth of one more, in cents; a part keeps it in the weeks before, "
               "back to the row before"),
    ))

RELIEFS = PlanTable(
    "reliefs", "The purchases and hours that would add most, each tried out on the plan.",
    ("place",), (
        _whole("place", "1 for the most valuable"),
        _text("kind", "part (pieces) or resource (hours)"),
        _text("id", "the item or the resource"), _text("site_id", "the site"),
        _date("week", "Monday of the week by which, or in which, there is more"),
        _whole("quantity", "pieces, or whole hours, more"),
        _whole("price_cents", "worth of one at most: the plan's price"),
        _whole("predicted_cents", "quantity times price: what they add to the bound at most"),
        _whole("measured_cents", "what the plan gained when it was repaired with them"),
    ))

MOVES = PlanTable(
    "moves", "In a re-plan only: the promises that it moved, and what it could not hold to.",
    ("order_id", "line_no"), (
        _ORDER, _LINE,
        _text("class", "win, gain, redistribute, fill or lose: what might happen to the promise"),
        _date("old_promised_on", "the promise before: that of record, else the order's own, else "
              "the older plan's; of a line that stays where the older plan had moved it, that "
              "plan's", "nothing was promised"),
        _date("new_promised_on", "when as many pieces are there as had a date; where none had, or "
              "fewer come, what this plan promises", "it promises nothing"),
        _whole("days", "days from the old promise to the new one, below 0 if earlier",
               "one of them is missing, or fewer pieces come"),
        _whole("old_quantity", "pieces that had a date and are still open"),
        _whole("new_quantity", "pieces that have one now"),
        _whole("moved_quantity", "pieces that arrive in another week, or only in one of the plans"),
        _whole("moved_cents", "moved pieces at their unit price"),
        _whole("cost_cents", "what the policy charges for it: moved pieces times weeks; pieces "
               "that have no date any more count as moved to the end of the planned weeks, and by "
               "one at least"),
        _text("exception", "win: not all on its date; gain: worse than confirmed",
              "the class was held to"),
        _text("reason", "part, resource, quota, pin, held, rules, order, winner, class, freed, "
              "search or kept"),
        _text("binding_id", "the part, resource or quota that ran short, or that pins took",
              "nothing did"),
        _text("binding_site_id", "the site where it did", "nothing did, or a quota"),
        _date("binding_on", "Monday of the week in which it did", "nothing did"),
        _text("text", "the reason in words"),
    ))

PLAN_TABLES: tuple[PlanTable, ...] = (ALLOCATIONS, PROMISES, CONSUMPTION, PEGGING, SHORTAGES,
                                      PRICES, RELIEFS)
"""The tables of every plan."""
REPLAN_TABLES: tuple[PlanTable, ...] = (MOVES,)
"""The tables that a re-plan has beside."""
PLAN_BY_NAME: dict[str, PlanTable] = {table.name: table for table in PLAN_TABLES}


@dataclass(frozen=True, slots=True)
class PlanFrames:
    """
    A plan as tables, away from any planner.

    frames  : the tables of PLAN_TABLES by name, columns and types as declared above; those of
              REPLAN_TABLES, too, if it is a re-plan
    summary : the content of `summary.json`
    """

    frames: Mapping[str, pl.DataFrame]
    summary: Mapping[str, Any]
