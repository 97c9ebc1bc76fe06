"""The table of `headgate actions`, declared as data."""

from __future__ import annotations

from headgate.tables.plan_schema import PlanColumn, PlanTable

ACTIONS = PlanTable(
    "actions", "What to do about a plan on Monday, each with its effect.", ("place",), (
        PlanColumn("place", "whole", "1 for the first"),
        PlanColumn("action", "text", "expedite, transfer, postpone, use_up or call"),
        PlanColumn("item_id", "text", "the item", "call"),
        PlanColumn("site_id", "text", "where it is, or has to go", "call"),
        PlanColumn("reference", "text", "the row of supply", "not of one row"),
        PlanColumn("order_id", "text", "the order to call about", "another action"),
        PlanColumn("line_no", "whole", "its line", "another action"),
        PlanColumn("customer_id", "text", "whom to call", "another action"),
        PlanColumn("quantity", "whole", "pieces"),
        PlanColumn("from_site_id", "text", "the site of a transfer", "another action"),
        PlanColumn("was_on", "date", "expedite, postpone: Monday from which it is usable as the "
                   "book stands; call: the promise so far", "use_up, transfer"),
        PlanColumn("then_on", "date", "expedite, transfer: Monday by which it must be there; "
                   "postpone: the last that breaks nothing; call: the plan's promise",
                   "never needed in the planned weeks; call: no date; use_up"),
        PlanColumn("waits_for", "text", "use_up: the part or resource for want of which it lies",
                   "another action, or nothing known"),
        PlanColumn("lines", "whole", "expedite, transfer: lines that get more or sooner; use_up: "
                   "lines that wait there; call: 1"),
        PlanColumn("gain_cents", "whole", "expedite, transfer: what the plan is worth more when "
                   "the lines that wait are planned again with it, in cents", "another action"),
        PlanColumn("held_cents", "whole", "postpone, use_up: standard cost of the pieces; call: "
                   "price of what is late or missing", "expedite, transfer"),
        PlanColumn("text", "text", "the action in words"),
    ))
