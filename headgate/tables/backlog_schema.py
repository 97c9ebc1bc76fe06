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
        _share("turns", "net_shipped by average, for a year of 365 days", "no backlog"),
        _share("days", "days in which so much is shipped as the average backlog is",
               "nothing was shipped"),
    ))

BACKLOG_TABLES: tuple[PlanTable, ...] = (ROLL_FORWARD, ADJUSTMENTS, MEASURES)
"""What `headgate backlog --out` writes."""
