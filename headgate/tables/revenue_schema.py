"""The tables of `headgate revenue`, declared as data."""

from __future__ import annotations

from headgate.tables.backlog_schema import BILL_AND_HOLD
from headgate.tables.plan_schema import PlanColumn, PlanTable


def _text(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "text", meaning, blank)


def _whole(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "whole", meaning, blank)


def _date(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "date", meaning, blank)


_QUARTER = _text("quarter", "fiscal quarter, such as FY27 Q1")
_REVENUE = _whole("revenue_cents", "revenue in cents")
_COST = _whole("cost_cents", "cost in cents")
_MARGIN = _whole("margin_cents", "revenue less cost, in cents")
_STANDARD = _whole(
    "standard_cents", "standard cost of the item sold, of a quarter that is over that of its end; "
    "of a service over its term, in cents", "nobody knows it")
_STANDARD_MARGIN = _whole("standard_margin_cents", "revenue less standard cost, in cents",
                          "nobody knows the cost")
_BEFORE = "recognised before the ledger began: nobody says when"

ENTRIES = PlanTable(
    "revenue", "What the plan recognises: a row for each shipment of an order line, and for each "
    "service line and quarter.",
    ("order_id", "line_no", "kind", "recognised_on", "ship_on", "site_id"), (
        _text("order_id", "the order"), _whole("line_no", "the order line or service line"),
        _text("kind", "hardware (at a point in time) or service (over its term)"),
        _text("contract_id", "the contract"), _text("customer_id", "the customer"),
        _text("segment", "the segment"), _text("region", "the region"),
        _text("item_id", "the item or service sold"),
        _text("family", "its family", "it has none"),
        _QUARTER,
        _date("recognised_on", "hardware: the day of recognition; service: the last day of its "
              "term in the quarter"),
        _text("site_id", "shipped from", "service"),
        _date("ship_on", "Monday of the ship week", "service"),
        _date("arrive_on", "Monday of the arrival week", "service"),
        _whole("quantity", "pieces recognised; of a service those that start in the quarter"),
        _whole("price_cents", "the part of the contract's price, in cents, before penalties"),
        _whole("penalty_cents", "late penalties that reduce it, in cents"), _REVENUE,
        _whole("standard_cents", "standard cost of the items sent, or of the service, in cents"),
        _whole("variance_cents", "purchase price variance: the pegged supply rows less the "
               "standard cost of what they hold, in cents"),
        _whole("substitution_cents", "standard cost of what was drawn less that of what was "
               "called for, in cents"),
        _whole("lane_cents", "freight, in cents"),
        _whole("excess_cents", "late penalties beyond the price, in cents"),
        _COST, _MARGIN,
        _whole("parts_cents", "of the cost: the pegged supply rows, in cents; the rest is value "
               "added, freight and penalties", "service"),
    ))

MARGINS = PlanTable(
    "margins", "Revenue, cost and margin by quarter, and by one thing at a time.",
    ("by", "name", "quarter"), (
        _text("by", "customer, segment, product, family, region or all"),
        _text("name", "the customer, segment, ...", "by all, or what has no name"),
        _QUARTER, _whole("quantity", "hardware pieces"), _REVENUE, _COST, _MARGIN,
    ))

RECONCILIATION = PlanTable(
    "reconciliation", "From the value of the plan to the margin: each column sums to its last row.",
    ("step",), (
        _text("step", "what is counted; the last row is the sum"),
        _whole("plan_cents", "as the plan's value counts it, in cents"),
        _whole("margin_cents", "as the margin counts it, in cents"),
        _whole("difference_cents", "the second less the first, in cents"),
        _text("text", "the step in words"),
    ))

PRICE_WALK = PlanTable(
    "price_walk", "From the transaction price of all contracts to the revenue of the plan.",
    ("step",), (
        _text("step", "what is taken off or added; the last row is the sum of those before"),
        _whole("cents", "in cents"), _text("text", "the step in words"),
    ))

QUARTER_END = PlanTable(
    "quarter_end", "Order lines with revenue in the last two weeks of a quarter, the largest "
    "first in each.", ("quarter", "place"), (
        _QUARTER, _date("ends_on", "last day of the quarter"),
        _whole("place", "1 for the most revenue"), _text("order_id", "the order"),
        _whole("line_no", "the order line"), _text("customer_id", "the customer"),
        _text("item_id", "the item sold"), _whole("quantity", "pieces"),
        _date("recognised_on", "the last day on which some of it is recognised"),
        _whole("days_left", "days from then to the end of the quarter"), _REVENUE,
        _whole("upto_cents", "revenue of this line and all before it, in cents"),
        _text("reference", "the supply row whose pieces have the least time to spare",
              "nothing is pegged to it"),
        _date("available_on", "its date", "nothing is pegged to it"),
        _whole("slack_weeks", "weeks from the first in which these pieces can be drawn to the one "
               "in which they are", "nothing is pegged to it"),
    ))

SYSTEMS = PlanTable(
    "systems", "What a rack, a GPU server and a CPU server bring, and what is in them.",
    ("class",), (
        _text("class", "rack, gpu_server, cpu_server (a server without GPUs) or other"),
        _whole("quantity", "pieces sold"),
        _whole("revenue_cents", "hardware revenue in cents"),
        _COST, _MARGIN,
        _whole("unit_revenue_cents", "hardware revenue of one piece, in cents, rounded down"),
        _whole("unit_margin_cents", "hardware margin of one piece, in cents, rounded down"),
        PlanColumn("gpu_share", "hours", "GPUs in the standard cost, 0 to 1",
                   "no cost"),
        PlanColumn("memory_share", "hours", "memory in it", "no cost"),
        PlanColumn("storage_share", "hours", "storage in it", "no cost"),
        PlanColumn("network_share", "hours", "network in it", "no cost"),
        PlanColumn("service_attach", "hours", "share of the pieces with a service that starts "
                   "with their line", "no pieces"),
        _whole("service_cents", "price of these services for these pieces, over all their term, "
               "in cents"),
    ))

BRIDGE = PlanTable(
    "bridge", "What the revenue, cost and margin of two plans differ in, effect by effect.",
    ("quarter", "effect", "item_id"), (
        _QUARTER, _text("effect", "volume, mix, price, part_cost, timing or services"),
        _text("item_id", "the item sold", "services"), _REVENUE, _COST, _MARGIN,
    ))

DEFERRED = PlanTable(
    "deferred", "Deferred revenue by contract and quarter, if nothing more is billed.",
    ("contract_id", "currency", "quarter"), (
        _text("contract_id", "the contract"), _text("currency", "of the amounts"), _QUARTER,
        _whole("opening_cents", "billed or paid and not recognised, in cents"),
        _whole("released_cents", "recognised against it in the quarter, in cents"),
        _whole("closing_cents", "what is left, in cents"),
        _whole("unearned_cents", "of it: no planned revenue of the contract will ever use it, in "
               "cents"),
    ))

RECOGNISED = PlanTable(
    "recognised", "What was recognised by the day of the book, of a ledger: a row for each order "
    "line and day, and for each service line and quarter.",
    ("order_id", "line_no", "kind", "recognised_on", "rule"), (
        _text("order_id", "the order"), _whole("line_no", "the order line or service line"),
        _text("kind", "hardware (at a point in time) or service (over its term)"),
        _text("contract_id", "the contract"), _text("customer_id", "the customer"),
        _text("segment", "the segment"), _text("region", "the region"),
        _text("item_id", "the item or service sold"), _text("family", "its family", "it has none"),
        _text("rule", "ship, deliver or accept, as the line says; bill_and_hold of what is held "
              "by all four criteria, or was, also when it has shipped; of a service term; catch_up "
              "of what is said more or less of earlier quarters since"),
        _text("quarter", "fiscal quarter, such as FY27 Q1", _BEFORE),
        _date("recognised_on", "hardware: the day of its step, of its return, or since when it is "
              "held; service: the last day in the quarter that has passed; catch_up: that of the "
              "last change in the quarter", _BEFORE),
        _whole("quantity", "pieces recognised, below 0 where they came back; of a service those "
               "that start in the quarter"),
        _whole("price_cents", "the part of the contract's price, in cents, before penalties"),
        _whole("penalty_cents", "late penalties that the delivery incurred, in cents"), _REVENUE,
        _STANDARD, _STANDARD_MARGIN,
    ))

BY_QUARTER = PlanTable(
    "by_quarter", "Revenue by fiscal quarter, recognised and planned: the quarter under way has "
    "both; and by one thing at a time.", ("by", "name", "quarter", "status"), (
        _text("by", "customer, segment, product, family, region or all"),
        _text("name", "the customer, segment, ...", "by all, or what has no name"),
        _text("quarter", "fiscal quarter, such as FY27 Q1", _BEFORE),
        _text("status", "recognised (it was) or planned (the plan says so)"),
        _whole("quantity", "hardware pieces"),
        _whole("hardware_cents", "of the revenue: order lines, in cents"),
        _whole("services_cents", "of the revenue: services, in cents"),
        _whole("penalty_cents", "late penalties taken off, in cents"), _REVENUE,
        _STANDARD, _STANDARD_MARGIN,
        _whole("deferred_cents", "deferred revenue at its end, or on the day of the book, in cents",
               "by anything but all, of what is planned, and without billings"),
    ))

RECOGNISED_WALK = PlanTable(
    "recognised_walk", "From the price of everything sold to RPO: what was recognised stands "
    "between them. At the rates of the day of the book.", ("step",), (
        _text("step", "what is taken off; the last row, RPO, is the sum of those before"),
        _whole("cents", "in cents"), _text("text", "the step in words"),
    ))

RECOGNISED_TIES = PlanTable(
    "recognised_ties", "Numbers that must be the same, held against each other.", ("check",), (
        _text("check", "what is compared"), _whole("one_cents", "the one, in cents"),
        _whole("other_cents", "the other, in cents"), _text("holds", "yes or no"),
    ))

REVENUE_TABLES: tuple[PlanTable, ...] = (ENTRIES, MARGINS, RECONCILIATION, PRICE_WALK, QUARTER_END,
                                         SYSTEMS, BRIDGE, DEFERRED, RECOGNISED, BY_QUARTER,
                                         RECOGNISED_WALK, RECOGNISED_TIES, BILL_AND_HOLD)
"""
What `headgate revenue --out` writes: `bridge`, `deferred` and `bill_and_hold` where they were asked
for; `recognised`, `by_quarter`, `recognised_walk` and `recognised_ties` of a store.
"""
