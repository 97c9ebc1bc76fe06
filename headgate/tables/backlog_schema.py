"""The tables of `headgate backlog`, declared as data."""

from __future__ import annotations

from headgate.tables.plan_schema import PlanColumn, PlanTable


def _text(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "text", meaning, blank)


def _whole(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "whole", meaning, blank)


def _date(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "date", meaning, blank)


def _share(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "hours", meaning, blank)


_NOT_APART = "it has none, or `by` does not tell it apart"
LEVEL_COLUMNS = (
    _text("order_id", "the order", _NOT_APART), _whole("line_no", "the order line", _NOT_APART),
    _text("customer_id", "the customer", _NOT_APART), _text("segment", "the segment", _NOT_APART),
    _text("region", "the region", _NOT_APART), _text("item_id", "the item sold", _NOT_APART),
    _text("family", "its family", _NOT_APART),
    _text("site_id", "the only site that the line may ship from", _NOT_APART))
"""What backlog may be told by; each table has them all."""
_BY = _text("by", "what the row tells apart, such as `segment` or `segment,region`; `total`")
_LEVELS = tuple(column.name for column in LEVEL_COLUMNS)
_PERIOD = (
    _text("period", "week, month, fiscal quarter or fiscal year, such as FY27 Q1"),
    _date("starts_on", "its first day"),
    _date("ends_on", "its last day; of the last period the day up to which is told"))

ROLL_FORWARD = PlanTable(
    "roll_forward", "The order backlog period by period: opening + booked + amended + fx - "
    "cancelled - shipped + returned + prior_period = closing.", ("by", *_LEVELS, "starts_on"), (
        _BY, *LEVEL_COLUMNS, *_PERIOD,
        _whole("opening_cents", "order backlog before the period, in cents"),
        _whole("booked_cents", "new order lines, in cents"),
        _whole("amended_cents", "more or fewer pieces, other prices; to and from other rows, where "
               "a line changed its region, item, ...; in cents"),
        _whole("fx_cents", "other exchange rates on what was open, in cents"),
        _whole("cancelled_cents", "cancelled, in cents"),
        _whole("shipped_cents", "shipped, in cents"),
        _whole("returned_cents", "came back to be shipped again, in cents"),
        _whole("prior_period_cents", "what was effective in an earlier period that was closed, and "
               "is posted in this one, in cents"),
        _whole("closing_cents", "order backlog at its end, in cents"),
        _whole("opening_quantity", "pieces open before the period"),
        _whole("closing_quantity", "pieces open at its end"),
    ))

ADJUSTMENTS = PlanTable(
    "adjustments", "What `prior_period_cents` of the roll-forward's total is made of.",
    ("starts_on", "prior_period", "kind"), (
        *_PERIOD, _text("prior_period", "the closed period that it was effective in"),
        _text("kind", "booked, amended, cancelled, shipped or returned"),
        _whole("movements", "how many movements"),
        _whole("quantity", "change of the open pieces"),
        _whole("amount_cents", "change of the order backlog, in cents"),
    ))

KNOWN_LATER = PlanTable(
    "known_later", "What is effective by the last day that is told and was posted after it, as its "
    "period was closed: the closing of the roll-forward is what was reported, with these rows it "
    "is what is known now.", ("by", *_LEVELS, "prior_period", "kind"), (
        _BY, *LEVEL_COLUMNS,
        _text("prior_period", "the closed period that it is effective in", "of `fx`"),
        _text("kind", "booked, amended, cancelled, shipped or returned; fx: the rate of the day "
              "was another one when its period was closed"),
        _whole("movements", "how many movements"),
        _whole("quantity", "change of the open pieces"),
        _whole("amount_cents", "change of the order backlog, at the rate of the day, in cents"),
    ))

MEASURES = PlanTable(
    "measures", "Book-to-bill, turns and days of the order backlog, period by period.",
    ("by", *_LEVELS, "starts_on"), (
        _BY, *LEVEL_COLUMNS, *_PERIOD,
        _whole("net_booked_cents", "booked and amended less cancelled, prior-period adjustments "
               "included, in cents"),
        _whole("net_shipped_cents", "shipped less returned, prior-period adjustments included, in "
               "cents"),
        _whole("average_cents", "half of opening and closing together, in cents, rounded down"),
        _share("book_to_bill", "net_booked by net_shipped", "nothing was shipped"),
        _share("turns", "net_shipped by average, for a year of 365 days",
               "no backlog, or the period is under way"),
        _share("days", "days in which so much is shipped as the average backlog is",
               "nothing was shipped, or the period is under way"),
    ))

AGEING = PlanTable(
    "ageing", "Open order lines by the days since they were booked, past the requested date, and "
    "past the promise in the book; each basis sums to the order backlog.",
    ("basis", "by", *_LEVELS, "place"), (
        _text("basis", "booked, requested or promised"), _BY, *LEVEL_COLUMNS,
        _whole("place", "1 for the youngest"), _text("age", "such as `31 to 60`, in days"),
        _whole("from_days", "first day of the age", "not past the date yet, or no date"),
        _whole("to_days", "last day of the age", "the oldest, or no date"),
        _whole("lines", "order lines"), _whole("quantity", "open pieces"),
        _whole("amount_cents", "what is open, in cents"),
    ))

CONVERSION = PlanTable(
    "conversion", "The order backlog by the fiscal quarter of its promise and of its shipment; "
    "both sum to the order backlog.", ("by", *_LEVELS, "status", "quarter"), (
        _BY, *LEVEL_COLUMNS,
        _text("status", "promised, unpromised (without a date), or overdue (without a plan: the "
              "promise in the book has passed)"),
        _text("quarter", "fiscal quarter, such as FY27 Q1", "it has no date, or one that passed"),
        _date("ends_on", "its last day", "as for quarter"),
        _whole("promised_quantity", "pieces promised for it"),
        _whole("promised_cents", "in cents"),
        _whole("shipped_quantity", "pieces that ship in it", "no plan was given"),
        _whole("shipped_cents", "what leaves the order backlog, in cents", "no plan was given"),
    ))

CONCENTRATION = PlanTable(
    "concentration", "The customers with the largest backlog; the last row is all others.",
    ("place",), (
        _whole("place", "1 for the largest"),
        _text("customer_id", "the customer", "all others together"),
        _whole("customers", "1; of all others how many they are"),
        _whole("lines", "open order lines"), _whole("quantity", "open pieces"),
        _whole("amount_cents", "what is open, in cents"),
        _share("share", "of the order backlog, 0 to 1", "no backlog"),
        _whole("upto_cents", "of this one and all before, in cents"),
        _share("upto_share", "of this one and all before, 0 to 1", "no backlog"),
    ))

CANCELLATION = PlanTable(
    "cancellation", "The order backlog less what is assumed to be cancelled: the assumptions "
    "stand in `backlog.json`.", ("by", *_LEVELS), (
        _BY, *LEVEL_COLUMNS,
        _whole("backlog_cents", "order backlog, in cents"),
        _whole("double_cents", "of lines that may be ordered twice: the share assumed to be so"),
        _whole("expected_cents", "assumed to be cancelled before it ships, in cents"),
        _whole("adjusted_cents", "what is left, in cents"),
    ))

DOUBLE_ORDERS = PlanTable(
    "double_orders", "Two or more open lines of one customer for the same item and requested week: "
    "may be one demand, ordered twice.", ("customer_id", "item_id", "requested_week"), (
        _text("customer_id", "the customer"), _text("item_id", "the item"),
        _date("requested_week", "Monday of the requested week"),
        _whole("orders", "different orders among them"), _whole("lines", "order lines"),
        _whole("quantity", "open pieces"), _whole("amount_cents", "what is open, in cents"),
        _whole("excess_cents", "all but the largest line, in cents"),
        _text("order_lines", "the lines as order/line, `;` between them"),
    ))

_STEP_COLUMNS = (
    _whole("backlog_cents", "order backlog: open pieces at their price, in cents"),
    _whole("cancellable_cents", "less what the customer may cancel without penalty, in cents"),
    _whole("firm_cents", "firm backlog: the sum of the two, in cents"),
    _whole("deposit_cents", "back in: a paid deposit is not refundable, in cents"),
    _whole("split_cents", "price allocated by standalone prices less the stated one, in cents"),
    _whole("bill_and_hold_cents", "less what is held and recognised, and not shipped, in cents"),
    _whole("in_transit_cents", "shipped and not recognised before delivery, in cents"),
    _whole("acceptance_cents", "shipped and not recognised before acceptance, in cents"),
    _whole("services_cents", "services not recognised yet, in cents"),
    _whole("late_penalty_cents", "less late penalties that the plan expects, in cents"),
    _whole("rpo_cents", "RPO: the sum of all but firm_cents, in cents"),
    _whole("one_year_cents", "less contracts expected to end within a year, in cents"),
    _whole("rpo_expedient_cents", "RPO with the one-year expedient, in cents"))

OBLIGATIONS = PlanTable(
    "obligations", "From order backlog to RPO: a row for each order line and service line.",
    ("order_id", "line_no", "kind"), (
        _text("order_id", "the order"), _whole("line_no", "the order line or service line"),
        _text("kind", "hardware or service"), _text("contract_id", "the contract"),
        _text("customer_id", "the customer"), _text("segment", "the segment"),
        _text("region", "the region"), _text("item_id", "the item or service sold"),
        _text("family", "its family", "it has none"),
        _text("site_id", "the only site that the line may ship from", "any"),
        *_STEP_COLUMNS,
        _whole("unknown_cents", "services of shipped pieces of which nobody says when they began; "
               "in no other column, in cents"),
    ))

RPO_WALK = PlanTable(
    "rpo_walk", "From order backlog to firm backlog, to RPO with and without the one-year "
    "expedient, and to deferred revenue.", ("place",), (
        _whole("place", "1 for the first row"), _text("step", "what is counted"),
        _text("kind", "number (one of the five) or change (what leads to the next)"),
        _whole("cents", "in cents", "no billings were given, or no plan"),
        _text("rule", "the paragraph that says so"), _text("text", "the step in words"),
    ))

RPO_SCHEDULE = PlanTable(
    "rpo_schedule", "RPO by the fiscal quarter in which the plan recognises it; empty without a "
    "plan.", ("place",), (
        _whole("place", "1 for the quarter of the book"),
        _text("kind", "dated, undated (the plan does not deliver it), or rounding: the cents by "
              "which foreign amounts round otherwise in parts"),
        _text("quarter", "fiscal quarter, such as FY27 Q1", "unless dated"),
        _date("ends_on", "its last day", "unless dated"),
        _whole("hardware_cents", "order lines, less late penalties, in cents", "of rounding"),
        _whole("services_cents", "services over their term, in cents", "of rounding"),
        _whole("rpo_cents", "both, in cents"),
        _whole("upto_cents", "of this quarter and all before, in cents"),
        _share("upto_share", "of this quarter and all before, 0 to 1", "there is no RPO"),
    ))

BILL_AND_HOLD = PlanTable(
    "bill_and_hold", "What is billed and held, and whether it counts as revenue.",
    ("order_id", "line_no", "place"), (
        _text("order_id", "the order"), _whole("line_no", "the order line"),
        _whole("place", "1 for the first record of the line"),
        _date("held_on", "since when"),
        _whole("quantity", "pieces: the first that had not left by then, nor were held before"),
        _whole("amount_cents", "their allocated price, in cents"),
        _text("recognised", "yes, if all four criteria of ASC 606-10-55-83 are met; else no"),
        _text("missing", "the criteria that are not met, `;` between them", "all are"),
        _whole("shipped_since", "how many of these pieces have shipped since: what is held leaves "
               "first, in the order of the days", "no ledger says, or it is not recognised"),
        _whole("cancelled_since", "how many of them were cancelled since: what is not held goes "
               "first, then what was held last", "no ledger says, or it is not recognised"),
    ))

STANDING = PlanTable(
    "standing", "The backlog on the day of the book by every cut: the numbers side by side.",
    ("by", *_LEVELS), (
        _BY, *LEVEL_COLUMNS, _whole("lines", "open order lines"),
        _whole("quantity", "open pieces"),
        _whole("backlog_cents", "order backlog, in cents"),
        _whole("firm_cents", "firm backlog, in cents"),
        _whole("rpo_cents", "RPO, in cents; by item and family a service stands under its own"),
        _whole("rpo_expedient_cents", "RPO with the one-year expedient, in cents"),
        _whole("past_requested_cents", "past due: requested before the day of the book, in cents"),
        _whole("past_promised_cents", "promised in the book for a day before it, in cents"),
        _whole("unpromised_cents", "without a date, in cents"),
        _share("coverage_weeks", "order backlog by planned shipments of an average week of the "
               "next 13", "no plan was given, or it ships nothing"),
    ))

TIES = PlanTable(
    "ties", "Numbers that must be the same, held against each other.", ("check",), (
        _text("check", "the statement that must hold"),
        _whole("one_cents", "the one number, in cents; of a statement that says so, what the two "
               "differ by"),
        _whole("other_cents", "the other, in cents; where the one is a difference, 0"),
        _text("holds", "yes or no"),
    ))

BACKLOG_TABLES: tuple[PlanTable, ...] = (
    ROLL_FORWARD, ADJUSTMENTS, KNOWN_LATER, MEASURES, STANDING, AGEING, CONVERSION, CONCENTRATION,
    RPO_WALK, RPO_SCHEDULE, OBLIGATIONS, BILL_AND_HOLD, CANCELLATION, DOUBLE_ORDERS, TIES)
"""What `headgate backlog --out` writes."""
