"""The table of `headgate why --all`, declared as data."""

from __future__ import annotations

from headgate.tables.plan_schema import PROMISES, PlanColumn, PlanTable


def _text(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "text", meaning, blank)


def _whole(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "whole", meaning, blank)


def _date(name: str, meaning: str, blank: str = "") -> PlanColumn:
    return PlanColumn(name, "date", meaning, blank)


_NONE = "there is no relief, or nothing has to change"
_PROMISED = {column.name: column for column in PROMISES.columns}

WHY = PlanTable(
    "why", "One row for each line that is late, short or unplanned: why, and what would help.",
    ("order_id", "line_no"), (
        _PROMISED["order_id"], _PROMISED["line_no"], _text("customer_id", "the customer"),
        _text("item_id", "what was ordered"),
        _text("status", "late, short or unplanned"),
        _text("reason", "as in the table promises"), _PROMISED["binding_kind"],
        _PROMISED["binding_id"], _PROMISED["binding_site_id"], _PROMISED["binding_on"],
        _PROMISED["open_quantity"], _PROMISED["promised_quantity"],
        _date("requested_on", "the day on which the customer wants it"),
        _PROMISED["promised_on"],
        _whole("today_quantity", "pieces that it could have of what the plan leaves, nothing "
               "changed"),
        _date("today_on", "Friday by which it could have those", "it could have nothing"),
        _date("earliest_on", "Friday of the first week in which all of it could arrive with parts "
              "and hours without limit and no other line", "never"),
        _text("relief", "found; none_exists (even parts and hours without limit bring it no "
              "earlier); none_found; at_a_loss (what the plan leaves is enough, but served so it "
              "brings no more than as planned)"),
        _text("relief_kind", "the kinds of its parts, + between them: more, pulled_in, transfer, "
              "substitute, quota, hours, displaced, unfrozen; unchanged: what the plan leaves is "
              "enough",
              "there is no relief"),
        _whole("relief_parts", "how many parts the relief has", "there is no relief"),
        _text("relief_id", "first part: the item, the resource or the quota", _NONE),
        _text("relief_site_id", "first part: where", _NONE),
        _whole("relief_quantity", "first part: pieces or hours", _NONE),
        _date("relief_by", "first part: Monday of the week by which, or in which", _NONE),
        _text("relief_from", "first part: the reference that is pulled in, the site of a transfer, "
              "or the item that stands in", "it is bought, or hours"),
        _text("displaced", "the order line that gives its parts up, ORDER/LINE",
              "nobody is displaced"),
        _date("displaced_promised_on", "the date that it then has", "none, or nobody is displaced"),
        _whole("cost_cents", "what the book knows of the cost, in cents: pieces at standard cost, "
               "and what a displaced line brings less; of at_a_loss what the line would bring less",
               "nothing is known"),
        _date("relieved_on", "Friday by which all of it arrives with the relief",
              "there is no relief"),
        _text("on_time", "yes or no: whether that is in time", "there is no relief"),
        _text("other_kinds", "kinds of the other reliefs that were found, ; between them",
              "there is no other"),
        _text("text", "reason and relief in words"),
    ))
